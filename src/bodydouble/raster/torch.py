"""The built-in rasteriser: torch operations alone, on any device, batched and deterministic.

Triangles are tested in homogeneous pixel coordinates (Olano and Greer, "Triangle scan conversion using 2D homogeneous
coordinates", 1997), so nothing is clipped: where a triangle crosses the plane of the camera, only the part in front
of it is drawn. Each triangle proposes the pixels of its bounding box, the edge functions keep those inside, and a
minimum over (depth, face) decides every pixel.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from bodydouble.raster import Fragments

NEAR = 1e-2  # metres; nothing nearer to the camera's plane is drawn

_CANDIDATES_AT_ONCE = 1 << 20  # pixels tested together: bounds the memory, about 100 bytes each
_MARGIN = 1e-3  # pixels; widens bounding boxes beyond their rounding error, the edge functions decide
_NOTHING = torch.iinfo(torch.int64).max
_FACE_BITS = 32


@torch.no_grad()
def rasterise(clip_vertices: Tensor, faces: Tensor, size: tuple[int, int]) -> Fragments:
    """See `Rasteriser`. Nothing here has a gradient: `shade.silhouette` and `shade.interpolate` give theirs.

    Args:
        clip_vertices: B×V×4, see `geometry.camera.clip_from_world`; w in metres.
        faces: F×3, int64, fewer than 2³¹.
        size: (height, width) in pixels.
    """
    batch, (height, width) = clip_vertices.shape[0], size
    corners = _corners(clip_vertices, faces, size)
    best = torch.full((batch * height * width,), _NOTHING, dtype=torch.int64, device=clip_vertices.device)
    for triangle, x, y in _candidates(corners, size):
        weights, inside = _edge_functions(corners[:, triangle], x, y)
        depth = _depth(weights, corners[2, triangle])
        kept = (inside & (depth > NEAR)).nonzero()[:, 0]
        triangle, depth = triangle[kept], depth[kept]
        pixel = (triangle // len(faces) * height + y[kept]) * width + x[kept]
        # Bits of a positive float are ordered as the float is: one integer holds depth first and face second.
        bits = depth.float().view(torch.int32).long()
        best.scatter_reduce_(0, pixel, bits << _FACE_BITS | triangle % max(len(faces), 1), "amin")
    return _fragments(best.view(batch, height, width), corners, len(faces))


def _corners(clip_vertices: Tensor, faces: Tensor, size: tuple[int, int]) -> Tensor:
    """3×(B·F)×3: homogeneous pixel coordinates (x·w, y·w, w) first, then triangle, then corner."""
    height, width = size
    x, y, _, w = clip_vertices.unbind(-1)
    pixels = torch.stack([(x + w) * (width / 2), (y + w) * (height / 2), w])
    return pixels[:, :, faces].flatten(1, 2)


def _candidates(corners: Tensor, size: tuple[int, int]) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Chunks of (triangle, x, y), (n,) each: the pixels whose centre lies in a triangle's bounding box."""
    left, top, columns, rows = _bounding_boxes(corners, size)
    area = columns * rows
    drawn = area.nonzero()[:, 0]
    ends = area[drawn].cumsum(0)
    start, done = 0, 0
    while start < len(drawn):
        limit = torch.as_tensor(done + _CANDIDATES_AT_ONCE, device=ends.device)
        stop = max(start + 1, int(torch.searchsorted(ends, limit, right=True)))
        chunk = drawn[start:stop]
        count = int(ends[stop - 1]) - done
        triangle = torch.repeat_interleave(chunk, area[chunk], output_size=count)
        first = torch.repeat_interleave(ends[start:stop] - area[chunk] - done, area[chunk], output_size=count)
        within = torch.arange(count, device=corners.device) - first
        row = within // columns[triangle]
        yield triangle, left[triangle] + within - row * columns[triangle], top[triangle] + row
        start, done = stop, done + count


def _bounding_boxes(corners: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(left, top, columns, rows), (B·F,) int64 each: pixels whose centre may lie in the part before the near plane."""
    height, width = size
    w = corners[2]
    low, high = _extent(corners[:2] / w)
    crossing = ((w.amin(-1) <= NEAR) & (w.amax(-1) > NEAR)).nonzero()[:, 0]
    low[:, crossing], high[:, crossing] = _clipped_extent(corners[:, crossing])
    limit = torch.tensor([[width], [height]], device=w.device)
    first = (low - 0.5 - _MARGIN).ceil().nan_to_num(0.0).clamp(torch.zeros_like(limit), limit).long()
    last = (high - 0.5 + _MARGIN).floor().nan_to_num(-1.0).clamp(torch.full_like(limit, -1), limit - 1).long()
    count = (last - first + 1).clamp_min(0) * (w.amax(-1) > NEAR)
    return first[0], first[1], count[0], count[1]


def _extent(points: Tensor) -> tuple[Tensor, Tensor]:
    return points.amin(-1), points.amax(-1)


def _clipped_extent(corners: Tensor) -> tuple[Tensor, Tensor]:
    """Extent of the part before the near plane of triangles that cross it: 2×n lowest and highest, pixels."""
    w, following = corners[2], corners.roll(-1, -1)
    step = following[2] - w
    along = (NEAR - w) / torch.where(step == 0, 1, step)
    cut = (corners + along * (following - corners))[:2] / NEAR
    is_cut = (w > NEAR) != (following[2] > NEAR)
    points = torch.cat([corners[:2] / w, cut], -1)
    exists = torch.cat([w > NEAR, is_cut], -1)
    return points.where(exists, torch.inf).amin(-1), points.where(exists, -torch.inf).amax(-1)


def _edge_functions(corners: Tensor, x: Tensor, y: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
    """Three edge functions (n,) at pixel centres and whether the centre lies inside.

    The origin is moved to the pixel first, which keeps single precision exact to about 1e-4 pixels, and an edge gives
    exactly opposite numbers to its two triangles, so that no pixel falls between them.
    """
    w = corners[2]
    across = corners[0] - (x + 0.5)[:, None] * w
    down = corners[1] - (y + 0.5)[:, None] * w
    x0, x1, x2 = across.unbind(-1)
    y0, y1, y2 = down.unbind(-1)
    a, b, c = x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0
    low, high = torch.minimum(torch.minimum(a, b), c), torch.maximum(torch.maximum(a, b), c)
    return (a, b, c), (low >= 0) != (high <= 0)  # equal only outside, or where the triangle has no area


def _depth(weights: tuple[Tensor, ...], w: Tensor) -> Tensor:
    a, b, c = weights
    return (a * w[:, 0] + b * w[:, 1] + c * w[:, 2]) / (a + b + c)


def _fragments(best: Tensor, corners: Tensor, face_count: int) -> Fragments:
    """The winners' barycentrics and depths. Edge functions over their sum are perspective-correct barycentrics."""
    face = torch.where(best == _NOTHING, -1, best & (1 << _FACE_BITS) - 1)
    barycentric = corners.new_zeros(*face.shape, 3)
    depth = corners.new_full(face.shape, torch.inf)
    image, y, x = hit = (face >= 0).nonzero(as_tuple=True)
    triangle = image * face_count + face[hit]
    weights, _ = _edge_functions(corners[:, triangle], x, y)
    barycentric[hit] = torch.stack(weights, -1) / (weights[0] + weights[1] + weights[2])[:, None]
    depth[hit] = _depth(weights, corners[2, triangle])
    return Fragments(face=face, barycentric=barycentric, depth=depth)
