"""How neural textures are put together: by the library for one person, by training for a batch.

| paper | here |
|---|---|
| T = T_gen ⊕ T_rgb ⊕ B_smp ⊕ B_fill (Eq. 2) | channels `FEATURES`, `RGB`, `SAMPLED`, `FILLED` |
| T = T_res · (1 − B_fill) + T^j · B_fill (Eq. 6) | `completed` |

Every function takes C×N×N or B×C×N×N and returns the same.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

FEATURES, RGB, SAMPLED, FILLED = slice(0, 16), slice(16, 19), slice(19, 20), slice(20, 21)


def channels(texture: Tensor, which: slice) -> Tensor:
    """Some channels of a neural texture, a view."""
    return texture[..., which, :, :]


def kept_share(filled: Tensor) -> Tensor:
    """[0, 1]: B_fill (0 or 1, one channel) as Eq. 6 takes it: eroded by 3×3, then blurred by 3×3 [published]."""
    inside = -functional.max_pool2d(-filled.float(), 3, 1, 1)
    return functional.avg_pool2d(inside, 3, 1, 1)


def completed(partial: Tensor, restored: Tensor) -> Tensor:
    """Eq. 6: the photo's own texture where it has one, elsewhere what the diffusion model made."""
    return torch.lerp(restored, partial, kept_share(channels(partial, FILLED)))


def with_features(restored: Tensor, partial: Tensor) -> Tensor:
    """What the VQGAN decoded, as a neural texture: channels that it does not compress are those of `partial`."""
    return torch.cat([partial[..., : partial.shape[-3] - restored.shape[-3], :, :], restored], dim=-3)


def guessed(partial: Tensor) -> Tensor:
    """A neural texture without holes: the mirrored texel's colour, where that was seen, or the surroundings'.

    Its masks say that all was seen. Sensible where the layout is mirrored about u = 0.5; elsewhere a poor guess.
    """
    rgb, known = channels(partial, RGB), channels(partial, FILLED)
    twin = known.flip(-1)
    seen = torch.where(known > 0, rgb, rgb.flip(-1) * twin)
    colours = spread_colours(seen, torch.maximum(known, twin))
    masks = torch.ones_like(partial[..., RGB.stop :, :, :])
    return torch.cat([channels(partial, FEATURES), colours, masks], dim=-3)


def spread_colours(rgb: Tensor, known: Tensor) -> Tensor:
    """Colours where they are known (one channel, 0 or 1), elsewhere those of the neighbourhood.

    They come from coarser and coarser means; 0 everywhere if nothing is known at all.
    """
    levels = [(rgb * known, known.float())]
    while levels[-1][0].shape[-1] > 1:
        total, weight = levels[-1]
        levels.append((functional.avg_pool2d(total, 2), functional.avg_pool2d(weight, 2)))
    total, weight = levels[-1]
    result = total / weight.clamp_min(1e-8)
    for total, weight in reversed(levels[:-1]):
        finer = _enlarged(result, total.shape[-1])
        result = total + finer * (1 - weight)
    return result


def _enlarged(image: Tensor, side: int) -> Tensor:
    batch = image.reshape(-1, *image.shape[-3:])
    finer = functional.interpolate(batch, (side, side), mode="bilinear", align_corners=False)
    return finer.reshape(*image.shape[:-2], side, side)
