"""Drawing layers: a z-buffer for what is opaque, then every surface from far to near of what is partly transparent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample

from bodydouble.geometry.camera import clip_from_world, orbit_camera, project, resized
from bodydouble.raster import torch as raster
from bodydouble.raster.torch import rasterise
from bodydouble.values import Camera
from workshop.synthesis.dress import Layer, vertex_normals

_INVISIBLE = 0.02  # alpha below which a point of a transparent layer is not drawn
_OVERLAY = 0.008  # metres a transparent layer may lie inside what is opaque and still be seen
_SHADOW_SIZE = 256  # pixels of the image from which a light looks at the person
_SHADOW_BIAS = 0.012  # metres a surface may lie behind what the light sees and still be lit


@dataclass(frozen=True, kw_only=True)
class Lights:
    """Distant lights; many weak ones make a soft sky."""

    directions: Tensor  # D×3, unit, from the person towards the light
    colours: Tensor  # D×3, linear; a surface facing a light of colour 1 reflects its whole albedo
    ambient: Tensor  # (3,), linear, from everywhere


def light_vertices(
    layers: Sequence[Layer], lights: Lights, shadows: bool = True, casters: Sequence[Layer] | None = None
) -> list[Tensor]:
    """Linear light (V×3) that arrives at the vertices of each layer.

    Args:
        casters: the layers that throw shadows; every opaque one by default. A room's walls should not.
    """
    solid = [layer for layer in (layers if casters is None else casters) if not layer.transparent]
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
        nearest = grid_sample(finite, shifted[None, None], mode="nearest", padding_mode="border", align_corners=False)[
            0, 0, 0
        ]
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
        y, x = own.nonzero(as_tuple=True)
        colour[:, y, x] = _shade(layer, light[n], fragments.face[0, y, x] - first, fragments.barycentric[0, y, x])[:3]
        first += len(layer.faces)
    alpha[fragments.face[0] >= 0] = 1
    depth = fragments.depth[0]
    seen = [_surfaces(layer, light[n], large, depth) for n, layer in enumerate(layers) if layer.transparent]
    if seen:
        pixel, distance, shaded = (torch.cat(parts, -1) for parts in zip(*seen, strict=True))
        _blend(pixel, distance, shaded, colour, alpha)
    premultiplied = avg_pool2d(torch.cat([colour, alpha[None]])[None], supersample)[0]
    straight = premultiplied[:3] / premultiplied[3:].clamp_min(1e-4)
    return torch.cat([to_srgb(straight), premultiplied[3:]])


def _surfaces(layer: Layer, light: Tensor, camera: Camera, depth: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Pixel number (n,), depth (n,), colour and alpha 4×n of every point of a layer that is not behind `depth`."""
    pixel, distance, face, barycentric = _hits(clip_from_world(layer.vertices, camera), layer.faces, camera.size)
    shaded = _shade(layer, light, face, barycentric)
    shown = ((distance < depth.view(-1)[pixel] + _OVERLAY) & (shaded[3] > _INVISIBLE)).nonzero()[:, 0]
    return pixel[shown], distance[shown], shaded[:, shown]


def _blend(pixel: Tensor, distance: Tensor, shaded: Tensor, colour: Tensor, alpha: Tensor) -> None:
    """Blend surfaces over `colour` and `alpha` in place, in each pixel from far to near."""
    order = distance.argsort(descending=True)
    order = order[pixel[order].argsort(stable=True)]
    pixel, shaded = pixel[order], shaded[:, order]
    # How many of the same pixel's surfaces lie behind each one: those with the same number never share a pixel.
    place = torch.arange(len(pixel))
    starts = torch.cat([torch.ones(1, dtype=torch.bool), pixel[1:] != pixel[:-1]])[: len(pixel)]
    behind = place - torch.where(starts, place, 0).cummax(0).values
    colour, alpha = colour.view(3, -1), alpha.view(-1)
    for number in range(int(behind.max()) + 1 if len(behind) else 0):
        now = behind == number
        at, over = pixel[now], shaded[:, now]
        colour[:, at] = colour[:, at] * (1 - over[3]) + over[:3] * over[3]
        alpha[at] = alpha[at] * (1 - over[3]) + over[3]


def _hits(clip: Tensor, faces: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Every surface at every pixel, not only the nearest: pixel number, depth, face (n,), barycentrics n×3."""
    corners = raster._corners(clip[None], faces, size)
    found = []
    for face, x, y in raster._candidates(corners, size):
        inside, barycentric, depth = raster._hit(raster._of(corners, face), x, y)
        found.append((y[inside] * size[1] + x[inside], depth[inside], face[inside], barycentric[:, inside].T))
    if not found:
        return torch.zeros(0, dtype=torch.long), torch.zeros(0), torch.zeros(0, dtype=torch.long), torch.zeros(0, 3)
    pixel, depth, face, barycentric = (torch.cat(parts) for parts in zip(*found, strict=True))
    return pixel, depth, face, barycentric


def _shade(layer: Layer, light: Tensor, face: Tensor, barycentric: Tensor) -> Tensor:
    """4×N: linear colour and alpha at N points of the layer."""
    if not len(face):  # grid_sample refuses an empty grid
        return light.new_zeros(4, 0)
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
