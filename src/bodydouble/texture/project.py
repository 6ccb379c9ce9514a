"""The photo's colours gathered into the texture: each texel's surface point is looked up in the photo.

Scattering pixels (Algorithm 1, `sample.py`) leaves gaps at 1024²; gathering asks for every texel instead. A texel takes
its colour where all of this holds:

    the surface there faces the camera                 cosine λ above `lowest_cosine`
    nothing lies in front of it                        depth test against the drawn body
    no other part's outline is near                    depth jumps, and DINAR's occlusion outlines
    no skin of an arm that lies elsewhere in the fit   the parser's labels, where one was asked
    no loose hair hangs before it                      the same, where the hair is a surface of its own
    nothing else lies on it                            `texture.stray`
    the pixel is well inside the person                distance to the mask's edge
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import subtree_weight
from bodydouble.fitting.contact import hidden_hands
from bodydouble.geometry.camera import clip_from_world, move_pixels, resized
from bodydouble.geometry.distance import rough_distance_to
from bodydouble.parsing.shade import shade_at
from bodydouble.progress import Progress
from bodydouble.raster import Fragments, rasteriser
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.texture.occlusion import occlusion_outline, part_colours
from bodydouble.texture.sight import Crop, LimbEnd, Points, Sight, see_texels
from bodydouble.texture.stray import find_islands, find_stray
from bodydouble.values import FittedView, Mesh, Texture


@dataclass(frozen=True, kw_only=True)
class ProjectConfig:
    """Deep settings of the gathering. Pixels are those of a photo in which the person is 512 pixels tall.

    Margins are wide, for what they leave out comes back in the rim where it agrees with what completion makes of the
    rest; what is within them by mistake is dirt that completion carries on.
    """

    lowest_cosine: float = 0.4  # λ; flatter views smear
    mask_margin_px: float = 3.0  # how far inside the mask a pixel must lie; never less than this in the photo's own
    #                              pixels, and no more where the photo came cut out, with an exact mask
    turning_margin_px: float = 5.0  # the same of a surface that already turns away there: below `turning_cosine`
    turning_cosine: float = 0.65  # an arm's at `mask_margin_px`: with the wider margin nothing of it would be left
    front_margin_px: float = 2.0  # how far from a jump in depth, on the part in front
    rear_margin_px: float = 7.0  # the same on the part behind: arms hang nearer, sleeves and hair reach farther over it
    end_margin_px: float = 7.0  # how far around a hand or a foot what is behind it is not trusted
    end_sink_m: float = 0.08  # how deep a fitted hand may have sunk into the body
    outlines: bool = True  # leave out the outlines of overlapping parts, as DINAR does
    jump_m: float = 0.025  # what counts as a jump, beyond the surface's own slope
    depth_bias_m: float = 0.004  # tolerance of the depth test, beyond the surface's own slope


def project_photo(
    view: FittedView,
    body: BodyModel,
    size: int = 1024,
    config: ProjectConfig | None = None,
    progress: Progress | None = None,
    sight: Sight | None = None,
) -> Texture:
    """The partial texture that the photo shows.

    Args:
        size: texels a side.
        sight: what `see_texels` says of this view; None: it is asked.

    Returns:
        rgb is 0 where nothing was taken; `confidence` is the cosine λ where a colour was taken, else 0; `labels`: the
        parser's, None where none was asked; `shade` is 1 where nothing was taken, None where none was told.
    """
    config = config or ProjectConfig()
    sight = sight or see_texels(view, body, size)
    if sight is None:
        nothing = torch.zeros(3, size, size)
        shade = None if view.shade is None else torch.ones(3, size, size)
        return Texture(rgb=nothing, confidence=nothing[0].clone(), shade=shade)
    crop, points = sight.crop, sight.points
    taken = _trusted_texels(view, sight, body, config, progress)
    row, column = taken_texels = (sight.texels.face[0] >= 0).nonzero(as_tuple=True)
    colours, labels = _colours(crop.rgb, points), None
    if sight.labels is not None and sight.misplaced is not None:
        taken &= ~_look_up(sight.misplaced, points)
        if view.locks is not None:
            x, y = move_pixels(points.x, points.y, crop.camera, view.fit.camera)
            taken &= ~_look_up(view.locks, replace(points, x=x, y=y))
        parts, left = anatomy(body), sight.rest.vertices[:, 0][sight.mesh.faces].mean(1) > 0
        region = torch.where(sight.beneath_cuffs, Region.BODY, parts.regions(size)[taken_texels])
        places = region, parts.limbs(size)[taken_texels], left[sight.texels.face[0][taken_texels]]
        taken &= ~find_stray(colours, sight.labels, taken, *places, _pocketed(view), view.person.found_hands())
        shown = torch.zeros(size, size, dtype=torch.bool)
        shown[taken_texels] = taken & (region == Region.BODY)
        taken &= ~find_islands(shown)[taken_texels]
        labels = torch.zeros(size, size, dtype=torch.uint8)
        labels[taken_texels] = sight.labels * taken
    rgb = torch.zeros(3, size, size)
    confidence = torch.zeros(size, size)
    rgb[:, row, column] = colours * taken
    confidence[taken_texels] = points.cosine.clamp(max=1) * taken
    shade = None
    if view.shade is not None:
        gain = shade_at(view.shade, *move_pixels(points.x, points.y, crop.camera, view.fit.camera))
        shade = torch.ones(3, size, size)
        shade[:, row, column] = torch.where(taken, gain, 1.0)
    return Texture(rgb=rgb, confidence=confidence, labels=labels, shade=shade)


def _trusted_texels(
    view: FittedView, sight: Sight, body: BodyModel, config: ProjectConfig, progress: Progress | None
) -> Tensor:
    """(N,), bool: covered texels that the camera sees, in front and away from edges."""
    crop, points, mesh, fragments = sight.crop, sight.points, sight.mesh, sight.fragments
    away = rough_distance_to(crop.mask <= 0.5) / crop.mask_unit_px
    usable = _usable_pixels(away, crop, mesh, part_colours(sight.rest.skin_weights, body), config)
    head = (subtree_weight(sight.rest, body.roles["head"]) > 0.5)[mesh.faces].all(1)
    usable &= ~_near_jump(fragments, head, crop, config)
    taken = (points.cosine > config.lowest_cosine) & _look_up(usable, points)
    taken &= ~_turns_away(sight, body, config) | _look_up(away > config.turning_margin_px, points)
    taken &= _in_front(points, fragments.depth[0], crop, config)
    wrists = zip(("left_wrist", "right_wrist"), _pocketed(view), strict=True)
    in_pockets = {wrist for wrist, is_hidden in wrists if is_hidden}
    for number, end in enumerate(sight.ends):
        if progress:
            progress("texture", 0.5 + 0.1 * number)
        if end.name not in in_pockets:  # what lies over those is cloth
            taken &= ~_under(points, end, crop, config)
    return taken


def _turns_away(sight: Sight, body: BodyModel, config: ProjectConfig) -> Tensor:
    """(N,), bool: covered texels of trunk and limbs that are seen so flat that a small error of the fit smears them."""
    covered = sight.texels.face[0] >= 0
    of_limb = anatomy(body).regions(len(covered))[covered] == Region.BODY
    return of_limb & (sight.points.cosine <= config.turning_cosine)


def _pocketed(view: FittedView) -> tuple[bool, bool]:
    """Whether the left and the right hand are in pockets."""
    left, right = hidden_hands(view.person, view.understanding).bool().tolist()
    return left, right


def _usable_pixels(away: Tensor, crop: Crop, mesh: Mesh, parts: Tensor, config: ProjectConfig) -> Tensor:
    """H×W, bool: well inside the mask, so far `away` from its edge, and off the outlines of overlapping parts."""
    inside = away > config.mask_margin_px
    if not config.outlines:
        return inside
    size = tuple(max(8, round(side / crop.unit_px)) for side in crop.camera.size)
    camera = resized(crop.camera, (size[0], size[1]))
    fragments = rasteriser()(clip_from_world(mesh.vertices, camera)[None], mesh.faces, camera.size)
    outline = occlusion_outline(interpolate(fragments, mesh.faces, parts)[0], fragments.face[0] >= 0)
    outline = functional.interpolate(outline[None, None].float(), crop.camera.size, mode="nearest")[0, 0] > 0
    return inside & ~outline


def _near_jump(fragments: Fragments, head: Tensor, crop: Crop, config: ProjectConfig) -> Tensor:
    """H×W, bool: near a place where one part of the body passes in front of another.

    There a small error of the fit puts the front part's colour on the rear one, or the other way round. Within the
    head (F, bool, of faces) jumps do not count: lips before an open mouth are well fitted and worth keeping.
    """
    depth = fragments.depth[0]
    on_head = head[fragments.face[0]] & (fragments.face[0] >= 0)
    front, rear = torch.zeros_like(on_head), torch.zeros_like(on_head)
    for axis in (0, 1):
        pairs = depth.shape[axis] - 1
        first, second = depth.narrow(axis, 0, pairs), depth.narrow(axis, 1, pairs)
        # A surface at the lowest cosine changes by this much from pixel to pixel.
        slope = first * _steepest(config) / crop.camera.intrinsics[axis, axis]
        jump = (first - second).abs() > config.jump_m + slope
        jump &= (
            first.isfinite() & second.isfinite() & ~(on_head.narrow(axis, 0, pairs) & on_head.narrow(axis, 1, pairs))
        )
        for side, nearer in ((0, first < second), (1, first > second)):
            front.narrow(axis, side, pairs).logical_or_(jump & nearer)
            rear.narrow(axis, side, pairs).logical_or_(jump & ~nearer)
    to_front, to_rear = rough_distance_to(front), rough_distance_to(rear)
    margin = torch.where(to_front < to_rear, config.front_margin_px, config.rear_margin_px) * crop.unit_px
    return torch.minimum(to_front, to_rear) <= margin


def _under(points: Points, end: LimbEnd, crop: Crop, config: ProjectConfig) -> Tensor:
    """(N,), bool: texels where the end of another limb (a hand, a foot) lies on them or close by.

    A fitted hand that rests on the body easily sinks into it, and a shoe is larger than the foot inside; the depth
    test would then give their colour to what is behind.
    """
    reach = 2 * round(config.end_margin_px * crop.unit_px) + 1
    kernel = np.ones((reach, reach), np.uint8)
    nearest = torch.from_numpy(cv2.erode(end.depth.numpy(), kernel))  # the least depth around
    height, width = nearest.shape
    row, column = points.y.floor().long().clamp(0, height - 1), points.x.floor().long().clamp(0, width - 1)
    return end.beside & (points.depth > nearest[row, column] - config.end_sink_m)


def _steepest(config: ProjectConfig) -> float:
    """Tangent of the angle between view and normal at the lowest cosine."""
    return (1 / config.lowest_cosine**2 - 1) ** 0.5


def _look_up(image: Tensor, points: Points) -> Tensor:
    """(N,), bool: value of an H×W bool image in each point's pixel; False outside."""
    height, width = image.shape
    row, column = points.y.floor().long(), points.x.floor().long()
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width) & (points.depth > 0)
    return inside & image[row.clamp(0, height - 1), column.clamp(0, width - 1)]


def _in_front(points: Points, depth: Tensor, crop: Crop, config: ProjectConfig) -> Tensor:
    """(N,), bool: the drawn body is not nearer than the point, allowing for its slope across one pixel."""
    height, width = depth.shape
    row, column = points.y.floor().long().clamp(0, height - 1), points.x.floor().long().clamp(0, width - 1)
    tangent = (points.cosine.clamp_min(config.lowest_cosine) ** -2 - 1).clamp_min(0).sqrt()
    slope = points.depth * tangent / crop.camera.intrinsics[0, 0]
    return points.depth <= depth[row, column] + config.depth_bias_m + slope


def _colours(rgb: Tensor, points: Points) -> Tensor:
    """3×N bilinear samples."""
    height, width = rgb.shape[1:]
    grid = torch.stack([points.x * 2 / width - 1, points.y * 2 / height - 1], -1)
    return functional.grid_sample(rgb[None], grid[None, None], align_corners=False, padding_mode="border")[0, :, 0]
