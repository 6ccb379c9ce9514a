"""Light on layers: a few distant lights with shadows, and an ambient part."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from bodydouble.geometry.camera import clip_from_world, orbit_camera, project
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.raster.torch import rasterise
from bodydouble.values import Camera
from workshop.synthesis.layers import Layer, Light, PartLight, join_layers
from workshop.synthesis.scene.cast import CastShadow, pattern_place

_SHADOW_SIZE = 256  # pixels of the image from which a light looks at the person
_SHADOW_BIAS = 0.012  # metres a surface may lie behind what the light sees and still be lit


@dataclass(frozen=True, kw_only=True)
class Lights:
    """Distant lights; many weak ones make a soft sky."""

    directions: Tensor  # D×3, unit, from the person towards the light
    colours: Tensor  # D×3, linear; a surface facing a light of colour 1 reflects its whole albedo
    ambient: Tensor  # (3,), linear, from everywhere
    cast: CastShadow | None = None  # before one of them


def light_vertices(layers: Sequence[Layer], lights: Lights) -> list[Light]:
    """Linear light that arrives at the vertices of each layer: V×3, or in two parts where a shadow is cast."""
    shares = _light_shares(layers, lights, layers)
    if lights.cast is None:
        return list(_split(_arriving(shares, lights), layers))
    points = torch.cat([layer.vertices for layer in layers])
    behind = lights.cast.light
    passing = shares[:, behind : behind + 1] * lights.colours[behind].to(points)
    place = pattern_place(points, lights.directions[behind].to(points), lights.cast)
    pattern = lights.cast.pattern.to(points)
    parts = (_split(values, layers) for values in (_arriving(shares, lights) - passing, passing, place))
    return [PartLight(steady=s, passing=p, place=at, pattern=pattern) for s, p, at in zip(*parts, strict=True)]


def steady_light(
    layers: Sequence[Layer], lights: Lights, shadows: bool = True, casters: Sequence[Layer] | None = None
) -> list[Tensor]:
    """Linear light (V×3) that arrives at the vertices of each layer, nothing standing in its way but `casters`.

    Args:
        casters: the layers that throw shadows; every opaque one by default. A room's walls should not.
    """
    shares = _light_shares(layers, lights, (layers if casters is None else casters) if shadows else ())
    return list(_split(_arriving(shares, lights), layers))


def _split(values: Tensor, layers: Sequence[Layer]) -> tuple[Tensor, ...]:
    return values.split([len(layer.vertices) for layer in layers])


def _arriving(shares: Tensor, lights: Lights) -> Tensor:
    """V×3: what arrives of all lights together."""
    return shares @ lights.colours.to(shares) + lights.ambient.to(shares)


def _light_shares(layers: Sequence[Layer], lights: Lights, casters: Sequence[Layer]) -> Tensor:
    """V×D: how much of each light the vertices of all layers reflect, by their slope and what stands before them."""
    points = torch.cat([layer.vertices for layer in layers])
    directions = lights.directions.to(points)
    normals = torch.cat([vertex_normals(layer.vertices, layer.faces) for layer in layers])
    cosine = normals @ directions.T
    thin = torch.cat([torch.full((len(layer.vertices), 1), layer.transparent) for layer in layers]).to(points.device)
    # Hair and lashes are thin: lit from both sides, and light seeps around them.
    cosine = torch.where(thin, cosine.abs() * 0.5 + 0.4, cosine.clamp_min(0))
    opaque = [layer for layer in casters if not layer.transparent]
    if not opaque:
        return cosine
    vertices, faces = join_layers(opaque)
    cameras = [_light_camera(vertices, direction) for direction in lights.directions.tolist()]
    clip = torch.stack([clip_from_world(vertices, camera) for camera in cameras])
    depth = rasterise(clip, faces, cameras[0].size).depth
    return cosine * torch.stack([_visibility(points, *pair) for pair in zip(depth, cameras, strict=True)], -1)


def _light_camera(vertices: Tensor, direction: Sequence[float]) -> Camera:
    """A far camera in the light's direction that sees all vertices."""
    low, high = vertices.amin(0), vertices.amax(0)
    radius, distance = float((high - low).norm()) / 2, 40.0
    azimuth = math.degrees(math.atan2(direction[0], direction[2]))
    elevation = math.degrees(math.asin(max(-1.0, min(1.0, direction[1]))))
    focal = _SHADOW_SIZE / 2 * distance / (radius * 1.05)
    return orbit_camera(azimuth, elevation, (low + high) / 2, distance, focal, (_SHADOW_SIZE, _SHADOW_SIZE))


def _visibility(points: Tensor, depth: Tensor, camera: Camera) -> Tensor:
    """(V,) how much of the neighbourhood in the light's image is not nearer to the light than the point, [0, 1]."""
    place = project(points, camera)
    grid = place[:, :2] / (_SHADOW_SIZE / 2) - 1
    steps = torch.tensor([(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)], device=points.device)
    around = (grid[None] + steps[:, None] * (2 / _SHADOW_SIZE))[None]  # 1×9×V×2
    finite = depth.nan_to_num(posinf=1e6)[None, None]
    nearest = grid_sample(finite, around, mode="nearest", padding_mode="border", align_corners=False)[0, 0]
    return (place[:, 2] < nearest + _SHADOW_BIAS).float().mean(0)
