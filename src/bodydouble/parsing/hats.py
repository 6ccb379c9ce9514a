"""Hats, which labels take for hair: where the style says that one is worn, it is what lies above the eyes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from bodydouble.geometry.window import Window
from bodydouble.parsing.labels import HAIR, HAT, SKIN
from bodydouble.parsing.windows import pixels_per_metre
from bodydouble.person.landmarks import HIPS, SHOULDERS, BodyPoint
from bodydouble.values import BODY_LANDMARKS, Person, StyleEstimate

# Chance of a hat from which labels follow it: 6 of 609 photographs without one have more, and 40 of 58 with one.
_LIKELY = 0.5
# Above the eyes, metres: hair is hat from the first on, skin from the second, and the third ends both. So the overlap
# with the true hats of 58 photographs (IoU) was 0.67, where that of the parser's labels alone was 0.06.
_HAIR_M, _SKIN_M, _HIGHEST_M = 0.0, 0.06, 0.4
_UPRIGHT = 0.9  # cosine of the trunk's lean: heads of those who lean more do not lie where hats are looked for
_BESIDE_M = 0.3  # to either side of the eyes


def put_on_hat(labels: Tensor, window: Window, person: Person, style: StyleEstimate) -> Tensor:
    """L×S×S chances of a window in which hair and skin high on the head are hat; unchanged where none is likely."""
    scale, hat = pixels_per_metre(person), style.chance("hat", "yes") or 0.0
    points = person.landmarks[BODY_LANDMARKS, :2].numpy()
    eyes = points[[BodyPoint.LEFT_EYE, BodyPoint.RIGHT_EYE]].mean(0)
    trunk = points[SHOULDERS].mean(0) - points[HIPS].mean(0)
    up = trunk / max(1e-6, float(np.linalg.norm(trunk)))
    if scale is None or hat < _LIKELY or -up[1] < _UPRIGHT:
        return labels
    place = (torch.arange(labels.shape[-1]) + 0.5) / labels.shape[-1] * window.side
    x, y = (place + window.left - eyes[0]) / scale, ((place + window.top - eyes[1]) / scale)[:, None]
    height, beside = x * up[0] + y * up[1], x * up[1] - y * up[0]
    near = (height < _HIGHEST_M) & (beside.abs() < _BESIDE_M)
    worn = labels.clone()
    for label, lowest in ((HAIR, _HAIR_M), (SKIN, _SKIN_M)):
        moved = labels[label] * (near & (height > lowest))
        worn[label] -= moved
        worn[HAT] += moved
    return worn
