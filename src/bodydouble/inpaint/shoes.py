"""The unseen part of shoes: what was seen of either shoe, from its other side too, else their material."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.clothing.footwear import SURE_KIND
from bodydouble.clothing.shoe_form import HEEL_START, SOLE_EDGE, SOLE_END
from bodydouble.geometry.lengths import measure_lengths
from bodydouble.inpaint.near_and_usual import commonest_colour, median_colour, spread_to_usual
from bodydouble.inpaint.shoe_material import carry_material
from bodydouble.inpaint.shoe_sole import find_light_sole
from bodydouble.inpaint.unseen_legs import QUIET_SHOES
from bodydouble.parsing.at_photo import label_map
from bodydouble.parsing.labels import CLOTH, SHOES, SKIN
from bodydouble.texture.shoe_pixels import shoe_pixels
from bodydouble.texture.shoe_strays import leave_out_strays
from bodydouble.values import FittedView, Texture, style_chance

_REACH = 0.1  # of the texture's side: so far a seen colour goes on
_LEAST_PX = 20  # of a photo's shoes; fewer tell no colour
_INSIDE_PX = 4.0  # from their edges, where these are mixed with floor and skin
# Of the person's height, from their lowest pixel up: where the cloth there is so dark it tells the colour of shoes that
# are not seen, for black boots are taken for trousers.
_LOWEST, _DARK_CLOTH = 0.06, 0.25
_DEEPEST = 0.6  # share of a photo's shoes that lies nearer to them than what is asked, at most
_LIKE_SKIN = 0.06  # distance in chromaticity; on fourteen pairs of sandals a fifth to three quarters is as near
# Share of such colours well inside of what is taken for shoes, from which on there is skin between straps.
_STRAPPY = 0.4
_STRAPS = 0.2  # share of the shoes that must be unlike skin for these alone to tell the colour
# Distance in chromaticity from the skin's at which a colour begins to be a strap's, and over which it becomes one.
_TINT, _TINT_RANGE = 0.05, 0.03
_SHADED = 0.65  # brightness, times the skin's, below which what is paler than it is no skin
_OFF_GREY = 0.12  # chromaticity from grey that is left of the skin's hue at least: grey straps are unlike skin
# The same of brightness, times the skin's: black straps and white ones have no tint.
_DARK, _BRIGHT, _BRIGHTNESS_RANGE = 0.55, 1.6, 0.15
# Share of the shoes that is unlike skin, below which they have its colour: a nude pair had 0.03, the barest straps 0.2
_NUDE = 0.12
_LEAST = 2e-4  # of the texture: fewer seen texels tell no colour
_MATERIAL_LEAST = 0.03  # of the texture: fewer known texels of uppers show no material
_ASPECT = 0.16  # height of a low shoe's upper, of the way around it
_SOLE_SHADE = 0.55  # brightness of a sole that was not seen, of the upper's
_LIGHT_SOLE = 0.5  # brightness from which a sole's edge is believed to be lighter than its upper: else that is ground
_OF_SOLE = 0.3  # distance from a light sole's colour, within which what was seen of its edge is sole
_BOTTOM_SHADE = 0.7  # of what faces the ground, of the sole's edge
_SEAM_SHADE = 0.75  # where upper and sole meet, and at the opening's edge
_WALL = 0.2  # by how much brighter walls are above than at the sole
_SEAM = 0.012  # height of both lines in the texture


@dataclass(frozen=True, kw_only=True)
class PhotoShoes:
    """Where a photo shows shoes, H×W."""

    everywhere: Tensor  # bool
    inside: Tensor  # bool, of these, away from their edges
    skin: Tensor | None  # (3,), colour of the skin above them; None: none is seen, or the shoes have its colour


def complete_shoes(partial: Texture, view: FittedView, aspect: float = _ASPECT) -> Texture:
    """The whole texture of shoes, in the layout of `shoe_surface`. Seen texels stay as they are.

    Args:
        view: of the first photo, whose shoes tell the colour of what no texel shows.
        aspect: height of an upper, of the way around it.
    """
    shoes = find_shoes(view)
    seen = partial.confidence > 0
    size, end = len(seen), round(SOLE_EDGE * len(seen))
    sure = leave_out_strays(partial.rgb, seen, end)
    usual = _upper_colour(partial.rgb[:, :end], sure[:end], view, shoes)
    painted = paint_shoes(replace(partial, confidence=partial.confidence * sure), view, shoes, usual)
    rgb, known = mirror_shoes(partial.rgb, sure)
    if int(known[:end].sum()) < _MATERIAL_LEAST * size**2:
        return replace(partial, rgb=torch.where(seen, partial.rgb, painted.rgb))
    whole = painted.rgb.clone()
    seam = _draw_seams(size)[:end]
    for columns in (slice(0, size // 2), slice(size // 2, size)):
        carried = carry_material(rgb[:, :end, columns], known[:end, columns], usual, aspect)
        if carried is not None:
            whole[:, :end, columns] = torch.where(known[:end, columns], whole[:, :end, columns], carried * seam)
    return replace(partial, rgb=torch.where(seen, partial.rgb, whole))


def _draw_seams(size: int) -> Tensor:
    """S×1: how bright a shoe's rows are: walls that lean in are lighter above, and both edges of an upper are seams."""
    v = row_places(size)
    wall = 1 - _WALL * ((v / SOLE_EDGE).clamp(max=1) - 0.5)
    return torch.where(((v - SOLE_EDGE).abs() < _SEAM) | (v < _SEAM), _SEAM_SHADE, wall)


