"""Unseen texels get the colours of seen ones, in materials with clean borders."""

import pytest
import torch

from bodydouble.dinar.channels import FILLED, RGB
from bodydouble.inpaint.exemplar import materials
from bodydouble.inpaint.exemplar.attention import AttentionConfig, AttentionInputs, ContextualAttention
from bodydouble.inpaint.exemplar.complete import CompletedTexture, complete_batch, complete_texture
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import Region
from bodydouble.surface.texel_map import texel_map

CONFIG = AttentionConfig(side=8, widths=(8, 8), head_channels=8, keys=7, groups=4)
SIZE = 32
BLUE = torch.tensor([0.0, 0.0, 0.9])


@pytest.fixture
def copier():
    torch.manual_seed(0)
    return ContextualAttention(CONFIG).eval().requires_grad_(False)


@pytest.fixture
def partial():
    """Two textures whose left third was seen, in red and in green."""
    texture = torch.zeros(2, 21, SIZE, SIZE)
    texture[:, RGB.stop :, :, :11] = 1
    texture[0, RGB.start, :, :11], texture[1, RGB.start + 1, :, :11] = 0.9, 0.8
    return texture


@pytest.fixture(scope="module")
def ground(anny):
    return mean_surface_graph(anny, SIZE)


@pytest.fixture(params=["each texel by itself", "the body as a whole"])
def complete(request, copier, anny, ground):
    """Both ways of completing a batch."""

    def alone(partial):
        return complete_batch(copier, partial, anny.layout)

    def together(partial):
        return torch.stack([complete_texture(copier, one, anny.layout, ground).texture for one in partial])

    return alone if request.param.startswith("each") else together


def test_only_colours_that_were_seen_are_copied(complete, partial, ground):
    surface = ground.surface
    red, green = (surface.take(each)[surface.region == Region.BODY] for each in complete(partial)[:, RGB])
    assert (red[:, 0] > 0.45).all() and (red[:, 1:] == 0).all(), "in more or less light"
    assert (green[:, 1] > 0.4).all() and (green[:, [0, 2]] == 0).all()


def test_what_lies_in_holes_does_not_matter(complete, partial):
    painted = partial.clone()
    painted[:, RGB] += (1 - painted[:, FILLED]) * torch.rand(2, 3, SIZE, SIZE)
    assert torch.equal(complete(painted), complete(partial))


def test_seen_texels_stay_and_no_hole_is_left(complete, partial, anny, ground):
    given = partial.clone()
    found = complete(partial)
    assert torch.equal(partial, given), "what was given stays as it is"
    covered = texel_map(anny.layout, SIZE).face[0] >= 0
    seen = (partial[0, FILLED][0] > 0) & covered
    assert torch.equal(found[:, RGB][..., seen], partial[:, RGB][..., seen])
    assert torch.equal(found[:, : RGB.start], partial[:, : RGB.start])
    clothed = ground.surface.region == Region.BODY
    assert (found[:, RGB.stop :] == 1).all() and (found[:, RGB].amax(1) > 0.1).all()
    assert all((ground.surface.take(each)[clothed].amax(1) > 0.4).all() for each in found[:, RGB])
    assert not covered.all(), "between charts, too"


def test_batches_are_as_good_as_one(copier, partial, anny):
    both = complete_batch(copier, partial, anny.layout)
    assert torch.allclose(both[1:], complete_batch(copier, partial[1:], anny.layout), atol=1e-5)


def test_rims_are_neither_kept_nor_copied_from_but_chart_borders_are_no_rims(copier, anny):
    """A texture seen in red, with a dark rim around a hole; 128², so that rims are one texel wide."""
    size = 128
    covered = texel_map(anny.layout, size).face[0] >= 0
    texture = torch.zeros(21, size, size)
    texture[RGB.stop :, covered], texture[RGB.start, covered] = 1, 0.9
    assert torch.equal(*(complete_batch(copier, texture[None], anny.layout)[0, RGB][:, covered] for _ in range(2)))
    assert (
        complete_batch(copier, texture[None], anny.layout)[0, RGB.start, covered] == texture[RGB.start, covered]
    ).all()
    row, column = (int(each.median()) for each in covered.nonzero().T)
    texture[RGB, row - 9 : row + 9, column - 9 : column + 9] = 0.05
    texture[RGB.start :, row - 8 : row + 8, column - 8 : column + 8] = 0
    found = complete_batch(copier, texture[None], anny.layout)[0, RGB][:, covered]
    assert found[0].min() > 0.4, "the dark rim is gone, and nothing became dark"


def test_where_nothing_was_seen_colours_are_made_up(complete):
    found = complete(torch.zeros(1, 21, SIZE, SIZE))
    assert found.isfinite().all() and found.min() >= 0 and found.max() <= 1


def test_what_may_be_one_or_another_is_no_mixture(copier, partial, anny, ground):
    _make_alike(copier)
    partial[0, RGB, 24:, :11] = BLUE[:, None, None]  # a quarter of what was seen
    hole = partial[0, FILLED][0] == 0
    red, _, blue = complete_batch(copier, partial[:1], anny.layout)[0, RGB][:, hole]
    assert (red > 0.8).all() and (blue < 0.1).all()
    red, _, blue = complete_texture(copier, partial[0], anny.layout, ground).texture[RGB][:, hole]
    pure = (torch.maximum(red, blue) > 0.8) & (torch.minimum(red, blue) < 0.1)
    assert pure.float().mean() > 0.97
    assert 0 < (blue > 0.8).float().mean() < 0.3, "beside the blue that was seen, and no farther"


