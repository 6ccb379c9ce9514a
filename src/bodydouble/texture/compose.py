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

from bodydouble.geometry.uv import fill_seams

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


def guessed(partial: Tensor, charts: Tensor) -> Tensor:
    """A neural texture without holes: the mirrored texel's colour, where that was seen, else its chart's row's.

    Rows of a chart run around the trunk or a limb, so the front's colours come to the back at the same height. Masks
    say that all was seen. Sensible where the layout is mirrored about u = 0.5; elsewhere a poor guess.

    Args:
        charts: K×N×N, bool, from `texels.chart_masks`.
    """
    rgb, known = channels(partial, RGB), channels(partial, FILLED)
    twin = known.flip(-1)
    seen = torch.where(known > 0, rgb, rgb.flip(-1) * twin)
    known = torch.maximum(known, twin)
    colours = spread_colours(seen, known)
    for chart in charts:
        here = known * chart
        there = here.amax((-2, -1), keepdim=True) > 0
        colours = torch.where(chart & there & (here == 0), spread_colours(seen, here, along_rows=True), colours)
    # Between charts lies the nearest chart's colour: a block of the latent that straddles an edge must not be mixed.
    inside = charts.any(0)
    colours = torch.where(known > 0, colours, fill_seams(colours, inside))
    masks = torch.ones_like(partial[..., RGB.stop :, :, :])
    return torch.cat([channels(partial, FEATURES), colours, masks], dim=-3)


def spread_colours(rgb: Tensor, known: Tensor, along_rows: bool = False) -> Tensor:
    """Colours where they are known (one channel, 0 or 1), elsewhere those of the neighbourhood.

    They come from coarser and coarser means; 0 everywhere if nothing is known at all.

    Args:
        along_rows: look along the whole row before any other.
    """
    halvings = max(1, rgb.shape[-1].bit_length() - 1)
    if not along_rows:
        return _pyramid(rgb * known, known.float(), [(2, 2)] * halvings)
    rows = known.amax(-1, keepdim=True)
    means = (rgb * known).sum(-1, keepdim=True) / known.sum(-1, keepdim=True).clamp_min(1)
    means = _pyramid(means * rows, rows.float(), [(2, 1)] * halvings)
    return _pyramid(rgb * known, known.float(), [(1, 2)] * halvings, means)


def _pyramid(total: Tensor, weight: Tensor, kernels: list[tuple[int, int]], coarsest: Tensor | None = None) -> Tensor:
    """Colours times weights, and weights: what is missing comes from means over these kernels, one after the other."""
    levels = [(total, weight)]
    for kernel in kernels:
        levels.append((functional.avg_pool2d(levels[-1][0], kernel), functional.avg_pool2d(levels[-1][1], kernel)))
    total, weight = levels.pop()
    result = total / weight.clamp_min(1e-8) if coarsest is None else coarsest
    for total, weight in reversed(levels):
        result = total + _enlarged(result, total.shape[-2:]) * (1 - weight)
    return result


def _enlarged(image: Tensor, size: torch.Size) -> Tensor:
    batch = image.reshape(-1, *image.shape[-3:])
    finer = functional.interpolate(batch, tuple(size), mode="bilinear", align_corners=False)
    return finer.reshape(*image.shape[:-2], *size)
