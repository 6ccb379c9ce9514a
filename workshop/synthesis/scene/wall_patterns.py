"""Patterns of walls and floors as functions of a place on them in metres: bricks, boards, tiles, plaster, grass."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

WALLS = ("plain", "plain", "plaster", "plaster", "brick", "boards", "tiles", "stripes", "concrete")
FLOORS = ("boards", "boards", "tiles", "slabs", "carpet", "concrete", "plain", "asphalt")

_TILE = 256  # side of the noise that patterns look up, a power of two


def grown_noise(rng: np.random.Generator, size: tuple[int, int], cells: int, device: torch.device) -> Tensor:
    """H×W in [0, 1]: three octaves of smooth noise, the coarsest with `cells` cells on the longer side."""
    total = torch.zeros(size, device=device)
    longer = max(size)
    for octave in range(3):
        shape = tuple(max(round(cells * 2**octave * side / longer), 2) for side in size)
        coarse = torch.from_numpy(rng.random((1, 1, *shape), dtype=np.float32)).to(device)
        total += interpolate(coarse, size, mode="bilinear", align_corners=True)[0, 0] * 0.5**octave
    return total / 1.75


class PatternPainter:
    """Paints surfaces; its random colours and noise come from the generator it is made with."""

    def __init__(self, rng: np.random.Generator, device: torch.device) -> None:
        self.rng = rng
        self.device = device
        fine = rng.random((_TILE, _TILE), dtype=np.float32)
        self.fine = torch.from_numpy(fine).to(device)  # white noise, looked up by place

    def paint(self, pattern: str, u: Tensor, v: Tensor) -> Tensor:
        """3×H×W colours of the pattern at H×W places (metres along and up the surface, positive)."""
        return getattr(self, f"_{pattern}")(u, v)

    def _grain(self, u: Tensor, v: Tensor, per_metre: float) -> Tensor:
        """H×W white noise in [0, 1], the same at the same place."""
        row = (v * per_metre).long() & (_TILE - 1)
        column = (u * per_metre).long() & (_TILE - 1)
        return self.fine[row, column]

    def _smooth(self, u: Tensor, v: Tensor, metres: float) -> Tensor:
        """H×W smooth noise over the picture, about as coarse as that."""
        span = max(float((u[-1] - u[0]).abs().max()), float((u[:, -1] - u[:, 0]).abs().max()), metres)
        return grown_noise(self.rng, (u.shape[0], u.shape[1]), int(np.clip(span / metres, 2, 64)), self.device)

    def _colour(self, low: tuple[float, float, float], high: tuple[float, float, float]) -> Tensor:
        mix = self.rng.random()
        drift = self.rng.normal(0, 0.04, 3)
        channels = np.array(low) * (1 - mix) + np.array(high) * mix + drift
        return torch.from_numpy(channels.clip(0.02, 1)).float().view(3, 1, 1).to(self.device)

    def _plain(self, u: Tensor, v: Tensor) -> Tensor:
        paint = self._colour((0.3, 0.32, 0.36), (0.96, 0.94, 0.9))
        if self.rng.random() < 0.35:
            paint = self._colour((0.6, 0.2, 0.15), (0.2, 0.5, 0.65))
        return paint.expand(3, *u.shape).clone()

    def _plaster(self, u: Tensor, v: Tensor) -> Tensor:
        rough = self._grain(u, v, 220.0) - 0.5
        stains = self._smooth(u, v, 0.3) - 0.5
        return self._colour((0.5, 0.45, 0.38), (0.95, 0.92, 0.87)) * (1 + 0.09 * rough + 0.16 * stains)

    def _concrete(self, u: Tensor, v: Tensor) -> Tensor:
        rough = self._grain(u, v, 150.0) - 0.5
        return self._colour((0.35, 0.35, 0.35), (0.7, 0.69, 0.66)) * (
            1 + 0.08 * rough + 0.3 * (self._smooth(u, v, 0.2) - 0.5)
        )

    def _brick(self, u: Tensor, v: Tensor) -> Tensor:
        course = torch.floor(v / 0.075)
        along = u / 0.25 + 0.5 * (course % 2)
        mortar = ((along % 1) < 0.05) | ((v / 0.075 % 1) < 0.14)
        tone = self._grain(along, course, 1.0) - 0.5
        red = self._colour((0.45, 0.2, 0.14), (0.75, 0.5, 0.38)) if self.rng.random() < 0.75 else self._plain_tone()
        bricks = red * (1 + 0.5 * tone + 0.15 * (self._grain(u, v, 190.0) - 0.5))
        return torch.where(mortar, self._colour((0.5, 0.48, 0.45), (0.85, 0.83, 0.8)), bricks)

    def _plain_tone(self) -> Tensor:
        return self._colour((0.3, 0.3, 0.32), (0.95, 0.93, 0.9))

    def _boards(self, u: Tensor, v: Tensor) -> Tensor:
        width = self.rng.uniform(0.07, 0.2)
        board = torch.floor(v / width)
        tone = self._grain(board, torch.zeros_like(board), 1.0) - 0.5
        grain = self._grain(u * 0.06, v, 260.0) - 0.5
        seam = (v / width % 1) < 0.05
        wood = self._colour((0.25, 0.15, 0.09), (0.85, 0.68, 0.48)) * (1 + 0.35 * tone + 0.16 * grain)
        return torch.where(seam, wood * 0.55, wood)

    def _tiles(self, u: Tensor, v: Tensor) -> Tensor:
        side = self.rng.uniform(0.1, 0.6)
        column, row = torch.floor(u / side), torch.floor(v / side)
        joint = ((u / side % 1) < 0.03) | ((v / side % 1) < 0.03)
        first, second = self._plain_tone(), self._plain_tone()
        if self.rng.random() < 0.6:
            second = first
        chess = ((column + row) % 2) < 0.5
        tone = 1 + 0.12 * (self._grain(column, row, 1.0) - 0.5)
        return torch.where(joint, self._plain_tone(), torch.where(chess, first, second) * tone)

    def _slabs(self, u: Tensor, v: Tensor) -> Tensor:
        row = torch.floor(v / 0.4)
        along = u / 0.6 + 0.5 * (row % 2)
        joint = ((along % 1) < 0.02) | ((v / 0.4 % 1) < 0.03)
        tone = 1 + 0.2 * (self._grain(along, row, 1.0) - 0.5) + 0.1 * (self._grain(u, v, 150.0) - 0.5)
        stone = self._colour((0.4, 0.4, 0.4), (0.75, 0.73, 0.68)) * tone
        return torch.where(joint, stone * 0.5, stone)

    def _stripes(self, u: Tensor, v: Tensor) -> Tensor:
        width = self.rng.uniform(0.04, 0.3)
        first, second = self._plain_tone(), self._colour((0.2, 0.25, 0.3), (0.9, 0.8, 0.6))
        return torch.where((u / width % 1) < self.rng.uniform(0.3, 0.7), first, second)

    def _carpet(self, u: Tensor, v: Tensor) -> Tensor:
        paint = self._colour((0.2, 0.12, 0.12), (0.7, 0.68, 0.7))
        return paint * (1 + 0.25 * (self._grain(u, v, 170.0) - 0.5) + 0.15 * (self._smooth(u, v, 0.5) - 0.5))

    def _asphalt(self, u: Tensor, v: Tensor) -> Tensor:
        rough = self._grain(u, v, 130.0) - 0.5
        return self._colour((0.2, 0.2, 0.21), (0.55, 0.54, 0.52)) * (
            1 + 0.3 * rough + 0.2 * (self._smooth(u, v, 0.8) - 0.5)
        )

    def _gravel(self, u: Tensor, v: Tensor) -> Tensor:
        return self._colour((0.4, 0.36, 0.3), (0.75, 0.68, 0.56)) * (1 + 0.6 * (self._grain(u, v, 70.0) - 0.5))

    def _grass(self, u: Tensor, v: Tensor) -> Tensor:
        blades = self._grain(u * 2.5, v, 90.0) - 0.5
        patches = self._smooth(u, v, 0.5) - 0.5
        return self._colour((0.14, 0.25, 0.07), (0.5, 0.58, 0.24)) * (1 + 0.7 * blades + 0.5 * patches)
