"""Unseen texels get the colours of observed ones, in materials with clean borders."""

import pytest
import torch

from bodydouble.inpaint.exemplar.attention import AttentionConfig, ContextualAttention
from bodydouble.inpaint.exemplar.complete import CompletedTexture, complete_batch, complete_texture
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import Region
from bodydouble.surface.texel_map import texel_map

CONFIG = AttentionConfig(side=8, widths=(8, 8), head_channels=8, keys=7, groups=4)
SIZE = 32
BLUE = torch.tensor([0.0, 0.0, 0.9])


@pytest.fixture
def attention():
    torch.manual_seed(0)
    return ContextualAttention(CONFIG).eval().requires_grad_(False)


@pytest.fixture
def filled():
    """Of two textures the left third was seen."""
    mask = torch.zeros(2, 1, SIZE, SIZE)
    mask[..., :11] = 1
    return mask


@pytest.fixture
def rgb():
    """One in red, one in green."""
    colours = torch.zeros(2, 3, SIZE, SIZE)
    colours[0, 0, :, :11], colours[1, 1, :, :11] = 0.9, 0.8
    return colours


@pytest.fixture(scope="module")
def graph(anny):
    return mean_surface_graph(anny, SIZE)


@pytest.fixture(params=["each texel by itself", "the body as a whole"])
def complete(request, attention, anny, graph):
    """Both ways of completing a batch: B×3×N×N, B×1×N×N to B×3×N×N."""

    def alone(rgb, filled):
        return complete_batch(attention, rgb, filled, anny.layout)

    def together(rgb, filled):
        return torch.stack(
            [complete_texture(attention, *one, graph).rgb for one in zip(rgb, filled[:, 0], strict=True)]
        )

    return alone if request.param.startswith("each") else together


def test_only_colours_that_were_seen_are_copied(complete, rgb, filled, graph):
    clothed = graph.surface.region == Region.BODY
    red, green = (graph.surface.take(each)[clothed] for each in complete(rgb, filled))
    assert (red[:, 0] > 0.45).all() and (red[:, 1:] == 0).all(), "in more or less light"
    assert (green[:, 1] > 0.4).all() and (green[:, [0, 2]] == 0).all()


def test_what_lies_in_holes_does_not_matter(complete, rgb, filled):
    painted = rgb + (1 - filled) * torch.rand(2, 3, SIZE, SIZE)
    assert torch.equal(complete(painted, filled), complete(rgb, filled))


def test_seen_texels_stay_and_no_hole_is_left(complete, rgb, filled, anny, graph):
    given = rgb.clone()
    completed = complete(rgb, filled)
    assert torch.equal(rgb, given), "what was given stays as it is"
    covered = texel_map(anny.layout, SIZE).face[0] >= 0
    seen = (filled[0, 0] > 0) & covered
    assert torch.equal(completed[..., seen], rgb[..., seen])
    assert not covered.all() and (completed.amax(1) > 0.1).all(), "between charts, too"
    clothed = graph.surface.region == Region.BODY
    assert all((graph.surface.take(each)[clothed].amax(1) > 0.4).all() for each in completed)


def test_batches_are_as_good_as_one(attention, rgb, filled, anny):
    both = complete_batch(attention, rgb, filled, anny.layout)
    assert torch.allclose(both[1:], complete_batch(attention, rgb[1:], filled[1:], anny.layout), atol=1e-5)


def test_rims_are_neither_kept_nor_copied_from_but_chart_borders_are_no_rims(attention, anny):
    """A texture seen in red, with a dark rim around a hole; 128², so that rims are one texel wide."""
    size = 128
    covered = texel_map(anny.layout, size).face[0] >= 0
    rgb, filled = torch.zeros(1, 3, size, size), covered[None, None].float()
    rgb[:, 0, covered] = 0.9
    assert torch.equal(complete_batch(attention, rgb, filled, anny.layout)[..., covered], rgb[..., covered])
    row, column = (int(each.median()) for each in covered.nonzero().T)
    rgb[..., row - 9 : row + 9, column - 9 : column + 9] = 0.05
    filled[..., row - 8 : row + 8, column - 8 : column + 8] = 0
    completed = complete_batch(attention, rgb, filled, anny.layout)[0][:, covered]
    assert completed[0].min() > 0.4, "the dark rim is gone, and nothing became dark"


def test_where_nothing_was_seen_colours_are_made_up(complete):
    completed = complete(torch.zeros(1, 3, SIZE, SIZE), torch.zeros(1, 1, SIZE, SIZE))
    assert completed.isfinite().all() and completed.min() >= 0 and completed.max() <= 1
    assert completed.amax(1).mean() > 0.1


