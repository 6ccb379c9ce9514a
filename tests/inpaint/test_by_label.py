"""What is unseen gets its label first and the colour of that label then."""

from dataclasses import replace

import pytest
import torch

from bodydouble.inpaint.by_label import SIZE, complete_labels, recolour_by_label
from bodydouble.inpaint.label_colours import spread_within
from bodydouble.inpaint.see_through import nothing_through
from bodydouble.parsing.labels import HAIR, LABELS, SHOES, SKIN
from bodydouble.surface.regions import Region
from bodydouble.values import FittedView, Person, Photo, Texture

UPPER, LOWER, OUTER = (LABELS.index(name) for name in ("upper", "lower", "outer"))
RED, BLUE, PINK = (torch.tensor(colour) for colour in ([0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.9, 0.7, 0.6]))
WAIST_M = 1.0


@pytest.fixture(scope="module")
def dressed(graph):
    """(N,) labels of a shirt with sleeves over trousers, and where they were seen: all that faces forward."""
    surface = graph.surface
    label = torch.where(surface.position[:, 1] > WAIST_M, UPPER, LOWER)
    label[(surface.region != Region.BODY) & (surface.region != Region.FOOT)] = SKIN
    return label, surface.normal[:, 2] > 0.4


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


ANKLE_M = 0.14


def test_ankles_that_shoes_left_unseen_go_on_in_the_trousers(graph, dressed):
    """What was seen of legs ends above the shoes; a shirt's or a dress's label comes no nearer."""
    label, seen = dressed[0].clone(), dressed[1]
    surface = graph.surface
    leg, height = ~surface.arm & ~surface.trunk, surface.position[:, 1]
    seen = seen & ~(leg & (height < ANKLE_M))
    whole = complete_labels(label, seen, nothing_through(len(label)), graph)
    low = leg & (height < ANKLE_M) & ((surface.region == Region.BODY) | (surface.region == Region.FOOT))
    assert bool(low.any()) and bool((whole[low] == LOWER).all())


@pytest.mark.parametrize(("straps", "boot"), [(1.0, True), (0.2, False)])
def test_a_boot_is_one_behind_and_straps_are_none(graph, dressed, straps, boot):
    """Shoe in front from the ankle half way up the shin, or bands of it on skin."""
    label, seen = dressed[0].clone(), dressed[1]
    surface = graph.surface
    height = surface.position[:, 1]
    low = ~surface.arm & ~surface.trunk & (surface.region == Region.BODY) & (height < 0.35)
    label[low] = torch.where((height[low] * 25) % 1 < straps, SHOES, SKIN)
    whole = complete_labels(label, seen, nothing_through(len(label)), graph)
    behind = low & (surface.normal[:, 2] < -0.4) & (height > ANKLE_M) & (height < 0.28)
    assert (float((whole[behind] == SHOES).float().mean()) > 0.9) == boot


@pytest.mark.parametrize(("share", "believed"), [(0.0, False), (0.05, True)])
def test_what_the_parser_sees_behind_counts_if_it_was_seen_before_too(graph, dressed, share, believed):
    label, seen = dressed[0].clone(), dressed[1]
    surface = graph.surface
    sleeve = seen & (surface.position[:, 0].abs() > surface.position[seen, 0].abs().quantile(1 - share))
    label[sleeve] = OUTER
    chances = torch.full((len(label), len(LABELS)), 0.005)
    chances[:, OUTER] = 0.95
    trunk_behind = (surface.normal[:, 2] < -0.4) & surface.trunk & (surface.position[:, 1] > WAIST_M + 0.05)
    through = replace(nothing_through(len(label)), labels=chances, away=trunk_behind.float())
    whole = complete_labels(label, seen, through, graph)
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
    recoloured = recolour_by_label(base, partial, [view], anny)
    taken, labels = surface.take(recoloured.rgb[:, ::step, ::step]), recoloured.labels
    behind = (surface.normal[:, 2] < -0.5) & (surface.region == Region.BODY) & surface.trunk
    for below, expected in ((False, RED), (True, BLUE)):
        rows = behind & ((surface.position[:, 1] < WAIST_M - 0.06) == below)
        rows &= (surface.position[:, 1] - WAIST_M).abs() > 0.06
        assert float((taken[rows] - expected).abs().mean()) < 0.03
    face = surface.region == Region.FACE
    assert float((taken[face] - 0.5).abs().median()) < 0.01, "faces are left to others"
    assert labels is not None and torch.equal(labels[partial.confidence > 0], partial.labels[partial.confidence > 0])
    unlabelled = recolour_by_label(base, replace(partial, labels=None), [view], anny)
    assert unlabelled.rgb is base and unlabelled.labels is None


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
    recoloured = recolour_by_label(base, seen_as(label, seen, colour, surface), [bare_view(fit)], anny)
    behind = scalp & (surface.normal[:, 2] < -0.5)
    assert float((surface.take(recoloured.rgb)[behind] - BLUE).abs().mean()) < 0.05


