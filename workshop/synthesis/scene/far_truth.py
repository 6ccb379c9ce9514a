"""What is known of a drawn person's far side: at each pixel the farthest surface on the ray, instead of the nearest.

The same cameras and pixels as `truth.view_truth`, so that both sides of every pixel of an outline are known.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bodydouble.geometry.camera import clip_from_world
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.raster import SurfaceHits
from bodydouble.raster.torch import all_surfaces
from bodydouble.values import Camera
from workshop.synthesis.draw import OVERLAY_M, sample_layer
from workshop.synthesis.layers import KINDS, Layer
from workshop.synthesis.scene.truth import (
    SOLID_HAIR,
    STRAND,
    ViewTruth,
    albedo_at,
    facing_sign,
    to_camera_axes,
)


def far_truth(layers: Sequence[Layer], cameras: Sequence[Camera]) -> ViewTruth:
    """Labels, depth, normals (away from the camera) and albedo of the farthest surfaces.

    Args:
        layers: those that know their limbs (`worn.pose_layers` with `limb_of_joint`); opaque ones before the others.
    """
    size = cameras[0].size
    depth = torch.full((len(cameras) * size[0] * size[1],), -torch.inf)
    hits = [_hit_layer(layer, cameras) for layer in layers]
    for layer, points in zip(layers, hits, strict=True):
        if not layer.transparent:
            depth = depth.scatter_reduce(0, _place(points, size), points.depth, "amax")
    kind, part = (torch.zeros(len(depth), dtype=torch.uint8) for _ in range(2))
    normal, albedo = (torch.zeros(len(depth), 3) for _ in range(2))
    for layer, points in zip(layers, hits, strict=True):
        chosen = _dense(layer, points, depth, size) if layer.transparent else torch.arange(len(points.depth))
        place, far = _place(points, size)[chosen], points.depth[chosen]
        depth = depth.scatter_reduce(0, place, far, "amax")
        chosen, place = chosen[far == depth[place]], place[far == depth[place]]
        face, barycentric, image = points.face[chosen], points.barycentric[chosen], points.image[chosen]
        kind[place] = KINDS.index(layer.kind)
        if layer.limb is not None:
            part[place] = layer.limb[layer.faces[face, 0]].to(torch.uint8)
        around = vertex_normals(layer.vertices, layer.faces)
        away = -facing_sign(layer, face, image, cameras)
        normal[place] = away[:, None] * (around[layer.faces[face]] * barycentric[..., None]).sum(1)
        albedo[place] = albedo_at(layer, face, barycentric)
    shape = (len(cameras), *size)
    return ViewTruth(
        kind=kind.view(shape),
        part=part.view(shape),
        depth=torch.where(depth.isinf(), torch.inf, depth).view(shape),
        normal=to_camera_axes(normal.view(*shape, 3), cameras),
        albedo=albedo.view(*shape, 3).permute(0, 3, 1, 2),
    )


def _hit_layer(layer: Layer, cameras: Sequence[Camera]) -> SurfaceHits:
    clip = torch.stack([clip_from_world(layer.vertices, camera) for camera in cameras])
    return all_surfaces(clip, layer.faces, cameras[0].size)


def _place(points: SurfaceHits, size: tuple[int, int]) -> Tensor:
    """(n,) int64: number of each point's pixel in the batch."""
    return points.image * (size[0] * size[1]) + points.pixel


def _dense(layer: Layer, points: SurfaceHits, depth: Tensor, size: tuple[int, int]) -> Tensor:
    """(k,) int64: points of a see-through layer that lie behind `depth` where enough of it does to count as there."""
    place = _place(points, size)
    behind = (points.depth > depth[place] - OVERLAY_M).nonzero()[:, 0]
    if not len(behind):
        return behind
    alpha = sample_layer(layer, points.face[behind], points.barycentric[behind])[3]
    passed = torch.zeros_like(depth).index_add(0, place[behind], (1 - alpha.clamp_max(0.999)).log())
    return behind[(passed[place[behind]].exp() < 1 - SOLID_HAIR) & (alpha > STRAND)]
