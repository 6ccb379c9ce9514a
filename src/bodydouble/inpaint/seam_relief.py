"""How a seam, a hem and a pocket look: a soft groove with a ridge beside it, puckers, and the shade that a hem casts.

All are gains of sRGB, so that they have the cloth's own colours. Their depths are those by eye of seams in photographs
of backs: a tenth of the cloth's brightness, less than a fold; a darker or narrower line looks drawn with a pen.
"""

from __future__ import annotations

import functools
import math

import cv2
import torch
from torch import Tensor

_GROOVE_M, _RIDGE_M, _RIDGE_AT_M = 0.0022, 0.0025, 0.005  # deviations of groove and ridge, and how far that lies above
_RIDGE = 0.35  # of the groove's depth, that the ridge is lighter
_VALLEY_M = 0.01  # deviation of the shallow valley that a seam pulls cloth into
_VARIED, _VARIED_M = 0.3, 0.08  # of the groove's depth, by which it varies, and over what way: seams are no rulers
_PUCKER, _PUCKER_M, _PUCKER_REACH_M = 0.015, 0.02, 0.008  # of brightness; length of a wave; how far from the seam
_LIP, _LIP_AT_M, _LIP_M = 0.05, 0.003, 0.002  # the light edge of folded cloth: gain, place and deviation
_CAST, _CAST_M = 0.25, 0.006  # what a hem takes of the light right below it, and how fast that fades
_DULL, _DULL_M = 0.06, 0.02  # the same, of its soft shade
_RAISED = 0.02  # by which a patch lies higher and is lighter
_WAVES = 5  # directions of the sines that vary a seam
_SOFT_TEXELS = 5  # deviation of the blur of what was seen, over which seams begin beside it


def draw_seam(offset: Tensor, point: Tensor, depth: float, valley: float = 0.0) -> Tensor:
    """(K,): the gain, less 1, beside a seam.

    Args:
        offset: (K,), metres from the seam, positive where the ridge lies.
        point: K×3, metres, on the mean body, by which it varies.
        depth: of its groove, a share of brightness.
        valley: the same of the shallow valley around it.
    """
    varied = depth * (1 + _VARIED * _wave(point, _VARIED_M, 0)).clamp_min(0)
    line = varied * (_RIDGE * _bell(offset - _RIDGE_AT_M, _RIDGE_M) - _bell(offset, _GROOVE_M))
    pucker = _PUCKER * torch.exp(-offset.abs() / _PUCKER_REACH_M) * _wave(point, _PUCKER_M, 1)
    return line + pucker - valley * _bell(offset, _VALLEY_M)


def draw_hem(distance: Tensor, point: Tensor, seam_m: float, depth: float) -> Tensor:
    """(K,): the same beside a garment's edge, so many metres from it, with a seam so far within."""
    return draw_seam(seam_m - distance, point, depth) + _LIP * _bell(distance - _LIP_AT_M, _LIP_M)


def draw_cast(distance: Tensor) -> Tensor:
    """(K,): the same of cloth so many metres below the hem of what lies over it."""
    return -_CAST * torch.exp(-distance / _CAST_M) - _DULL * torch.exp(-distance / _DULL_M)


def draw_patch(offset: Tensor, point: Tensor, depth: float) -> Tensor:
    """(K,): the same of a patch that is sewn on, so many metres within its outline."""
    return draw_seam(-offset, point, depth) + _RAISED * (offset > 0)


def measure_away(seen: Tensor) -> Tensor:
    """S×S, [0, 1]: how much of a seam is drawn: nothing on seen texels (S×S, bool), all a little beside them."""
    near = cv2.GaussianBlur(seen.float().numpy(), (0, 0), _SOFT_TEXELS)
    return (1 - 2 * torch.from_numpy(near)).clamp(0, 1)


def _bell(distance: Tensor, deviation: float) -> Tensor:
    return torch.exp(-0.5 * (distance / deviation).square())


def _wave(point: Tensor, length_m: float, seed: int) -> Tensor:
    """(K,), about -1 to 1: smooth noise with waves of that length."""
    frequency, phase = _directions(seed)
    return torch.sin(point @ (frequency * (2 * math.pi / length_m)) + phase).mean(1) * math.sqrt(_WAVES)


@functools.lru_cache(maxsize=4)
def _directions(seed: int) -> tuple[Tensor, Tensor]:
    """3×W frequencies around 1, and (W,) phases, of the waves."""
    generator = torch.Generator().manual_seed(seed)
    direction = torch.nn.functional.normalize(torch.randn(3, _WAVES, generator=generator), dim=0)
    amount, phase = torch.rand(2, _WAVES, generator=generator)
    return direction * (0.7 + 0.6 * amount), 2 * math.pi * phase
