"""The rasteriser in machine code, where numba is installed: `pip install 'bodydouble[fast]'`.

It has the arithmetic of `raster.torch`, where the reasons for it stand, and results are equal to the last bit: nothing
here may be reordered or fused (numba's `fastmath`). What is not single precision on the CPU is left to that one. Numba
compiles the loops at the first import on a machine, in two to three seconds, and keeps the machine code in the cache
folder, in a form of its own that is meant for this machine alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bodydouble.files import cache_folder
from bodydouble.raster import NEAR_M, Fragments, SurfaceHits
from bodydouble.raster import torch as torch_raster

try:
    import numba
    from numba import types
except ModuleNotFoundError as error:
    raise ImportError("it needs numba; pip install 'bodydouble[fast]'") from error

_NEAR, _MARGIN = np.float32(NEAR_M), np.float32(torch_raster.MARGIN)
_HALF, _ZERO, _ONE = np.float32(0.5), np.float32(0), np.float32(1)
_HITS_A_PIXEL = 4  # room for so many surfaces a pixel at first; where there are more, a second pass has room for all

_CORNERS, _FACES = types.float32[:, :, ::1], types.int64[:, ::1]


@torch.no_grad()
def rasterise(clip_vertices: Tensor, faces: Tensor, size: tuple[int, int]) -> Fragments:
    """See `Rasteriser`. Nothing here has a gradient.

    Args:
        clip_vertices: B×V×4, see `geometry.camera.clip_from_world`; w in metres.
        faces: F×3, int64.
        size: (height, width) in pixels.
    """
    if not _is_compiled_for(clip_vertices):
        return torch_raster.rasterise(clip_vertices, faces, size)
    batch, (height, width) = len(clip_vertices), size
    face = torch.full((batch, height, width), -1)
    barycentric = torch.from_numpy(np.zeros((batch, height, width, 3), np.float32))  # lazily, unlike torch's: 2 ms less
    depth = torch.full((batch, height, width), torch.inf)
    _draw_nearest(
        _corners(clip_vertices, size), faces.contiguous().numpy(), face.numpy(), barycentric.numpy(), depth.numpy()
    )
    return Fragments(face=face, barycentric=barycentric, depth=depth)


@torch.no_grad()
def all_surfaces(clip_vertices: Tensor, faces: Tensor, size: tuple[int, int]) -> SurfaceHits:
    """See `SurfaceTracer`.

    Args:
        clip_vertices: B×V×4, as `rasterise` takes them.
        faces: F×3, int64.
        size: (height, width) in pixels.
    """
    if not _is_compiled_for(clip_vertices):
        return torch_raster.all_surfaces(clip_vertices, faces, size)
    corners, rows = _corners(clip_vertices, size), faces.contiguous().numpy()
    room = _HITS_A_PIXEL * len(clip_vertices) * size[0] * size[1]
    while True:
        numbers, barycentric, depth = torch.empty(3, room, dtype=torch.int64), torch.empty(room, 3), torch.empty(room)
        count = _trace_all(corners, rows, *size, numbers.numpy(), barycentric.numpy(), depth.numpy())
        if count <= room:
            break
        room = count
    image, pixel, face = numbers[:, :count]
    return SurfaceHits(image=image, pixel=pixel, face=face, barycentric=barycentric[:count], depth=depth[:count])


def _is_compiled_for(clip_vertices: Tensor) -> bool:
    return clip_vertices.device.type == "cpu" and clip_vertices.dtype == torch.float32


def _corners(clip_vertices: Tensor, size: tuple[int, int]) -> np.ndarray:
    """B×V×3: homogeneous pixel coordinates (x·w, y·w, w)."""
    height, width = size
    x, y, _, w = clip_vertices.unbind(-1)
    return torch.stack([(x + w) * (width / 2), (y + w) * (height / 2), w], -1).numpy()


def _compile(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Numba's decorator, with the machine code kept in this project's cache folder.

    Raises:
        ImportError: there is no folder to keep it in; compiling at each start would cost more than it gains.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        before = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(cache_folder() / "numba")  # read by the decorator alone: others keep their own
        try:
            return numba.njit(signature, cache=True, nogil=True, error_model="numpy")(function)
        except RuntimeError as error:
            raise ImportError(f"{cache_folder()} cannot be written to, where compiled code is kept") from error
        finally:
            numba.config.CACHE_DIR = before

    return decorate


@numba.njit(inline="always")
def _first_and_last(low: Any, high: Any, limit: int) -> tuple[int, int]:
    """First and last of `limit` pixels whose centres lie between two coordinates; none where one is not a number."""
    first, last = np.ceil(low - _HALF - _MARGIN), np.floor(high - _HALF + _MARGIN)
    first = _ZERO if np.isnan(first) else min(max(first, _ZERO), np.float32(limit))
    last = -_ONE if np.isnan(last) else min(max(last, -_ONE), np.float32(limit - 1))
    return int(first), int(last)


@numba.njit
def _clipped_extent(a: Any, b: Any, c: Any) -> tuple[Any, Any, Any, Any]:
    """Least x, greatest x, least y, greatest y of the part beyond the near plane, of a triangle that crosses it."""
    low_x = low_y = np.float32(np.inf)
    high_x = high_y = np.float32(-np.inf)
    for corner, following in ((a, b), (b, c), (c, a)):
        w, next_w = corner[2], following[2]
        if w > _NEAR:
            x, y = corner[0] / w, corner[1] / w
            low_x, high_x, low_y, high_y = min(low_x, x), max(high_x, x), min(low_y, y), max(high_y, y)
        if (w > _NEAR) != (next_w > _NEAR):
            along = (_NEAR - w) / (next_w - w)
            x = (corner[0] + along * (following[0] - corner[0])) / _NEAR
            y = (corner[1] + along * (following[1] - corner[1])) / _NEAR
            low_x, high_x, low_y, high_y = min(low_x, x), max(high_x, x), min(low_y, y), max(high_y, y)
    return low_x, high_x, low_y, high_y


@numba.njit
def _bounding_box(a: Any, b: Any, c: Any, height: int, width: int) -> tuple[int, int, int, int]:
    """Left, right, top, bottom (both ends included) of the pixels that may see a triangle; empty: right below left."""
    nearest, farthest = min(a[2], b[2], c[2]), max(a[2], b[2], c[2])
    if not farthest > _NEAR:
        return 0, -1, 0, -1
    if nearest <= _NEAR:
        low_x, high_x, low_y, high_y = _clipped_extent(a, b, c)
    else:
        ax, bx, cx = a[0] / a[2], b[0] / b[2], c[0] / c[2]
        ay, by, cy = a[1] / a[2], b[1] / b[2], c[1] / c[2]
        low_x, high_x, low_y, high_y = min(ax, bx, cx), max(ax, bx, cx), min(ay, by, cy), max(ay, by, cy)
    left, right = _first_and_last(low_x, high_x, width)
    top, bottom = _first_and_last(low_y, high_y, height)
    return left, right, top, bottom


@numba.njit(inline="always")
def _hit(a: Any, b: Any, c: Any, x: int, y: int) -> tuple[bool, Any, Any, Any, Any]:
    """Whether a pixel sees a triangle, the three barycentrics, the depth; see `raster.torch`."""
    column, row = np.float32(x) + _HALF, np.float32(y) + _HALF
    x0, x1, x2 = a[0] - column * a[2], b[0] - column * b[2], c[0] - column * c[2]
    y0, y1, y2 = a[1] - row * a[2], b[1] - row * b[2], c[1] - row * c[2]
    first, second, third = x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0
    forward = first >= _ZERO and second >= _ZERO and third >= _ZERO
    backward = first <= _ZERO and second <= _ZERO and third <= _ZERO
    if forward == backward:
        return False, _ZERO, _ZERO, _ZERO, _ZERO
    total = first + second + third
    first, second, third = first / total, second / total, third / total
    depth = first * a[2] + second * b[2] + third * c[2]
    return depth > _NEAR, first, second, third, depth


@numba.njit(inline="always")
def _corner(corners: Any, image: int, vertex: int) -> tuple[Any, Any, Any]:
    """One corner's numbers: a view of the array would cost more than the arithmetic."""
    return corners[image, vertex, 0], corners[image, vertex, 1], corners[image, vertex, 2]


