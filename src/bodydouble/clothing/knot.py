"""Buns on the head: found in the photo as what stands out of the head's round outline, and hung there as balls.

A disc as large as a small head rolls within the outline of head and hair. What it does not reach is a bun, upright or
to a side; two of them, too. Locks that stand out are thin, and big hair is as wide as the disc.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.clothing.garment_view import GarmentView
from bodydouble.clothing.ring_grid import ring_angles
from bodydouble.geometry.distance import rough_distance_to
from bodydouble.parsing.labels import EYES, FACIAL_HAIR, HAIR, SKIN
from bodydouble.person.matte import disc

RINGS, COLUMNS = 14, 24
_HEAD = (HAIR, SKIN, EYES, FACIAL_HAIR)
_DISC_M = 0.065  # radius of the disc: heads with their hair have 7 cm or more, the widest of eight buns 4.5
_LOCK_M = 0.008  # radius of what a lock of hair is narrower than
_HIGH_M, _TIED_HIGH_M = 0.04, 0.018  # how far a bun stands out of the round outline; one of hair that is tied for sure
_UPRIGHT = 0.7  # cosine to upright of a bun on a head whose hair is not tied for sure: at its sides locks stand out
_WIDE_M = (0.015, 0.068)  # half the width of a bun; two side by side on top are one
_AREA_M2, _ASIDE_M2 = 0.0011, 0.0011  # what is seen of the smallest upright one, and how much more beside a head
_SKIRT = 0.35  # of its height, up to which its sides go over into the head's
_ABOVE_M = 0.06  # above the head's joint, which is at the ears' lobes: lower down stand tails and ends of hair
_MOST = 2  # on one head
_SINK_M = 0.028  # how far it reaches into the hair beneath
_FLATTEST = 0.8  # of its width: how high it is at least
_BEHIND_M = 0.03  # of the skull's top, where buns are tied
_DEEP = 0.9  # of its width: how deep it is


@dataclass(frozen=True, kw_only=True)
class KnotShape:
    """An ellipsoid in its view."""

    centre: Tensor  # (2,), x, y in pixels
    out: Tensor  # (2,), unit, x, y: the way from the head to its tip
    half_width: float  # pixels
    half_height: float  # along `out`
    depth: float  # metres, of its middle
    pixels: Tensor  # S×S, bool: where it is


def find_knots(view: GarmentView, tied: bool = False) -> tuple[KnotShape, ...]:
    """The buns that the photo shows, the largest first.

    Args:
        tied: the hair is tied for sure, which a lower one is believed of.
    """
    skull = torch.isfinite(view.near)
    hair = view.labels[HAIR] > 0.5
    if not bool(skull.any()) or not bool(hair.any()):
        return ()
    # With the face: beside a skull that the fit has askew its hair stood out as a bun, and a topknot's was too wide.
    head = _open((view.labels[list(_HEAD)].sum(0) > 0.5) | skull, view.pixels(_LOCK_M))
    rounded = _open(head, view.pixels(_DISC_M))
    out = head & hair & ~rounded
    out[max(0, round(float(view.joints[view.head, 1]) - view.pixels(_ABOVE_M))) :] = False
    away = rough_distance_to(rounded)
    count, parts, sizes, _ = cv2.connectedComponentsWithStats(out.numpy().astype(np.uint8), connectivity=8)
    knots = []
    for part in sorted(range(1, count), key=lambda part: -int(sizes[part, cv2.CC_STAT_AREA])):
        pixels = torch.from_numpy(parts == part)
        high = float(away[pixels].max())
        if high < view.pixels(_TIED_HIGH_M if tied else _HIGH_M):
            continue
        knot = _measure_knot(pixels, pixels & (away > _SKIRT * high), skull, view)
        if knot is not None and (tied or float(knot.out[1]) < -_UPRIGHT):
            knots.append(knot)
    return tuple(knots[:_MOST])


def _open(mask: Tensor, radius: float) -> Tensor:
    """S×S, bool: what of a mask a disc of so many pixels reaches that rolls within it."""
    return torch.from_numpy(cv2.morphologyEx(mask.numpy().astype(np.uint8), cv2.MORPH_OPEN, disc(radius))) > 0


def _measure_knot(pixels: Tensor, upper: Tensor, skull: Tensor, view: GarmentView) -> KnotShape | None:
    """The ellipsoid of a part that stands out of a head; None where it is no bun.

    Args:
        pixels: S×S, bool, the part.
        upper: S×S, bool, of it, what is not its skirt, where head and bun go over into each other.
        skull: S×S, bool, the bare body.
    """
    places, core = (part.nonzero().flip(1).float() + 0.5 for part in (pixels, upper))
    of_skull = skull.nonzero().flip(1).float() + 0.5
    joint = view.joints[view.head, :2]
    middle = torch.stack([joint[0], (joint[1] + view.skull_top) / 2])
    out = functional.normalize(places.mean(0) - middle, dim=0)
    aside = torch.stack([-out[1], out[0]])
    along, across = places @ out, core @ aside
    base, tip = along.amin(), along.amax()
    half_width = 2 * float(across.std())  # of an ellipse
    if not view.pixels(_WIDE_M[0]) < half_width < view.pixels(_WIDE_M[1]):
        return None
    if len(places) < (_AREA_M2 + _ASIDE_M2 * float(out[0].abs())) * view.pixels(1.0) ** 2:
        return None
    half_height = max(float(tip - base) + view.pixels(_SINK_M), 2 * _FLATTEST * half_width) / 2
    centre = (tip - half_height) * out + across.mean() * aside
    row, column = of_skull[(of_skull - centre).norm(dim=1).argmin()].flip(0).long().tolist()
    return KnotShape(
        centre=centre,
        out=out,
        half_width=half_width,
        half_height=half_height,
        depth=float(view.near[row, column] + view.far[row, column]) / 2 - _BEHIND_M * min(0.0, float(out[1])),
        pixels=pixels,
    )


def knot_points(knot: KnotShape, view: GarmentView) -> Tensor:
    """RINGS×COLUMNS×3: x, y in pixels of the view and depth in metres, as `ring_grid` orders them."""
    polar = torch.linspace(0.02, math.pi - 0.02, RINGS)[:, None]
    around = ring_angles(COLUMNS)
    metres = knot.half_width / view.pixels(1.0)
    along = (knot.half_height * polar.cos()).expand(RINGS, COLUMNS)
    across = knot.half_width * polar.sin() * around.sin()
    aside = torch.stack([-knot.out[1], knot.out[0]])
    place = knot.centre + along[..., None] * knot.out + across[..., None] * aside
    depth = knot.depth - _DEEP * metres * polar.sin() * around.cos()
    return torch.cat([place, depth[..., None]], -1)
