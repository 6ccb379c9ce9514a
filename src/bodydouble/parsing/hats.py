"""Hats, which labels take for hair: where the style says that one is worn, a head of its own tells where.

It sees brims, too, which masks lose.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.parsing.at_photo import plane_at_photo
from bodydouble.parsing.labels import HAIR, HAT
from bodydouble.parsing.windows import pixels_per_metre
from bodydouble.person.landmarks import HAND_ROWS, HEAD_ROWS
from bodydouble.values import BODY_LANDMARKS, Person, StyleEstimate, Understanding, style_chance

# Chance of a hat from which labels follow it. Of 609 photographs without one 6 have more than .5, of 58 with one 40.
# Caps had .47 and .50, and of 151 people looked at nobody without a hat lay between .17 and .5.
_LIKELY = 0.35
_HAND_M = 0.24  # from the middle of the face to a hand that lies on the head
# A hand on the head may look like a hat to features that are pooled over the head: one bare head had a chance of .52.
# So the odds are a fifth; chosen by that one, and so that a chance of .9 stays a hat.
_HANDS_ODDS = 0.2
_SEEN = 0.3  # visibility of a hand's points, [0, 1]; of one in hair it was .35
_SOFT = 0.3  # of a chance, over which a hat's edge fades where the mask has none
_LEAST = 0.02  # of a hat's pixels, that must lie off the mask for it to grow


def wears_hat(style: StyleEstimate | None) -> bool:
    """Whether the style is sure enough of a hat for labels to follow it."""
    return style_chance(style, "hat", "yes") > _LIKELY


def doubt_hat(style: StyleEstimate, person: Person) -> StyleEstimate:
    """The style with a hat less likely where a hand lies on the head; else the same."""
    chance, scale = style.chance("hat", "yes"), pixels_per_metre(person)
    points = person.landmarks[BODY_LANDMARKS]
    if chance is None or scale is None or float(points[HAND_ROWS, 2].max()) < _SEEN:
        return style
    hands = points[HAND_ROWS][points[HAND_ROWS, 2] >= _SEEN, :2]
    if float((hands - points[HEAD_ROWS, :2].mean(0)).norm(dim=1).min()) > _HAND_M * scale:
        return style
    odds = _HANDS_ODDS * chance / max(1 - chance, 1e-6)
    doubted = odds / (1 + odds)
    return StyleEstimate(chances={**style.chances, "hat": {"no": 1 - doubted, "yes": doubted}})


def put_on_hat(labels: Tensor, worn: Tensor) -> Tensor:
    """L×S×S chances that follow a hat head's, S×S: what it takes for hat is nothing else, and the rest is no hat.

    But for the crown: what seems to be hair above the hat is its own. Of a light crown over a dark band the head sees
    the band.
    """
    worn = worn.maximum((labels[HAIR] + labels[HAT]).minimum(_beneath(worn)))
    changed = labels * (1 - worn)
    changed[HAIR] += changed[HAT]
    changed[HAT] = worn
    return changed


def _beneath(worn: Tensor) -> Tensor:
    """S×S: the greatest chance of the hat, of S×S, at a pixel or below it."""
    pixels = (worn > 0.5).numpy()
    hat = _largest_piece(pixels, pixels)
    if hat is None:
        return torch.zeros_like(worn)
    return (worn * torch.from_numpy(hat)).flip(0).cummax(0).values.flip(0)


def _largest_piece(pixels: np.ndarray, counted: np.ndarray) -> np.ndarray | None:
    """H×W bool: of the pieces of H×W bool pixels that of which most are counted, H×W bool; None where none is."""
    count, numbers = cv2.connectedComponents(pixels.astype(np.uint8), connectivity=4)
    sizes = np.bincount(numbers[counted], minlength=count)[1:]
    return numbers == 1 + int(sizes.argmax()) if sizes.any() else None


def keep_hat(person: Person, understanding: Understanding) -> Person:
    """The person whose mask holds all of the hat that the labels show; the same where it does already."""
    if person.mask_is_exact or not wears_hat(understanding.style):
        return person
    chance = plane_at_photo(understanding, understanding.labels[HAT], person.mask.shape)  # type: ignore[arg-type]
    return grow_mask(person, chance)


def grow_mask(person: Person, chance: np.ndarray) -> Person:
    """The person whose mask holds all of something that it holds a part of; the same where it does already.

    Args:
        chance: H×W, how likely each pixel is of that.
    """
    mask = person.mask.numpy()
    whole = _largest_piece(chance > 0.5, mask > 0.5)
    if whole is None or (whole & (mask < 0.5)).sum() < _LEAST * whole.sum():
        return person
    near = cv2.dilate(whole.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    alpha = ((chance - 0.5) / _SOFT + 0.5).clip(0, 1) * near
    return replace(person, mask=torch.from_numpy(np.maximum(mask, alpha).astype(np.float32)))
