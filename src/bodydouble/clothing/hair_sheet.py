"""The shape of long hair: rings from the crown down to where it ends.

The far half of each ring stands off the back of the head as far as the hair stands off its sides, falls straight from
there and lies on the back. The near half lies on forehead and chest, and beside the face it starts behind the cheek's
outline, so that it hides nothing of the face in profile.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from torch import Tensor

from bodydouble.clothing.garment_view import GarmentView
from bodydouble.clothing.hair_locks import TIPS_M
from bodydouble.clothing.hair_surface import HairShape
from bodydouble.clothing.ring_grid import ring_angles, ring_faces
from bodydouble.clothing.row_spans import RowSpans, row_borders
from bodydouble.geometry.mesh import vertex_normals

RINGS, COLUMNS = 44, 72  # 6,192 faces before those without hair are left out
_ON_HEAD_M = 0.005  # how far hair lies before the head; at 0.008 it was a visor over the forehead
_ON_TRUNK_M = 0.018  # how far it lies off back and chest
_FALL = 0.25  # metres towards the neck for each metre that hair falls from the back of the head
_STANDOFF_M = (0.012, 0.09)  # least and greatest distance behind the head
_CORE = 0.5  # of the half width; what lies farther out tells nothing of the head's depth
_SIGMA = 1.5  # rings and columns, of the evening of depths
_LONG_HEAD = 1.15  # how much deeper than wide a head with its hair is
_STANDS_M = 0.005  # how far before the forehead hair stands at its hairline
_FOREHEAD = 0.3  # of the way from the skull's top to the chin: where the hairline is
_ROW_SIGMA = 2.0  # rows, of the evening of the middle depth
_CROWN = 1.6  # above 1, rings lie closer at the crown, where the surface is round
_TUFT_M, _TUFT_SIGMA = 0.006, 1.1  # how far tufts of curls stand out, and their size in rings and columns
_CALM_M = 0.03  # of height, over which the far half's width is evened: a lock that flies out pulls none across
# How far hair behind stands off the skull's outline, and how much farther it reaches to one side than to the other: a
# lock that the wind lifts widened the whole back of the head, and deepened it as much.
_OFF_SKULL_M, _LOPSIDED = 0.04, 1.25
_CAP_RINGS = 2  # over which the sheet closes at the crown
_ROOM = 1.2  # times the reach of tips, which fade: so far below the usual end the sheet goes on behind


def hair_points(shape: HairShape, view: GarmentView) -> Tensor:
    """RINGS×COLUMNS×3: x, y in pixels of the view and depth in metres, as `ring_grid` orders them."""
    angle = ring_angles(COLUMNS)
    across, towards = angle.sin(), angle.cos()
    top, bottom = float(shape.spans.top), float(shape.spans.top + len(shape.spans.left))
    down = torch.linspace(0, 1, RINGS)[:, None] ** _CROWN
    lowest = torch.where(towards > 0, bottom, min(bottom, shape.end) + view.pixels(_ROOM * TIPS_M)).numpy()
    evened_end = torch.from_numpy(gaussian_filter1d(lowest, 2.0, mode="wrap"))
    y = top + down * (torch.where(towards > 0, evened_end.clamp(max=bottom), evened_end) - top)
    calm = replace(shape, spans=_calm_spans(_cut_flights(shape, view), shape.chin, view.pixels(_CALM_M)))
    behind = (-towards).clamp_min(0)
    spans = zip(shape.spans.at(y), calm.spans.at(y), strict=True)
    middle, half = (torch.lerp(seen, evened, behind) for seen, evened in spans)
    closing = (1 - (1 - down / down[_CAP_RINGS]).clamp(0, 1) ** 2).sqrt()
    x = middle + closing * half * across
    near, far = _draw_depths(shape, view)[0], _draw_depths(calm, view)[1]
    # The lowest ring ends below the last row that has depths.
    row = y.round().long().clamp(int(top), int(bottom) - 1)
    column = x.round().long().clamp(0, len(near) - 1)
    depth = torch.where(towards > 0, near[row, column], far[row, column])
    evened = torch.from_numpy(gaussian_filter(depth.numpy(), (_SIGMA, _SIGMA), mode=("nearest", "wrap")))
    return torch.stack([x, y, torch.lerp(evened.mean(1, keepdim=True), evened, closing)], -1)


def _cut_flights(shape: HairShape, view: GarmentView) -> RowSpans:
    """The same rows, without hair that flies out on one side: the back of the head has none of it."""
    spans, middle = shape.spans, float(view.joints[view.head, 0])
    rows = slice(spans.top, spans.top + len(spans.left))
    below = torch.arange(spans.top, rows.stop) > shape.chin
    skull = [
        torch.from_numpy(line).float().nan_to_num(middle)
        for line in row_borders(torch.isfinite(view.near[rows]).numpy())
    ]
    # Pixels from the head's middle to its sides, where it is widest: cut at what a crown has of it, hair of a tilted
    # head had a step behind its top.
    of_head = torch.stack([middle - skull[0], skull[1] - middle])[:, ~below]
    out = of_head.amax(1, keepdim=True) if of_head.shape[1] else torch.zeros(2, 1)
    reach = torch.stack([middle - spans.left, spans.right - middle])
    most = torch.maximum(out + view.pixels(_OFF_SKULL_M), _LOPSIDED * reach.flip(0))
    reach = torch.minimum(reach, most)
    return replace(spans, left=middle - reach[0], right=middle + reach[1])


def _calm_spans(spans: RowSpans, chin: float, sigma: float) -> RowSpans:
    """The same rows, their borders below the chin evened by `sigma` rows; `chin` in pixels."""
    below = ((torch.arange(len(spans.left)) + spans.top - chin) / sigma).clamp(0, 1)

    def even(side: Tensor) -> Tensor:
        return torch.lerp(side, torch.from_numpy(gaussian_filter1d(side.numpy(), sigma, mode="nearest")), below)

    return replace(spans, left=even(spans.left), right=even(spans.right))


def add_curls(world: Tensor, curl: float) -> Tensor:
    """R×C×3: the sheet's points in the world, moved in and out as tufts of curls lie.

    Args:
        curl: 0 straight, which moves nothing, to 1 curly.
    """
    rings, columns = world.shape[:2]
    normals = vertex_normals(world.view(-1, 3), ring_faces(rings, columns)).view_as(world)
    noise = np.random.default_rng(0).standard_normal((rings, columns))
    tufts = gaussian_filter(noise, _TUFT_SIGMA, mode=("nearest", "wrap"))
    tufts[: 2 * _CAP_RINGS] = 0
    return world + curl * _TUFT_M * torch.from_numpy(tufts / tufts.std()).float()[..., None] * normals


def _draw_depths(shape: HairShape, view: GarmentView) -> tuple[Tensor, Tensor]:
    """S×S each, metres: the hair's near and far side at every pixel of its rows."""
    size, top = len(view.near), shape.spans.top
    rows = slice(top, top + len(shape.spans.left))
    y, columns = torch.arange(size)[rows, None] + 0.5, torch.arange(size) + 0.5
    middle, half = shape.spans.at(y)
    across = (columns - middle) / half.clamp_min(1.0)
    arc = (1 - across.clamp(-1, 1) ** 2).sqrt()
    inside = torch.isfinite(view.near[rows]) & (across.abs() < 1)
    depth, hang = _measure_back(inside, across, half[:, 0], shape, view)
    margin = torch.where(y < shape.chin, _ON_HEAD_M, _ON_TRUNK_M)
    far = depth[:, None] + (hang - depth)[:, None] * arc
    far = far.maximum(torch.where(inside, view.far[rows] + margin, -torch.inf))
    beside = _draw_beside(columns, inside, middle, half, depth, view.near[rows])
    near = torch.where(torch.isfinite(view.front[rows]) & (across.abs() < 1), view.front[rows] - margin, beside)
    near = near.minimum(_draw_dome(y, depth, arc, shape, view))
    return tuple(torch.zeros(size, size).index_copy(0, torch.arange(size)[rows], side) for side in (near, far))  # type: ignore[return-value]


