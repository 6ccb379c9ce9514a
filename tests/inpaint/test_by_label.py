"""What is unseen gets its label first and the colour of that label then."""

from dataclasses import replace

import pytest
import torch

from bodydouble.inpaint import by_label
from bodydouble.inpaint.by_label import SIZE, complete_labels, recolour_by_label
from bodydouble.parsing.labels import HAIR, LABELS, SKIN
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import Region
from bodydouble.values import FittedView, Person, Photo, Texture

UPPER, LOWER, OUTER = (LABELS.index(name) for name in ("upper", "lower", "outer"))
RED, BLUE, PINK = (torch.tensor(colour) for colour in ([0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.9, 0.7, 0.6]))
WAIST_M = 1.0


@pytest.fixture(scope="module")
def graph(anny):
    return mean_surface_graph(anny, SIZE)


@pytest.fixture(scope="module")
def dressed(graph):
    """(N,) labels of a shirt with sleeves over trousers, and where they were seen: all that faces forward."""
    surface = graph.surface
    label = torch.where(surface.position[:, 1] > WAIST_M, UPPER, LOWER)
    label[(surface.region != Region.BODY) & (surface.region != Region.FOOT)] = SKIN
    return label, surface.normal[:, 2] > 0.4


def nothing_through(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.zeros(count, len(LABELS)), torch.zeros(count)


def test_a_waist_is_level_all_around_and_hands_are_skin(graph, dressed):
    label, seen = dressed
    surface = graph.surface
    whole = complete_labels(label, seen, nothing_through(len(label)), graph)
    behind = (surface.normal[:, 2] < -0.4) & (surface.region == Region.BODY)
    off_waist = (surface.position[:, 1] - WAIST_M).abs() > 0.03
    assert float((whole == label)[behind & off_waist].float().mean()) > 0.96
    assert bool((whole[surface.region == Region.HAND] == SKIN).all())
    assert torch.equal(whole[seen], label[seen])


def test_hair_seen_on_a_shoulder_is_not_painted_behind_it(graph, dressed):
    label, seen = dressed[0].clone(), dressed[1]
    surface = graph.surface
    label[seen & (surface.region == Region.BODY) & (surface.position[:, 1] > 1.35)] = HAIR
    whole = complete_labels(label, seen, nothing_through(len(label)), graph)
    behind = (surface.normal[:, 2] < 0) & (surface.region == Region.BODY)
    assert not bool((whole[behind] == HAIR).any())


@pytest.mark.parametrize(("share", "believed"), [(0.0, False), (0.05, True)])
def test_what_the_parser_sees_behind_counts_if_it_was_seen_before_too(graph, dressed, share, believed):
    label, seen = dressed[0].clone(), dressed[1]
    surface = graph.surface
    sleeve = seen & (surface.position[:, 0].abs() > surface.position[seen, 0].abs().quantile(1 - share))
    label[sleeve] = OUTER
    chances = torch.full((len(label), len(LABELS)), 0.005)
    chances[:, OUTER] = 0.95
    trunk_behind = (surface.normal[:, 2] < -0.4) & surface.trunk & (surface.position[:, 1] > WAIST_M + 0.05)
    whole = complete_labels(label, seen, (chances, trunk_behind.float()), graph)
    behind = trunk_behind & (surface.region == Region.BODY)
    assert (float((whole[behind] == OUTER).float().mean()) > 0.5) == believed


def test_colours_stay_within_their_label(anny, graph, dressed, fit):
    label, seen = dressed
    surface = graph.surface
    colour = torch.stack([RED, BLUE, PINK])[torch.where(label == UPPER, 0, torch.where(label == LOWER, 1, 2))]
    step = 2
    image = surface.put(torch.cat([colour, seen[:, None].float(), label[:, None].float()], 1))
    image = image.repeat_interleave(step, 1).repeat_interleave(step, 2)
    partial = Texture(
        rgb=image[:3] * image[3], confidence=image[3], labels=(image[4] * image[3]).round().to(torch.uint8)
    )
    blank = torch.zeros(8, 8)
    person = Person(mask=blank, landmarks=torch.zeros(543, 3), landmarks_world=torch.zeros(543, 3))
    view = FittedView(photo=Photo(rgb=torch.zeros(3, 8, 8)), person=person, fit=fit)
    base = torch.full_like(partial.rgb, 0.5)
    recoloured, labels = recolour_by_label(base, partial, [view], anny)
    taken = surface.take(recoloured[:, ::step, ::step])
    behind = (surface.normal[:, 2] < -0.5) & (surface.region == Region.BODY) & surface.trunk
    for below, expected in ((False, RED), (True, BLUE)):
        rows = behind & ((surface.position[:, 1] < WAIST_M - 0.06) == below)
        rows &= (surface.position[:, 1] - WAIST_M).abs() > 0.06
        assert float((taken[rows] - expected).abs().mean()) < 0.03
    face = surface.region == Region.FACE
    assert float((taken[face] - 0.5).abs().median()) < 0.01, "faces are left to others"
    assert labels is not None and torch.equal(labels[partial.confidence > 0], partial.labels[partial.confidence > 0])
    unlabelled = recolour_by_label(base, replace(partial, labels=None), [view], anny)
    assert unlabelled[0] is base and unlabelled[1] is None


def seen_as(label, seen, colour, surface):
    """The texture of texels with such labels and colours, shown where seen."""
    image = surface.put(torch.cat([colour, seen[:, None].float(), label[:, None].float()], 1))
    return Texture(rgb=image[:3] * image[3], confidence=image[3], labels=(image[4] * image[3]).round().to(torch.uint8))


def bare_view(fit) -> FittedView:
    blank = torch.zeros(8, 8)
    person = Person(mask=blank, landmarks=torch.zeros(543, 3), landmarks_world=torch.zeros(543, 3))
    return FittedView(photo=Photo(rgb=torch.zeros(3, 8, 8)), person=person, fit=fit)


def test_a_head_with_hair_in_front_has_it_behind(anny, graph, dressed, fit):
    label, seen = dressed[0].clone(), dressed[1]
    surface = graph.surface
    scalp = surface.region == Region.SCALP
    label[scalp] = HAIR
    colour = torch.where((label == HAIR)[:, None], BLUE, PINK)
    base = torch.full((3, SIZE, SIZE), 0.5)
    recoloured, _ = recolour_by_label(base, seen_as(label, seen, colour, surface), [bare_view(fit)], anny)
    behind = scalp & (surface.normal[:, 2] < -0.5)
    assert float((surface.take(recoloured)[behind] - BLUE).abs().mean()) < 0.05


def test_each_limb_has_its_own_colour_of_a_label(graph, dressed):
    """A sleeve of which little was seen has that little's colour to its end, not the trunk's."""
    label, seen = dressed
    surface = graph.surface
    sleeve = surface.arm & (surface.region == Region.BODY)
    label = torch.where(sleeve, UPPER, label)
    seen = seen & (~sleeve | ((surface.along > 0.1) & (surface.along < 0.14)))
    colour = torch.where(sleeve[:, None], BLUE, RED)
    spread = by_label._spread_within(colour, seen, label, graph)
    far = sleeve & (surface.along > 0.3) & (surface.along < 0.4)
    assert float((spread[far] - BLUE).abs().mean()) < 0.02


def test_a_neck_is_skin_behind_though_hair_hangs_before_it(graph, dressed):
    """What the parser sees behind a neck is hair; a neck is seen in front less high up than it reaches behind."""
    label, seen = dressed[0].clone(), dressed[1]
    surface = graph.surface
    neck = (surface.region == Region.BODY) & surface.trunk & (surface.position[:, 1] > 1.52)
    label[neck] = SKIN
    behind = neck & (surface.normal[:, 2] < -0.4)
    through = torch.zeros(len(label), len(LABELS))
    through[behind, HAIR], through[behind, LABELS.index("shoes")] = 0.99, 0.01
    whole = complete_labels(label, seen, (through, behind.float()), graph)
    assert float((whole[behind] == SKIN).float().mean()) > 0.95
