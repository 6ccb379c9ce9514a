"""A bag before a shirt is none of its colours, a colour block and a stripe are; a pattern's second one stays there."""

import pytest
import torch

from bodydouble.inpaint.garment_marks import find_marks
from bodydouble.inpaint.label_colours import spread_within
from bodydouble.inpaint.see_through import nothing_through
from bodydouble.parsing.labels import LOWER, OUTER, SKIN, UPPER
from bodydouble.surface.regions import Region

RED, BLUE, ORANGE = (torch.tensor(colour) for colour in ([0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.8, 0.4, 0.1]))


@pytest.fixture(scope="module")
def dressed(graph):
    """(N,) labels of a shirt over trousers, N×3 colours, red, and what faces forward."""
    surface = graph.surface
    label = torch.where(surface.position[:, 1] > 1.0, UPPER, LOWER)
    label[surface.region != Region.BODY] = SKIN
    return label, RED.expand(len(label), 3), surface.normal[:, 2] > 0.3


def drawn(kind, surface):
    """(N,), bool: where something blue is on the trunk."""
    x, y, _ = surface.position.T
    if kind == "bag":
        return surface.trunk & (y > 1.05) & (y < 1.3) & (x > 0.04)
    return surface.trunk & (y > 1.05) & (y < 1.2)


@pytest.mark.parametrize(("kind", "foreign"), [("bag", True), ("block", False)])
def test_what_takes_up_a_part_of_the_width_lies_before(graph, dressed, kind, foreign):
    label, colour, seen = dressed
    surface = graph.surface
    blue = drawn(kind, surface) & (label == UPPER)
    marks = find_marks(torch.where(blue[:, None], BLUE, colour), seen, label, graph)[0]
    inside = blue & seen & (surface.position[:, 1] > 1.08) & (surface.position[:, 1] < 1.17)
    assert (float(marks[inside].float().mean()) > 0.8) == foreign
    assert float(marks[seen & ~blue].float().mean()) < 0.02


def test_a_bag_at_the_side_is_not_behind_a_shirt_of_two_colours(graph, dressed):
    label, colour, seen = dressed
    surface = graph.surface
    bag = drawn("bag", surface) & (label == UPPER)
    colour = torch.where((surface.position[:, 1] > 1.3)[:, None], colour, ORANGE)
    colour = torch.where(bag[:, None], BLUE, colour)
    spread = spread_within(colour, seen, label, nothing_through(len(label)), graph)
    flank = bag & ~seen & (surface.region == Region.BODY)
    assert float(spread[flank, 2].max()) < 0.2, "nothing of its blue"


def test_a_glove_is_blue_all_around_at_the_end_of_a_red_sleeve_and_the_other_hand_red(graph, dressed):
    """The parser gives gloves the sleeve's label, and so what is seen of a pocket over a hand."""
    label, colour, seen = dressed
    surface = graph.surface
    hand, left = surface.region == Region.HAND, surface.position[:, 0] > 0
    label = torch.where(hand, UPPER, label)
    colour = torch.where((hand & left)[:, None], BLUE, colour)
    spread = spread_within(colour, seen, label, nothing_through(len(label)), graph)
    unseen = hand & ~seen
    assert float((spread - colour)[unseen].abs().mean()) < 0.02


def test_a_hand_in_cloth_that_was_not_seen_has_the_sleeve_s_colour(graph, dressed):
    label, colour, seen = dressed
    hand = graph.surface.region == Region.HAND
    label = torch.where(hand, UPPER, label)
    spread = spread_within(colour, seen & ~hand, label, nothing_through(len(label)), graph)
    assert float((spread - colour)[hand].abs().max()) < 0.02


def test_a_few_texels_elsewhere_do_not_colour_a_garment(graph, dressed):
    """A collar in the trousers' label: the seat is as the legs are."""
    label, _, seen = dressed
    surface = graph.surface
    collar = surface.trunk & (surface.position[:, 1] > 1.4) & (label == UPPER)
    label = torch.where(collar, LOWER, label)
    below = ~surface.trunk & (label == LOWER)
    colour = torch.where(collar[:, None], RED, BLUE)
    shown = seen & (below | (collar & (surface.position[:, 0].abs() < 0.03)))
    spread = spread_within(colour, shown, label, nothing_through(len(label)), graph)
    seat = surface.trunk & (label == LOWER) & ~collar & (surface.region == Region.BODY)
    assert bool(seat.any()) and float((spread[seat] - BLUE).abs().mean()) < 0.05


@pytest.mark.parametrize(("sleeves", "behind"), [(RED, RED), (BLUE, ORANGE)])
def test_an_open_jackets_back_is_of_its_sleeves_cloth(graph, dressed, sleeves, behind):
    """The blouse in its middle is not; a vest with other sleeves is what it is in front."""
    label, colour, seen = dressed
    surface = graph.surface
    label = torch.where(label == UPPER, OUTER, label)
    blouse = surface.trunk & (surface.position[:, 0].abs() < 0.09)
    if behind is ORANGE:
        blouse = surface.trunk
    colour = torch.where(blouse[:, None], ORANGE, colour)
    colour = torch.where(surface.arm[:, None], sleeves, colour)
    spread = spread_within(colour, seen, label, nothing_through(len(label)), graph)
    back = surface.trunk & (label == OUTER) & (surface.normal[:, 2] < -0.6) & (surface.position[:, 1] > 1.08)
    assert float((spread[back] - behind).abs().mean()) < 0.05


