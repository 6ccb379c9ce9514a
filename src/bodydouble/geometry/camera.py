"""Cameras: building them, projecting points, and the clip space the rasterisers take.

Clip space here keeps the image's directions: after division by w, x runs from -1 (left edge) to 1 (right edge), y from
-1 (top) to 1 (bottom); w is the depth along the optical axis in metres, z is unused by the rasterisers and equals w.
"""

import math

import torch
from torch import Tensor

from bodydouble.values import Camera, PhotoWindow


def intrinsics_matrix(focal_px: float | Tensor, size: tuple[int, int]) -> Tensor:
    """3×3 intrinsics with square pixels and the principal point at the centre of a (height, width) image."""
    height, width = size
    focal = torch.as_tensor(focal_px, dtype=torch.float32)
    zero, one = torch.zeros_like(focal), torch.ones_like(focal)
    rows = [focal, zero, one * width / 2, zero, focal, one * height / 2, zero, zero, one]
    return torch.stack(rows).reshape(3, 3)


def photo_camera(focal_px: float, size: tuple[int, int]) -> Camera:
    """The camera of a photo: it stands at the world's origin height 0, looks along -z (azimuth 0) and is upright.

    A body placed at negative z with root rotation zero faces it.
    """
    camera_from_world = torch.diag(torch.tensor([1.0, -1.0, -1.0, 1.0]))
    return Camera(intrinsics=intrinsics_matrix(focal_px, size), camera_from_world=camera_from_world, size=size)


def orbit_camera(
    azimuth: float,
    elevation: float,
    target: Tensor,
    distance: float,
    focal_px: float,
    size: tuple[int, int],
) -> Camera:
    """A camera on a sphere around `target`, looking at it.

    Args:
        azimuth: degrees; 0 stands in front (+z), positive goes to the person's left (+x).
        elevation: degrees, positive above, within ±89.
        target: (3,) metres.
        distance: metres, > 0.
        focal_px: focal length in pixels.
        size: (height, width) in pixels.
    """
    a, e = math.radians(azimuth), math.radians(max(-89.0, min(89.0, elevation)))
    backward = torch.tensor([math.sin(a) * math.cos(e), math.sin(e), math.cos(a) * math.cos(e)])
    right = torch.tensor([math.cos(a), 0.0, -math.sin(a)])
    down = torch.linalg.cross(-backward, right)
    rotation = torch.stack([right, down, -backward])
    position = target.cpu() + distance * backward
    camera_from_world = torch.eye(4)
    camera_from_world[:3, :3] = rotation
    camera_from_world[:3, 3] = -rotation @ position
    return Camera(
        intrinsics=intrinsics_matrix(focal_px, size).to(target.device),
        camera_from_world=camera_from_world.to(target.device),
        size=size,
    )


def camera_position(camera: Camera) -> Tensor:
    """(3,) metres, in the world."""
    return -camera.camera_from_world[:3, :3].T @ camera.camera_from_world[:3, 3]


def to_camera(points: Tensor, camera: Camera) -> Tensor:
    """(…, 3) world points to camera axes, metres."""
    return points @ camera.camera_from_world[:3, :3].T + camera.camera_from_world[:3, 3]


def project(points: Tensor, camera: Camera) -> Tensor:
    """(…, 3) world points to (…, 3): x, y in pixels (centre of pixel (i, j): (j + 0.5, i + 0.5)), depth in metres."""
    local = to_camera(points, camera)
    depth = local[..., 2:].clamp_min(1e-6)
    pixels = (local / depth) @ camera.intrinsics.T
    return torch.cat([pixels[..., :2], local[..., 2:]], -1)


def clip_from_world(points: Tensor, camera: Camera) -> Tensor:
    """(…, 3) world points to (…, 4) clip coordinates (x, y, z, w), see the head of this file."""
    height, width = camera.size
    local = to_camera(points, camera)
    pixels = local @ camera.intrinsics.T  # (x·w, y·w, w) in pixels
    depth = pixels[..., 2]
    x = 2 * pixels[..., 0] / width - depth
    y = 2 * pixels[..., 1] / height - depth
    return torch.stack([x, y, depth, depth], -1)


def move_pixels(x: Tensor, y: Tensor, camera: Camera, other: Camera) -> tuple[Tensor, Tensor]:
    """Places in one camera's image, pixels, as places in another's that is a part of it, or reduced, or the whole."""
    here, there = camera.intrinsics, other.intrinsics
    return (
        (x - here[0, 2]) * there[0, 0] / here[0, 0] + there[0, 2],
        (y - here[1, 2]) * there[1, 1] / here[1, 1] + there[1, 2],
    )


def resized(camera: Camera, size: tuple[int, int]) -> Camera:
    """The same view at another (height, width); the aspect may change."""
    scale = torch.tensor([size[1] / camera.size[1], size[0] / camera.size[0], 1.0], device=camera.intrinsics.device)
    return Camera(intrinsics=scale[:, None] * camera.intrinsics, camera_from_world=camera.camera_from_world, size=size)


def cropped(camera: Camera, left: float, top: float, size: tuple[int, int]) -> Camera:
    """The part of the view whose top left corner is (left, top) in pixels; may reach beyond the image."""
    shift = torch.zeros_like(camera.intrinsics)
    shift[0, 2], shift[1, 2] = -left, -top
    return Camera(intrinsics=camera.intrinsics + shift, camera_from_world=camera.camera_from_world, size=size)


def windowed(camera: Camera, window: PhotoWindow, size: tuple[int, int]) -> Camera:
    """A whole photo's camera as that of its part, which has (height, width) pixels."""
    return resized(cropped(camera, window.left, window.top, window.size), size)


def unwindowed(camera: Camera, window: PhotoWindow) -> Camera:
    """The part's camera as that of the whole photo: undoes `windowed`."""
    return cropped(resized(camera, window.size), -window.left, -window.top, window.whole)


def square_camera(camera: Camera, left: float, top: float, side: float, size: int) -> Camera:
    """A square part of a camera's image, `size` pixels a side; it may reach beyond the image's edges.

    Args:
        left, top, side: of the square, pixels of the camera's image.
    """
    scale = size / side
    large = resized(camera, (round(camera.size[0] * scale), round(camera.size[1] * scale)))
    return cropped(large, left * scale, top * scale, (size, size))
