"""Vertices in small integers, for files that are loaded over a network (`KHR_mesh_quantization`).

Positions are sixteen bits on one grid for all surfaces; what takes them back to metres is put into the skin's bind
matrices, as programs leave out the nodes that carry skinned meshes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

EXTENSION = "KHR_mesh_quantization"
_UINT16, _INT16, _INT8 = 2**16 - 1, 2**15 - 1, 2**7 - 1


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A cube in metres around all surfaces."""

    low: np.ndarray  # (3,), its corner of least coordinates
    size: float  # of its edge

    def matrix(self) -> np.ndarray:
        """4×4: from [0, 1]³ to metres."""
        matrix = np.eye(4, dtype=np.float32)
        matrix[:3, :3] *= self.size
        matrix[:3, 3] = self.low
        return matrix

    def positions(self, points: np.ndarray) -> np.ndarray:
        """N×3 uint16 of N×3 metres; a step is 0.03 mm for a person."""
        return np.round((points - self.low) / self.size * _UINT16).astype(np.uint16)

    def displacements(self, deltas: np.ndarray) -> np.ndarray:
        """N×3 int16 of N×3 metres."""
        return np.round(deltas / self.size * _INT16).astype(np.int16)


def grid_around(surfaces: Sequence[np.ndarray]) -> Grid:
    """The grid for these surfaces' vertices, V×3 metres each."""
    low = np.min([vertices.min(0) for vertices in surfaces], axis=0)
    high = np.max([vertices.max(0) for vertices in surfaces], axis=0)
    return Grid(low=low, size=float((high - low).max()))


def quantise_normals(normals: np.ndarray) -> np.ndarray:
    """N×3 int8 of N×3 unit vectors."""
    return np.round(normals * _INT8).astype(np.int8)


def quantise_fractions(values: np.ndarray) -> np.ndarray:
    """Uint16 of values in [0, 1]."""
    return np.round(values * _UINT16).astype(np.uint16)


def quantise_weights(weights: np.ndarray) -> np.ndarray:
    """N×4 uint16 of N×4 skin weights; each row sums to exactly 65535, which stands for 1."""
    units = np.round(weights.astype(np.float64) * _UINT16)
    units[np.arange(len(units)), units.argmax(1)] += _UINT16 - units.sum(1)
    return units.astype(np.uint16)
