"""A bun at the nape, on heads whose hair is tied back: no photo from in front shows where it went.

Whether hair is tied the style tells; labels tell whether there is a beard. Hair that falls beside the jaw is long, or a
bob (`hair_surface`), and no bun.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.clothing.garment_view import GarmentView
from bodydouble.clothing.ring_grid import ring_angles
from bodydouble.parsing.labels import FACIAL_HAIR
from bodydouble.surface.regions import anatomy
from bodydouble.values import RestBody, StyleEstimate, style_chance

RINGS, COLUMNS = 16, 28
_TIED = 0.5  # chance from which hair is tied: of 100 heads with tied hair 63 have more, of 307 others 34
_HIDDEN = 0.8  # the same of a bun that nothing else tells of: of three men with short hair two had 0.7 to 0.8
_BEARD = 0.04  # of the head's pixels
_RADII_M = (0.046, 0.038, 0.028)  # across, up and backwards: a fist of hair
_ABOVE_NAPE_M = 0.012  # of the hairline behind, where its middle is
_OUT_M = 0.014  # of the bare scalp there: its middle lies on the hair
_TWIST = 1.1  # radians by which its strands turn from its tip to the scalp


@dataclass(frozen=True, kw_only=True)
class BunShape:
    """An ellipsoid on the back of the head, at rest."""

    centre: Tensor  # (3,), metres


def find_bun(view: GarmentView, style: StyleEstimate | None, body: BodyModel) -> BunShape | None:
    """The bun of a head whose hair is tied back; None where it is not, or where no parser was asked."""
    if style_chance(style, "tied", "yes") < _HIDDEN or _is_bearded(view):
        return None
    return BunShape(centre=_find_place(view.rest, body))


def is_tied(style: StyleEstimate | None) -> bool:
    """Whether the style tells that hair is tied back."""
    return style_chance(style, "tied", "yes") > _TIED


def bun_points(bun: BunShape) -> Tensor:
    """RINGS×COLUMNS×3, metres, at rest: rings from the bun's tip, which points backwards, into the head."""
    polar = torch.linspace(0.03, math.pi - 0.03, RINGS)[:, None]
    around = ring_angles(COLUMNS) + _TWIST * polar
    across, up, back = _RADII_M
    points = [across * polar.sin() * around.sin(), up * polar.sin() * around.cos(), -back * polar.cos()]
    return bun.centre + torch.stack([points[0], points[1], points[2].expand_as(around)], -1)


def _is_bearded(view: GarmentView) -> bool:
    head = torch.isfinite(view.near) & (torch.arange(len(view.near))[:, None] < view.joints[view.head, 1])
    return float((view.labels[FACIAL_HAIR] > 0.5).sum()) > _BEARD * float(head.sum())


def _find_place(rest: RestBody, body: BodyModel) -> Tensor:
    """(3,) metres: behind the middle of the head, above the hairline at its nape."""
    vertices = rest.vertices
    scalp = vertices[anatomy(body).scalp]
    middle = (scalp.amin(0) + scalp.amax(0)) / 2
    behind = scalp[(scalp[:, 2] < middle[2]) & ((scalp[:, 0] - middle[0]).abs() < 2 * _RADII_M[0])]
    height = behind[:, 1].min() + _ABOVE_NAPE_M
    near = functional.softmax(-(((behind[:, 1] - height) / 0.01) ** 2) - ((behind[:, 0] - middle[0]) / 0.01) ** 2, 0)
    place = near @ behind
    return torch.stack([middle[0], height, place[2] - _OUT_M])
