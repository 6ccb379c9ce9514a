"""A tube around the body: the rings of a skirt, as the photo's outline and the body beneath give them.

Each ring is a rounded box in the view's rows: as wide as the garment's outline there, and as deep as the body needs, or
as the garment's flare, whatever is more.
"""

from __future__ import annotations

import math

import torch
from scipy.ndimage import gaussian_filter, gaussian_filter1d, maximum_filter1d
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn.functional import softshrink

from bodydouble.clothing.garment_view import GarmentView
from bodydouble.clothing.ring_grid import ring_angles
from bodydouble.clothing.row_spans import RowSpans, even_line, line_at
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.values import Mesh

RINGS, COLUMNS = 28, 65  # 3,510 faces; an odd number of columns has none in the middle of the near side
_MARGIN_M = 0.01  # of cloth outside the body
_FLARE_DEPTH = 0.5  # how much deeper a skirt is for each metre that it stands off the body to its side
_STRAIGHT = 0.75  # how far a skirt falls straight from the seat, instead of going in with the thighs
_COAT_FLARE_DEPTH = 0.3  # the same of a coat, which hands in its pockets and open fronts make wider
_EDGE = 0.5  # of the half width; nearer to the border a ring's depth says nothing about the body's
_BOXY = 2.6  # exponent of a ring's section; an ellipse's, 2, needs 3 cm more before and behind to clear both cheeks
_DEEPEST = 1.03  # of the body's own depth: by more a ring does not reach around what is deep beside its middle
_FITTED_M = 0.14  # from its top down to the seat, over which the tube leaves the body that it hangs on
_FITTED_SHARE = 0.7  # of its length, over which it does at most: a short one has a hem
_WAIST_M = 0.004  # how far the first of them lies off it
_LEVEL = 3.0  # how much height counts where the body beneath is looked for; at 1 a waist lay on the hips below it
_OUTERMOST = 0.97  # of the half width: as far to the side an opening's edge may lie
_LEVEL_M = 0.03  # by which a hem that is measured unlike a level one still is one
_FARTHEST_OUT_M = 0.08  # by which a ring leaves its section where the body stands out of it
_OUT_SIGMA = 1.0  # rings and columns, of the smoothing of that
_SIGMA_M = 0.03  # of the smoothing of depths along the rows


def tube_points(
    view: GarmentView, spans: RowSpans, top: float, hem: Tensor, opening: RowSpans | None = None, falls: bool = False
) -> Tensor:
    """RINGS×COLUMNS×3: x, y in pixels of the view and depth in metres, as `ring_grid` orders them.

    Rings lie at even steps between `top` and the hem, and are level: what is farther away lies nearer to the horizon.

    Args:
        hem: (H,) pixels, the hem's height at even steps from the left border to the right one, as the near side has it.
        opening: the front edges of what hangs open, between which there is nothing; None: it is closed.
        falls: it falls straight from belly and seat, as a coat; else it goes in with the body, as a skirt.
    """
    down = torch.linspace(0, 1, RINGS)[:, None]
    angle = _ring_angles(spans, opening, (top + down * (float(hem.median()) - top))[:, 0])
    across, towards = _section(angle)
    depth, near, far = _sections(view, spans, falls)
    horizon, last = float(view.camera.intrinsics[1, 2]), torch.tensor(float(hem.median()) - 1 - spans.top)
    ahead = float(line_at(near, last) / line_at(depth, last))
    lowest = _hem_rows(hem, angle, ahead, horizon, view.pixels(_LEVEL_M))
    y = top + down * (lowest - top)
    middle, half = spans.at(y)
    row = (y - spans.top).clamp(0, len(depth) - 1).round().long()
    x = middle + half * across
    z = depth[row] - torch.where(towards > 0, near[row], far[row]) * towards
    z = _clear_of_body(z, x, y, towards > 0, view)
    farther = depth[row] / z
    centre = view.camera.intrinsics[0, 2]
    return torch.stack([centre + (x - centre) * farther, horizon + (y - horizon) * farther, z], -1)


