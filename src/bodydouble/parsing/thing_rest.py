"""What is left over of a held thing: pieces beside it that the parser takes for skin or cloth, in the thing's colours.

A bag in the sun before bare legs is labelled in patches: some of it a thing, some skin, some a dress. The pieces that
touch what is a thing, look like it, and unlike all that the person wears of that label elsewhere, are of the thing.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch

from bodydouble.geometry.neighbours import have_near
from bodydouble.geometry.window import photo_pixels
from bodydouble.parsing.at_photo import label_map
from bodydouble.parsing.labels import CLOTH, SKIN
from bodydouble.person.landmarks import HAND_ROWS, WRISTS
from bodydouble.person.matte import disc
from bodydouble.values import LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS, Person, Photo, Understanding

# The numbers were chosen on one photograph; of 78 others with things six change, by pieces of the thing alone.
_REACH_M = 0.15  # from a thing, how far pieces of it may lie
_ALIKE, _UNLIKE = 6.0, 9.0  # CIELAB distances up to which a colour is the thing's, and from which on no other's
_AGREEING = 4  # pixels that must be alike
_MOST_COLOURS = 4000  # pixels of each kind that are compared with, picked evenly
_BARE = 0.7  # of a row's other pixels: so many are skin where the person wears no cloth beside the thing
_FEW = 200  # pixels of a thing, or of skin elsewhere, that tell its colours
_SPECK_M = 0.006  # half the width of what is no piece, but noise
_TOUCHING_M = 0.012  # from a thing, up to which a piece is at it: between them lie pixels that are mixed of both
_RIM_M = 0.05  # from a thing, up to which all of a piece lies that is its rim


def grow_things(
    things: np.ndarray, photo: Photo, person: Person, understanding: Understanding, scale: float
) -> np.ndarray:
    """H×W bool: things with the pieces of them that lie beside; hands that hold them are to be kept by the caller.

    Args:
        things: H×W bool.
        scale: pixels a metre.
    """
    pixels = photo_pixels(photo).astype(np.float32) / 255
    colour, labels = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB), label_map(understanding, photo.size)
    kernel = disc(_SPECK_M * scale)
    of_thing = _pick_colours(colour, cv2.erode(things.astype(np.uint8), kernel) > 0)
    if len(of_thing) < _FEW:
        return things
    worn = (person.mask.numpy() > 0.5) & ~things
    near = cv2.distanceTransform((~things).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) < _REACH_M * scale
    pieces = np.zeros_like(things)
    for label in (SKIN, *CLOTH):
        queries, others = (worn & where & (labels == label) for where in (near, ~near))
        if label == SKIN and int(others.sum()) < _FEW:
            continue
        pieces[queries] = have_near(colour[queries], of_thing, _AGREEING, _ALIKE)
        alike = pieces & queries
        pieces[alike] = ~have_near(colour[alike], _pick_colours(colour, others), _AGREEING, _UNLIKE)
    pieces &= (labels == SKIN) | _find_bare_rows(worn & ~pieces, labels == SKIN)[:, None]
    closed = cv2.morphologyEx(pieces.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, kernel) > 0
    return _touching(opened & worn, things, kernel)


def find_rim_pieces(things: np.ndarray, person: Person, labels: np.ndarray, scale: float) -> np.ndarray:
    """H×W bool: pieces of one label that lie beside things alone, and are no hand: the things' rims.

    Such a piece tells nothing of the garment whose name it has. A bag's side that is labelled skin bares a leg.

    Args:
        things: H×W bool.
        labels: H×W, the parser's.
        scale: pixels a metre.
    """
    rims, around = np.zeros_like(things), _box_around(things, round(2 * _RIM_M * scale))
    away = cv2.distanceTransform((~things[around]).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5) / scale
    near, far = away < _TOUCHING_M, away > _RIM_M
    worn = (person.mask.numpy()[around] > 0.5) & (away > 0)
    hands = _draw_hands(person, things.shape)[around]
    for label in np.unique(labels[around][worn & near]).tolist():
        pieces = (worn & (labels[around] == label)).astype(np.uint8)
        count, numbers = cv2.connectedComponents(pieces, connectivity=4)
        at_things, other = (np.bincount(numbers[where], minlength=count) > 0 for where in (near, far | hands))
        is_rim = at_things & ~other
        is_rim[0] = False
        rims[around] |= is_rim[numbers]
    return rims


def _box_around(pixels: np.ndarray, room: int) -> tuple[slice, slice]:
    """Rows and columns of H×W bool pixels, with so many more on every side."""
    places = [np.flatnonzero(pixels.any(axis)) for axis in (1, 0)]
    rows, columns = (slice(max(0, int(place[0]) - room), int(place[-1]) + room + 1) for place in places)
    return rows, columns


def _draw_hands(person: Person, size: tuple[int, ...]) -> np.ndarray:
    """H×W bool: points of hands."""
    drawn, (height, width) = np.zeros(size, bool), size
    rows = WRISTS, HAND_ROWS, LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS  # the body's landmarks come first
    points = torch.cat([person.landmarks[each] for each in rows])
    column, row = points[points[:, 2] > 0, :2].long().T.numpy()
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    drawn[row[inside], column[inside]] = True
    return drawn


def _find_bare_rows(worn: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """(H,), bool: which rows of H×W bool pixels of a person show hardly any cloth, as those of bare legs."""
    count = worn.sum(1)
    bare: np.ndarray = (count > 0) & ((worn & skin).sum(1) > _BARE * count)
    return bare


def _pick_colours(colour: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """N×3, fewer than twice `_MOST_COLOURS` of the colours, H×W×3, of chosen pixels, H×W bool."""
    colours = colour[chosen]
    return colours[:: max(1, len(colours) // _MOST_COLOURS)]


def _touching(pieces: np.ndarray, things: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """H×W bool: things, and those pieces of an H×W bool map that lie at one."""
    numbers = cv2.connectedComponents(pieces.astype(np.uint8), connectivity=4)[1]
    beside = np.unique(numbers[cv2.dilate(things.astype(np.uint8), kernel) > 0])
    return things | (np.isin(numbers, beside[beside > 0]))