def test_each_limb_has_its_own_colour_of_a_label(graph, dressed):
    """A sleeve of which little was seen has that little's colour to its end, not the trunk's."""
    label, seen = dressed
    surface = graph.surface
    sleeve = surface.arm & (surface.region == Region.BODY)
    label = torch.where(sleeve, UPPER, label)
    seen = seen & (~sleeve | ((surface.along > 0.1) & (surface.along < 0.14)))
    colour = torch.where(sleeve[:, None], BLUE, RED)
    spread = spread_within(colour, seen, label, nothing_through(len(label)), graph)
    far = sleeve & (surface.along > 0.3) & (surface.along < 0.4)
    assert float((spread[far] - BLUE).abs().mean()) < 0.02


def test_the_far_side_has_the_colour_that_the_parser_sees_there(graph, dressed):
    """Behind a shirt of two colours; a red one is red behind. And of what lies on its front alone nothing goes on."""
    label, seen = dressed
    surface = graph.surface
    trunk = surface.trunk & (surface.region == Region.BODY) & (label == UPPER)
    behind = trunk & (surface.normal[:, 2] < -0.6)
    through = replace(
        nothing_through(len(label)),
        labels=torch.nn.functional.one_hot(label, len(LABELS)).float(),
        away=behind.float(),
        colour=BLUE.expand(len(label), 3),
    )
    halves = torch.where((surface.position[:, 1] > 1.25)[:, None], RED, PINK)
    spread = spread_within(halves, seen, label, through, graph)
    assert float((spread[behind] - BLUE).abs().median()) < 0.2
    plain = spread_within(RED.expand(len(label), 3), seen, label, through, graph)
    assert float((plain[behind] - RED).abs().median()) < 0.05
    alone = replace(through, away=torch.zeros(len(label)), front_only=(trunk & seen).float())
    striped = torch.where(trunk[:, None], RED, PINK)
    spread = spread_within(striped, seen, label, alone, graph)
    assert float((spread[behind] - PINK).abs().median()) < 0.05, "of the sleeves, which may go on"


def test_cloth_on_a_bare_arm_is_no_sleeve(graph, dressed):
    label, seen = dressed[0].clone(), dressed[1]
    surface = graph.surface
    arm = surface.arm & (surface.region == Region.BODY)
    label[arm] = SKIN
    bag = arm & (surface.along > 0.42) & (surface.along < 0.5)
    label[bag] = LOWER
    whole = complete_labels(label, seen, nothing_through(len(label)), graph)
    assert not bool((whole[bag & ~seen] == LOWER).any())
    label[arm & (surface.along < 0.42)] = LOWER
    sleeved = complete_labels(label, seen, nothing_through(len(label)), graph)
    assert float((sleeved[bag & ~seen] == LOWER).float().mean()) > 0.5


def test_a_jacket_on_one_side_is_the_shirt_in_the_shade(graph, dressed):
    label, seen = dressed[0].clone(), dressed[1]
    surface = graph.surface
    label[(label == UPPER) & (surface.position[:, 0] > 0.03)] = OUTER
    whole = complete_labels(label, seen, nothing_through(len(label)), graph)
    assert not bool((whole == OUTER).any() and (whole == UPPER).any())
    both = torch.where((dressed[0] == UPPER) & (surface.position[:, 0].abs() > 0.03), OUTER, dressed[0])
    worn = complete_labels(both, seen, nothing_through(len(label)), graph)
    assert bool((worn == OUTER).any()) and bool((worn == UPPER).any())