def _section(angle: Tensor) -> tuple[Tensor, Tensor]:
    """How far points of a ring lie to the view's right and towards the camera, as shares of its half sides."""
    across = angle.sin()
    return across, _box_depth(across) * angle.cos().sign()


def _box_depth(across: Tensor) -> Tensor:
    """Depth of a ring's section, [0, 1], at a share of its half width."""
    return (1 - across.abs() ** _BOXY).clamp_min(0) ** (1 / _BOXY)


def _hem_rows(hem: Tensor, angle: Tensor, ahead: float, horizon: float, tolerance: float) -> Tensor:
    """RINGS×COLUMNS pixels: at which row the hem would be seen at the middle depth.

    It was measured on the near side, where a level line is seen farther from the horizon.

    Args:
        angle: RINGS×COLUMNS, of the rings.
        ahead: how far the near side is before the middle depth, as a share of that.
        tolerance: pixels by which a hem that was measured unlike a level one still is one.
    """
    across, towards = _section(angle)
    nearer, middle = 1 - ahead * towards, float(hem.median())
    level = horizon + (middle - horizon) * (1 - ahead) / nearer
    measured = line_at(hem, (across + 1) / 2 * (len(hem) - 1))
    slant = softshrink(measured - level, tolerance) * torch.where(towards > 0, 1.0, across**4)
    return horizon + (level + slant - horizon) * nearer


def _clear_of_body(z: Tensor, x: Tensor, y: Tensor, on_near_side: Tensor, view: GarmentView) -> Tensor:
    """RINGS×COLUMNS metres: depths, moved out to where the body ends wherever it stands out of the rings' sections."""
    row, column = (place.floor().long().clamp(0, len(view.near) - 1) for place in (y, x))
    near, far = view.near[row, column], view.far[row, column]
    ahead, behind = (z - near + _MARGIN_M).relu(), (far + _MARGIN_M - z).relu()
    out = torch.where(on_near_side, -ahead, behind).clamp(-_FARTHEST_OUT_M, _FARTHEST_OUT_M)
    out = torch.where(torch.isfinite(near), out, 0.0)
    return z + torch.from_numpy(gaussian_filter(out.numpy(), _OUT_SIGMA, mode=("nearest", "wrap")))


def _ring_angles(spans: RowSpans, opening: RowSpans | None, y: Tensor) -> Tensor:
    """RINGS×COLUMNS radians: even steps around, or from one front edge over the far side to the other.

    Args:
        y: (RINGS,) pixels, the rings' heights.
    """
    even = ring_angles(COLUMNS).expand(len(y), -1)
    if opening is None:
        return even
    middle, half = spans.at(y)
    gap_middle, gap_half = opening.at(y)
    first, last = (
        ((gap_middle + side * gap_half - middle) / half).clamp(-_OUTERMOST, _OUTERMOST).asin()[:, None]
        for side in (-1, 1)
    )
    edge = math.pi / COLUMNS  # angle of the two columns beside the near side's middle
    left = -math.pi + (even + math.pi) * (first + math.pi) / (math.pi - edge)
    right = math.pi - (math.pi - even) * (math.pi - last) / (math.pi - edge)
    return torch.where(even < 0, left, right)