@numba.njit(inline="always")
def _triangle(corners: Any, image: int, faces: Any, number: int) -> tuple[Any, Any, Any]:
    """The corners of a face."""
    return (
        _corner(corners, image, faces[number, 0]),
        _corner(corners, image, faces[number, 1]),
        _corner(corners, image, faces[number, 2]),
    )


@_compile(types.void(_CORNERS, _FACES, types.int64[:, :, ::1], types.float32[:, :, :, ::1], types.float32[:, :, ::1]))
def _draw_nearest(corners: Any, faces: Any, face: Any, barycentric: Any, depth: Any) -> None:
    """Write the nearest surface of each pixel, of equally near ones the first, over canvases that hold nothing."""
    batch, height, width = face.shape
    for image in range(batch):
        for number in range(len(faces)):
            a, b, c = _triangle(corners, image, faces, number)
            left, right, top, bottom = _bounding_box(a, b, c, height, width)
            for y in range(top, bottom + 1):
                for x in range(left, right + 1):
                    hit, first, second, third, distance = _hit(a, b, c, x, y)
                    if hit and distance < depth[image, y, x]:
                        depth[image, y, x], face[image, y, x] = distance, number
                        barycentric[image, y, x, 0] = first
                        barycentric[image, y, x, 1] = second
                        barycentric[image, y, x, 2] = third


@_compile(types.int64(_CORNERS, _FACES, types.int64, types.int64, _FACES, types.float32[:, ::1], types.float32[::1]))
def _trace_all(corners: Any, faces: Any, height: int, width: int, numbers: Any, barycentric: Any, depth: Any) -> int:
    """How many surfaces all pixels have together; writes image, pixel and face, and the rest, of as many as fit in."""
    count = 0
    for image in range(len(corners)):
        for number in range(len(faces)):
            a, b, c = _triangle(corners, image, faces, number)
            left, right, top, bottom = _bounding_box(a, b, c, height, width)
            for y in range(top, bottom + 1):
                for x in range(left, right + 1):
                    hit, first, second, third, distance = _hit(a, b, c, x, y)
                    if hit and count < len(depth):
                        numbers[0, count], numbers[1, count], numbers[2, count] = image, y * width + x, number
                        barycentric[count, 0], barycentric[count, 1], barycentric[count, 2] = first, second, third
                        depth[count] = distance
                    count += hit
    return count
