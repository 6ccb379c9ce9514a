"""Spherical harmonics: what light from all around gives a surface, by where that faces.

A clamped cosine keeps hardly more than the first three bands of any light (Ramamoorthi and Hanrahan, "An efficient
representation for irradiance environment maps", 2001): nine numbers tell what every normal receives.
"""

from __future__ import annotations

import torch
from torch import Tensor


def harmonic_basis(normals: Tensor) -> Tensor:
    """(…, 3) unit vectors to (…, 9): the real spherical harmonics of bands 0 to 2, by l and then m."""
    x, y, z = normals.unbind(-1)
    constant = torch.ones_like(x)
    return torch.stack(
        [
            0.282095 * constant,
            0.488603 * y,
            0.488603 * z,
            0.488603 * x,
            1.092548 * x * y,
            1.092548 * y * z,
            0.315392 * (3 * z * z - 1),
            1.092548 * x * z,
            0.546274 * (x * x - y * y),
        ],
        -1,
    )
