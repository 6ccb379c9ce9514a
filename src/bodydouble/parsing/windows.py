"""Where a parser looks: the squares of a photo that hold the whole person, and the head."""

from __future__ import annotations

import torch

from bodydouble.errors import InputError
from bodydouble.geometry.window import Window, mask_box
from bodydouble.person.landmarks import BELOW_HEAD_ROWS, HEAD_ROWS
from bodydouble.values import BODY_LANDMARKS, Person

_MARGIN = 0.1  # around the person, as a share of the longer extent
_HEAD_SIDE_M = 0.75  # the head's square, which holds hair down to the shoulders
_BELOW_M = 0.06  # how far its middle lies below the face's


def body_window(person: Person) -> Window:
    """The square around mask and landmarks, with a margin.

    Raises:
        InputError: the person has neither.
    """
    points = person.landmarks[person.landmarks[:, 2] > 0.5, :2]
    if bool((person.mask > 0.5).any()):
        points = torch.cat([points, torch.tensor(mask_box(person.mask)).view(2, 2).float()])
    if not len(points):
        raise InputError("the person has neither a mask nor landmarks; choose another photo")
    return Window.around(points.numpy(), _MARGIN)


def head_window(person: Person) -> Window | None:
    """The square around the head, as large as hair may reach; None where the landmarks do not tell its size."""
    scale, points = pixels_per_metre(person), person.landmarks[BODY_LANDMARKS][HEAD_ROWS]
    if scale is None or float(points[:, 2].max()) == 0:
        return None
    middle = points[:, :2].mean(0).numpy() + (0.0, _BELOW_M * scale)
    return Window.at(middle, _HEAD_SIDE_M * scale)


def pixels_per_metre(person: Person) -> float | None:
    """At the person, by how far the body's landmarks lie apart; None where their metres are not known."""
    points, metres = (
        person.landmarks[BODY_LANDMARKS][BELOW_HEAD_ROWS, :2],
        person.landmarks_world[BODY_LANDMARKS][BELOW_HEAD_ROWS, :2],
    )
    if not bool(metres.isfinite().all()):
        return None
    spread_px, spread_m = ((part - part.mean(0)).square().sum() for part in (points, metres))
    return max(1.0, float((spread_px / spread_m.clamp_min(1e-6)).sqrt()))
