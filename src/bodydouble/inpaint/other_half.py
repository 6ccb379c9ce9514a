"""What the photo hides of one half of a body is what it shows of the other: people, and what they wear, are symmetric.

Of who is half turned away the photo shows one half of the front. Before anything is made up, the hidden half takes it
over, turned over at the body's middle: labels, colours and detail. Completion then goes on from both. Of who faces the
camera it shows both halves, and what one of them hides is its back: a bag's rest at one arm would come again there.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.inpaint.detail import feather, solid_texels
from bodydouble.inpaint.see_through import UNUSUAL
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Texture

WELL = 0.45  # cosine to the camera from which what was seen of one half is believed of the other
# Well-seen texels of the half that shows less, against the other's, below which a person is turned away: eight who are
# had 0.12 to 0.43, thirty-three who face the camera, or nearly, 0.61 to 0.99, and the skirt of one of these 0.47.
_TURNED = 0.45


def show_other_half(partial: Texture, body: BodyModel) -> Texture:
    """A partial texture in which hidden texels of trunk and limbs show what the mirrored texel does.

    They have its confidence. Where the two halves meet, the one that was taken over is bent to the other's tone. What
    was seen stays to the last bit. Of who faces the camera, without labels, or where a layout has no mirrored half,
    nothing changes.
    """
    if partial.labels is None or not body.layout.mirrored:
        return partial
    size = partial.rgb.shape[-1]
    seen = partial.confidence > 0
    well = (partial.confidence > WELL) & (anatomy(body).regions(size) == Region.BODY)
    left = torch.arange(size) >= size // 2  # a mirrored layout has the two sides in its two halves
    if not is_turned(well & left, well & ~left):
        return partial
    source = well & solid_texels(partial.confidence, texel_map(body.layout, size).face[0] >= 0)
    source &= ~torch.isin(partial.labels, torch.tensor(UNUSUAL))
    taken = source.flip(-1) & ~seen
    if partial.by_hand is not None:
        taken &= ~partial.by_hand
    mirrored = feather(partial.rgb.flip(-1), partial.rgb, seen).clamp(0, 1)
    return replace(
        partial,
        rgb=torch.where(taken, mirrored, partial.rgb),
        confidence=torch.where(taken, partial.confidence.flip(-1), partial.confidence),
        labels=torch.where(taken, partial.labels.flip(-1), partial.labels),
    )


def is_turned(first: Tensor, second: Tensor) -> bool:
    """Whether so much less was well seen of one half (S×S, bool, each) that the person is turned away."""
    less, more = sorted((int(first.sum()), int(second.sum())))
    return less < _TURNED * more
