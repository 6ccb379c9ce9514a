"""One picture of several surfaces: a z-buffer for what is opaque, then what is partly transparent, far to near."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble import raster
from bodydouble.geometry.camera import clip_from_world, cropped, resized
from bodydouble.geometry.mesh import join_meshes
from bodydouble.raster.blend import blend_far_to_near, sort_by_depth
from bodydouble.render.image import render_mesh
from bodydouble.values import Camera, PosedSurface, Texture, to_device

_INVISIBLE = 1 / 255  # alpha below which a point is not drawn: no picture of 8 bits shows it
_SAME_M = 1e-6  # metres between hits of one surface that are one point
_SUPERSAMPLE = 2  # samples of a pixel along each side; `_resolve` halves once


class PlainRenderer:
    """Draws textures as they are. See `Renderer`."""

    def __call__(self, surfaces: Sequence[PosedSurface], camera: Camera) -> Tensor:
        """See `Renderer`."""
        return render_surfaces(surfaces, camera)

    def bake(self, body: PosedSurface) -> Texture:
        """See `Renderer`; the texture as it is."""
        return replace(to_device(body.texture, "cpu"), neural=None)


@torch.no_grad()
def render_surfaces(
    surfaces: Sequence[PosedSurface],
    camera: Camera,
    *,
    holdout: Sequence[PosedSurface] = (),
    rasterise: raster.Rasteriser | None = None,
) -> Tensor:
    """The surfaces as the camera sees them, with the textures' own colours: no light is added.

    Args:
        holdout: opaque surfaces that hide what lies behind them and are not drawn.
        rasterise: the built-in one when None.

    Returns:
        4×H×W, [0, 1], straight alpha; colour 0 where alpha is 0.
    """
    opaque = [surface for surface in surfaces if surface.texture.alpha is None]
    veils = [surface for surface in surfaces if surface.texture.alpha is not None]
    if len(opaque) == 1 and not veils and not holdout:
        only = opaque[0]
        return render_mesh(only.mesh, only.layout, only.texture.rgb, camera, _SUPERSAMPLE, rasterise)
    picture = camera.intrinsics.new_zeros(4, *camera.size)
    if not surfaces:
        return picture
    top, bottom, left, right = _bound_surfaces(surfaces, camera)
    if top < bottom and left < right:
        height, width = bottom - top, right - left
        part = cropped(camera, left, top, (height, width))
        fine = resized(part, (height * _SUPERSAMPLE, width * _SUPERSAMPLE))
        canvas = picture.new_zeros(4, *fine.size)
        depth = _draw_opaque([*holdout, *opaque], len(holdout), fine, canvas, rasterise or raster.rasteriser())
        points = [_trace_veil(veil, fine, depth) for veil in veils]
        if points:
            pixel, distance, rgba = (torch.cat(parts, -1) for parts in zip(*points, strict=True))
            blend_far_to_near(pixel, distance, rgba, canvas)
        picture[:, top:bottom, left:right] = _resolve(canvas)
    return picture


def _bound_surfaces(surfaces: Sequence[PosedSurface], camera: Camera) -> tuple[int, int, int, int]:
    """Top, bottom, left, right of the pixels that may show a surface, bottom and right one beyond the last."""
    clip = clip_from_world(torch.cat([surface.mesh.vertices for surface in surfaces]), camera)
    if not bool((clip[:, 3] > raster.NEAR_M).all()):
        return 0, camera.size[0], 0, camera.size[1]
    spans = []
    for axis, side in ((1, camera.size[0]), (0, camera.size[1])):
        places = (clip[:, axis] / clip[:, 3] + 1) * (side / 2)
        first, last = int(places.min().floor()) - 1, int(places.max().ceil()) + 1  # a pixel more: rounding
        spans += [min(max(first, 0), side), min(max(last, 0), side)]
    top, bottom, left, right = spans
    return top, bottom, left, right


def _resolve(canvas: Tensor) -> Tensor:
    """4×h×w straight alpha, of 4×H×W samples with premultiplied alpha."""
    averaged = _halve(canvas)
    alpha = averaged[3:]
    colour = averaged[:3] / torch.where(alpha > 0, alpha, 1)
    return torch.cat([colour, alpha]).clamp(0, 1)


def _draw_opaque(
    surfaces: Sequence[PosedSurface], hidden: int, camera: Camera, canvas: Tensor, rasterise: raster.Rasteriser
) -> Tensor:
    """H×W, depth of the nearest of the surfaces; draws them, but for the first `hidden`, onto the 4×H×W canvas."""
    if not surfaces:
        return canvas.new_full(camera.size, torch.inf)
    mesh = join_meshes([surface.mesh for surface in surfaces])
    fragments = rasterise(clip_from_world(mesh.vertices, camera)[None], mesh.faces, camera.size)
    pixel = (fragments.face.view(-1) >= 0).nonzero()[:, 0]
    face = fragments.face.view(-1).index_select(0, pixel)
    first = 0
    for number, surface in enumerate(surfaces):
        count = len(surface.mesh.faces)
        shown = ((face >= first) & (face < first + count)).nonzero()[:, 0]
        if number >= hidden and len(shown):
            at = pixel[shown]
            barycentric = fragments.barycentric.view(-1, 3).index_select(0, at)
            rgb = _sample(surface.texture.rgb, _uv_at(surface, face[shown] - first, barycentric))
            for plane, values in zip(canvas.view(4, -1), (*rgb, torch.ones_like(rgb[0])), strict=True):
                plane.scatter_(0, at, values)
        first += count
    return fragments.depth[0]


def _trace_veil(surface: PosedSurface, camera: Camera, depth: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Pixel (n,), depth (n,) and 4×n straight RGBA of every point of a veil that is not behind `depth`, H×W."""
    clip = clip_from_world(surface.mesh.vertices, camera)[None]
    hits = raster.surface_tracer()(clip, surface.mesh.faces, camera.size)
    near = _once((hits.depth < depth.view(-1)[hits.pixel]).nonzero()[:, 0], hits.pixel, hits.depth)
    alpha = surface.texture.alpha
    assert alpha is not None
    rgb, texels = surface.texture.rgb, _texels_per_sample(surface, camera)
    levels = min(int(max(texels, 1.0)).bit_length() - 1, rgb.shape[-1].bit_length() - 1)
    rgba = _sample(_minify(rgb, alpha, levels), _uv_at(surface, hits.face[near], hits.barycentric[near]))
    shown = (rgba[3] > _INVISIBLE).nonzero()[:, 0]
    near, rgba = near[shown], rgba[:, shown]
    return hits.pixel[near], hits.depth[near], torch.cat([rgba[:3] / rgba[3], rgba[3:]])


