"""A head that has hair has it behind, too: unseen scalp in the colour of skin takes that of the hair that was seen."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.parsing.labels import HAIR, SKIN
from bodydouble.surface.regions import Anatomy, Region
from bodydouble.values import Texture

_LEAST = 0.03  # share of the head's seen texels that are hair: less may be a brow, or a beard taken for it


def cover_scalp(base: Tensor, partial: Texture, parts: Anatomy) -> Tensor:
    """Colours of every texel, in which unseen texels of the scalp that look like skin have become hair.

    Args:
        base: 3×S×S, completed colours.
        partial: what was seen, S×S; without labels nothing changes.
    """
    if partial.labels is None:
        return base
    region = parts.regions(base.shape[-1])
    seen, scalp = partial.confidence > 0, region == Region.SCALP
    hair = seen & (partial.labels == HAIR) & (scalp | (region == Region.FACE))
    skin = seen & (partial.labels == SKIN) & (region == Region.FACE)
    if not bool(skin.any()) or int(hair.sum()) < _LEAST * int((seen & (scalp | (region == Region.FACE))).sum()):
        return base
    of_hair, of_skin = (partial.rgb[:, chosen].median(1).values[:, None, None] for chosen in (hair, skin))
    like_skin = (base - of_skin).square().sum(0) < (base - of_hair).square().sum(0)
    return torch.where(scalp & ~seen & like_skin, of_hair, base)
