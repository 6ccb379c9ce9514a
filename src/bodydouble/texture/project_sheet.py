"""The photo's colours on what hangs off the body: a skirt's or the hair's texels, each looked up in the photo.

A texel takes its colour where its surface faces the camera, nothing lies in front of it, and the pixel is what the
surface is: hair for hair, cloth for a skirt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import dress_rest
from bodydouble.geometry.camera import clip_from_world, project, resized
from bodydouble.geometry.mesh import view_cosine
from bodydouble.parsing.at_photo import label_map
from bodydouble.parsing.labels import CLOTH, HAIR, LABELS
from bodydouble.raster import rasteriser
from bodydouble.raster.shade import interpolate
from bodydouble.surface.skeleton import pose_surface
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import FittedView, PosedSurface, Surface, SurfaceKind

_LOWEST_COSINE = 0.42  # flatter views smear: of a round skirt about a third of the way around is seen from the front
_DEPTH_BIAS_M = 0.012  # of the test of what lies in front
_EDGE_M = 0.012  # from the border of what the surface is; the pixels there are mixed
_DRAWN_PX = 768  # longest side of the view in which depths are drawn
_LABELS = {SurfaceKind.HAIR: (HAIR, LABELS.index("hat")), SurfaceKind.SKIRT: CLOTH}  # what each kind's pixels are


def project_worn(surface: Surface, others: Sequence[Surface], views: Sequence[FittedView], body: BodyModel) -> Surface:
    """The surface with what all photos show of it: of each texel the one that shows it best."""
    behind = [each for each in others if each is not surface]
    shown = [project_sheet(surface, behind, view, body, _LABELS[surface.kind]).texture for view in views]
    confidence, best = torch.stack([texture.confidence for texture in shown]).max(0)
    rgb = torch.stack([texture.rgb for texture in shown]).gather(0, best.expand(1, 3, -1, -1))[0]
    return replace(surface, texture=replace(surface.texture, rgb=rgb, confidence=confidence))


def project_sheet(
    surface: Surface, others: Sequence[Surface], view: FittedView, body: BodyModel, labels: tuple[int, ...]
) -> Surface:
    """The surface with the partial texture that the photo shows, in the size of the texture it has.

    Args:
        others: what else may lie in front of it, the body among them.
        labels: rows of `parsing.labels.LABELS` that the surface may be.
    """
    size = surface.texture.rgb.shape[-1]
    rest = dress_rest(view.fit, body)
    posed = [pose_surface(each, rest, view.fit.pose) for each in (surface, *others)]
    texels = texel_map(surface.layout, size)
    mesh = posed[0].mesh
    cosine = view_cosine(mesh.vertices, mesh.faces, view.fit.camera)
    values = interpolate(texels, mesh.faces, torch.cat([mesh.vertices, cosine], 1))[0]
    covered = texels.face[0] >= 0
    point, facing = values[:3, covered].T, values[3, covered]
    pixel = project(point, view.fit.camera)
    shown = facing > _LOWEST_COSINE
    margin = _EDGE_M * float(view.fit.camera.intrinsics[0, 0] / pixel[:, 2].median())
    shown &= _sample(_usable(view, labels, margin), pixel, view.photo.size, "nearest")[0] > 0.5
    shown &= pixel[:, 2] < _depth_at(posed, pixel, view) + _DEPTH_BIAS_M
    texture = surface.texture
    rgb, confidence = torch.zeros_like(texture.rgb), torch.zeros_like(texture.confidence)
    rgb[:, covered] = _sample(view.photo.rgb, pixel, view.photo.size, "bilinear") * shown
    confidence[covered] = facing.clamp(0, 1) * shown
    return replace(surface, texture=replace(texture, rgb=rgb, confidence=confidence))


def _usable(view: FittedView, labels: tuple[int, ...], margin: float) -> Tensor:
    """1×H×W: 1 where a pixel is one of the labels, and so many pixels within where that is."""
    assert view.understanding is not None
    chosen = np.isin(label_map(view.understanding, view.photo.size), labels) & (view.person.mask > 0.5).numpy()
    inside = cv2.distanceTransform(chosen.astype(np.uint8), cv2.DIST_L2, 5) > max(1.0, margin)
    return torch.from_numpy(inside)[None].float()


def _depth_at(posed: Sequence[PosedSurface], pixel: Tensor, view: FittedView) -> Tensor:
    """(N,): depth of the nearest surface at each place."""
    camera, size = view.fit.camera, view.photo.size
    scale = min(1.0, _DRAWN_PX / max(size))
    small = resized(camera, (round(size[0] * scale), round(size[1] * scale)))
    starts, vertices, faces = 0, [], []
    for each in posed:
        vertices.append(each.mesh.vertices)
        faces.append(each.mesh.faces + starts)
        starts += len(each.mesh.vertices)
    clip = clip_from_world(torch.cat(vertices), small)[None]
    depth = rasteriser()(clip, torch.cat(faces), small.size).depth
    return _sample(depth.nan_to_num(posinf=1e3), pixel, size, "nearest")[0]


def _sample(image: Tensor, pixel: Tensor, size: tuple[int, int], mode: str) -> Tensor:
    """C×N of a C×h×w image that shows a photo of (height, width), at N×2 pixels of the photo."""
    place = pixel[:, :2] * 2 / torch.tensor(size[::-1]) - 1
    padding = "border" if mode == "bilinear" else "zeros"
    return functional.grid_sample(image[None], place[None, None], mode, padding, align_corners=False)[0, :, 0]
