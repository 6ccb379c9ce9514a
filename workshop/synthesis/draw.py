"""Drawing layers: one z-buffer for what is opaque, then slabs from far to near for what is partly transparent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample, normalize

from bodydouble.geometry.camera import clip_from_world, orbit_camera, project, resized
from bodydouble.raster import Fragments
from bodydouble.raster.torch import rasterise
from bodydouble.values import Camera
from workshop.synthesis.dress import Layer

_SLABS = 10  # transparent faces are sorted by depth and drawn in this many groups
_SHADOW_SIZE = 256  # pixels of the image from which a light looks at the person
_SHADOW_BIAS = 0.012  # metres a surface may lie behind what the light sees and still be lit


@dataclass(frozen=True, kw_only=True)
class Lights:
    """Distant lights; many weak ones make a soft sky."""

    directions: Tensor  # D×3, unit, from the person towards the light
    colours: Tensor  # D×3, linear; a surface facing a light of colour 1 reflects its whole albedo
    ambient: Tensor  # (3,), linear, from everywhere


def vertex_normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """V×3 unit normals, faces weighted by area."""
    a, b, c = vertices[faces].unbind(1)
    normals = torch.linalg.cross(b - a, c - a)
    total = torch.zeros_like(vertices)
    for corner in range(3):
        total.index_add_(0, faces[:, corner], normals)
    return normalize(total, dim=-1)


def light_vertices(layers: Sequence[Layer], lights: Lights, shadows: bool = True) -> list[Tensor]:
    """Linear light (V×3) that arrives at the vertices of each layer; opaque layers cast shadows."""
    solid = [layer for layer in layers if not layer.transparent]
    vertices, faces = _joined(solid)
    result = []
    normals = [vertex_normals(layer.vertices, layer.faces) for layer in layers]
    seen = [torch.ones(len(layer.vertices), len(lights.directions)) for layer in layers]
    if shadows:
        for number, direction in enumerate(lights.directions):
            camera = _light_camera(vertices, direction)
            depth = rasterise(clip_from_world(vertices, camera)[None], faces, camera.size).depth[0]
            for mask, layer in zip(seen, layers, strict=True):
                mask[:, number] = _lit(layer.vertices, depth, camera)
    for layer, normal, mask in zip(layers, normals, seen, strict=True):
        cosine = normal @ lights.directions.T
        # Hair and lashes are thin: lit from both sides, and light seeps around them.
        cosine = (cosine.abs() * 0.5 + 0.4) if layer.transparent else cosine.clamp_min(0)
        result.append((cosine * mask) @ lights.colours + lights.ambient)
    return result


def _light_camera(vertices: Tensor, direction: Tensor) -> Camera:
    """A far camera in the light's direction that sees all vertices."""
    low, high = vertices.amin(0), vertices.amax(0)
    radius, distance = float((high - low).norm()) / 2, 40.0
    azimuth = math.degrees(math.atan2(float(direction[0]), float(direction[2])))
    elevation = math.degrees(math.asin(max(-1.0, min(1.0, float(direction[1])))))
    focal = _SHADOW_SIZE / 2 * distance / (radius * 1.05)
    return orbit_camera(azimuth, elevation, (low + high) / 2, distance, focal, (_SHADOW_SIZE, _SHADOW_SIZE))


def _lit(points: Tensor, depth: Tensor, camera: Camera) -> Tensor:
    """(V,) how much of the neighbourhood in the light's image is not nearer to the light than the point, [0, 1]."""
    place = project(points, camera)
    grid = place[:, :2] / (_SHADOW_SIZE / 2) - 1
    total = torch.zeros(len(points))
    offsets = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    finite = depth.nan_to_num(posinf=1e6)[None, None]
    for dx, dy in offsets:
        shifted = grid + torch.tensor([dx, dy]) * 2 / _SHADOW_SIZE
        nearest = grid_sample(finite, shifted[None, None], mode="nearest", align_corners=False)[0, 0, 0]
        total += (place[:, 2] < nearest + _SHADOW_BIAS).float()
    return total / len(offsets)