def _once(points: Tensor, pixel: Tensor, depth: Tensor) -> Tensor:
    """The same points, sorted, without those that are another one over again: a sample on an edge hits both faces."""
    points = points[sort_by_depth(pixel[points], depth[points])]
    again = (pixel[points].diff() == 0) & (depth[points].diff() < _SAME_M)
    return points[torch.cat([again.new_ones(min(1, len(points))), ~again])]


def _texels_per_sample(surface: PosedSurface, camera: Camera) -> float:
    """How many texels lie along a sample's side: the usual one of all faces, by area."""
    corners = clip_from_world(surface.mesh.vertices, camera)[surface.mesh.faces]
    pixels = corners[..., :2] / corners[..., 3:].clamp_min(1e-3) * corners.new_tensor(camera.size[::-1]) / 2
    texels = surface.layout.uv[surface.layout.faces] * surface.texture.rgb.shape[-1]
    ratio = _double_area(texels) / _double_area(pixels).clamp_min(1e-6)
    return float(ratio.median().sqrt())


def _double_area(triangles: Tensor) -> Tensor:
    """(F,), of F×3×2."""
    first, second = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    return (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).abs()


def _minify(rgb: Tensor, alpha: Tensor, levels: int) -> Tensor:
    """4×s×s, premultiplied: the mip map's level at which samples miss no texel, so that fine edges do not flicker.

    Args:
        rgb: 3×S×S; alpha: S×S.
        levels: how often it is halved, rounded down: log2 of the texels along a sample's side.
    """
    if any(plane.requires_grad or plane.is_inference() for plane in (rgb, alpha)):  # those count no versions
        return _halve_often.__wrapped__(rgb, alpha, levels, (0, 0))
    return _halve_often(rgb, alpha, levels, (rgb._version, alpha._version))


@functools.lru_cache(maxsize=4)  # a video's frames ask for the same ones; a few megabytes each
def _halve_often(rgb: Tensor, alpha: Tensor, levels: int, _versions: tuple[int, int]) -> Tensor:
    """As `_minify`; kept, unless something was written into a plane, which its version counts."""
    texture = torch.cat([rgb * alpha, alpha[None]])
    for _ in range(levels):
        texture = _halve(texture)
    return texture


def _halve(image: Tensor) -> Tensor:
    """C×h×w, means of 2×2 pixels of C×H×W, an odd last row or column left out; in a third of avg_pool2d's time."""
    height, width = image.shape[1] // 2 * 2, image.shape[2] // 2 * 2
    rows = image[:, :height:2] + image[:, 1:height:2]
    return (rows[..., :width:2] + rows[..., 1:width:2]) / 4


def _uv_at(surface: PosedSurface, face: Tensor, barycentric: Tensor) -> Tensor:
    """n×2 of points in faces (n,) with barycentrics n×3."""
    corners = surface.layout.uv.index_select(0, surface.layout.faces.view(-1)).view(-1, 6).index_select(0, face)
    first, second, third = barycentric.unbind(-1)
    return corners[:, :2] * first[:, None] + corners[:, 2:4] * second[:, None] + corners[:, 4:] * third[:, None]


def _sample(texture: Tensor, uv: Tensor) -> Tensor:
    """C×n, bilinear, of a C×S×S texture."""
    if not len(uv):  # grid_sample refuses an empty grid
        return texture.new_zeros(len(texture), 0)
    grid = (uv * 2 - 1)[None, None]
    return functional.grid_sample(texture[None], grid, align_corners=False, padding_mode="border")[0, :, 0]