def test_a_jacket_whose_shoulders_hair_hides_reaches_up_to_them_behind(graph, dressed):
    label, seen = dressed
    surface = graph.surface
    x, y, _ = surface.position.T
    label = torch.where((label == UPPER) & (surface.arm | (x.abs() > 0.05)), OUTER, label)
    seen = seen & ((y < 1.34) | (x.abs() < 0.05))
    whole = complete_labels(label, seen, nothing_through(len(label)), graph)
    shoulders = (
        surface.trunk & (surface.region == Region.BODY) & (surface.normal[:, 2] < -0.3) & (y > 1.36) & (y < 1.42)
    )
    assert float((whole[shoulders] == OUTER).float().mean()) > 0.95


def test_a_jacket_hides_the_seat_down_to_its_hem_whatever_is_seen_through_it(graph, dressed):
    """It is open over trousers that reach the waist, and the far side is told to be theirs up to there."""
    surface, (label, seen) = graph.surface, dressed
    x, y, _ = surface.position.T
    flaps = (surface.region == Region.BODY) & (y > 0.86) & (surface.arm | (x.abs() > 0.06))
    worn = torch.where(flaps, OUTER, label)
    body = (surface.region == Region.BODY) & ~surface.arm & (surface.normal[:, 2] < -0.4)
    chances = torch.nn.functional.one_hot(label, len(LABELS)).float() * 0.7
    chances[:, OUTER] += 0.3
    through = replace(nothing_through(len(label)), labels=chances, away=body.float())
    whole = complete_labels(worn, seen, through, graph)
    seat, thighs = (body & (y - height).abs().lt(0.04) for height in (0.93, 0.75))
    assert float((whole[seat] == OUTER).float().mean()) > 0.95
    assert float((whole[thighs] == LOWER).float().mean()) > 0.95


def test_no_seat_is_a_shoe_and_a_nape_is_skin(graph, dressed):
    """Legs reach higher behind than before, and necks too."""
    label, seen = dressed[0].clone(), dressed[1]
    surface = graph.surface
    label[surface.region == Region.FOOT] = LABELS.index("shoes")
    neck = surface.trunk & (surface.position[:, 1] > 1.42)
    label[neck] = SKIN
    whole = complete_labels(label, seen, nothing_through(len(label)), graph)
    body = surface.region == Region.BODY
    seat = body & ~surface.arm & (surface.normal[:, 2] < 0) & (surface.position[:, 1].sub(0.85).abs() < 0.1)
    assert bool((whole[seat] == LOWER).all())
    nape = (
        body
        & neck
        & (surface.normal[:, 2] < 0)
        & (surface.position[:, 1] > 1.46)
        & (surface.position[:, 0].abs() < 0.05)
    )
    assert float((whole[nape] == SKIN).float().mean()) > 0.8


def test_a_bag_on_plain_trousers_is_not_behind_them_and_hands_are_as_the_face(graph, dressed):
    label, seen = dressed
    surface = graph.surface
    colour = torch.where((label == SKIN)[:, None], PINK, BLUE)
    leg = (surface.region == Region.BODY) & ~surface.arm & ~surface.trunk & (surface.position[:, 0] > 0)
    bag = leg & ((surface.position[:, 1] - 0.6).abs() < 0.08)
    colour[bag] = torch.tensor([0.9, 0.9, 0.9])
    hand = surface.region == Region.HAND
    colour[hand & seen & (surface.position[:, 0] > 0)] = torch.tensor([0.4, 0.4, 0.42])
    spread = spread_within(colour, seen, label, nothing_through(len(label)), graph)
    assert float((spread[bag & (surface.normal[:, 2] < -0.3)] - BLUE).abs().mean()) < 0.1
    assert float((spread[hand & (surface.normal[:, 2] < -0.3)] - PINK).abs().median()) < 0.1
