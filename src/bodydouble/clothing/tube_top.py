"""Where a skirt or a coat begins on the body: one line all around, without a step outwards or a groove above it.

The body lies a little inside the sheet, and its faces are larger than that: those that reach above the sheet's top
would go in there. So the body's vertices last above the top are drawn down to it along the surface, and the sheet
begins right on that.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from bodydouble.clothing.hem_step import facing_rings
from bodydouble.geometry.mesh import unique_edges

_UNDER_M = 0.004  # below a sheet's top, to where the body's vertices are drawn down
_OFF_M = 0.0005  # by which a sheet's top lies off the body
_FADE_M = 0.08  # below its top, over which a sheet comes in to the body there
_FARTHEST_M = 0.02  # by which it does at most: what lies farther in is another part of the body


def draw_down(vertices: Tensor, rings: Tensor, trunk: Tensor, faces: Tensor) -> tuple[Tensor, Tensor]:
    """V×3: a clothed body at rest whose vertices last above a sheet's top lie on it; and which these are, (V,) bool.

    Args:
        vertices: V×3, metres.
        rings: R×C×3, metres, the sheet, its top first.
        trunk: (V,), bool, what it hangs on.
        faces: F×3, of the body.
    """
    top = _around(rings[0], rings[0, :, 1], vertices) - _UNDER_M
    above = vertices[:, 1] > top
    last, first = facing_rings(trunk & above, trunk & ~above, faces)
    edges = unique_edges(faces)
    edges = torch.cat([edges, edges.flip(1)])
    edges = edges[last[edges[:, 0]] & first[edges[:, 1]]]
    height = vertices[:, 1] - top
    way = height[edges[:, 0]] / (height[edges[:, 0]] - height[edges[:, 1]]).clamp_min(1e-6)
    step = way[:, None] * (vertices[edges[:, 1]] - vertices[edges[:, 0]])
    sums = torch.zeros(len(vertices), 4).index_add_(0, edges[:, 0], torch.cat([step, torch.ones(len(step), 1)], 1))
    return vertices + sums[:, :3] / sums[:, 3:].clamp_min(1), last


def begin_on(rings: Tensor, vertices: Tensor, line: Tensor) -> Tensor:
    """R×C×3: a sheet's rings at rest, of which the first lies right on the body.

    Args:
        rings: R×C×3, metres.
        vertices: V×3, of the body.
        line: (V,), bool, those that lie along the sheet's top.
    """
    centre = rings[0].mean(0)
    across, body = (points[:, [0, 2]] - centre[[0, 2]] for points in (rings[0], vertices[line]))
    off = across.norm(dim=1) - _around(vertices[line], body.norm(dim=1), rings[0], centre) - _OFF_M
    depth = rings[:1, :, 1] - rings[..., 1]
    by = off.clamp(-_FARTHEST_M, _FARTHEST_M) * (1 - depth / _FADE_M).clamp(0, 1)
    moved = rings.clone()
    moved[..., [0, 2]] -= by[..., None] * across / across.norm(dim=1, keepdim=True).clamp_min(1e-6)
    return moved


def _around(points: Tensor, values: Tensor, places: Tensor, centre: Tensor | None = None) -> Tensor:
    """(N,): values of points around an axis, (P,) of P×3, at the angles of N×3 places."""
    centre = points.mean(0) if centre is None else centre
    angle, wanted = (torch.atan2(*(each - centre)[:, [0, 2]].T).numpy() for each in (points, places))
    order = np.argsort(angle)
    return torch.from_numpy(np.interp(wanted, angle[order], values.numpy()[order], period=2 * np.pi)).float()
