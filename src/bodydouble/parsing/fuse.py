"""The detector's mask and the parser's become one, refined along the photo's edges.

The detector knows where limbs are, the parser what is cloth, skin and hair and what is a chair; near the head a third
model, made for selfies, is the crispest at hair. Their odds are mixed, the detector's counting more along the bones;
`matte.refine` finds the edge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch

from bodydouble.geometry.window import Size, Window, photo_pixels, size_of
from bodydouble.parsing.at_photo import person_chance
from bodydouble.parsing.windows import head_window, pixels_per_metre
from bodydouble.person.matte import refine
from bodydouble.person.mediapipe import bones
from bodydouble.person.mediapipe_models import MediapipeModels
from bodydouble.values import Person, Photo, Understanding


@dataclass(frozen=True, kw_only=True)
class FuseConfig:
    """How much each mask says: shares of the mixed logits."""

    detector: float = 0.0  # away from the bones; the parser, which knows the mask as its prior, has the rest
    at_bones: float = 0.7  # the detector's along the bones, where limbs are that the parser may miss
    selfie: float = 0.3  # on the head, where the others have the rest
    limb_m: float = 0.06  # how far from a bone its limb reaches; at twice that the detector's extra share is gone
    softness_m: float = 0.006  # standard deviation of the blur that makes the detector's clean mask unsure at its edge


_SELFIE_PX = 256  # side of the view that the selfie model samples
_HEAD_SHARE = 0.62  # of the head's square that is the head itself, without shoulders
_FEATHER = 0.25  # share of that part over which the selfie model's say fades
_SURE = 0.02  # chances are kept this far from 0 and 1: no model is surer


def fuse_mask(photo: Photo, person: Person, understanding: Understanding, config: FuseConfig | None = None) -> Person:
    """The person with the fused mask; as it was where the photo is a cut-out, or its scale is not known."""
    scale = pixels_per_metre(person)
    if person.mask_is_exact or scale is None:
        return person
    config, image = config or FuseConfig(), photo_pixels(photo)
    detected = cv2.GaussianBlur(person.mask.numpy(), (0, 0), max(config.softness_m * scale, 0.5))
    lines = bones(person.landmarks.numpy())
    share = config.detector + (config.at_bones - config.detector) * _near(lines, photo.size, config.limb_m * scale)
    odds = (1 - share) * _logit(person_chance(understanding, photo.size)) + share * _logit(detected)
    head = head_window(person)
    if head is not None and config.selfie > 0:
        chance, weight = _selfie(image, head)
        odds += config.selfie * weight * (_logit(chance) - odds)
    coarse = (1 / (1 + np.exp(-odds))).astype(np.float32)
    mask = refine(image, coarse, lines, scale)
    return replace(person, mask=torch.from_numpy(mask))


def _near(lines: np.ndarray, size: Size, reach_px: float) -> np.ndarray:
    """H×W float32: 1 within reach of the lines, N×5 as `bones` gives them, falling to 0 at twice that."""
    empty = np.full(size, 255, np.uint8)
    for x0, y0, x1, y1, _ in lines:
        cv2.line(empty, (round(float(x0)), round(float(y0))), (round(float(x1)), round(float(y1))), 0, 1)
    return (2 - cv2.distanceTransform(empty, cv2.DIST_L2, cv2.DIST_MASK_5) / max(reach_px, 1.0)).clip(0, 1)


def _selfie(image: np.ndarray, window: Window) -> tuple[np.ndarray, np.ndarray]:
    """H×W: the selfie model's chance in the head's square, and how much it counts: 1 on the head, 0 beyond."""
    with MediapipeModels() as models:
        seen = models.selfie(window.view(image, _SELFIE_PX))
    place = (np.arange(_SELFIE_PX) + 0.5) / _SELFIE_PX
    reach = _HEAD_SHARE / 2
    across = np.clip((reach - np.abs(place - 0.5)) / (reach * _FEATHER), 0, 1)
    down = np.clip((reach - np.abs(place - 0.42)) / (reach * _FEATHER), 0, 1)  # the head lies above the middle
    weight = np.minimum(across[None], down[:, None]).astype(np.float32)
    size = size_of(image)
    return window.paste(seen, size), window.paste(weight, size)


def _logit(chance: np.ndarray) -> np.ndarray:
    kept = chance.clip(_SURE, 1 - _SURE)
    return np.log(kept / (1 - kept))
