"""One light on all that a person wears: harmonics by the normals, fitted so that prints do not matter."""

from __future__ import annotations

import numpy as np

_ROUNDS = 6  # after which nothing moves any more
_RIDGE = 1e-2  # of the eight coefficients that change with the normals, against a cell's weight
_LEAST, _MOST = 0.15, 5.0  # of what the light may give a normal
_LEAST_SCALE = 0.03  # of what is left, in logarithms, by which outliers are told
_MOST_DIFFERENT = 2.0  # logarithm, of a cell's luminance from its label's


def fit_light(
    level: np.ndarray, basis: np.ndarray, labels: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What the normals explain of N cells' luminance, and what is left, as logarithms.

    Iteratively reweighted least squares with Cauchy's weights: albedo of each label and light take turns.

    Args:
        level: (N,), logarithms of luminance.
        basis: N×9, harmonics of the normals (`geometry.harmonics`).
        labels: (N,), each label has one albedo.
        weight: (N,), [0, 1].

    Returns:
        (N,) each; the level is their sum and the label's albedo.
    """
    numbers, index = np.unique(labels, return_inverse=True)
    albedo = _medians(level, index, len(numbers))
    trust = base = weight.astype(np.float64) + 1e-3
    ridge = _RIDGE * np.diag([0.0] + [1.0] * (basis.shape[1] - 1))
    explained, rest = np.zeros_like(level), level
    for _ in range(_ROUNDS):
        given = np.exp((level - albedo[index]).clip(-_MOST_DIFFERENT, _MOST_DIFFERENT))
        weighted = basis * trust[:, None]
        light = np.linalg.solve(weighted.T @ basis + trust.sum() * ridge, weighted.T @ given)
        explained = np.log((basis @ light).clip(_LEAST, _MOST))
        albedo = _medians(level - explained, index, len(numbers))
        rest = level - explained - albedo[index]
        scale = max(1.48 * float(np.median(np.abs(rest))), _LEAST_SCALE)
        trust = base / (1 + (rest / (2 * scale)) ** 2)
    return explained, rest


def _medians(values: np.ndarray, index: np.ndarray, count: int) -> np.ndarray:
    return np.array([np.median(values[index == number]) for number in range(count)])
