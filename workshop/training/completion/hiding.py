"""What a photo would not have shown from elsewhere: the same person as if part of what was seen had not been."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import pose_fit
from bodydouble.geometry.camera import camera_position, clip_from_world, project
from bodydouble.geometry.mesh import view_cosine
from bodydouble.geometry.uv import fill_seams
from bodydouble.raster import rasteriser
from bodydouble.raster.shade import interpolate
from bodydouble.render.framing import framing_camera
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.foreign import without_texels
from bodydouble.values import BodyFit, FittedView, Mesh, Texture

_LOWEST_COSINE = 0.3  # a little flatter than a photo's own texels are taken (`texture.project.ProjectConfig`)
_DRAWN_PX = 384  # height of the drawing that tells what lies in front: 5 mm of a standing adult
_BEHIND_M = 0.02  # how much deeper than what was drawn a texel may lie: four of these pixels on a steep surface


@dataclass(frozen=True, kw_only=True)
class Hiding:
    """A person seen in a photo, as if what another camera does not see had not been seen."""

    hidden: Tensor  # S×S, bool: texels that the photo shows and that are not given
    partial: Texture  # the rest of what the photo shows
    view: FittedView  # the photo, with the mask cut so that none of the hidden texels is in it


def hide_texels(view: FittedView, partial: Texture, body: BodyModel, azimuth: float) -> Hiding:
    """Hide what a camera `azimuth` degrees beside the photo's, positive to the person's left, would not see."""
    size = partial.confidence.shape[-1]
    mesh = pose_fit(view.fit, body)
    visible = visible_texels(mesh, body, photo_azimuth(view.fit) + azimuth, size)
    hidden = (partial.confidence > 0) & ~visible
    covered = texel_map(body.layout, size).face[0] >= 0
    filled = fill_seams(visible[None].float(), covered)  # texels beside a chart say what those at its edge do
    person = replace(view.person, mask=view.person.mask * _shown_pixels(filled, mesh, view.fit, body))
    remaining = without_texels(partial, hidden)
    return Hiding(hidden=hidden, partial=remaining, view=replace(view, person=person))


def photo_azimuth(fit: BodyFit) -> float:
    """Degrees from the world's front to where a photo was taken, as seen from the body's place."""
    away = camera_position(fit.camera) - fit.pose.root_translation
    return math.degrees(math.atan2(float(away[0]), float(away[2])))


def visible_texels(mesh: Mesh, body: BodyModel, azimuth: float, size: int) -> Tensor:
    """size×size, bool: texels that face a camera at an azimuth of the world, with nothing in front of them."""
    camera = framing_camera(mesh.vertices, (_DRAWN_PX, _DRAWN_PX), azimuth)
    cosine = view_cosine(mesh.vertices, mesh.faces, camera)
    texels = texel_map(body.layout, size)
    points = interpolate(texels, mesh.faces, torch.cat([mesh.vertices, cosine], 1))[0]
    pixels = project(points[:3].flatten(1).T, camera)
    depth = rasteriser()(clip_from_world(mesh.vertices, camera)[None], mesh.faces, camera.size).depth[0]
    column, row = (pixels[:, axis].floor().long().clamp(0, _DRAWN_PX - 1) for axis in (0, 1))
    in_front = pixels[:, 2] < depth[row, column] + _BEHIND_M
    return (texels.face[0] >= 0) & (points[3] > _LOWEST_COSINE) & in_front.view(size, size)


def _shown_pixels(visible: Tensor, mesh: Mesh, fit: BodyFit, body: BodyModel) -> Tensor:
    """H×W, bool: pixels of the photo where the body's nearest texel is visible (1×S×S); all those beside the body."""
    fragments = rasteriser()(clip_from_world(mesh.vertices, fit.camera)[None], mesh.faces, fit.camera.size)
    uv = interpolate(fragments, body.layout.faces, body.layout.uv).permute(0, 2, 3, 1)
    sampled = functional.grid_sample(visible[None], uv * 2 - 1, mode="nearest", align_corners=False)[0, 0]
    return (sampled > 0) | (fragments.face[0] < 0)
