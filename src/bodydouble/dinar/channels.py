"""How neural textures are put together: by the library for one person, by training for a batch.

| paper | here |
|---|---|
| T = T_gen ⊕ T_rgb ⊕ B_smp ⊕ B_fill (Eq. 2) | channels `FEATURES`, `RGB`, `SAMPLED`, `FILLED` |
| T = T_res · (1 − B_fill) + T^j · B_fill (Eq. 6) | `composite` |

Every function takes C×N×N or B×C×N×N and returns the same.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.texture.assembly import LIBRARY

FEATURES, RGB, SAMPLED, FILLED = slice(0, 16), slice(16, 19), slice(19, 20), slice(20, 21)


def channels(texture: Tensor, which: slice) -> Tensor:
    """Some channels of a neural texture, a view."""
    return texture[..., which, :, :]


def blend_mask(filled: Tensor) -> Tensor:
    """[0, 1]: B_fill (0 or 1, one channel) as Eq. 6 takes it, for networks that learned here."""
    return LIBRARY.blend_mask(filled.float())


def composite(partial: Tensor, restored: Tensor, mask: Tensor | None = None) -> Tensor:
    """Eq. 6: the photo's own texture where it has one, elsewhere what the diffusion model made.

    Args:
        mask: B_fill, eroded and blurred; None: by `blend_mask`.
    """
    return torch.lerp(restored, partial, blend_mask(channels(partial, FILLED)) if mask is None else mask)


def with_colours(partial: Tensor, rgb: Tensor) -> Tensor:
    """A neural texture with the given colours, and masks that say that all of it was observed."""
    masks = torch.ones_like(channels(partial, slice(SAMPLED.start, FILLED.stop)))
    return torch.cat([channels(partial, FEATURES), rgb.to(partial), masks], dim=-3)


def with_features(restored: Tensor, partial: Tensor) -> Tensor:
    """What the VQGAN decoded, as a neural texture: channels that it does not compress are those of `partial`."""
    return torch.cat([partial[..., : partial.shape[-3] - restored.shape[-3], :, :], restored], dim=-3)
