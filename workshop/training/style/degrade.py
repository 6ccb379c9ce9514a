"""Poorer copies of photographs: smaller, darker or lighter, compressed, with landmarks that are a little off.

Street photographs show feet large and sharp; classifiers that saw no others took small dark trainers for sandals.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch

from bodydouble.geometry.window import eight_bits
from bodydouble.parsing.windows import pixels_per_metre
from bodydouble.values import BODY_LANDMARKS, Person, Photo
from workshop.training.parsing.augment import through_jpeg

_SMALLEST = 0.3  # of a side's pixels that are kept
_GAMMA = 0.35  # standard deviation of the light's exponent's logarithm
_QUALITY = (50, 95)  # of JPEG
_OFF_M = 0.012  # standard deviation of a landmark's place


def degrade_photo(photo: Photo, person: Person, rng: np.random.Generator) -> tuple[Photo, Person]:
    """A poorer copy of a photo, and the person in it."""
    scale = float(np.exp(rng.uniform(np.log(_SMALLEST), 0)))
    small = cv2.resize(eight_bits(photo.rgb), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lit = ((small / 255.0) ** np.exp(rng.normal(0, _GAMMA)) * 255).round().astype(np.uint8)
    image = through_jpeg(lit, int(rng.integers(*_QUALITY)))
    landmarks = person.landmarks.clone()
    landmarks[:, :2] *= scale
    mask = torch.from_numpy(cv2.resize(person.mask.numpy(), image.shape[1::-1], interpolation=cv2.INTER_AREA))
    poorer = replace(person, landmarks=landmarks, mask=mask)
    off = rng.normal(0, _OFF_M, (33, 2)).astype(np.float32) * (pixels_per_metre(poorer) or 0.0)
    landmarks[BODY_LANDMARKS, :2] += torch.from_numpy(off)
    return replace(photo, rgb=torch.from_numpy(image).permute(2, 0, 1).float() / 255), poorer