def test_a_scarf_on_one_side_of_a_jacket_colours_neither_its_back_nor_a_sleeve(graph, dressed):
    label, _, seen = dressed
    surface = graph.surface
    label = torch.where(label == UPPER, OUTER, label)
    scarf = (surface.position[:, 0] > 0) & ~(surface.arm & (surface.along > 0.2))
    spread = spread_within(torch.where(scarf[:, None], RED, BLUE), seen, label, nothing_through(len(label)), graph)
    unseen = (label == OUTER) & ~seen & (surface.region == Region.BODY)
    assert float((spread[unseen] - BLUE).abs().mean(1).quantile(0.95)) < 0.05


@pytest.mark.parametrize(("above", "behind"), [(0.35 * ORANGE, ORANGE), (BLUE, BLUE)])
def test_a_coats_shadow_on_trousers_is_not_behind_and_a_yoke_is(graph, dressed, above, behind):
    label, _, seen = dressed
    surface = graph.surface
    top = (label == LOWER) & (surface.position[:, 1] > 0.85)
    colour = torch.where(top[:, None], above, ORANGE)
    spread = spread_within(colour, seen, label, nothing_through(len(label)), graph)
    chosen = top & (surface.normal[:, 2] < -0.6) & (surface.position[:, 1] > 0.89) & (surface.region == Region.BODY)
    assert float((spread[chosen] - behind).abs().mean()) < 0.06


def test_a_bands_colour_does_not_run_into_the_cloth_beside_it(graph, dressed):
    label, colour, seen = dressed
    surface = graph.surface
    band = (label == UPPER) & ~surface.arm & (surface.position[:, 1] > 1.1) & (surface.position[:, 1] < 1.22)
    spread = spread_within(torch.where(band[:, None], BLUE, colour), seen, label, nothing_through(len(label)), graph)
    back = surface.trunk & (surface.normal[:, 2] < -0.6) & (label == UPPER)
    away = torch.minimum((spread - RED).norm(dim=1), (spread - BLUE).norm(dim=1))[back]
    assert float((away > 0.1).float().mean()) < 0.03, "no mixtures"
    assert float((spread[back & band] - BLUE).norm(dim=1).median()) < 0.1


def test_panels_on_both_fronts_are_no_band_behind(graph, dressed):
    label, colour, seen = dressed
    x, y, _ = graph.surface.position.T
    panels = (label == UPPER) & ~graph.surface.arm & (x.abs() > 0.11) & (y > 1.05) & (y < 1.2)
    colour = torch.where(panels[:, None], BLUE, colour)
    spread = spread_within(colour, seen, label, nothing_through(len(label)), graph)
    back = graph.surface.trunk & (graph.surface.normal[:, 2] < -0.6) & (label == UPPER)
    assert float((spread[back] - RED).norm(dim=1).quantile(0.98)) < 0.1


def test_no_glow_lies_beside_a_coarse_pattern(graph, dressed):
    label, colour, seen = dressed
    x, y, _ = graph.surface.position.T
    squares = (label == UPPER) & ((x * 12).floor() + (y * 12).floor()).long().remainder(2).bool()
    spread = spread_within(torch.where(squares[:, None], BLUE, colour), seen, label, nothing_through(len(label)), graph)
    unseen = ~seen & (label == UPPER) & (graph.surface.region == Region.BODY)
    away = torch.minimum((spread - RED).norm(dim=1), (spread - BLUE).norm(dim=1))[unseen]
    assert float((away > 0.15).float().mean()) < 0.03, "no mixtures of its two colours"


def test_a_white_sleeve_beside_a_dark_front_does_not_glow(graph, dressed):
    """Averaged with what is beside them, half of its texels were like that."""
    label, _, seen = dressed
    surface = graph.surface
    white, navy = torch.tensor([0.8, 0.8, 0.8]), torch.tensor([0.2, 0.2, 0.3])
    edge = surface.arm & (label == UPPER) & ((surface.position[:, 1] * 60).long() % 3 == 0)
    spread = spread_within(torch.where(edge[:, None], white, navy), seen, label, nothing_through(len(label)), graph)
    unseen = (label == UPPER) & ~seen & (surface.region == Region.BODY)
    assert float((spread[unseen] - navy).norm(dim=1).quantile(0.98)) < 0.1


@pytest.mark.parametrize("yoke", [False, True])
def test_flowers_on_both_shoulders_are_no_band_behind_and_a_yoke_is(graph, dressed, yoke):
    """Between the flowers is neck; what crosses below it goes on above it, too."""
    label, colour, seen = dressed
    surface = graph.surface
    x, y, _ = surface.position.T
    neckline = float(y[surface.trunk & (label == UPPER)].max()) - 0.2
    label = torch.where(~surface.arm & (x.abs() < 0.06) & (y > neckline), SKIN, label)
    marked = (label == UPPER) & surface.trunk & (y > neckline - (0.12 if yoke else 0.0))
    banded = find_marks(torch.where(marked[:, None], BLUE, colour), seen, label, graph)[1]
    behind = marked & ~seen & (y > neckline + 0.06)
    assert int(behind.sum()) > 50
    assert (float(banded[behind].float().mean()) > 0.9) == yoke