def _sections(view: GarmentView, spans: RowSpans, falls: bool) -> tuple[Tensor, Tensor, Tensor]:
    """(R,) each, metres: every row's middle depth, and how far its ring reaches towards the camera and away."""
    rows = slice(spans.top, spans.top + len(spans.left))
    near, far = view.near[rows], view.far[rows]
    filled = torch.isfinite(near)
    low = torch.where(filled, near, torch.inf).amin(1)
    high = torch.where(filled, far, -torch.inf).amax(1)
    sigma = view.pixels(_SIGMA_M)
    depth = even_line(((low + high) / 2).numpy(), 2 * sigma)
    middle, half = (spans.left + spans.right) / 2, (spans.right - spans.left) / 2
    across = (torch.arange(near.shape[1]) + 0.5 - middle[:, None]) / half[:, None]
    shrink = _box_depth(across.clamp(-_EDGE, _EDGE))
    inside = filled & (across.abs() < _EDGE)
    metres = half * depth / view.camera.intrinsics[0, 0]
    reaches = []
    for room in (depth[:, None] - near + _MARGIN_M, far - depth[:, None] + _MARGIN_M):
        straight = torch.where(inside, room, 0.0).amax(1)
        needed = torch.where(inside, room / shrink, 0.0).amax(1)
        reaches.append(needed.minimum(_DEEPEST * straight))
    shift = -depth.diff(prepend=depth[:1])  # metres, towards the camera from row to row
    fallen = [_falling(reach, metres, side * shift) for reach, side in zip(reaches, (-1, 1), strict=True)]
    if falls:
        flare = _COAT_FLARE_DEPTH * (metres - metres[0])
        ahead, behind = (_covering(reach, reach[0] + flare, sigma) for reach in fallen)
        return depth, ahead, behind
    body = filled.sum(1) / 2 * depth / view.camera.intrinsics[0, 0]
    flare = _FLARE_DEPTH * (metres - body).clamp_min(0)
    ahead, behind = (
        _covering(reach, torch.lerp(reach, straight, _STRAIGHT) + flare, sigma)
        for reach, straight in zip(reaches, fallen, strict=True)
    )
    return depth, ahead, behind


def _falling(reach: Tensor, metres: Tensor, shift: Tensor) -> Tensor:
    """(R,) metres: reaches that come back to the body only as fast as the garment narrows: cloth falls straight.

    Args:
        reach: (R,), metres, what the body needs.
        metres: (R,), the garment's half width.
        shift: (R,), how far the middle depth has gone away from this side since the row above.
    """
    line, widths = reach.tolist(), metres.tolist()
    for row in range(1, len(line)):
        narrowing = min(1.0, widths[row] / widths[row - 1])
        line[row] = max(line[row], (line[row - 1] + float(shift[row])) * narrowing)
    return torch.tensor(line)


def _covering(least: Tensor, flare: Tensor, sigma: float) -> Tensor:
    """(R,): a smooth line above both."""
    line = torch.maximum(least, flare).numpy()
    return torch.from_numpy(gaussian_filter1d(maximum_filter1d(line, 2 * round(sigma) + 1), sigma, mode="nearest"))


def fit_waist(vertices: Tensor, beneath: Mesh) -> Tensor:
    """RINGS·COLUMNS×3: the tube's vertices at rest, with the top rings laid on the clothed body that it hangs on.

    Args:
        beneath: the clothed body at rest, without arms.
    """
    height = vertices.view(RINGS, COLUMNS, 3)[..., 1].mean(1)
    below = height[0] - height
    way = min(_FITTED_M, _FITTED_SHARE * float(below[-1]))
    rings = int((below < way).sum())
    upper = vertices[: rings * COLUMNS]
    normals = vertex_normals(beneath.vertices, beneath.faces)
    points, outward = (torch.cat([each, each[beneath.faces].mean(1)]) for each in (beneath.vertices, normals))
    level = torch.tensor([1.0, _LEVEL, 1.0])
    index = torch.from_numpy(cKDTree((points * level).numpy()).query((upper * level).numpy())[1])
    inward = (points[index] + _WAIST_M * outward[index] - upper).view(rings, COLUMNS, 3).numpy()
    even = gaussian_filter(inward, (_OUT_SIGMA, _OUT_SIGMA, 0), mode=("nearest", "wrap", "nearest"))
    held = 1 - (below[:rings] / way).clamp(0, 1).square()
    laid = vertices.clone()
    laid[: len(upper)] += (held[:, None, None] * torch.from_numpy(even)).view(-1, 3) * torch.tensor([1.0, 0.0, 1.0])
    return laid
