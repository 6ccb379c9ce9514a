"""The photos as views, cut to the person, with the pixels that are surely the surface's.

Further ones come in the light of the double's look; a double without its photo remembers that in its texture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.digitize.quilting import blur_within
from bodydouble.digitize.views import SupportView, ViewGeometry, draw_look, see_geometry
from bodydouble.geometry.camera import cropped, project, resized
from bodydouble.geometry.uv import texel_at
from bodydouble.parsing.at_photo import labels_at
from bodydouble.parsing.labels import CLOTH, EYES, FACIAL_HAIR, SKIN
from bodydouble.raster.shade import interpolate, sample_texture
from bodydouble.texture.rim import without_fringe
from bodydouble.values import Camera, Mesh, Person, Photo, Surface, Understanding

TALLEST_PX = 1400  # of the person: more than a texture of 1024 texels a side takes in
_SURE = 0.25  # confidence, a cosine, from which on the photo shows a texel: none is taken below 0.3
_EDGE = 0.003  # of the person's height, at the edge of what is sure that is not: there pixels are mixed of two things
_LIMB_EDGE = 0.004  # of the picture's height, beside a limb: twice that costs 2 to 3 dB at belts and hands
_LIMB_M = 0.03  # metres that a limb lies before what is behind it
_SPECK = 0.12  # difference from the double's look from which a pixel there is the limb's
_SPECK_PX = 3  # radius within which colours are compared
_BARE = (SKIN, FACIAL_HAIR, EYES)
_BLUR_PX = 12  # radius of what is light, in a person of up to 1400 pixels: a hand's breadth; what is finer is detail
_MOST_GAIN = 2.0  # that another photo's light may ask for
_FACING = 0.5  # cosine to its camera from which another photo is looked up
_FURTHER_EDGE = 0.01  # of the picture's height, at its outline, that is not: the fit is less exact there
_MOST_TINT = 1.3  # of one channel over the others, in another camera's white
_SAME_LOOK = 0.1  # by which smooth colours may differ and the photo still show what the double wears there
_MARGIN = 0.04  # of the longer side, around the mesh


@dataclass(frozen=True, kw_only=True)
class PhotoView:
    """The photo as a view of which nothing is invented, and how far its pixels are the surface's. H×W, bool, each."""

    view: SupportView  # valid: all of the person that the mesh covers
    agreeing: Tensor  # of these, but for skin where the surface is cloth, the other way round, and what differs beside
    #                   a limb that lies before it: limbs in the fit lie a little elsewhere, and would be seen
    #                   twice from the side
    sure: Tensor  # of these, what the double's texture took: no arm before the trunk, no outline


def photo_view(
    photo: Photo, person: Person, understanding: Understanding | None, camera: Camera, surface: Surface, posed: Mesh
) -> PhotoView:
    """Cut the photo to the person and compare it with the surface.

    Args:
        understanding: what the photo's pixels are; None: nobody was asked, and all agree.
        camera: the photo's.
        surface: with the double's look, whose confidence tells what the photo shows of it.
        posed: as it stands in the photo.
    """
    crop, rgb, mask = _cut_out(photo, person, camera, posed)
    geometry = see_geometry(posed, crop)
    inside = geometry.silhouette & (mask > 0.5)
    view = SupportView(geometry=geometry, rgb=without_fringe(rgb, mask), valid=inside)
    agreeing, sure = inside, inside & _sure(geometry, surface)
    if understanding is not None:
        agreeing = inside & ~_contradicting(geometry, surface, understanding, camera)
        difference = blur_within(view.rgb - draw_look(geometry, surface), agreeing, _SPECK_PX).abs().amax(0)
        agreeing = sure | (agreeing & ~(find_behind_limb(geometry) & (difference > _SPECK)))
    return PhotoView(view=view, agreeing=agreeing, sure=sure)


def further_view(
    photo: Photo, person: Person, understanding: Understanding | None, camera: Camera, surface: Surface, posed: Mesh
) -> PhotoView:
    """The same of a photo beside the first one: in the light of the double's look, and only where it shows that.

    Arguments are those of `photo_view`, pose and camera those of this photo. The body lies less exactly in it, and the
    double's texture knows what of it contradicts the photos before (`texture.consistency`).
    """
    photographed = photo_view(photo, person, understanding, camera, surface, posed)
    look = draw_look(photographed.view.geometry, surface)
    # Confidence may be another photo's, and does not tell how flat this one shows a texel, or how near to its outline.
    facing = photographed.sure & (photographed.view.geometry.cosine > _FACING)
    edge = max(1, round(_FURTHER_EDGE * facing.shape[0]))
    facing &= functional.max_pool2d((~photographed.view.valid).float()[None], 2 * edge + 1, 1, edge)[0] == 0
    rgb = match_light(photographed.view.rgb, look, facing)
    alike = (blur_within(rgb - look, facing, _BLUR_PX).abs().amax(0) < _SAME_LOOK) & facing
    return PhotoView(view=replace(photographed.view, rgb=rgb, valid=alike), agreeing=alike, sure=alike)