def test_light_and_shade_of_one_cloth_are_one_material():
    """Five seen texels: the first two are copied to the same ten places, the third to others."""
    weight = torch.tensor([[0.5, 0.4, 0.0, 0.1, 0.0]] * 10 + [[0.0, 0.0, 1.0, 0.0, 0.0]] * 10 + [[0, 0, 0, 0, 1.0]] * 2)
    grey = torch.tensor([0.9, 0.6, 0.9, 0.6, 0.6])[:, None].expand(-1, 3)
    used = weight.T @ weight
    together = materials._clusters(used, grey, materials._FIRST)
    assert together.sum(1).tolist() == [1] * 5
    assert torch.equal(together[0], together[1]) and torch.equal(together[0], together[3])
    assert together.shape[1] == 3
    coloured = grey.clone()
    coloured[1] = torch.tensor([0.9, 0.2, 0.1])
    assert not torch.equal(*materials._clusters(used, coloured, materials._FIRST)[:2]), "red is no shade of grey"


def test_a_seed_is_repeatable_and_decides_what_is_in_doubt(copier, partial, anny, ground):
    _make_alike(copier)
    partial[0, RGB, 16:, :11] = BLUE[:, None, None]  # half of what was seen
    found = [complete_texture(copier, partial[0], anny.layout, ground, seed).texture for seed in (0, 1, 1, 2, 3, 4)]
    assert torch.equal(found[1], found[2])
    assert len({float(each[RGB.stop - 1].mean()) for each in found}) > 2
    seen = (partial[0, FILLED][0] > 0) & (texel_map(anny.layout, SIZE).face[0] >= 0)
    assert all(torch.equal(each[..., seen], found[0][..., seen]) for each in found)


def test_a_stain_in_the_shadow_of_an_arm_does_not_colour_the_back(copier, partial, anny, ground):
    """A few texels at the edge of what was seen are dark; what is copied is red."""
    _make_alike(copier)
    partial[0, RGB, 12:16, 7:11] = 0.05
    found = complete_texture(copier, partial[0], anny.layout, ground).texture[RGB][:, partial[0, FILLED][0] == 0]
    assert (found[0] > 0.7).float().mean() > 0.9


def test_enlarged_colours_keep_sharp_borders_and_smooth_insides():
    texture, share = torch.zeros(21, 8, 8), torch.zeros(2, 8, 8)
    slant = (torch.arange(8)[:, None] + torch.arange(8) < 8).float()
    share[0], share[1] = slant, 1 - slant
    texture[RGB.start], texture[RGB.start + 1] = slant * torch.linspace(0.5, 1, 8), 1 - slant
    found = CompletedTexture(texture=texture, share=share).enlarged(64)
    red, green, _ = found
    assert (((red > 0) & (green == 0)) | ((red == 0) & (green > 0.99))).all(), "one or the other, no mixture"
    assert (red[0, 1:56] - red[0, :55]).abs().max() < 0.02, "no steps within a material"
    edge = (red[:, 1:] > 0).float().diff(dim=1).abs().sum(1)
    assert (edge <= 1).all()
    corners = (red > 0).sum(1)[8:-8]
    assert (corners[1:] - corners[:-1]).abs().max() <= 4, "a slant, not stairs of eight texels"


def test_enlarged_borders_have_no_strip_of_a_third_material():
    """Between two materials a third is nearly as likely in both: it lies nowhere."""
    share = torch.empty(3, 8, 8)
    share[:, :, :4], share[:, :, 4:] = (
        torch.tensor([0.5, 0.4, 0.1])[:, None, None],
        torch.tensor([0.1, 0.4, 0.5])[:, None, None],
    )
    texture = torch.zeros(21, 8, 8)
    texture[RGB.start, :, :4], texture[RGB.start + 2, :, 4:] = 1, 1
    red, _, blue = CompletedTexture(texture=texture, share=share).enlarged(64)
    assert (torch.maximum(red, blue) > 0.99).all() and (torch.minimum(red, blue) == 0).all()


def test_seen_texels_are_of_the_material_beside_them_that_has_their_colour():
    """A map of 4×4: the left half red, the right half blue, one odd texel, nothing seen below."""
    colours = torch.tensor([[1.0, 0, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]] * 2)
    number = torch.full((4, 4), -1)
    number[:2] = torch.arange(8).view(2, 4)
    choice = AttentionInputs(queries=torch.zeros(1, 1, 4, 4), keys=torch.zeros(1, 8, 1), colours=colours[None])
    seen = materials.ObservedTexels(choice=choice, share=torch.ones(8), number=number)
    material = torch.tensor([[1.0, 0], [1, 0], [0, 1], [0, 0]] * 2)
    asked = torch.tensor([[0.9, 0, 0], [0.1, 0, 0.9], [0, 0, 0.8], [0.5, 0.5, 0.5]])
    where = torch.tensor([[0.1, 0.1], [0.1, 0.49], [0.4, 0.9], [0.99, 0.5]])
    found = materials.assign_materials(seen, material, asked, where)
    assert found.tolist() == [[1, 0], [0, 1], [0, 1], [0, 0]]


def _make_alike(copier):
    """Every texel is like every other."""
    with torch.no_grad():
        for parameter in copier.network.conv_out.parameters():
            parameter.zero_()
