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

from bodydouble.raster import NEAR_M, Fragments, SurfaceHits

# Pixels tested together: bounds the memory, about 150 bytes each. Few enough for a CPU's cache, or many for a GPU.
_CANDIDATES_AT_ONCE = {"cpu": 1 << 17, "cuda": 1 << 22}
MARGIN = 1e-3  # pixels; widens bounding boxes beyond their rounding error, the edge functions decide
_NOTHING = torch.iinfo(torch.int64).max
_INDEX_BITS = 32


@torch.no_grad()
def rasterise(clip_vertices: Tensor, faces: Tensor, size: tuple[int, int]) -> Fragments:
    """See `Rasteriser`. Nothing here has a gradient: `shade.silhouette` and `shade.interpolate` give theirs.

    Args:
        clip_vertices: B×V×4, see `geometry.camera.clip_from_world`; w in metres.
        faces: F×3, int64; B·F below 2³¹.
        size: (height, width) in pixels.
    """
    batch, (height, width) = clip_vertices.shape[0], size
    corners = _corners(clip_vertices, faces, size)
    best = torch.full((batch, height * width), _NOTHING, dtype=torch.int64, device=clip_vertices.device)
    for triangle, x, y in _candidates(corners, size):
        inside, _, depth = _hit(_of(corners, triangle), x, y)
        # The bits of positive floats are ordered as the floats are: one integer holds depth first, triangle second.
        key = depth.float().view(torch.int32).long() << _INDEX_BITS | triangle
        pixel = (triangle // len(faces) * height + y) * width + x
        best.view(-1).scatter_reduce_(0, pixel, torch.where(inside, key, _NOTHING), "amin")
    return _fragments(best.view(batch, height, width), corners, len(faces))


@torch.no_grad()
def all_surfaces(clip_vertices: Tensor, faces: Tensor, size: tuple[int, int]) -> SurfaceHits:
    """See `SurfaceTracer`.

    Args:
        clip_vertices: B×V×4, as `rasterise` takes them.
        faces: F×3, int64.
        size: (height, width) in pixels.
    """
    corners = _corners(clip_vertices, faces, size)
    found = [
        (torch.zeros(0, dtype=torch.int64, device=faces.device),) * 2 + (corners.new_zeros(3, 0), corners[0, 0, :0])
    ]
    for triangle, x, y in _candidates(corners, size):
        inside, barycentric, depth = _hit(_of(corners, triangle), x, y)
        found.append((triangle[inside], y[inside] * size[1] + x[inside], barycentric[:, inside], depth[inside]))
    triangle, pixel, barycentric, depth = (torch.cat(parts, -1) for parts in zip(*found, strict=True))
    face_count = max(len(faces), 1)
    return SurfaceHits(
        image=triangle // face_count, pixel=pixel, face=triangle % face_count, barycentric=barycentric.T, depth=depth
    )


def _corners(clip_vertices: Tensor, faces: Tensor, size: tuple[int, int]) -> Tensor:
    """3×3×(B·F): homogeneous pixel coordinates (x·w, y·w, w), corner, triangle of the batch."""
    height, width = size
    x, y, _, w = clip_vertices.unbind(-1)
    pixels = torch.stack([(x + w) * (width / 2), (y + w) * (height / 2), w])
    flat = _of(pixels, faces.T.reshape(-1))
    return flat.unflatten(2, (3, len(faces))).transpose(1, 2).flatten(2)


def _of(table: Tensor, columns: Tensor) -> Tensor:
    """table[:, :, columns], many times faster: only `index_select` on rows of a matrix is quick on a CPU."""
    return table.flatten(0, 1).index_select(1, columns).unflatten(0, table.shape[:2])


def _candidates(corners: Tensor, size: tuple[int, int]) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Chunks of (triangle, x, y), (n,) int64 each: the pixels whose centre lies in a triangle's bounding box."""
    boxes = _bounding_boxes(corners, size)
    drawn = (boxes[2] * boxes[3]).nonzero()[:, 0]
    boxes = boxes.index_select(1, drawn)
    area = boxes[2] * boxes[3]
    ends = area.cumsum(0)
    at_once = _CANDIDATES_AT_ONCE.get(corners.device.type, 1 << 20)
    start, done = 0, 0
    while start < len(drawn):
        limit = torch.as_tensor(done + at_once, device=ends.device)
        stop = max(start + 1, int(torch.searchsorted(ends, limit, right=True)))
        count = int(ends[stop - 1]) - done
        box = torch.repeat_interleave(area[start:stop], output_size=count) + start
        left, top, columns = (side.index_select(0, box) for side in boxes[:3])
        within = torch.arange(done, done + count, device=box.device) - (ends - area).index_select(0, box)
        row = within // columns
        yield drawn.index_select(0, box), left + within - row * columns, top + row
        start, done = stop, done + count


def _bounding_boxes(corners: Tensor, size: tuple[int, int]) -> Tensor:
    """4×(B·F), int64: left, top, columns, rows of the pixels that may see the part beyond the near plane."""
    w = corners[2]
    nearest, farthest = w.amin(0), w.amax(0)
    pixels = corners[:2] / w
    low, high = pixels.amin(1), pixels.amax(1)
    crossing = ((nearest <= NEAR_M) & (farthest > NEAR_M)).nonzero()[:, 0]
    low[:, crossing], high[:, crossing] = _clipped_extent(corners[:, :, crossing])
    limit = torch.tensor(size[::-1], device=w.device)[:, None]
    first = (low - 0.5 - MARGIN).ceil().nan_to_num(0.0).clamp(torch.zeros_like(limit), limit)
    last = (high - 0.5 + MARGIN).floor().nan_to_num(-1.0).clamp(torch.full_like(limit, -1), limit - 1)
    count = (last - first + 1).clamp_min(0) * (farthest > NEAR_M)
    return torch.cat([first, count]).long()


def _clipped_extent(corners: Tensor) -> tuple[Tensor, Tensor]:
    """2×n lowest and highest pixel coordinates of the part beyond the near plane, of triangles that cross it."""
    following = corners.roll(-1, 1)
    w, next_w = corners[2], following[2]
    along = (NEAR_M - w) / torch.where(next_w == w, 1, next_w - w)
    cut = (corners + along * (following - corners))[:2] / NEAR_M
    points = torch.cat([corners[:2] / w, cut], 1)
    exists = torch.cat([w > NEAR_M, (w > NEAR_M) != (next_w > NEAR_M)])
    return points.where(exists, torch.inf).amin(1), points.where(exists, -torch.inf).amax(1)


def _hit(corners: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where the rays through pixel centres (n,) meet the planes of triangles 3×3×n.

    Edge functions divided by their sum are the perspective-correct barycentrics. The origin is moved to the pixel
    first, which keeps single precision exact to about 1e-4 pixels, and an edge gives exactly opposite numbers to its
    two triangles, so that no pixel falls between them.

    Returns:
        whether the pixel sees the triangle (n,), barycentrics 3×n, depth (n,).
    """
    w = corners[2]
    x0, x1, x2 = corners[0] - (x + 0.5) * w
    y0, y1, y2 = corners[1] - (y + 0.5) * w
    edges = torch.stack([x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0])
    inside = (edges.amin(0) >= 0) != (edges.amax(0) <= 0)  # equal outside, and where the triangle has no area
    barycentrics = edges / edges.sum(0)
    depth = (barycentrics * w).sum(0)
    return inside & (depth > NEAR_M), barycentrics, depth


def _fragments(best: Tensor, corners: Tensor, face_count: int) -> Fragments:
    """What the winners' keys stand for."""
    hit = (best.view(-1) != _NOTHING).nonzero()[:, 0]
    triangle = best.view(-1).index_select(0, hit) & (1 << _INDEX_BITS) - 1
    height, width = best.shape[1:]
    _, barycentrics, depths = _hit(_of(corners, triangle), hit % width, hit // width % height)
    face = torch.full_like(best, -1)
    barycentric = corners.new_zeros(*best.shape, 3)
    depth = corners.new_full(best.shape, torch.inf)
    face.view(-1)[hit] = triangle % max(face_count, 1)
    barycentric.view(-1, 3)[hit] = barycentrics.T
    depth.view(-1)[hit] = depths
    return Fragments(face=face, barycentric=barycentric, depth=depth)
