"""A tube begins on the body at its own height, not on what is wider below."""

import torch

from bodydouble.clothing.ring_grid import ring_angles, ring_faces
from bodydouble.clothing.tube import COLUMNS, RINGS, fit_waist
from bodydouble.values import Mesh


def round_rings(radius, height, columns):
    """R·C×3, metres: level circles, counter-clockwise as `ring_grid` has them."""
    angle = ring_angles(columns)
    x, z = radius[:, None] * angle.sin(), radius[:, None] * angle.cos()
    return torch.stack([x, height[:, None].expand_as(x), z], -1).view(-1, 3)


def test_the_first_ring_lies_on_the_waist_not_on_the_hips_below():
    level = torch.linspace(1.2, 0.6, 25)
    body = round_rings(0.12 + 0.06 * ((1.0 - level) / 0.08).clamp(0, 1), level, 32)
    tube = round_rings(torch.full((RINGS,), 0.19), torch.linspace(1.0, 0.4, RINGS), COLUMNS)
    laid = fit_waist(tube, Mesh(vertices=body, faces=ring_faces(25, 32)))
    reach = laid.view(RINGS, COLUMNS, 3)[..., [0, 2]].norm(dim=2)
    assert float(reach[0].mean()) < 0.15
    assert torch.allclose(reach[-1], torch.tensor(0.19))
