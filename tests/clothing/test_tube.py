"""A tube begins on the body at its own height, not on what is wider below."""

import torch

from bodydouble.clothing.loose import find_loose
from bodydouble.clothing.loose_surfaces import hang_loose
from bodydouble.clothing.ring_grid import ring_angles, ring_faces
from bodydouble.clothing.tube import COLUMNS, RINGS, fit_waist
from bodydouble.values import Mesh
from tests.garments import paint_skirt


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


def test_a_straight_skirt_is_no_bell_from_the_side(anny, draw_scene):
    scene = draw_scene(paint_skirt("dress", 0.6, 0.2))
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    rings = hang_loose(loose, scene.fit, anny)[0].vertices.view(RINGS, COLUMNS, 3)
    depth = rings[..., 2].amax(1) - rings[..., 2].amin(1)
    assert float(depth.max() / depth.min()) < 1.15, "neither does it go in below the seat nor out at the hem"