def row_places(size: int) -> Tensor:
    """S×1: v of the rows of a texture."""
    return ((torch.arange(size) + 0.5) / size)[:, None]


def paint_shoes(partial: Texture, view: FittedView, shoes: PhotoShoes | None, typical: Tensor) -> Texture:
    """The whole texture of shoes in few colours.

    Args:
        shoes: the photo's, of `find_shoes`.
        typical: (3,), the uppers' colour.
    """
    seen = partial.confidence > 0
    size = len(seen)
    v = row_places(size).expand(size, size)
    sole, heel = (v >= SOLE_EDGE) & (v < (SOLE_END + HEEL_START) / 2), v >= (SOLE_END + HEEL_START) / 2
    upper = ~sole & ~heel
    rgb, known = mirror_shoes(partial.rgb, seen)
    of_sole, below = _sole_colour(rgb, known & sole, view, shoes, typical)
    whole = spread_to_usual(rgb, known & upper, typical, _REACH)
    whole = whole * torch.where(upper & ~known, _draw_seams(size), 1.0)
    bottom = torch.where(v >= SOLE_END, _BOTTOM_SHADE, 1.0)
    whole = torch.where(sole, spread_to_usual(rgb, below, of_sole, _REACH) * bottom, whole)
    whole = torch.where(heel, spread_to_usual(rgb, known & heel, typical, _REACH), whole)
    whole = torch.where(below | known & ~sole, rgb, whole)
    return replace(partial, rgb=torch.where(seen, partial.rgb, whole))


def _sole_colour(
    rgb: Tensor, below: Tensor, view: FittedView, shoes: PhotoShoes | None, typical: Tensor
) -> tuple[Tensor, Tensor]:
    """(3,), the soles' colour, and S×S, bool: which of the known texels below the uppers show it.

    Args:
        rgb: 3×S×S, of meaning where `below`, S×S bool.
        typical: (3,), the uppers' colour.
    """
    light = None
    if view.understanding is not None:
        light = find_light_sole(view, label_map(view.understanding, view.photo.size) == SHOES)
    if light is not None and not (shoes and shoes.skin is not None and bool(_like_skin(light[:, None], shoes.skin))):
        return light, below & (measure_lengths(rgb - light[:, None, None], 0) < _OF_SOLE)
    size = len(below)
    edge = below & (row_places(size) < SOLE_END) & ~_toes(rgb, shoes)
    of_sole = median_colour(rgb, edge, max(1, round(_LEAST * size * size)), _SOLE_SHADE * typical)
    if float(of_sole.mean()) < _LIGHT_SOLE:
        of_sole = torch.minimum(of_sole, _SOLE_SHADE * typical)
    return of_sole, below


