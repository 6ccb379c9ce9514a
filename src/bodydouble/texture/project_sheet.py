"""The photo's colours on what hangs off the body: a skirt's or the hair's texels, each looked up in the photo.

A texel takes its colour where its surface faces the camera, nothing lies in front of it, and the pixel is what the
surface is: hair for hair, cloth for a skirt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import dress_rest
from bodydouble.clothing.shoe_form import SOLE_EDGE
from bodydouble.geometry.camera import clip_from_world, project, resized
from bodydouble.geometry.distance import rough_distance_to
from bodydouble.geometry.lengths import measure_lengths
from bodydouble.geometry.mesh import join_meshes, view_cosine
from bodydouble.parsing.at_photo import label_map
from bodydouble.parsing.labels import BACKGROUND, CLOTH, HAIR, HAT, SHOES, SKIN, TOP_LABELS, TOPS
from bodydouble.parsing.shade import shade_at
from bodydouble.raster import rasteriser
from bodydouble.raster.shade import interpolate
from bodydouble.surface.skeleton import pose_surface
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.align_shoes import align_shoes
from bodydouble.texture.hair_rim import take_off_rim
from bodydouble.texture.shoe_pixels import shoe_pixels
from bodydouble.texture.shoe_strays import leave_out_strays
from bodydouble.texture.tint import tint_of
from bodydouble.values import FittedView, Mesh, Surface, SurfaceKind, Texture

_LOWEST_COSINE = 0.42  # flatter views smear: of a round skirt about a third of the way around is seen from the front
_LOWEST_OF_HAT = 0.2  # the same of a hat: brims are seen from their edges
_DEPTH_BIAS_M = 0.012  # of the test of what lies in front
# From the border of what the surface is, metres; the pixels there are mixed. Shoes are too small for more.
_EDGE_M = {
    SurfaceKind.HAIR: 0.011,  # at 0.006 the wall behind a blurred outline came into it
    SurfaceKind.SKIRT: 0.012,
    SurfaceKind.COAT: 0.012,
    SurfaceKind.SHOES: 0.006,
    SurfaceKind.HAT: 0.008,
}
# The same of hair from face and clothes: these are in focus as it is, and on a cheek the wall's margin was a dull rim.
_EDGE_OF_FACE_M = 0.005
# Cosine from which on what was seen of a shoe stays in its place, stray or not: there it is the photo.
_FACES_CAMERA = 0.4
_FEW = 100  # texels of a coat that tell a colour
# Distance of usual tints, and ratio of usual brightness, of one cloth in light and shade; the dark have no tint.
_TINT, _BRIGHTER, _GREY = 0.03, 1.4, 0.1
_DRAWN_PX = 768  # longest side of the view in which depths are drawn
_LABELS = {
    SurfaceKind.HAIR: (HAIR, HAT),
    SurfaceKind.SKIRT: CLOTH,
    SurfaceKind.SHOES: (SHOES,),
    SurfaceKind.HAT: (HAT,),
}  # what each kind's pixels are


def project_worn(
    worn: Sequence[Surface], skin: Surface, views: Sequence[FittedView], body: BodyModel
) -> tuple[Surface, ...]:
    """The surfaces with what all photos show of them: of each texel the one that shows it best.

    Args:
        worn: what hangs off the body, each with a texture of the size that it is to have.
        skin: the body, which may lie in front of them.
    """
    if not worn:
        return ()
    scenes = [_draw_scene([skin, *worn], view, body) for view in views]
    hatted = any(surface.kind == SurfaceKind.HAT for surface in worn)
    projected = []
    for number, surface in enumerate(worn, start=1):
        labels = _labels(surface, hatted)
        shown = [_project(surface, scene, number, labels) for scene in scenes]
        confidence, best = torch.stack([texture.confidence for texture in shown]).max(0)
        best = best.expand(1, 3, -1, -1)
        rgb = torch.stack([texture.rgb for texture in shown]).gather(0, best)[0]
        shades = [texture.shade for texture in shown if texture.shade is not None]
        shade = torch.stack(shades).gather(0, best)[0] if len(shades) == len(shown) else None
        if surface.kind == SurfaceKind.SHOES and surface.texture.alpha is None:
            confidence = _leave_out_strays(rgb, confidence)
        if surface.kind == SurfaceKind.HAIR and surface.texture.alpha is not None:
            rgb = take_off_rim(rgb, confidence)
        projected.append(
            replace(surface, texture=replace(surface.texture, rgb=rgb, confidence=confidence, shade=shade))
        )
    return tuple(projected)


def _leave_out_strays(rgb: Tensor, confidence: Tensor) -> Tensor:
    """S×S: how well shoes are seen, without what lies beside them; what faces the camera is where the photo has it."""
    end = round(SOLE_EDGE * len(confidence))
    kept = leave_out_strays(rgb, confidence > 0, end)
    kept[:end] |= confidence[:end] > _FACES_CAMERA
    return confidence * kept


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """What all surfaces share in one photo."""

    view: FittedView
    meshes: tuple[Mesh, ...]  # of all surfaces, posed
    depth: Tensor  # 1×h×w, metres, of the nearest of them; the photo, reduced
    labels: np.ndarray  # H×W, uint8, the photo's; background off the mask


def _draw_scene(surfaces: Sequence[Surface], view: FittedView, body: BodyModel) -> _Scene:
    assert view.understanding is not None
    rest, size = dress_rest(view.fit, body), view.photo.size
    meshes = tuple(pose_surface(surface, rest, view.fit.pose).mesh for surface in surfaces)
    scale = min(1.0, _DRAWN_PX / max(size))
    small = resized(view.fit.camera, (round(size[0] * scale), round(size[1] * scale)))
    whole = join_meshes(meshes)
    depth = rasteriser()(clip_from_world(whole.vertices, small)[None], whole.faces, small.size).depth
    labels = label_map(view.understanding, size) * (view.person.mask > 0.5).numpy()
    if any(surface.kind == SurfaceKind.SHOES for surface in surfaces):
        labels = np.where((labels == SHOES) & ~shoe_pixels(view), BACKGROUND, labels)
    return _Scene(view=view, meshes=meshes, depth=depth.nan_to_num(posinf=1e3), labels=labels)


def _project(surface: Surface, scene: _Scene, number: int, labels: tuple[int, ...]) -> Texture:
    """What the photo shows of the scene's surface of that number, of these labels: its confidence is 0 elsewhere."""
    photo, camera, mesh = scene.view.photo, scene.view.fit.camera, scene.meshes[number]
    texels = texel_map(surface.layout, surface.texture.rgb.shape[-1])
    cosine = view_cosine(mesh.vertices, mesh.faces, camera)
    values = interpolate(texels, mesh.faces, torch.cat([mesh.vertices, cosine], 1))[0]
    covered = texels.face[0] >= 0
    point, facing = values[:3, covered].T, values[3, covered]
    pixel = project(point, camera)
    metre = float(camera.intrinsics[0, 0] / pixel[:, 2].median())
    drawn = (facing > 0) & (pixel[:, 2] < _sample(scene.depth, pixel, photo.size, "nearest")[0] + _DEPTH_BIAS_M)
    if surface.kind == SurfaceKind.COAT:
        labels = _join_alike(labels, pixel[drawn & (facing > _LOWEST_COSINE)], scene)
    usable = _usable(scene.labels, labels, _EDGE_M[surface.kind] * metre)
    if surface.kind == SurfaceKind.HAIR:
        usable = usable.maximum(_beside_face(scene, labels, usable[0] > 0, metre))
    if surface.kind == SurfaceKind.SHOES:
        left = covered.nonzero()[:, 1] < covered.shape[1] // 2
        pixel = align_shoes(pixel[:, :2], left, drawn, scene.labels == SHOES)
    lowest = _LOWEST_OF_HAT if surface.kind == SurfaceKind.HAT else _LOWEST_COSINE
    shown = drawn & (facing > lowest) & (_sample(usable, pixel, photo.size, "nearest")[0] > 0.5)
    rgb, confidence = torch.zeros_like(surface.texture.rgb), torch.zeros_like(surface.texture.confidence)
    rgb[:, covered] = _sample(photo.rgb, pixel, photo.size, "bilinear") * shown
    confidence[covered] = facing.clamp(0, 1) * shown
    shade = None
    if scene.view.shade is not None:
        shade = torch.ones_like(rgb)
        shade[:, covered] = torch.where(shown, shade_at(scene.view.shade, pixel[:, 0], pixel[:, 1]), 1.0)
    return Texture(rgb=rgb, confidence=confidence, shade=shade)