def test_where_all_was_seen_nothing_changes(complete, anny):
    covered = texel_map(anny.layout, SIZE).face[0] >= 0
    rgb = torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    assert torch.equal(complete(rgb, torch.ones(1, 1, SIZE, SIZE))[..., covered], rgb[..., covered])


def test_what_may_be_one_or_another_is_no_mixture(attention, rgb, filled, anny, graph):
    _make_alike(attention)
    rgb[0, :, 24:, :11] = BLUE[:, None, None]  # a quarter of what was seen
    hole = filled[0, 0] == 0
    red, _, blue = complete_batch(attention, rgb[:1], filled[:1], anny.layout)[0][:, hole]
    assert (red > 0.8).all() and (blue < 0.1).all()
    red, _, blue = complete_texture(attention, rgb[0], filled[0, 0], graph).rgb[:, hole]
    pure = (torch.maximum(red, blue) > 0.8) & (torch.minimum(red, blue) < 0.1)
    assert pure.float().mean() > 0.97
    assert 0 < (blue > 0.8).float().mean() < 0.3, "beside the blue that was seen, and no farther"


def test_a_seed_is_repeatable_and_decides_what_is_in_doubt(attention, rgb, filled, anny, graph):
    _make_alike(attention)
    rgb[0, :, 16:, :11] = BLUE[:, None, None]  # half of what was seen
    filled = filled[0, 0]
    completed = [complete_texture(attention, rgb[0], filled, graph, seed).rgb for seed in (0, 1, 1, 2, 3, 4)]
    assert torch.equal(completed[1], completed[2])
    assert len({float(each[2].mean()) for each in completed}) > 2
    seen = (filled > 0) & (texel_map(anny.layout, SIZE).face[0] >= 0)
    assert all(torch.equal(each[..., seen], completed[0][..., seen]) for each in completed)


def test_a_stain_in_the_shadow_of_an_arm_does_not_colour_the_back(attention, rgb, filled, graph):
    """A few texels at the edge of what was seen are dark; what is copied is red."""
    _make_alike(attention)
    rgb[0, :, 12:16, 7:11] = 0.05
    completed = complete_texture(attention, rgb[0], filled[0, 0], graph).rgb[:, filled[0, 0] == 0]
    assert (completed[0] > 0.7).float().mean() > 0.9


def test_each_texel_s_probabilities_favour_what_it_is(attention, rgb, filled, graph):
    _make_alike(attention)
    rgb[0, :, 16:, :11] = BLUE[:, None, None]
    completed = complete_texture(attention, rgb[0], filled[0, 0], graph)
    assert completed.probability.shape == (3, SIZE, SIZE), "red, blue, and generated"
    material = completed.probability.argmax(0)
    clothed = graph.surface.take(material) == material[0, 0]
    blue = graph.surface.take(completed.rgb)[:, 2] > 0.5
    body = graph.surface.region == Region.BODY
    assert (clothed == blue)[body].all() or (clothed != blue)[body].all()


def test_enlarged_colours_keep_sharp_borders_and_smooth_insides():
    rgb, probability = torch.zeros(3, 8, 8), torch.zeros(2, 8, 8)
    slant = (torch.arange(8)[:, None] + torch.arange(8) < 8).float()
    probability[0], probability[1] = slant, 1 - slant
    rgb[0], rgb[1] = slant * torch.linspace(0.5, 1, 8), 1 - slant
    red, green, _ = CompletedTexture(rgb=rgb, probability=probability).enlarge(64)
    assert (((red > 0) & (green == 0)) | ((red == 0) & (green > 0.99))).all(), "one or the other, no mixture"
    assert (red[0, 1:56] - red[0, :55]).abs().max() < 0.02, "no steps within a material"
    edge = (red[:, 1:] > 0).float().diff(dim=1).abs().sum(1)
    assert (edge <= 1).all()
    corners = (red > 0).sum(1)[8:-8]
    assert (corners[1:] - corners[:-1]).abs().max() <= 4, "a slant, not stairs of eight texels"


def test_enlarged_borders_have_no_strip_of_a_third_material():
    """Between two materials a third is nearly as likely in both: it lies nowhere."""
    probability = torch.empty(3, 8, 8)
    probability[:, :, :4] = torch.tensor([0.5, 0.4, 0.1])[:, None, None]
    probability[:, :, 4:] = torch.tensor([0.1, 0.4, 0.5])[:, None, None]
    rgb = torch.zeros(3, 8, 8)
    rgb[0, :, :4], rgb[2, :, 4:] = 1, 1
    red, _, blue = CompletedTexture(rgb=rgb, probability=probability).enlarge(64)
    assert (torch.maximum(red, blue) > 0.99).all() and (torch.minimum(red, blue) == 0).all()


def _make_alike(attention):
    """Every texel is like every other."""
    with torch.no_grad():
        for parameter in attention.unet.last.parameters():
            parameter.zero_()
