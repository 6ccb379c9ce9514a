"""Where the body's surface ends a garment in a hem, the labels of what was not seen end it there too.

The hem is a step in the surface (`clothing.hem_step`), all around the limb. Labels that spread over the surface know
nothing of it: a border beside the step shows the trousers' colour on a shirt's hem, and a wavy line above it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.parsing.labels import CLOTH, SHOES, SKIN
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map

_FEW = 12  # seen texels on a side of a hem; fewer tell not what ends there


def join_hems(of_surface: Tensor | None, others: Tensor) -> Tensor:
    """K×V: the hems of the surface, `Clothing.hems`, and others."""
    return others if of_surface is None else torch.cat([of_surface.to(others.dtype), others])


def measure_hem_sides(hems: Tensor, body: BodyModel, size: int) -> Tensor:
    """K×S×S, [-1, 1]: hems, K×V, of a texture's texels; positive above each of them, on the side of its cloth."""
    if not len(hems):
        return torch.zeros(0, size, size)
    return interpolate(texel_map(body.layout, size), body.faces, hems.T.contiguous())[0]


def tell_ends(labels: Tensor, seen: Tensor, sides: Tensor) -> list[tuple[int, int] | None]:
    """Of each hem the label of the cloth that ends there and of what is below; None where these were hardly seen.

    Args:
        labels: (N,), where they were `seen`, (N,) bool.
        sides: K×N, see `measure_hem_sides`.
    """
    ends: list[tuple[int, int] | None] = []
    for side in sides:
        cloth = _commonest(labels[seen & (side > 0)], CLOTH)
        below = _commonest(labels[seen & (side < 0)], (*CLOTH, SKIN, SHOES))
        ends.append(None if cloth is None or below is None or cloth == below else (cloth, below))
    return ends


def end_at_steps(
    labels: Tensor, sides: Tensor, ends: Sequence[tuple[int, int] | None], free: Tensor | None = None
) -> Tensor:
    """Labels, of texels in any shape, that change at the hems of the surface; what has neither label stays.

    Args:
        sides: K×…, of the same texels.
        ends: see `tell_ends`.
        free: of the same shape, bool, the labels that may change; None: all.
    """
    ended = labels.clone()
    free = torch.ones_like(labels, dtype=torch.bool) if free is None else free
    for side, end in zip(sides, ends, strict=True):
        if end is not None:
            cloth, below = end
            ended[free & (side > 0) & (labels == below)] = cloth
            ended[free & (side < 0) & (labels == cloth)] = below
    return ended


def _commonest(labels: Tensor, among: tuple[int, ...]) -> int | None:
    """The commonest of a few labels; None where hardly any were seen."""
    shown = labels[torch.isin(labels.long(), torch.tensor(among))]
    return int(shown.mode().values) if len(shown) >= _FEW else None
