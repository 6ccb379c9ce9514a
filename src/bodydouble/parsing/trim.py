"""What the mask holds beside the person leaves it: pavement between the legs, a fence at the arm, a shadow at the head.

what the parser alone doubts of the mask -> there, who it is by the photo's edges and colours -> a smaller mask

The detector's mask closes gaps between limbs and takes in what is held. The network, asked without it, mostly knows
better, yet coarsely; where the two disagree `matte.refine` decides, as it does along the outline.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch

from bodydouble.geometry.window import photo_pixels
from bodydouble.parsing.at_photo import plane_at_photo
from bodydouble.parsing.labels import CLOTH
from bodydouble.parsing.mask_prior import person_without_mask
from bodydouble.parsing.things import off_head
from bodydouble.parsing.windows import pixels_per_metre, span_around
from bodydouble.person.matte import disc, refine
from bodydouble.person.mediapipe import bones
from bodydouble.values import Person, Photo, Understanding, style_chance

_DOUBTED = 0.8  # chance of the person below which a pixel of the mask is doubted
_SAY = 1.8  # factor of its odds for what the detector took in: at a chance of a third colours decide
_SAY_AT_HEAD = 0.15  # around a head without a hat, where a shadow on the wall has the hair's colour
_THIN_M = 0.008  # half the width of what is too thin to be more than an unsure outline
_LEAST_M2 = 0.002  # area of the smallest place that counts: a hand's palm is four times that
_AROUND_M = 0.03  # how far around such a place the outline is drawn anew
_MARGIN_M = 0.25  # how far around it colours of person and background are sought
_HEAD_M = 0.22  # around the face nothing is doubted where a hat may be worn: the network takes brims for background
_NO_HAT = 0.1  # chance of a hat up to which none is worn


def trim_mask(photo: Photo, person: Person, understanding: Understanding) -> Person:
    """The person with a mask without what the parser and the photo's colours say is none of them.

    As it was where there is nothing of the kind, where the photo is a cut-out, or its scale is not known.
    """
    scale = pixels_per_metre(person)
    if person.mask_is_exact or scale is None:
        return person
    mask = person.mask.numpy()
    chance = plane_at_photo(understanding, person_without_mask(understanding, person), photo.size)
    off, doubted = off_head(person, _HEAD_M * scale, photo.size), (chance < _DOUBTED) & (mask > 0.5)
    if _may_wear_hat(understanding):
        doubted &= off
    else:
        off |= plane_at_photo(understanding, understanding.labels[list(CLOTH)].sum(0), photo.size) > 0.5  # shoulders
    doubted = _large_parts(doubted, scale)
    if not doubted.any():
        return person
    around = cv2.dilate(doubted.astype(np.uint8), disc(_AROUND_M * scale)) > 0
    believed = _believe(chance, np.where(off, _SAY, _SAY_AT_HEAD))
    coarse = np.where(around, np.minimum(mask, believed), mask).astype(np.float32)
    rows, columns = (span_around(around.any(axis), _MARGIN_M * scale) for axis in (1, 0))
    lines = bones(person.landmarks.numpy())
    lines[:, :4] -= (columns.start, rows.start) * 2
    drawn = mask.copy()
    drawn[rows, columns] = refine(photo_pixels(photo)[rows, columns], coarse[rows, columns], lines, scale)
    return replace(person, mask=torch.from_numpy(np.where(around, np.minimum(mask, drawn), mask)))


def _may_wear_hat(understanding: Understanding) -> bool:
    """Whether the style does not rule out a hat; also where there is none."""
    style = understanding.style
    return style is None or style_chance(style, "hat", "yes") > _NO_HAT


def _believe(chance: np.ndarray, say: np.ndarray) -> np.ndarray:
    """H×W chances of the network's, for whose odds the detector has put in a word, H×W."""
    odds = chance / (1 - chance).clip(1e-4) * say
    return odds / (1 + odds)


def _large_parts(pixels: np.ndarray, scale: float) -> np.ndarray:
    """H×W bool of H×W bool pixels: the parts that are neither thin nor small."""
    thick = cv2.morphologyEx(pixels.astype(np.uint8), cv2.MORPH_OPEN, disc(_THIN_M * scale))
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(thick, connectivity=4)
    large = stats[:, cv2.CC_STAT_AREA] > _LEAST_M2 * scale**2
    large[0] = False
    return large[numbers]
