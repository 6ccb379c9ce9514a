"""Labels between which no border shows are one garment; a border that shows parts two of nearly one colour."""

import pytest
import torch

from bodydouble.inpaint.one_cloth import find_one_cloth, join_chances
from bodydouble.inpaint.see_through import nothing_through
from bodydouble.parsing.labels import DRESS, LABELS, LOWER, OUTER, SKIN, UPPER
from bodydouble.surface.regions import Region

NAVY, WHITE = torch.tensor([0.2, 0.22, 0.3]), torch.tensor([0.9, 0.9, 0.9])
WAIST_M, CHEST_M = 1.0, 1.3


@pytest.fixture(scope="module")
def worn(graph):
    """(N,) labels of a jumpsuit as the parser wavers: shirt, dress and trousers; and what faces forward."""
    surface = graph.surface
    height = surface.position[:, 1]
    label = torch.where(height > CHEST_M, UPPER, torch.where(height > WAIST_M, DRESS, LOWER))
    label[surface.region != Region.BODY] = SKIN
    return label, surface.normal[:, 2] > 0.3


def weave(label, colour, deviation=0.02):
    """N×3: a colour, and the threads that every photograph shows."""
    noise = torch.randn(len(label), 1, generator=torch.Generator().manual_seed(0))
    return (colour + deviation * noise).clamp(0, 1)


def unchanged(becomes):
    return bool((becomes == torch.arange(len(LABELS))).all())


def test_a_jumpsuit_is_one_garment(graph, worn):
    label, seen = worn
    becomes = find_one_cloth(label, weave(label, NAVY), seen, graph)
    assert becomes[[UPPER, DRESS, LOWER]].tolist() == [becomes[DRESS]] * 3
    assert int(becomes[DRESS]) in (UPPER, DRESS), "what the trunk mostly is: trousers end at the waist"
    assert int(becomes[SKIN]) == SKIN


def test_a_jumpsuits_legs_are_of_it_in_the_shade_too(graph, worn):
    label, seen = worn
    colour = torch.where((label == LOWER)[:, None], 0.4 * NAVY, weave(label, NAVY))
    assert int(find_one_cloth(label, colour, seen, graph)[LOWER]) == LOWER, "by colours alone"
    becomes = find_one_cloth(label, colour, seen, graph, jumpsuit=True)
    assert int(becomes[LOWER]) == int(becomes[DRESS])


def test_a_shirt_is_one_in_the_sun_and_in_its_shade(graph, worn):
    label, seen = worn
    left = graph.surface.position[:, 0] > 0
    label = torch.where(left & (label != SKIN), OUTER, torch.where(label != SKIN, UPPER, label))
    shade = 1 - 0.15 * (graph.surface.position[:, :1] / 0.15).clamp(-1, 1)  # it turns away
    assert not unchanged(find_one_cloth(label, weave(label, NAVY) * shade, seen, graph))


def test_a_jacket_hides_a_shirt_of_its_colour_though_a_border_parts_them_in_front(graph, worn):
    label, seen = worn
    label = torch.where(label == UPPER, OUTER, torch.where(label == DRESS, UPPER, label))
    lapel = (graph.surface.position[:, 1] - CHEST_M).abs() < 0.02
    becomes = find_one_cloth(label, torch.where(lapel[:, None], WHITE, weave(label, NAVY)), seen, graph)
    assert int(becomes[UPPER]) == int(becomes[OUTER])


@pytest.mark.parametrize("other", [WHITE, torch.tensor([0.3, 0.2, 0.22])], ids=["brighter", "another tint"])
def test_a_border_parts_two_garments(graph, worn, other):
    label, seen = worn
    below = graph.surface.position[:, 1] < WAIST_M
    becomes = find_one_cloth(label, torch.where(below[:, None], other, weave(label, NAVY)), seen, graph)
    assert int(becomes[LOWER]) == LOWER


def test_a_seam_that_shows_parts_trousers_from_a_shirt_of_their_colour(graph, worn):
    label, seen = worn
    label = torch.where(label == DRESS, UPPER, label)
    depth = WAIST_M - graph.surface.position[:, 1]
    belt = (depth > 0) & (depth < 0.02)
    assert unchanged(find_one_cloth(label, torch.where(belt[:, None], WHITE, weave(label, NAVY)), seen, graph))


def test_a_dress_whose_top_is_taken_for_a_jacket_is_one_though_a_belt_parts_them(graph, worn):
    label, seen = worn
    label = torch.where(label == UPPER, OUTER, torch.where(label == LOWER, DRESS, label))
    belt = (graph.surface.position[:, 1] - CHEST_M).abs() < 0.02
    becomes = find_one_cloth(label, torch.where(belt[:, None], WHITE, weave(label, NAVY)), seen, graph)
    assert int(becomes[OUTER]) == int(becomes[DRESS])


def test_a_jacket_over_a_dress_a_little_brighter_keeps_its_hem(graph, worn):
    label, seen = worn
    label = torch.where(label == UPPER, OUTER, torch.where(label == LOWER, DRESS, label))
    colour = torch.where((label == OUTER)[:, None], NAVY, 1.3 * NAVY)
    assert unchanged(find_one_cloth(label, weave(label, colour, 0.01), seen, graph))


def test_a_jacket_over_trousers_of_its_colour_keeps_its_hem(graph, worn):
    label, seen = worn
    label = torch.where(label == UPPER, OUTER, torch.where(label == DRESS, LOWER, label))
    assert unchanged(find_one_cloth(label, weave(label, NAVY), seen, graph))


def test_what_is_seen_through_the_person_is_of_the_joined_label():
    through = nothing_through(2)
    through.labels[0, [UPPER, DRESS]] = torch.tensor([0.3, 0.5])
    through.labels[1, SKIN] = 1.0
    becomes = torch.arange(len(LABELS))
    becomes[UPPER] = DRESS
    joined = join_chances(through, becomes).labels
    assert float(joined[0, DRESS]) == pytest.approx(0.8) and float(joined[0, UPPER]) == 0
    assert float(joined[1, SKIN]) == 1
