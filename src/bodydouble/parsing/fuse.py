"""The detector's mask and the parser's become one, refined along the photo's edges.

The detector knows a person's shape, the parser what is cloth, skin and hair and what is a chair; near the head a third
model, made for selfies, is the crispest at hair. Their odds are added; `matte.refine` finds the edge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch

from bodydouble.geometry.window import Window
from bodydouble.parsing.at_photo import person_chance
from bodydouble.parsing.windows import head_window, photo_pixels, pixels_per_metre
from bodydouble.person.matte import refine
from bodydouble.person.mediapipe import bones
from bodydouble.person.mediapipe_models import MediapipeModels
from bodydouble.values import Person, Photo, Understanding


@dataclass(frozen=True, kw_only=True)
class FuseConfig:
    """How much each mask says, as exponents of odds."""

    parser: float = 0.8
    detector: float = 0.2
    selfie: float = 0.6  # on the head, where the others have the rest
    softness_m: float = 0.012  # standard deviation of the blur that makes the detector's clean mask unsure at its edge


_SELFIE_PX = 256  # side of the view that the selfie model samples
_HEAD_SHARE = 0.62  # of the head's square that is the head itself, without shoulders
_FEATHER = 0.25  # share of that part over which the selfie model's say fades
_SURE = 0.02  # chances are kept this far from 0 and 1: no model is surer


def fuse_mask(photo: Photo, person: Person, understanding: Understanding, config: FuseConfig | None = None) -> Person:
    """The person with the fused mask; as it was where the photo is a cut-out, or its scale is not known."""
    scale = pixels_per_metre(person)
    if photo.alpha is not None or scale is None:
        return person
    config, image = config or FuseConfig(), photo_pixels(photo)
    detected = cv2.GaussianBlur(person.mask.numpy(), (0, 0), max(config.softness_m * scale, 0.5))
    odds = config.parser * _logit(person_chance(understanding, photo.size)) + config.detector * _logit(detected)
    head = head_window(person)
    if head is not None and config.selfie > 0:
        chance, weight = _selfie(image, head)
        share = config.selfie * weight
        odds = (1 - share) * odds + share * _logit(chance)
    coarse = (1 / (1 + np.exp(-odds))).astype(np.float32)
    mask = refine(image, coarse, bones(person.landmarks.numpy()), scale)
    return replace(person, mask=torch.from_numpy(mask))


def _selfie(image: np.ndarray, window: Window) -> tuple[np.ndarray, np.ndarray]:
    """H×W: the selfie model's chance in the head's square, and how much it counts: 1 on the head, 0 beyond."""
    with MediapipeModels() as models:
        seen = models.selfie(window.view(image, _SELFIE_PX))
    place = (np.arange(_SELFIE_PX) + 0.5) / _SELFIE_PX
    reach = _HEAD_SHARE / 2
    across = np.clip((reach - np.abs(place - 0.5)) / (reach * _FEATHER), 0, 1)
    down = np.clip((reach - np.abs(place - 0.42)) / (reach * _FEATHER), 0, 1)  # the head lies above the middle
    weight = np.minimum(across[None], down[:, None]).astype(np.float32)
    size = (image.shape[0], image.shape[1])
    return window.paste(seen, size), window.paste(weight, size)


def _logit(chance: np.ndarray) -> np.ndarray:
    kept = chance.clip(_SURE, 1 - _SURE)
    return np.log(kept / (1 - kept))