def draw(layers: Sequence[Layer], light: Sequence[Tensor], camera: Camera, supersample: int = 2) -> Tensor:
    """4×H×W RGBA in [0, 1], straight alpha, sRGB.

    Args:
        light: V×3 for each layer, from `light_vertices`.
    """
    height, width = camera.size
    large = resized(camera, (height * supersample, width * supersample))
    colour = torch.zeros(3, *large.size)  # linear, premultiplied
    alpha = torch.zeros(large.size)
    depth = torch.full(large.size, torch.inf)
    opaque = [n for n, layer in enumerate(layers) if not layer.transparent]
    vertices, faces = _joined([layers[n] for n in opaque])
    fragments = rasterise(clip_from_world(vertices, large)[None], faces, large.size)
    first = 0
    for n in opaque:
        layer = layers[n]
        own = (fragments.face[0] >= first) & (fragments.face[0] < first + len(layer.faces))
        colour[:, own] = _shade(layer, light[n], fragments.face[0][own] - first, fragments.barycentric[0][own])[:3]
        first += len(layer.faces)
    alpha[fragments.face[0] >= 0] = 1
    depth = fragments.depth[0]
    for n, layer in enumerate(layers):
        if layer.transparent:
            _blend(layer, light[n], large, depth, colour, alpha)
    premultiplied = avg_pool2d(torch.cat([colour, alpha[None]])[None], supersample)[0]
    straight = premultiplied[:3] / premultiplied[3:].clamp_min(1e-4)
    return torch.cat([to_srgb(straight), premultiplied[3:]])


def _blend(layer: Layer, light: Tensor, camera: Camera, depth: Tensor, colour: Tensor, alpha: Tensor) -> None:
    """Blend a transparent layer over `colour` and `alpha` in place, far slabs first, nothing behind `depth`."""
    clip = clip_from_world(layer.vertices, camera)
    order = clip[layer.faces, 3].mean(1).argsort(descending=True)
    for slab in order.chunk(_SLABS):
        fragments: Fragments = rasterise(clip[None], layer.faces[slab], camera.size)
        own = (fragments.face[0] >= 0) & (fragments.depth[0] < depth)
        shaded = _shade(layer, light, slab[fragments.face[0][own]], fragments.barycentric[0][own])
        colour[:, own] = colour[:, own] * (1 - shaded[3]) + shaded[:3] * shaded[3]
        alpha[own] = alpha[own] * (1 - shaded[3]) + shaded[3]


def _shade(layer: Layer, light: Tensor, face: Tensor, barycentric: Tensor) -> Tensor:
    """4×N: linear colour and alpha at N points of the layer."""
    uv = (layer.uv[layer.uv_faces[face]] * barycentric[..., None]).sum(1)
    grid = (uv * 2 - 1)[None, None]
    texel = grid_sample(layer.texture[None], grid, align_corners=False, padding_mode="border")[0, :, 0]
    arriving = (light[layer.faces[face]] * barycentric[..., None]).sum(1)
    return torch.cat([to_linear(texel[:3]) * arriving.T, texel[3:]])


def _joined(layers: Sequence[Layer]) -> tuple[Tensor, Tensor]:
    vertices, faces, count = [], [], 0
    for layer in layers:
        vertices.append(layer.vertices)
        faces.append(layer.faces + count)
        count += len(layer.vertices)
    return torch.cat(vertices), torch.cat(faces)


def to_linear(colour: Tensor) -> Tensor:
    """sRGB in [0, 1] to linear light."""
    return torch.where(colour <= 0.04045, colour / 12.92, ((colour.clamp_min(0) + 0.055) / 1.055) ** 2.4)


def to_srgb(colour: Tensor) -> Tensor:
    """Linear light to sRGB, clamped to [0, 1]."""
    colour = colour.clamp(0, 1)
    return torch.where(colour <= 0.0031308, colour * 12.92, 1.055 * colour.clamp_min(1e-8) ** (1 / 2.4) - 0.055)
