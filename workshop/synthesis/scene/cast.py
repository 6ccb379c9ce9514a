"""Shadows that things outside the picture throw across a person: leaves, bars, a wall's edge, patches of sun."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate, normalize

KINDS = ("leaves", "bars", "edge", "patches")
_PIXELS = 256  # of the pattern, a side
_SIDE_M = 3.2  # what it covers, across the light; beyond it goes on as at its border


@dataclass(frozen=True, kw_only=True)
class CastShadow:
    """A pattern between one light and the person."""

    pattern: Tensor  # H×W, [0, 1], the share of the light that passes
    light: int  # row of `Lights.directions`
    middle: tuple[float, float, float]  # metres, the point its middle falls on


def pattern_place(points: Tensor, direction: Tensor, shadow: CastShadow) -> Tensor:
    """N×2: where in the pattern the light to each of N points passes, within ±1 inside it."""
    up = points.new_tensor([0.0, 1.0, 0.0] if abs(float(direction[1])) < 0.95 else [0.0, 0.0, 1.0])
    right = normalize(torch.linalg.cross(up, direction), dim=0)
    axes = torch.stack([right, torch.linalg.cross(right, direction)], 1)
    return (points - points.new_tensor(shadow.middle)) @ axes / (_SIDE_M / 2)


def sample_cast_shadow(rng: np.random.Generator, light: int, kind: str | None = None) -> CastShadow:
    """A random pattern of one of KINDS before a light."""
    kind = kind or str(rng.choice(KINDS))
    y, x = torch.meshgrid(*(torch.linspace(-_SIDE_M / 2, _SIDE_M / 2, _PIXELS),) * 2, indexing="ij")
    turn = rng.uniform(0, math.pi)
    along = math.cos(turn) * x + math.sin(turn) * y
    soft = float(rng.uniform(0.008, 0.06))  # metres, of the shadow's edge
    if kind == "leaves":
        level = _blobs(rng, float(rng.uniform(0.08, 0.3))) - float(rng.normal(0, 0.5))
        passes = level * float(rng.uniform(0.03, 0.08)) / soft + 0.5
    elif kind == "bars":
        period = float(rng.uniform(0.12, 0.7))
        open_ = float(rng.uniform(0.3, 0.7)) * period
        phase = torch.remainder(along + rng.uniform(0, period), period)
        passes = torch.minimum(phase, open_ - phase) / soft + 0.5
    elif kind == "edge":
        passes = (along - float(rng.normal(0, 0.25))) / soft + 0.5
    else:
        passes = torch.zeros_like(x)
        for _ in range(int(rng.integers(1, 6))):
            middle = rng.normal(0, 0.4, 2)
            half = rng.uniform(0.06, 0.35, 2)
            radius = torch.hypot((x - middle[0]) / half[0], (y - middle[1]) / half[1])
            passes = torch.maximum(passes, ((1 - radius) * float(half.min()) / soft + 0.5).clamp(0, 1))
    least = float(rng.uniform(0, 0.3))
    return CastShadow(
        pattern=least + (1 - least) * passes.clamp(0, 1).float(),
        light=light,
        middle=(float(rng.normal(0, 0.15)), float(rng.uniform(0.7, 1.4)), 0.0),
    )


def _blobs(rng: np.random.Generator, size: float) -> Tensor:
    """H×W smooth noise of deviation 1 whose blobs are about so many metres wide."""
    count = max(4, round(_SIDE_M / size))
    coarse = torch.from_numpy(rng.normal(0, 1, (1, 1, count, count))).float()
    fine = interpolate(coarse, (_PIXELS, _PIXELS), mode="bicubic", align_corners=True)[0, 0]
    return (fine - fine.mean()) / fine.std()