def match_light(rgb: Tensor, look: Tensor, inside: Tensor) -> Tensor:
    """3×H×W, [0, 1]: the picture in the light of the look: its white, and its smooth shade.

    Args:
        rgb, look: 3×H×W, [0, 1], of one person, pixel by pixel.
        inside: H×W, bool, where both mean something.
    """
    if not bool(inside.any()):
        return rgb
    white = look[:, inside].mean(1) / rgb[:, inside].mean(1).clamp_min(0.02)
    luminance = white.mean()
    balance = (white / luminance).clamp(1 / _MOST_TINT, _MOST_TINT) * luminance
    balanced = rgb * balance.clamp(1 / _MOST_GAIN, _MOST_GAIN)[:, None, None]
    bright, dark = (blur_within(each.mean(0, keepdim=True), inside, _BLUR_PX) for each in (look, balanced))
    shade = bright / dark.clamp_min(0.02)
    return (balanced * shade.clamp(1 / _MOST_GAIN, _MOST_GAIN)).clamp(0, 1)


def remembered_view(surface: Surface, posed: Mesh, camera: Camera) -> PhotoView:
    """What a double remembers of its photo, which is not at hand: its own look where the photo showed it."""
    crop = _crop_around(posed, camera)[0]
    geometry = see_geometry(posed, crop)
    uv = interpolate(geometry.fragments, surface.layout.faces, surface.layout.uv)
    shown = geometry.silhouette & (sample_texture(surface.texture.confidence[None], uv)[0, 0] > _SURE)
    view = SupportView(geometry=geometry, rgb=sample_texture(surface.texture.rgb, uv)[0] * shown, valid=shown)
    return PhotoView(view=view, agreeing=shown, sure=shown & _sure(geometry, surface))


def _contradicting(geometry: ViewGeometry, surface: Surface, understanding: Understanding, camera: Camera) -> Tensor:
    """H×W, bool: the photo shows skin where the surface is cloth, or the other way round."""
    assert surface.texture.labels is not None
    x, y, _ = project(geometry.points.permute(1, 2, 0), camera).unbind(-1)
    shown = labels_at(understanding, x.flatten(), y.flatten()).view(x.shape)
    uv = interpolate(geometry.fragments, surface.layout.faces, surface.layout.uv)[0]
    row, column = texel_at(uv.permute(1, 2, 0), surface.texture.labels.shape[-1])
    labels = surface.texture.labels[row, column]

    def of(names: Tensor, kinds: tuple[int, ...]) -> Tensor:
        return torch.isin(names, names.new_tensor(kinds))

    return (of(shown, _BARE) & of(labels, CLOTH)) | (of(shown, CLOTH) & of(labels, _BARE))


def find_behind_limb(geometry: ViewGeometry) -> Tensor:
    """H×W, bool: beside the outline of what lies before it: of its colour some pixels end up here."""
    reach = max(1, round(_LIMB_EDGE * geometry.camera.size[0]))
    depth = torch.where(geometry.silhouette, geometry.depth, torch.inf)
    nearest = -functional.max_pool2d(-depth[None], 2 * reach + 1, 1, reach)[0]
    return geometry.silhouette & (depth - nearest > _LIMB_M)


def _cut_out(photo: Photo, person: Person, camera: Camera, posed: Mesh) -> tuple[Camera, Tensor, Tensor]:
    """Camera, 3×H×W colours and H×W mask of the part of the photo around the mesh, reduced where it is large."""
    crop, (rows, columns) = _crop_around(posed, camera)
    planes = torch.cat([photo.rgb, person.mask[None]])[:, rows, columns]
    small = [cv2.resize(plane.contiguous().numpy(), crop.size[::-1], interpolation=cv2.INTER_AREA) for plane in planes]
    images = torch.from_numpy(np.stack(small))
    return crop, images[:3], images[3]


def _crop_around(posed: Mesh, camera: Camera) -> tuple[Camera, tuple[slice, slice]]:
    """The camera of the part of the photo around the mesh, reduced where it is large, and that part's pixels."""
    height, width = camera.size
    x, y, _ = project(posed.vertices, camera).unbind(-1)
    margin = _MARGIN * float(torch.maximum(x.max() - x.min(), y.max() - y.min()))
    left, right = (int(min(max(edge, 0), width)) for edge in (float(x.min()) - margin, float(x.max()) + margin))
    top, bottom = (int(min(max(edge, 0), height)) for edge in (float(y.min()) - margin, float(y.max()) + margin))
    scale = min(1.0, TALLEST_PX / max(bottom - top, right - left))
    size = (round((bottom - top) * scale), round((right - left) * scale))
    crop = resized(cropped(camera, left, top, (bottom - top, right - left)), size)
    return crop, (slice(top, bottom), slice(left, right))


def _sure(geometry: ViewGeometry, surface: Surface) -> Tensor:
    uv = interpolate(geometry.fragments, surface.layout.faces, surface.layout.uv)
    sure = sample_texture(surface.texture.confidence[None], uv)[0, 0] > _SURE
    edge_px = max(1, round(_EDGE * geometry.camera.size[0]))
    outside = functional.max_pool2d((~sure).float()[None], 2 * edge_px + 1, 1, edge_px)[0]
    return outside == 0