def _are_boots(view: FittedView) -> bool:
    """Whether the parser is sure that the photo's shoes are boots."""
    style = view.understanding.style if view.understanding is not None else None
    return style_chance(style, "shoes", "boot") > SURE_KIND


def _toes(rgb: Tensor, shoes: PhotoShoes | None) -> Tensor:
    """S×S, bool: texels, 3×S×S, in the colour of the skin above the shoes: bare toes tell no sole's colour."""
    if shoes is None or shoes.skin is None:
        return torch.zeros_like(rgb[0]) > 0
    return _like_skin(rgb.flatten(1), shoes.skin).view(rgb.shape[1:])


def mirror_shoes(rgb: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """C×S×S and S×S: colours, of the other shoe too, then of the foot's other side, and which are known."""
    half = len(seen) // 2
    sources = (
        lambda image: image.flip(-1),
        lambda image: torch.cat([image[..., :half].flip(-1), image[..., half:].flip(-1)], -1),
    )
    known = seen
    for mirrored in sources:
        rgb = torch.where(known, rgb, mirrored(rgb * known))
        known = known | mirrored(known)
    return rgb, known


def find_shoe_colour(view: FittedView, shoes: PhotoShoes | None) -> Tensor:
    """(3,): the commonest of the photo's shoes, away from their edges; a quiet colour where it shows hardly any.

    What is like skin does not count, but on boots: these show none, and many are as brown.
    """
    if shoes is None or int(shoes.everywhere.sum()) < _LEAST_PX:
        return _find_dark_cloth(view) if shoes is not None else torch.tensor(QUIET_SHOES)
    rgb, everywhere = view.photo.rgb[:, shoes.inside], view.photo.rgb[:, shoes.everywhere]
    if shoes.skin is not None and not _are_boots(view):
        skin = _like_skin(rgb, shoes.skin)
        straps = everywhere[:, ~_like_skin(everywhere, shoes.skin)]
        if float(skin.float().mean()) <= _STRAPPY:
            rgb = rgb[:, ~skin]  # of an instep, or between a few straps
        elif straps.shape[1] > _STRAPS * everywhere.shape[1]:
            rgb = straps
    return commonest_colour(rgb)


def _find_dark_cloth(view: FittedView) -> Tensor:
    """(3,): the cloth just above the ground, where it is dark; else a quiet colour."""
    assert view.understanding is not None
    labels = label_map(view.understanding, view.photo.size) * (view.person.mask > 0.5).numpy()
    rows = np.nonzero(labels.any(1))[0]
    cloth = np.isin(labels, CLOTH)
    if len(rows):
        cloth[: rows[-1] - round(_LOWEST * np.ptp(rows))] = False
    if cloth.sum() >= _LEAST_PX:
        colour = commonest_colour(view.photo.rgb[:, torch.from_numpy(cloth)])
        if float(colour.mean()) < _DARK_CLOTH:
            return colour
    return torch.tensor(QUIET_SHOES)


def _upper_colour(rgb: Tensor, sure: Tensor, view: FittedView, shoes: PhotoShoes | None) -> Tensor:
    """(3,): the commonest of what was seen of uppers, but for skin; that of the photo's shoes where this is little.

    Socks have the label of shoes, but lie on no upper.

    Args:
        rgb: 3×R×S, of meaning where `sure`, R×S bool.
    """
    if shoes is not None and shoes.skin is not None and not _are_boots(view):
        sure = sure & ~_like_skin(rgb.flatten(1), shoes.skin).view(sure.shape)
    if int(sure.sum()) < _MATERIAL_LEAST * rgb.shape[2] ** 2:
        return find_shoe_colour(view, shoes)
    return commonest_colour(rgb[:, sure])


def find_shoes(view: FittedView) -> PhotoShoes | None:
    """Where the photo shows shoes, and the skin above them; None where no parser was asked."""
    if view.understanding is None:
        return None
    labels = label_map(view.understanding, view.photo.size) * (view.person.mask > 0.5).numpy()
    shoe = shoe_pixels(view)
    inside = shoe
    if shoe.any():
        depth = cv2.distanceTransform(shoe.astype(np.uint8), cv2.DIST_L2, 5)
        inside = depth >= min(_INSIDE_PX, np.quantile(depth[shoe], _DEEPEST))
    skin, everywhere = _skin_above(view, labels), torch.from_numpy(shoe)
    if skin is not None and float(find_straps(view.photo.rgb[:, None, everywhere], skin).mean()) < _NUDE:
        skin = None
    return PhotoShoes(everywhere=everywhere, inside=torch.from_numpy(inside), skin=skin)


def _skin_above(view: FittedView, labels: np.ndarray) -> Tensor | None:
    """(3,): median of the skin above the shoes, no farther than the picture goes on below; None: there is none.

    Args:
        labels: H×W, the photo's.
    """
    top = int((labels == SHOES).any(1).argmax())
    near = np.arange(len(labels)) > 2 * top - len(labels)
    skin = torch.from_numpy((labels == SKIN) & near[:, None])
    return view.photo.rgb[:, skin].median(1).values if int(skin.sum()) >= _LEAST_PX else None


def _like_skin(rgb: Tensor, skin: Tensor) -> Tensor:
    """(N,), bool: which of 3×N colours have about the chromaticity of skin, (3,)."""
    return measure_lengths(chromaticity(rgb) - chromaticity(skin[:, None]), 0) < _LIKE_SKIN


def chromaticity(rgb: Tensor) -> Tensor:
    """3×N: each channel's share of the sum."""
    return rgb / rgb.sum(0).clamp_min(0.05)


def find_straps(rgb: Tensor, skin: Tensor) -> Tensor:
    """H×W, [0, 1]: how much colours, 3×H×W, are unlike the skin above the shoes, (3,)."""
    return measure_unlike(rgb, skin).clamp(0, 1)


def measure_unlike(rgb: Tensor, skin: Tensor) -> Tensor:
    """H×W: the same without bounds; below 0 it is skin, above 1 a strap."""
    bright = rgb.mean(0) / skin.mean().clamp_min(0.05)
    light = ((bright - _SHADED) / _BRIGHTNESS_RANGE).clamp(0, 1)
    tint = _off_skin(chromaticity(rgb.flatten(1)), chromaticity(skin[:, None]), light.flatten()).view(bright.shape)
    signs = (
        (tint - _TINT) / _TINT_RANGE,
        (_DARK - bright) / _BRIGHTNESS_RANGE,
        (bright - _BRIGHT) / _BRIGHTNESS_RANGE,
    )
    return torch.stack(signs).amax(0)


def _off_skin(colours: Tensor, skin: Tensor, light: Tensor) -> Tensor:
    """(N,): distance of chromaticities, 3×N, to the skin's, 3×1, and to those between it and what feet fade it to.

    Feet in the sun, and less tanned than legs, have the same hue, and less of it.

    Args:
        light: (N,), [0, 1], how much of that is believed: what is dark and pale is a strap.
    """
    hue = skin - 1 / 3
    fade = light * (1 - min(1.0, _OFF_GREY / max(1e-6, float(hue.norm()))))
    along = ((skin - colours) * hue).sum(0) / hue.square().sum().clamp_min(1e-9)
    return measure_lengths(colours - skin + along.clamp_min(0).minimum(fade) * hue, 0)
