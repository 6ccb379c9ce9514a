"""Drawing layers: a z-buffer for what is opaque, then every surface from far to near of what is partly transparent."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample

from bodydouble.geometry.camera import clip_from_world, resized
from bodydouble.raster import Fragments
from bodydouble.raster.blend import blend_far_to_near
from bodydouble.raster.torch import all_surfaces, rasterise
from bodydouble.values import Camera
from workshop.synthesis.layers import Layer, Light, PartLight, join_layers

_INVISIBLE = 0.02  # alpha below which a point of a transparent layer is not drawn
OVERLAY_M = 0.008  # metres a transparent layer may lie inside what is opaque and still be seen


def draw(layers: Sequence[Layer], light: Sequence[Light], camera: Camera, supersample: int = 2) -> Tensor:
    """4×H×W RGBA in [0, 1], straight alpha, sRGB.

    Args:
        light: for each layer, from `light_vertices`.
    """
    return draw_views(layers, light, [camera], supersample)[0]


def draw_views(
    layers: Sequence[Layer], light: Sequence[Light], cameras: Sequence[Camera], supersample: int = 2
) -> Tensor:
    """B×4×H×W: the same layers from several cameras of one size; on a GPU all at once."""
    if layers[0].vertices.device.type == "cpu" and len(cameras) > 1:  # one by one stays in the cache
        return torch.cat([draw_views(layers, light, [camera], supersample) for camera in cameras])
    height, width = cameras[0].size
    large = [resized(camera, (height * supersample, width * supersample)) for camera in cameras]
    fragments, visible = rasterise_layers(layers, large)
    canvas = layers[0].vertices.new_zeros(4, len(cameras), *large[0].size)  # linear, premultiplied
    for number, (image, y, x, face, barycentric) in visible.items():
        canvas[:, image, y, x] = _shade(layers[number], light[number], face, barycentric)
    canvas[3] = (fragments.face >= 0).float()
    thin = [n for n, layer in enumerate(layers) if layer.transparent]
    hits = [_thin_surfaces(layers[n], light[n], large, fragments.depth) for n in thin]
    if hits:
        pixel, depth, shaded = (torch.cat(values, -1) for values in zip(*hits, strict=True))
        blend_far_to_near(pixel, depth, shaded, canvas)
    premultiplied = avg_pool2d(canvas.transpose(0, 1), supersample)
    straight = premultiplied[:, :3] / premultiplied[:, 3:].clamp_min(1e-4)
    return torch.cat([to_srgb(straight), premultiplied[:, 3:]], 1)


_Visible = dict[int, tuple[Tensor, Tensor, Tensor, Tensor, Tensor]]


def rasterise_layers(layers: Sequence[Layer], cameras: Sequence[Camera]) -> tuple[Fragments, _Visible]:
    """The opaque layers through all cameras: the fragments of their joined mesh, and what shows of each layer.

    Returns:
        B×H×W fragments; and by the layer's number (image, y, x, face of the layer, n×3 barycentrics) of its pixels.
    """
    opaque = [n for n, layer in enumerate(layers) if not layer.transparent]
    vertices, faces = join_layers([layers[n] for n in opaque])
    clip = torch.stack([clip_from_world(vertices, camera) for camera in cameras])
    fragments = rasterise(clip, faces, cameras[0].size)
    image, y, x = (fragments.face >= 0).nonzero(as_tuple=True)
    face, barycentric = fragments.face[image, y, x], fragments.barycentric[image, y, x]
    visible, first = {}, 0
    for n in opaque:
        count = len(layers[n].faces)
        pixels = ((face >= first) & (face < first + count)).nonzero()[:, 0]
        visible[n] = (image[pixels], y[pixels], x[pixels], face[pixels] - first, barycentric[pixels])
        first += count
    return fragments, visible


def _thin_surfaces(
    layer: Layer, light: Light, cameras: Sequence[Camera], depth: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Pixel number in the batch (n,), depth (n,), colour and alpha 4×n of what is not behind `depth` (B×H×W)."""
    clip = torch.stack([clip_from_world(layer.vertices, camera) for camera in cameras])
    hits = all_surfaces(clip, layer.faces, cameras[0].size)
    pixel = hits.image * depth[0].numel() + hits.pixel
    near = (hits.depth < depth.view(-1)[pixel] + OVERLAY_M).nonzero()[:, 0]
    shaded = _shade(layer, light, hits.face[near], hits.barycentric[near])
    visible = (shaded[3] > _INVISIBLE).nonzero()[:, 0]
    return pixel[near][visible], hits.depth[near][visible], shaded[:, visible]


def _shade(layer: Layer, light: Light, face: Tensor, barycentric: Tensor) -> Tensor:
    """4×N: linear colour and alpha at N points of the layer."""
    if not len(face):  # grid_sample refuses an empty grid
        return layer.vertices.new_zeros(4, 0)
    texel = sample_layer(layer, face, barycentric)
    corners = layer.faces[face]
    if isinstance(light, PartLight):
        arriving = light.at(corners, barycentric)
    else:
        arriving = (light[corners] * barycentric[..., None]).sum(1)
    return torch.cat([to_linear(texel[:3]) * arriving.T, texel[3:]])


def sample_layer(layer: Layer, face: Tensor, barycentric: Tensor) -> Tensor:
    """4×N: sRGB colour and alpha of a layer's texture at N points."""
    uv = (layer.uv[layer.uv_faces[face]] * barycentric[..., None]).sum(1)
    grid = (uv * 2 - 1)[None, None]
    return grid_sample(layer.texture[None], grid, align_corners=False, padding_mode="border")[0, :, 0]


def to_linear(colour: Tensor) -> Tensor:
    """sRGB in [0, 1] to linear light."""
    return torch.where(colour <= 0.04045, colour / 12.92, ((colour.clamp_min(0) + 0.055) / 1.055) ** 2.4)


def to_srgb(colour: Tensor) -> Tensor:
    """Linear light to sRGB, clamped to [0, 1]."""
    colour = colour.clamp(0, 1)
    return torch.where(colour <= 0.0031308, colour * 12.92, 1.055 * colour.clamp_min(1e-8) ** (1 / 2.4) - 0.055)
