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
from bodydouble.geometry.lengths import measure_lengths
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
_SPECK = 0.12  # difference from the double's look from which a pixel there may be the limb's
_SPECK_PX = 3  # radius within which colours are compared
_LIMB_PX = 5  # radius within which colours of the limb, and of what is behind it, are looked up
_CLEARLY = 0.7  # of the difference from what is behind: what is as like to both is its own
_BORDER = 0.03  # of the picture's height, by which a border of cloth may lie elsewhere on the mesh: a finger's length
_WIDE = 0.3  # of that, half of how wide cloth or skin is at least from which a border moves
_SAME_PART_M = 0.03  # metres at rest between points of neighbouring pixels of one part: an arm at rest is off the trunk
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
    agreeing: Tensor  # of these, but for what is another part's: skin where the surface is cloth, the other way round,
    #                   and what has the colours of a limb beside it that lies before it: limbs in the fit lie a
    #                   little elsewhere, and would be seen twice from the side
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
        agreeing = _agreeing(view, sure, surface, understanding, camera)
        agreeing = sure | (agreeing & ~find_limb_colours(view, draw_look(geometry, surface), agreeing))
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


def _agreeing(
    view: SupportView, sure: Tensor, surface: Surface, understanding: Understanding, camera: Camera
) -> Tensor:
    """H×W, bool: valid pixels but for those of another part: skin where the surface is cloth, or the other way round.

    Where the same kind goes on beside them on the same part, a border, as of a hem, lies a little elsewhere.
    """
    assert surface.texture.labels is not None
    geometry = view.geometry
    x, y, _ = project(geometry.points.permute(1, 2, 0), camera).unbind(-1)
    shown = labels_at(understanding, x.flatten(), y.flatten()).view(x.shape)
    uv = interpolate(geometry.fragments, surface.layout.faces, surface.layout.uv)[0]
    row, column = texel_at(uv.permute(1, 2, 0), surface.texture.labels.shape[-1])
    labels = surface.texture.labels[row, column]

    def of(names: Tensor, kinds: tuple[int, ...]) -> Tensor:
        return torch.isin(names, names.new_tensor(kinds))

    skin_on_cloth, cloth_on_skin = of(shown, _BARE) & of(labels, CLOTH), of(shown, CLOTH) & of(labels, _BARE)
    agreeing = sure | (view.valid & ~skin_on_cloth & ~cloth_on_skin)
    resting = interpolate(geometry.fragments, surface.faces, surface.vertices)[0]
    steps = round(_BORDER * len(agreeing))
    for kinds, denied in ((_BARE, skin_on_cloth), (CLOTH, cloth_on_skin)):
        agreeing = agreeing | spread_on_part(agreeing & of(shown, kinds), denied & view.valid, resting, steps)
    return agreeing


def spread_on_part(start: Tensor, room: Tensor, resting: Tensor, steps: int) -> Tensor:
    """H×W, bool: the start, and what of the room can be reached from it, pixel by pixel, on one part of the body.

    It begins where the start is wide on its part: shreds of a sleeve on an arm make no arm of cloth.

    Args:
        start, room: H×W, bool.
        resting: 3×H×W, metres, the pixels' points at rest: there limbs are apart that touch in the photo.
        steps: pixels, at most.
    """
    everywhere, later, earlier = slice(None), slice(1, None), slice(None, -1)
    sides = ((later, everywhere), (earlier, everywhere)), ((everywhere, later), (everywhere, earlier))
    near = [measure_lengths(resting[(..., *one)] - resting[(..., *other)], 0) < _SAME_PART_M for one, other in sides]
    apart = torch.zeros_like(start)
    for (one, other), joined in zip(sides, near, strict=True):
        apart[one] |= ~joined
        apart[other] |= ~joined
    wide = max(1, round(_WIDE * steps))
    narrow = functional.max_pool2d((apart | ~start).float()[None], 2 * wide + 1, 1, wide)
    reached = (functional.max_pool2d(1 - narrow, 2 * wide + 1, 1, wide)[0] > 0) & start & ~apart
    for _ in range(steps):
        before = reached.clone()
        for (one, other), joined in zip(sides, near, strict=True):
            reached[one] |= before[other] & joined & room[one]
            reached[other] |= before[one] & joined & room[other]
        if torch.equal(before, reached):
            break
    return start | reached


def find_limb_colours(view: SupportView, look: Tensor, agreeing: Tensor) -> Tensor:
    """H×W, bool: what lies beside a limb and behind it, and has the limb's colours in the photo.

    It is unlike the double's look, and less like what agrees behind the limb than like the limb itself. Where nothing
    of the limb agrees, it is unlike look and surroundings.

    Args:
        look: 3×H×W, [0, 1], the surface as the double has it.
        agreeing: H×W, bool, pixels that may be relied on but for such colours.
    """
    geometry, rgb = view.geometry, view.rgb
    behind = find_behind_limb(geometry)
    difference = blur_within(rgb - look, agreeing, _SPECK_PX).abs().amax(0)
    of_limb = _unlike(rgb, agreeing & find_before(geometry), _SPECK)
    of_surface = _unlike(rgb, agreeing & ~behind & ~find_before(geometry, _LIMB_PX), torch.inf)
    own = torch.minimum(measure_lengths(rgb - look, 0), of_surface)
    return behind & (difference > _SPECK) & (of_limb < _CLEARLY * own)


def _unlike(rgb: Tensor, source: Tensor, otherwise: float) -> Tensor:
    """H×W, between each colour and the mean of the source's around it; `otherwise` where none is."""
    means, seen = blur_within(rgb, source, _LIMB_PX), blur_within(source.float()[None], source, _LIMB_PX)[0] > 0
    return torch.where(seen, measure_lengths(rgb - means, 0), otherwise)


def find_behind_limb(geometry: ViewGeometry) -> Tensor:
    """H×W, bool: beside the outline of what lies before it: of its colour some pixels end up here."""
    return _exceeded(geometry, -geometry.depth) > _LIMB_M


def find_before(geometry: ViewGeometry, further_px: int = 0) -> Tensor:
    """H×W, bool: within the outline of what lies before something else of the person, as a limb does.

    Args:
        further_px: how much deeper within it.
    """
    return _exceeded(geometry, geometry.depth, further_px) > _LIMB_M


def _exceeded(geometry: ViewGeometry, depth: Tensor, further_px: int = 0) -> Tensor:
    """H×W, metres: by how much a depth is exceeded near each pixel; -inf where nothing is."""
    reach = max(1, round(_LIMB_EDGE * geometry.camera.size[0])) + further_px
    inside = torch.where(geometry.silhouette, depth, -torch.inf)
    farthest = functional.max_pool2d(inside[None], 2 * reach + 1, 1, reach)[0]
    return torch.where(geometry.silhouette, farthest - depth, -torch.inf)


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
