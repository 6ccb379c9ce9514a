"""The unseen part of shoes: what was seen of either shoe, from its other side too, else their colour."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from bodydouble.clothing.shoe_form import HEEL_START, SOLE_EDGE, SOLE_END
from bodydouble.geometry.uv import spread_colours
from bodydouble.inpaint.repeat import is_motley, repeat_around
from bodydouble.inpaint.unseen_legs import QUIET_SHOES
from bodydouble.parsing.at_photo import label_map
from bodydouble.parsing.labels import SHOES, SKIN
from bodydouble.values import FittedView, Texture

_REACH = 0.1  # of the texture's side: so far a seen colour goes on
_LEAST_PX = 20  # of a photo's shoes; fewer tell no colour
_INSIDE_PX = 4.0  # from their edges, where these are mixed with floor and skin
_DEEPEST = 0.6  # share of a photo's shoes that lies nearer to them than what is asked, at most
_LIKE_SKIN = 0.06  # distance in chromaticity; on fourteen pairs of sandals a fifth to three quarters is as near
_STRAPPY = (
    0.4  # share of such colours well inside of what is taken for shoes, from which on there is skin between straps
)
_STRAPS = 0.2  # share of the shoes that must be unlike skin for these alone to tell the colour
_LEAST = 2e-4  # of the texture: fewer seen texels tell no colour
_PATTERN_LEAST = 0.03  # of the texture: fewer known texels show no pattern
_SOLE_SHADE = 0.55  # brightness of a sole that was not seen, of the upper's
_BOTTOM_SHADE = 0.7  # of what faces the ground, of the sole's edge
_SEAM_SHADE = 0.75  # where upper and sole meet, and at the opening's edge
_SEAM = 0.012  # height of both lines in the texture


def complete_shoes(partial: Texture, view: FittedView) -> Texture:
    """The whole texture of shoes, in the layout of `shoe_surface`. Seen texels stay as they are.

    Args:
        view: of the first photo, whose shoes tell the colour of what no texel shows.
    """
    seen = partial.confidence > 0
    typical = _photo_colour(view)
    size = len(seen)
    v = ((torch.arange(size) + 0.5) / size)[:, None].expand(size, size)
    sole, heel = (v >= SOLE_EDGE) & (v < (SOLE_END + HEEL_START) / 2), v >= (SOLE_END + HEEL_START) / 2
    upper = ~sole & ~heel
    rgb, known = _mirror(partial.rgb, seen)
    least = max(1, round(_LEAST * size * size))
    of_sole = _median(rgb, known & sole & (v < SOLE_END), least, _SOLE_SHADE * typical)
    whole = _spread(rgb, known & upper, typical)
    if int((known & upper).sum()) > _PATTERN_LEAST * size**2 and _is_motley(view):
        whole = torch.where(upper, _repeat_uppers(rgb, known & upper), whole)
    seam = ((v - SOLE_EDGE).abs() < _SEAM) | (v < _SEAM)
    whole = whole * torch.where(seam & upper & ~known, _SEAM_SHADE, 1.0)
    bottom = torch.where(v >= SOLE_END, _BOTTOM_SHADE, 1.0)
    whole = torch.where(sole, _spread(rgb, known & sole, of_sole) * bottom, whole)
    whole = torch.where(heel, _spread(rgb, known & heel, typical), whole)
    return replace(partial, rgb=torch.where(seen, partial.rgb, torch.where(known, rgb, whole)))


def _mirror(rgb: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """3×S×S and S×S: colours, of the other shoe too, then of the foot's other side, and which are known."""
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


def _is_motley(view: FittedView) -> bool:
    """Whether the photo's shoes have a pattern of many colours."""
    if view.understanding is None:
        return False
    inside = _find_shoes(label_map(view.understanding, view.photo.size) * (view.person.mask > 0.5).numpy())[0]
    return int(inside.sum()) >= _LEAST_PX and is_motley(view.photo.rgb[:, inside])


def _repeat_uppers(rgb: Tensor, known: Tensor) -> Tensor:
    """3×S×S: what is known (S×S, bool) of both shoes' uppers goes on around each of them."""
    half = len(known) // 2
    image, mask = rgb.permute(1, 2, 0).numpy(), known.numpy()
    sides = [repeat_around(image[:, columns], mask[:, columns]) for columns in (slice(0, half), slice(half, None))]
    return torch.from_numpy(np.concatenate(sides, 1)).permute(2, 0, 1)


def _photo_colour(view: FittedView) -> Tensor:
    """(3,): median of the photo's shoes, away from their edges; a quiet colour where it shows hardly any."""
    if view.understanding is None:
        return torch.tensor(QUIET_SHOES)
    labels = label_map(view.understanding, view.photo.size) * (view.person.mask > 0.5).numpy()
    inside, shoe = _find_shoes(labels)
    if int(shoe.sum()) < _LEAST_PX:
        return torch.tensor(QUIET_SHOES)
    rgb, everywhere = view.photo.rgb[:, inside], view.photo.rgb[:, shoe]
    skin = _skin_above(view, labels)
    if skin is not None and float(_like_skin(rgb, skin).float().mean()) > _STRAPPY:
        straps = everywhere[:, ~_like_skin(everywhere, skin)]
        if straps.shape[1] > _STRAPS * everywhere.shape[1]:
            rgb = straps
    return rgb.median(1).values


def _find_shoes(labels: np.ndarray) -> tuple[Tensor, Tensor]:
    """H×W, bool, each: a photo's shoes away from their edges, and all of them."""
    shoe = labels == SHOES
    if not shoe.any():
        return torch.from_numpy(shoe), torch.from_numpy(shoe)
    depth = cv2.distanceTransform(shoe.astype(np.uint8), cv2.DIST_L2, 5)
    return torch.from_numpy(depth >= min(_INSIDE_PX, np.quantile(depth[shoe], _DEEPEST))), torch.from_numpy(shoe)


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
    return (_chromaticity(rgb) - _chromaticity(skin[:, None])).norm(dim=0) < _LIKE_SKIN


def _chromaticity(rgb: Tensor) -> Tensor:
    """3×N: each channel's share of the sum."""
    return rgb / rgb.sum(0).clamp_min(0.05)


def _spread(rgb: Tensor, known: Tensor, typical: Tensor) -> Tensor:
    """3×S×S: known colours (S×S, bool) and what lies around them, farther away the typical one (3,)."""
    far = typical[:, None, None].expand_as(rgb)
    if not bool(known.any()):
        return far
    distance = torch.from_numpy(distance_transform_edt(~known.numpy())).float()
    near = (1 - distance / (_REACH * len(known))).clamp(0, 1)
    return torch.lerp(far, spread_colours(rgb * known, known[None]), near)


def _median(rgb: Tensor, chosen: Tensor, least: int, otherwise: Tensor) -> Tensor:
    """(3,): of the chosen texels (S×S, bool); `otherwise` where there are fewer than `least`."""
    return rgb[:, chosen].median(1).values if int(chosen.sum()) >= least else otherwise
