"""The harmonics are orthonormal, and nine numbers hold what a light gives every normal."""

import torch
from torch import Tensor

from bodydouble.geometry.harmonics import harmonic_basis


def sphere(count: int = 4000) -> Tensor:
    """N×3 evenly spread directions (Fibonacci's spiral)."""
    n = torch.arange(count) + 0.5
    y, angle = 1 - 2 * n / count, n * 2.399963
    radius = (1 - y * y).sqrt()
    return torch.stack([radius * angle.cos(), y, radius * angle.sin()], -1)


def test_the_basis_is_orthonormal() -> None:
    values = harmonic_basis(sphere())
    gram = 4 * torch.pi / len(values) * values.T @ values
    torch.testing.assert_close(gram, torch.eye(9), atol=2e-3, rtol=0)


def test_they_hold_a_distant_light() -> None:
    normals = sphere()
    given = (normals @ torch.tensor([0.6, 0.64, 0.48])).clamp_min(0)
    values = harmonic_basis(normals)
    fitted = values @ torch.linalg.lstsq(values, given[:, None]).solution[:, 0]
    assert (fitted - given).abs().max() < 0.1
