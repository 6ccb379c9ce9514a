"""Unseen texels get the colours of seen ones, and the copier can learn of which."""

import pytest
import torch

from bodydouble.inpaint.copier import Copier, CopierConfig, whole
from bodydouble.texture.compose import FILLED, RGB
from bodydouble.texture.texels import texel_map

CONFIG = CopierConfig(side=8, widths=(8, 8), heads=8, keys=7, groups=4)
SIZE = 32


@pytest.fixture
def copier():
    torch.manual_seed(0)
    return Copier(CONFIG).eval().requires_grad_(False)


@pytest.fixture
def partial():
    """Two textures whose left third was seen, in red and in green."""
    texture = torch.zeros(2, 21, SIZE, SIZE)
    texture[:, RGB.stop :, :, :11] = 1
    texture[0, RGB.start, :, :11], texture[1, RGB.start + 1, :, :11] = 0.9, 0.8
    return texture


def test_only_colours_that_were_seen_are_copied(copier, partial, anny):
    colours = whole(copier, partial, anny.layout)[:, RGB]
    assert (colours[0, 0] > 0.45).all() and (colours[0, 1:] == 0).all(), "in more or less light"
    assert (colours[1, 1] > 0.4).all() and (colours[1, [0, 2]] == 0).all()


def test_what_lies_in_holes_does_not_matter(copier, partial, anny):
    painted = partial.clone()
    painted[:, RGB] += (1 - painted[:, FILLED]) * torch.rand(2, 3, SIZE, SIZE)
    assert torch.equal(whole(copier, painted, anny.layout), whole(copier, partial, anny.layout))


def test_seen_texels_stay_and_no_hole_is_left(copier, partial, anny):
    found = whole(copier, partial, anny.layout)
    seen = partial[0, FILLED][0] > 0
    assert torch.equal(found[:, RGB][..., seen], partial[:, RGB][..., seen])
    assert torch.equal(found[:, : RGB.start], partial[:, : RGB.start])
    assert (found[:, RGB.stop :] == 1).all() and (found[:, RGB].amax(1) > 0.4).all()
    outside = texel_map(anny.layout, SIZE).face[0] < 0
    assert outside.any(), "between charts, too"


def test_batches_are_as_good_as_one(copier, partial, anny):
    both = whole(copier, partial, anny.layout)
    assert torch.allclose(both[1:], whole(copier, partial[1:], anny.layout), atol=1e-5)


def test_where_nothing_was_seen_colours_are_made_up(copier, anny):
    found = whole(copier, torch.zeros(1, 21, SIZE, SIZE), anny.layout)
    assert found.isfinite().all() and found.min() >= 0 and found.max() <= 1


def test_what_may_be_one_or_another_is_no_mixture(copier, partial, anny):
    with torch.no_grad():
        for parameter in copier.network.conv_out.parameters():
            parameter.zero_()  # every texel is like every other
    partial[0, RGB, 24:, :11] = torch.tensor([0.0, 0.0, 0.9])[:, None, None]  # a quarter of what was seen
    hole = partial[0, FILLED][0] == 0
    red, _, blue = whole(copier, partial[:1], anny.layout)[0, RGB][:, hole]
    assert (red > 0.8).all() and (blue < 0.1).all()


def test_a_shade_is_another_light_and_no_mixture():
    """A grey is likelier as white in another light than as a mixture of white and black."""
    torch.manual_seed(0)
    copier = Copier(CONFIG)
    rgb, known = torch.ones(1, 3, 8, 8), torch.ones(1, 1, 8, 8)
    rgb[..., 4:] = 0
    places, grey = torch.rand(1, 32, 2), torch.full((1, 32, 3), 0.6)
    adam = torch.optim.Adam(copier.parameters(), 5e-3)
    for _ in range(60):
        loss = copier.surprise(copier.looked_for(rgb, known), places, grey).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    asked = copier._asked(copier.looked_for(rgb, known), places)
    assert ((asked.light[..., 0] - 0.6).abs() < 0.1).float().mean() > 0.9 or (asked.trust > 0).float().mean() > 0.9


def test_it_learns_what_is_like_what():
    """Rows above the middle have one colour, those below another; the right half was not seen."""
    torch.manual_seed(0)
    copier = Copier(CONFIG)
    adam = torch.optim.Adam(copier.parameters(), 5e-3)
    known = torch.zeros(16, 1, 8, 8)
    known[..., :4] = 1
    places = torch.rand(16, 64, 2) * torch.tensor([0.4, 0.8]) + torch.tensor([0.55, 0.1])
    lower = places[..., 1:] > 0.5
    for _ in range(80):
        above, below = torch.rand(2, 16, 3, 1)
        rgb = torch.cat([above.expand(-1, -1, 4), below.expand(-1, -1, 4)], 2)[..., None].expand(-1, -1, -1, 8)
        truth = torch.where(lower, below.transpose(1, 2), above.transpose(1, 2))
        surprise = copier.surprise(copier.looked_for(rgb * known, known), places, truth).mean()
        adam.zero_grad()
        surprise.backward()
        adam.step()
    partial = torch.zeros(16, 21, SIZE, SIZE)
    partial[:, RGB] = rgb.repeat_interleave(4, 2).repeat_interleave(4, 3)
    partial[:, FILLED.start, :, :16] = 1
    with torch.no_grad():
        found = torch.cat([copier(*pair) for pair in zip(partial.split(1), places.split(1), strict=True)])
    error = (found.transpose(1, 2) - truth).abs()
    clear = (places[..., 1] - 0.5).abs() > 0.1
    assert error[clear].mean() < 0.1 < (above - below).abs().mean() / 2