def _labels(surface: Surface, hatted: bool) -> tuple[int, ...]:
    """What the surface's pixels are; a coat's texture tells it. Hair has no hat's where that is a surface, too."""
    if surface.kind == SurfaceKind.HAIR and hatted:
        return (HAIR,)
    if surface.kind == SurfaceKind.SHOES and surface.texture.alpha is not None:
        return (SHOES, SKIN)  # between the straps of sandals
    if surface.texture.labels is not None:
        return TOP_LABELS[int(surface.texture.labels[0, 0])]
    return _LABELS[surface.kind]


def _join_alike(labels: tuple[int, ...], pixel: Tensor, scene: _Scene) -> tuple[int, ...]:
    """A coat's labels, and those of tops of its colour: one half of it may be called a jacket, the other a shirt.

    Args:
        pixel: N×2 or more, of the coat's texels that face the camera.
    """
    size = scene.view.photo.size
    place = pixel[:, :2].long().clamp(torch.zeros(2, dtype=torch.int64), torch.tensor(size[::-1]) - 1)
    label = torch.from_numpy(scene.labels)[place[:, 1], place[:, 0]]
    rgb = scene.view.photo.rgb[:, place[:, 1], place[:, 0]]
    own = torch.isin(label, torch.tensor(labels))
    joined = list(labels)
    for other in set(TOPS) - set(labels):
        here = label == other
        if min(int(own.sum()), int(here.sum())) >= _FEW:
            usual = torch.stack([rgb[:, each].median(1).values for each in (own, here)]) + _GREY
            tints, light = tint_of(usual), usual.mean(1)
            if float((tints[0] - tints[1]).norm()) < _TINT and float(light.max() / light.min()) < _BRIGHTER:
                joined.append(other)
    return tuple(joined)