def _draw_dome(y: Tensor, depth: Tensor, arc: Tensor, shape: HairShape, view: GarmentView) -> Tensor:
    """R×S metres: how near hair stands over the forehead, round from the top down to the hairline; inf below that.

    Args:
        y: R×1, pixels.
        depth: (R,) metres, of the head's middle.
        arc: R×S in [0, 1], 0 at the hair's borders.
    """
    top = shape.spans.top
    skull = view.skull_top
    hairline = skull + _FOREHEAD * (shape.chin - skull)
    forehead = view.near[max(skull, round(hairline) - 2) : max(skull + 1, round(hairline) + 1)]
    forehead = forehead[torch.isfinite(forehead)]
    if not len(forehead):  # of who bends far down, the view may end above it
        return torch.full_like(arc, torch.inf)
    nearest = float(forehead.amin()) - _STANDS_M
    down = ((hairline - y) / max(1.0, hairline - top)).clamp(0, 1)
    dome = depth[:, None] - (depth[:, None] - nearest) * arc * (1 - down.square()).sqrt()
    return torch.where(y < hairline, dome, torch.inf)


def _measure_back(
    inside: Tensor, across: Tensor, half: Tensor, shape: HairShape, view: GarmentView
) -> tuple[Tensor, Tensor]:
    """(R,) each, metres: of every row the middle depth of head or neck, and how far away the hair hangs behind it."""
    metre, count, top = 1 / view.pixels(1.0), len(half), shape.spans.top
    core = inside & (across.abs() < _CORE)
    front = torch.where(core, view.near[top : top + count], torch.inf).amin(1)
    back = torch.where(core, view.far[top : top + count], -torch.inf).amax(1)
    of_head = torch.arange(top, top + count) < shape.chin
    deepest = int(torch.where(of_head & torch.isfinite(front), back - front, -torch.inf).argmax())
    depth = (front + back) / 2
    # Above its deepest row a skull recedes; hair stands around the same middle.
    depth[:deepest] = depth[deepest]
    depth = torch.where(torch.isfinite(depth), depth, depth[deepest])
    stands = ((half - inside.sum(1) / 2) * metre).clamp(*_STANDOFF_M)
    round_head = depth + _LONG_HEAD * half * metre
    back = torch.where(of_head, (back + stands).maximum(round_head), back + _ON_TRUNK_M)
    hang = back.tolist()
    for row in range(deepest + 1, count):
        hang[row] = max(hang[row], hang[row - 1] - _FALL * metre)
    evened = (gaussian_filter1d(line, _ROW_SIGMA, mode="nearest") for line in (depth.tolist(), hang))
    return tuple(torch.from_numpy(line).float() for line in evened)  # type: ignore[return-value]


def _draw_beside(columns: Tensor, inside: Tensor, middle: Tensor, half: Tensor, depth: Tensor, near: Tensor) -> Tensor:
    """R×S metres: the near side of hair beside head or neck: from their outline it curves back to the middle depth."""
    left = torch.where(inside, columns, torch.inf).amin(1, keepdim=True).nan_to_num(posinf=0.0)
    right = torch.where(inside, columns, -torch.inf).amax(1, keepdim=True).nan_to_num(neginf=0.0)
    rims = [near.gather(1, (edge - 0.5).long().clamp(0, near.shape[1] - 1)) for edge in (left, right)]
    # Of a turned head the nearer outline is the face's: hair beside it lies behind it.
    rim = torch.maximum(*rims)
    rim = torch.where(torch.isfinite(rim), rim, depth[:, None])
    out = torch.maximum(
        (columns - right) / (middle + half - right).clamp_min(1.0),
        (left - columns) / (left - middle + half).clamp_min(1.0),
    )
    return depth[:, None] - (depth[:, None] - rim).abs() * (1 - out.clamp(0, 1) ** 2).sqrt()
