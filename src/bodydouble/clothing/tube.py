"""A tube around the body: the rings of a skirt, as the photo's outline and the body beneath give them.

Each ring is an ellipse in the view's rows: as wide as the garment's outline there, and as deep as the body needs, or as
the garment's flare, whatever is more.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d, maximum_filter1d
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.clothing.garment_view import GarmentView
from bodydouble.clothing.ring_grid import ring_angles
from bodydouble.clothing.row_spans import RowSpans, line_at
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.values import Mesh

RINGS, COLUMNS = 28, 64  # 3,456 faces
_MARGIN_M = 0.01  # of cloth outside the body
_FLARE_DEPTH = 0.8  # how much deeper a skirt is for each metre that it is wider than at its top
_EDGE = 0.5  # of the half width; nearer to the border an ellipse's depth says nothing about the body's
_DEEPEST = 1.15  # of the half width, or of the body's own depth where that is more
_WAIST_RINGS = 7  # over which the tube leaves the body that it hangs on
_WAIST_M = 0.004  # how far the first of them lies off it
_SIGMA_M = 0.03  # of the smoothing of depths along the rows


def tube_points(view: GarmentView, spans: RowSpans, top: float, hem: Tensor) -> Tensor:
    """RINGS×COLUMNS×3: x, y in pixels of the view and depth in metres, as `ring_grid` orders them.

    Rings lie at even steps between `top` and the hem.

    Args:
        hem: (H,) pixels, the hem's height at even steps from the left border to the right one.
    """
    angle = ring_angles(COLUMNS)
    across = angle.sin()
    lowest = line_at(hem, (across + 1) / 2 * (len(hem) - 1))
    y = top + torch.linspace(0, 1, RINGS)[:, None] * (lowest - top)
    middle, half = spans.at(y)
    depth, near, far = _sections(view, spans)
    row = (y - spans.top).clamp(0, len(depth) - 1).round().long()
    reach = torch.where(angle.cos() > 0, near[row], far[row])
    return torch.stack([middle + half * across, y, depth[row] - reach * angle.cos()], -1)


def _sections(view: GarmentView, spans: RowSpans) -> tuple[Tensor, Tensor, Tensor]:
    """(R,) each, metres: every row's middle depth, and how far its ellipse reaches towards the camera and away."""
    rows = slice(spans.top, spans.top + len(spans.left))
    near, far = view.near[rows], view.far[rows]
    filled = torch.isfinite(near)
    low = torch.where(filled, near, torch.inf).amin(1)
    high = torch.where(filled, far, -torch.inf).amax(1)
    sigma = view.pixels(_SIGMA_M)
    depth = _evened((low + high) / 2, sigma)
    middle, half = (spans.left + spans.right) / 2, (spans.right - spans.left) / 2
    across = (torch.arange(near.shape[1]) + 0.5 - middle[:, None]) / half[:, None]
    shrink = (1 - across**2).clamp_min(1 - _EDGE**2).sqrt()
    inside = filled & (across.abs() < _EDGE)
    metres = half * depth / view.camera.intrinsics[0, 0]
    reaches = []
    for room in (depth[:, None] - near + _MARGIN_M, far - depth[:, None] + _MARGIN_M):
        straight = torch.where(inside, room, 0.0).amax(1)
        needed = torch.where(inside, room / shrink, 0.0).amax(1)
        reaches.append(needed.minimum(straight.maximum(_DEEPEST * metres)))
    ahead, behind = reaches
    flare = _FLARE_DEPTH * (metres - metres[0])
    return depth, _covering(ahead, ahead[0] + flare, sigma), _covering(behind, behind[0] + flare, sigma)


def _covering(least: Tensor, flare: Tensor, sigma: float) -> Tensor:
    """(R,): a smooth line above both."""
    line = torch.maximum(least, flare).numpy()
    return torch.from_numpy(gaussian_filter1d(maximum_filter1d(line, 2 * round(sigma) + 1), sigma, mode="nearest"))


def _evened(line: Tensor, sigma: float) -> Tensor:
    """(R,): smooth, over rows without a value too."""
    finite = torch.isfinite(line).numpy()
    rows = np.arange(len(line))
    filled = np.interp(rows, rows[finite], line.numpy()[finite]) if finite.any() else np.zeros(len(line))
    return torch.from_numpy(gaussian_filter1d(filled, 2 * sigma, mode="nearest")).float()


def fit_waist(vertices: Tensor, beneath: Mesh) -> Tensor:
    """RINGS·COLUMNS×3: the tube's vertices at rest, with the top rings laid on the clothed body that it hangs on.

    Args:
        beneath: the clothed body at rest, without arms.
    """
    index = torch.from_numpy(cKDTree(beneath.vertices.numpy()).query(vertices[: _WAIST_RINGS * COLUMNS].numpy())[1])
    surface = beneath.vertices[index] + _WAIST_M * vertex_normals(beneath.vertices, beneath.faces)[index]
    down = (torch.arange(_WAIST_RINGS) / _WAIST_RINGS).repeat_interleave(COLUMNS)[:, None]
    laid = vertices.clone()
    laid[: len(index)] = torch.lerp(surface, vertices[: len(index)], down**2)
    laid[: len(index), 1] = vertices[: len(index), 1]
    return laid
