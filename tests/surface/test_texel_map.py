"""Laws of the map from texels to the surface."""

import torch

from bodydouble.geometry.uv import texel_at
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map


def test_a_texel_shows_the_surface_point_whose_uv_is_its_centre(anny):
    size = 128
    texels = texel_map(anny.layout, size)
    hit = texels.face[0] >= 0
    assert 0.5 < hit.float().mean() < 1
    uv = interpolate(texels, anny.layout.faces, anny.layout.uv)[0]
    row, column = hit.nonzero(as_tuple=True)
    centre = (torch.stack([column, row]) + 0.5) / size
    assert torch.allclose(uv[:, hit], centre, atol=1e-5)
    assert torch.equal(torch.stack(texel_at(uv[:, hit].T, size)), torch.stack([row, column]))
    assert torch.allclose(texels.barycentric[0][hit].sum(1), torch.tensor(1.0), atol=1e-5)
