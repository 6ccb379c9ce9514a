"""Sheets in rings: their faces look outwards, and their texture lies where they do."""

import torch

from bodydouble.clothing.ring_grid import ring_angles, ring_faces, ring_layout, unroll
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map

RINGS, COLUMNS = 5, 16


def cylinder() -> torch.Tensor:
    """RINGS×COLUMNS×3 in the world: the near side at +z, the view's right at +x."""
    angle = ring_angles(COLUMNS).expand(RINGS, -1)
    height = torch.linspace(1, 0, RINGS)[:, None].expand(-1, COLUMNS)
    return torch.stack([angle.sin(), height, angle.cos()], -1)


def test_faces_look_outwards():
    points = cylinder().view(-1, 3)
    normals = vertex_normals(points, ring_faces(RINGS, COLUMNS))
    outwards = points * torch.tensor([1.0, 0, 1])
    assert float((normals * outwards).sum(1).min()) > 0.9


def test_the_texture_runs_around_and_down():
    points = cylinder()
    layout = ring_layout(RINGS, COLUMNS)
    texels = texel_map(layout, 64)
    assert bool((texels.face >= 0).all()), "the sheet fills its texture"
    drawn = interpolate(texels, ring_faces(RINGS, COLUMNS), points.view(-1, 3))[0]
    assert float(drawn[2, :, 32].min()) > 0.95, "the near side's middle is the texture's"
    assert float(drawn[0, :, 48].min()) > 0.9, "the view's right lies to the right"
    assert float(drawn[1, 0].min()) > 0.9 > 0.1 > float(drawn[1, -1].max())


def test_unrolled_values_are_those_of_the_texels():
    points = cylinder()
    texels = texel_map(ring_layout(RINGS, COLUMNS), 64)
    drawn = interpolate(texels, ring_faces(RINGS, COLUMNS), points.view(-1, 3))[0]
    assert torch.allclose(unroll(points, 64), drawn, atol=0.02)
