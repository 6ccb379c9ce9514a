"""The detector's mask as a prior of the background: how it comes into a parser's labels, and how it is taken out."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.geometry.window import Window
from bodydouble.parsing.labels import BACKGROUND
from bodydouble.values import Person, Understanding

_MASK_SAY = 0.8  # exponent of the mask's odds; with 0 outstretched arms are lost and red chairs are skin, 1.2 is alike
_MASK_SURE = 0.95  # at most: the network may overrule the mask
_MASK_BLUR = 1 / 300  # standard deviation of the mask's blur, as a share of the square's side
_LEAST = 1e-4  # chances below are taken for this


def with_mask(chances: Tensor, person: Person, window: Window) -> Tensor:
    """L×S×S probabilities of a window in which the person's mask speaks for and against the background."""
    logits = chances.clamp_min(_LEAST).log()
    logits[BACKGROUND] -= _MASK_SAY * _mask_odds(person, window, chances.shape[-1])
    return logits.softmax(0)


def person_without_mask(understanding: Understanding, person: Person) -> Tensor:
    """S×S in [0, 1]: how likely the network alone took each pixel for the person, worn and held things included.

    Args:
        person: with the mask that the labels were made with.
    """
    window = Window(understanding.left, understanding.top, understanding.side)
    background = understanding.labels[BACKGROUND].clamp(_LEAST, 1 - _LEAST).logit()
    return 1 - (background + _MASK_SAY * _mask_odds(person, window, background.shape[-1])).sigmoid()


def renew_mask(understanding: Understanding, before: Person, after: Person) -> Understanding:
    """The same with another mask as the prior.

    Args:
        before: with the mask that the labels were made with.
        after: with the one that they are to have.
    """
    if before.mask is after.mask:
        return understanding
    window = Window(understanding.left, understanding.top, understanding.side)
    logits = understanding.labels.clamp_min(_LEAST).log()
    size = logits.shape[-1]
    logits[BACKGROUND] += _MASK_SAY * (_mask_odds(before, window, size) - _mask_odds(after, window, size))
    return replace(understanding, labels=logits.softmax(0))


def _mask_odds(person: Person, window: Window, size: int) -> Tensor:
    """size×size logits of the window's mask."""
    mask = cv2.GaussianBlur(window.view(person.mask.numpy(), size), (0, 0), size * _MASK_BLUR)
    return torch.from_numpy(np.clip(mask, 1 - _MASK_SURE, _MASK_SURE)).logit()