def _usable(labels: np.ndarray, chosen: tuple[int, ...], margin: float) -> Tensor:
    """1×H×W: 1 where a pixel is one of the chosen labels, and so many pixels within where that is."""
    inside = rough_distance_to(torch.from_numpy(~np.isin(labels, chosen))) > max(1.5, margin)
    return inside[None].float()


def _beside_face(scene: _Scene, chosen: tuple[int, ...], inner: Tensor, metre: float) -> Tensor:
    """1×H×W: 1 where hair beside a face or clothes may be believed: far from the background, and more like hair.

    Args:
        inner: H×W, bool, pixels that are surely hair.
        metre: in pixels.
    """
    rgb, labels = scene.view.photo.rgb, scene.labels
    skin = torch.from_numpy(labels == SKIN)
    if not bool(inner.any()) or not bool(skin.any()):
        return inner[None].float()
    background = torch.from_numpy(labels == BACKGROUND)
    free = rough_distance_to(background) > max(1.5, _EDGE_M[SurfaceKind.HAIR] * metre)
    near = _usable(labels, chosen, _EDGE_OF_FACE_M * metre)[0] > 0
    usual = (rgb[:, each].median(1).values[:, None, None] for each in (inner, skin))
    from_hair, from_skin = (measure_lengths(rgb - colour, 0) for colour in usual)
    return (free & near & (from_hair < from_skin))[None].float()


def _sample(image: Tensor, pixel: Tensor, size: tuple[int, int], mode: str) -> Tensor:
    """C×N of a C×h×w image that shows a photo of (height, width), at N×2 pixels of the photo."""
    place = pixel[:, :2] * 2 / torch.tensor(size[::-1]) - 1
    padding = "border" if mode == "bilinear" else "zeros"
    return functional.grid_sample(image[None], place[None, None], mode, padding, align_corners=False)[0, :, 0]
