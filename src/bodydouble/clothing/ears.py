"""Ears keep their form, whatever the outline beside them is.

Hair at an ear, or a tail that begins there, lies within the photo's outline. Pushed out to it an ear would be a ball of
skin: of eight people one had an ear six centimetres off its head.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from bodydouble.body import BodyModel
from bodydouble.surface.regions import EAR, anatomy
from bodydouble.values import FACE_LANDMARKS, BodyFit

_MOST_M = 0.006  # by which an ear moves: as thick as the skin that the outline puts on a cheek
_HEIGHT_M = 0.04  # above and below the ear's landmark, which is before its middle
_BESIDE_M = 0.008  # from the ear's landmark towards the middle, where ears begin
_FADE_M = 0.012  # over which the face around goes over into the ear


def keep_ears(fit: BodyFit, body: BodyModel) -> BodyFit:
    """The clothed fit whose ears move as one, and hardly; hair around them stands off as it did."""
    vertices = body.rest(fit.shape).vertices
    ear = body.landmarks.points(vertices)[FACE_LANDMARKS][EAR]
    x, y, z = vertices.unbind(1)
    # Metres outside of the box that an ear lies in.
    beyond = torch.stack([z - ear[2], (y - ear[1]).abs() - _HEIGHT_M, ear[0].abs() - _BESIDE_M - x.abs()]).amax(0)
    of_ear = (1 - beyond / _FADE_M).clamp(0, 1) * anatomy(body).face
    offsets = fit.clothing.offsets.clone()
    for side in (x > 0, x < 0):
        inside = side & (of_ear == 1)
        if not bool(inside.any()):
            continue
        moved = offsets[inside].mean(0)
        moved = moved * (_MOST_M / moved.norm().clamp_min(_MOST_M))
        offsets = torch.where(side[:, None], torch.lerp(offsets, moved.expand_as(offsets), of_ear[:, None]), offsets)
    return replace(fit, clothing=replace(fit.clothing, offsets=offsets))
