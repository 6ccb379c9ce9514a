"""The body's own far side in a square of the photo: what the parser is told of it before it says what is worn there."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.geometry.camera import clip_from_world, square_camera
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.geometry.window import Window
from bodydouble.raster import surface_tracer
from bodydouble.values import Camera, Mesh

CHANNELS = 5  # of what `draw_far_body` returns
_DEPTH_M = 0.5  # a depth of so much is 1: few parts of a body lie farther from its middle


@torch.no_grad()
def draw_far_body(mesh: Mesh, camera: Camera, window: Window, size: int) -> Tensor:
    """5×size×size: where the body is, its farthest surface's normals, and how far away that is.

    Args:
        mesh: the bare body in the world, as a fit places it.
        camera: the photo's.
        window: the square of the photo to draw.

    Returns:
        coverage (0 or 1); unit normals, camera axes (x right, y down, z forward); depth behind the mean of all drawn
        pixels in units of half a metre, within -2 to 2. 0 where the body is not.
    """
    view = square_camera(camera, window.left, window.top, window.side, size)
    points = surface_tracer()(clip_from_world(mesh.vertices, view)[None], mesh.faces, view.size)
    depth = torch.full((size * size,), -torch.inf).scatter_reduce(0, points.pixel, points.depth, "amax")
    last = (points.depth == depth[points.pixel]).nonzero()[:, 0]
    corners, pixel = mesh.faces[points.face[last]], points.pixel[last]
    outward = (vertex_normals(mesh.vertices, mesh.faces)[corners] * points.barycentric[last][..., None]).sum(1)
    planes = torch.zeros(CHANNELS, size * size)
    planes[0, pixel] = 1
    planes[1:4, pixel] = normalize(outward @ camera.camera_from_world[:3, :3].T, dim=1).T
    far = depth[pixel]
    planes[4, pixel] = ((far - far.mean()) / _DEPTH_M).clamp(-2, 2) if len(far) else far
    return planes.view(CHANNELS, size, size)
