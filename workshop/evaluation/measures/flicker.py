"""Flicker of a walk: what changes from frame to frame although it is the same point of the surface.

Every pixel of a frame shows a point of the double's surface. Where that point is seen in the next frame, too, the
frame after is sampled there; what differs is flicker. Nothing but the double is needed, so it can be measured of
anybody. (Warping by estimated optical flow, as video papers do, would measure the flow's errors as well.)
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.geometry.camera import clip_from_world
from bodydouble.motion.load import load_motion
from bodydouble.raster import Fragments, rasteriser
from bodydouble.raster.shade import interpolate
from bodydouble.render.framing import framing_camera
from bodydouble.texture.scatter import erode
from bodydouble.values import Camera, Mesh, Pose, RestBody

COLUMNS = ("flicker",)
_SIZE = (384, 288)  # pixels of a frame
_AZIMUTH = 20.0  # degrees, as animations are drawn
_TOLERANCE = 0.01  # metres: what lies farther behind the surface is hidden by it
_EDGE = 2  # pixels from the outline that do not count: there the background shows through


class DrawableDouble(Protocol):
    """A drawn double whose surface is known, and that can be drawn from any camera."""

    @property
    def rest(self) -> RestBody: ...

    def posed(self, pose: Pose) -> Mesh: ...

    def render(self, camera: Camera, pose: Pose) -> Tensor: ...


def walk_flicker(double: DrawableDouble, frames: int, body: BodyModel) -> float:
    """Mean absolute difference of colours, in steps of 1/255, over neighbouring frames of the built-in walk."""
    clip = load_motion("walk", body, double.rest)
    expression = torch.zeros(len(body.expression_names))
    poses = [clip.pose(frame, expression) for frame in range(min(frames, len(clip)))]
    meshes = [double.posed(pose) for pose in poses]
    camera = framing_camera(torch.cat([mesh.vertices for mesh in meshes]), _SIZE, _AZIMUTH)
    pictures = [double.render(camera, pose) for pose in poses]
    errors = [flicker(pictures[i], pictures[i + 1], meshes[i], meshes[i + 1], camera) for i in range(len(pictures) - 1)]
    return 255 * sum(errors) / len(errors)


def flicker(first: Tensor, second: Tensor, before: Mesh, after: Mesh, camera: Camera) -> float:
    """Mean absolute difference between a 4×H×W frame and the next one, warped back by the surface's motion."""
    fragments = _rasterise(before, camera)
    depth_after = _rasterise(after, camera).depth
    clip = interpolate(fragments, before.faces, clip_from_world(after.vertices, camera))[0]
    place = clip[:2] / clip[3].clamp_min(1e-6)
    grid = place.permute(1, 2, 0)[None]
    warped = functional.grid_sample(second[None], grid, align_corners=False)[0]
    depth = functional.grid_sample(
        depth_after.nan_to_num(posinf=1e6)[None], grid, mode="nearest", padding_mode="border", align_corners=False
    )[0, 0]
    inside = erode(torch.stack([first[3], warped[3]]) > 0.999, 2 * _EDGE + 1).all(0) & (fragments.face[0] >= 0)
    visible = inside & ((clip[3] - depth).abs() < _TOLERANCE) & (place.abs() < 1).all(0)
    return float((first[:3] - warped[:3]).abs()[:, visible].mean()) if bool(visible.any()) else 0.0


def _rasterise(mesh: Mesh, camera: Camera) -> Fragments:
    return rasteriser()(clip_from_world(mesh.vertices, camera)[None], mesh.faces, camera.size)
