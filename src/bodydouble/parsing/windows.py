"""Where a parser looks: the squares of a photo that hold the whole person, and the head."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.geometry.window import Size, Window, mask_box
from bodydouble.person.landmarks import BELOW_HEAD_ROWS, HEAD_ROWS
from bodydouble.values import BODY_LANDMARKS, Person

_STRIPS = 40  # of a square's side; the outermost is where a person crosses it
_CROSSED = 0.03  # share of a side: a hand's width, of a whole person
_GROWTH = 0.4  # of the side, in a direction in which the person goes on
_MOST_BODY = 3.0  # sides of the square that a body may reach from its far edge; a face alone is not shown smaller
_BODY_BEYOND = 1.05  # of the square's side: a larger one holds a body that goes on beyond it
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


def grow_window(window: Window, person: Tensor, size: Size) -> Window:
    """A larger square where the person goes on below or beside this one, within the photo; else this one.

    Where the detector loses legs, landmarks and mask end too early alike. Heads it does not lose: who goes on above is
    somebody who stands behind.

    Args:
        person: S×S, how likely each pixel of the square is the person's.
        size: (height, width) of the photo.
    """
    strip = max(1, len(person) // _STRIPS)
    right, bottom = window.left + window.side, window.top + window.side
    by = round(_GROWTH * window.side)
    left_by = by * (window.left > 0 and _crossed(person[:, :strip].mean(1)))
    right_by = by * (right < size[1] and _crossed(person[:, -strip:].mean(1)))
    down_by = by * (bottom < size[0] and _crossed(person[-strip:].mean(0)))
    if not (left_by or right_by or down_by):
        return window
    corners = [(window.left - left_by, window.top), (right + right_by, bottom + down_by)]
    return Window.around(np.array(corners, dtype=float))


def whole_body_window(window: Window, body: Tensor) -> Window:
    """A larger square that holds this one and all of a body, which may go on beyond the photo; else this one.

    What learned from pictures of whole people is shown half of one at the scale that it knows.

    Args:
        body: V×2, pixels of the photo.
    """
    low = torch.tensor([window.left, window.top], dtype=torch.float32)
    high = low + window.side
    reach = _MOST_BODY * window.side
    points = torch.stack([low, high, body.amin(0).clamp(high - reach), body.amax(0).clamp(max=low + reach)])
    larger = Window.around(points.numpy())
    return larger if larger.side > _BODY_BEYOND * window.side else window


def _crossed(edge: Tensor) -> bool:
    """Whether enough of an edge, (S,) chances, is the person's."""
    return float((edge > 0.5).float().mean()) > _CROSSED


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


def span_around(places: np.ndarray, margin: float) -> slice:
    """From the first to the last of the true places of an axis, (N,) bool, wider by a margin, within it."""
    indices = np.flatnonzero(places)
    return slice(max(0, int(indices[0] - margin)), min(len(places), int(indices[-1] + margin) + 1))
