"""Borders between labels: level and smooth around limbs, crisp where they are drawn; hems end where they end."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from bodydouble.geometry.uv import enlarge
from bodydouble.inpaint.by_label import SIZE, complete_labels
from bodydouble.inpaint.label_borders import draw_labels, draw_within, even_borders
from bodydouble.inpaint.label_colours import settle_sleeves, spread_within
from bodydouble.inpaint.limb_ends import end_at_hems
from bodydouble.inpaint.see_through import nothing_through
from bodydouble.parsing.labels import DRESS, LABELS, LOWER, OUTER, SKIN, UPPER
from bodydouble.surface.regions import Region

RED, BLUE, PINK = (torch.tensor(colour) for colour in ([0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.9, 0.7, 0.6]))
WAIST_M = 1.0
SHORT_M, LONG_M = 0.2, 0.42  # down the arm, where its sleeve ends


@pytest.fixture(scope="module")
def surface(graph):
    return graph.surface


@pytest.fixture(scope="module")
def dressed(surface):
    """(N,) labels of a shirt without sleeves over trousers, and where they were seen: all that faces forward."""
    label = torch.where(surface.position[:, 1] > WAIST_M, UPPER, LOWER)
    label[(surface.region != Region.BODY) & (surface.region != Region.FOOT) | surface.arm] = SKIN
    return label, surface.normal[:, 2] > 0.4


def of_arm(surface, left):
    return surface.arm & (surface.region == Region.BODY) & ((surface.position[:, 0] > 0) == left)


def test_a_ragged_waist_becomes_level_where_it_was_not_seen(graph, surface):
    """Teeth of 4 cm around and 2 cm up and down."""
    height, around = surface.position[:, 1], torch.atan2(surface.position[:, 2], surface.position[:, 0])
    teeth = 0.02 * torch.sign(torch.sin(around * 20))
    label = torch.where(height > WAIST_M + teeth, UPPER, LOWER)
    behind = surface.trunk & (surface.region == Region.BODY) & (surface.normal[:, 2] < 0)
    even = even_borders(label, behind, graph.edges)
    off = (even != torch.where(height > WAIST_M, UPPER, LOWER)) & behind
    assert float(off.sum()) < 0.4 * float(((label == UPPER) != (height > WAIST_M))[behind].sum())
    assert float((height[off] - WAIST_M).abs().quantile(0.9)) < 0.016
    assert torch.equal(even[~behind], label[~behind])


def test_a_border_is_drawn_as_a_curve(surface):
    """A slanting one: at full size it is off by less than half of what coarse texels make of it."""
    row, column = torch.meshgrid(torch.arange(4 * SIZE), torch.arange(4 * SIZE), indexing="ij")
    covered = enlarge(surface.put(torch.ones(len(surface), 1)), 4 * SIZE)[0] > 0.999

    def slanting(row, column):
        return torch.where(row > 0.45 + 0.23 * column, UPPER, LOWER)

    true = slanting((row + 0.5) / (4 * SIZE), (column + 0.5) / (4 * SIZE))
    label = slanting((surface.row + 0.5) / SIZE, (surface.column + 0.5) / SIZE)
    fine = draw_labels(label, surface, 4 * SIZE)
    coarse = surface.put(label[:, None]).repeat_interleave(4, 1).repeat_interleave(4, 2)[0]
    assert float((fine != true)[covered].sum()) < 0.5 * float((coarse != true)[covered].sum())
    colour = torch.where((label == UPPER)[:, None], RED, BLUE)
    drawn = draw_within(colour, label, fine, surface)
    expected = torch.where((fine == UPPER)[None], RED[:, None, None], BLUE[:, None, None])
    assert float((drawn - expected)[:, covered].abs().max()) < 0.01, "not a texel is mixed"


def test_the_far_sides_soft_colours_make_no_gradient_at_a_waist(surface, graph, dressed):
    label, seen = dressed
    height = surface.position[:, 1]
    # A shirt of two colours, so that the far side is asked; over 30 cm its colour turns into the trousers'.
    shirt = torch.where((surface.position[:, 0] > 0)[:, None], RED, torch.tensor([0.2, 0.6, 0.2]))
    colour = torch.where((label == UPPER)[:, None], shirt, torch.where((label == LOWER)[:, None], BLUE, PINK))
    soft = ((height - WAIST_M) / 0.3 + 0.5).clamp(0, 1)[:, None]
    behind = surface.trunk & (surface.region == Region.BODY) & (surface.normal[:, 2] < -0.4)
    through = replace(
        nothing_through(len(label)),
        labels=functional.one_hot(label, len(LABELS)).float(),
        away=behind.float(),
        colour=torch.lerp(BLUE, RED, soft),
    )
    spread = spread_within(colour, seen, label, through, graph)
    above = behind & ((height - WAIST_M - 0.04).abs() < 0.02)
    assert float(spread[above, 2].median()) < 0.3, "the trousers' blue"
    below = behind & ((WAIST_M - height - 0.04).abs() < 0.02)
    assert float((spread[below] - BLUE).abs().median()) < 0.05


def test_a_vest_over_sleeves_of_the_same_label_ends_at_the_armhole(surface, graph, dressed):
    label, seen = dressed[0].clone(), dressed[1]
    sleeves = surface.arm & (surface.region == Region.BODY)
    label[sleeves] = UPPER
    colour = torch.where(sleeves[:, None], BLUE, torch.where((label == UPPER)[:, None], RED, PINK))
    spread = spread_within(colour, seen, label, nothing_through(len(label)), graph)
    behind = (surface.region == Region.BODY) & (surface.normal[:, 2] < -0.3) & (label == UPPER)
    wrong = (spread - colour).norm(dim=1) > 0.3
    near = behind & (surface.position[:, 1] > 1.2)
    assert float(wrong[near].float().mean()) < 0.025


@pytest.mark.parametrize(("jacket", "one"), [(RED + 0.04, True), (BLUE, False)])
def test_sleeves_of_one_colour_have_one_label(surface, dressed, jacket, one):
    """The parser takes their lower half for a jacket's, before and behind."""
    label, seen = dressed[0].clone(), dressed[1]
    sleeves = surface.arm & (surface.region == Region.BODY)
    label[sleeves] = torch.where(surface.along[sleeves] < 0.25, UPPER, OUTER)
    colour = torch.where((label == OUTER)[:, None], jacket, torch.where((label == UPPER)[:, None], RED, PINK))
    through = replace(nothing_through(len(label)), labels=functional.one_hot(label, len(LABELS)).float())
    settled, far = settle_sleeves(label, colour, seen, through, surface)
    assert (len(settled[sleeves & seen].unique()) == 1) == one
    assert (len(far.labels[sleeves].argmax(1).unique()) == 1) == one
    assert torch.equal(settled[~sleeves], label[~sleeves]) and torch.allclose(far.labels.sum(1), torch.tensor(1.0))


@pytest.mark.parametrize(("shirt", "one"), [(PINK, True), (BLUE + 0.15, False)])
def test_a_sleeve_in_the_sun_is_the_jackets_unless_it_is_like_the_shirt(surface, dressed, shirt, one):
    """One sleeve is a jacket's; the other is lighter, and was taken for the shirt's that is worn below."""
    label, seen = dressed[0].clone(), dressed[1]
    sleeves, left = surface.arm & (surface.region == Region.BODY), surface.position[:, 0] > 0
    label[sleeves] = torch.where(left[sleeves], UPPER, OUTER)
    colour = torch.where((label == UPPER)[:, None], shirt, BLUE)
    colour[sleeves & left] = BLUE + 0.15
    settled, _ = settle_sleeves(label, colour, seen, nothing_through(len(label)), surface)
    assert (len(settled[sleeves & seen].unique()) == 1) == one


def test_each_sleeve_ends_behind_where_it_ends_in_front(surface, graph, dressed):
    """One is pushed up; what the parser takes for cloth behind its bare forearm is none."""
    label, seen = dressed[0].clone(), dressed[1]
    for left, end in ((True, SHORT_M), (False, LONG_M)):
        label[of_arm(surface, left) & (surface.along < end)] = UPPER
    patch = of_arm(surface, True) & ((surface.along - 0.36).abs() < 0.04) & ~seen
    chances = functional.one_hot(torch.where(patch, UPPER, label), len(LABELS)).float()
    through = replace(nothing_through(len(label)), labels=chances, away=(~seen).float())
    completed = complete_labels(label, seen, through, graph)
    for left, end in ((True, SHORT_M), (False, LONG_M)):
        sure = of_arm(surface, left) & ~seen & ((surface.along - end).abs() > 0.03)
        assert float((completed == label)[sure].float().mean()) > 0.98
    unseen_twin = seen & ~of_arm(surface, False)
    completed = complete_labels(label, unseen_twin, nothing_through(len(label)), graph)
    twin = of_arm(surface, False)
    sure = twin & ((surface.along - SHORT_M).abs() > 0.03)
    assert float(((completed == UPPER) == (surface.along < SHORT_M))[sure].float().mean()) > 0.95, "as the seen one"


@pytest.mark.parametrize(("gloves", "painted"), [(False, SKIN), (True, OUTER)])
def test_a_skirt_behind_a_bare_hand_is_no_glove(surface, graph, dressed, gloves, painted):
    """Of one hand all that was seen is cloth; of the other skin, or cloth as well."""
    label, seen = dressed[0].clone(), dressed[1]
    hand = surface.region == Region.HAND
    label[hand & ((surface.position[:, 0] > 0) | gloves)] = OUTER
    completed = complete_labels(label, seen, nothing_through(len(label)), graph)
    behind = hand & ~seen & (surface.position[:, 0] > 0)
    assert float((completed[behind] == painted).float().mean()) > 0.9
    completed = complete_labels(label, seen, nothing_through(len(label)), graph, (True, False))
    assert float((completed[behind] == SKIN).float().mean()) < 0.1, "in a pocket it is cloth, as it was seen"


def test_straps_on_a_bare_leg_are_no_hem(surface, dressed):
    """Bands of cloth and of skin: nothing ends there. Of trousers that end at the knee something does."""
    leg = (surface.region == Region.BODY) & ~surface.arm & ~surface.trunk
    straps = torch.where((surface.along * 20) % 1 < 0.5, LOWER, SKIN)
    assert bool(end_at_hems(torch.where(leg, straps, dressed[0]), dressed[1], surface)[leg].all())
    knee = torch.where(surface.position[:, 1] > 0.5, LOWER, SKIN)
    allowed = end_at_hems(torch.where(leg, knee, dressed[0]), dressed[1], surface)[leg]
    assert bool((allowed[:, 0] | (surface.position[leg, 1] > 0.48)).all()) and not bool(allowed.all())


def test_a_leg_that_a_bag_hides_below_a_skirt_is_as_bare_as_the_other(surface, graph, dressed):
    """Of it the skirt alone was seen; of the other one skin below the hem as well."""
    leg, height = (surface.region == Region.BODY) & ~surface.arm & ~surface.trunk, surface.position[:, 1]
    label = torch.where(leg, torch.where(height > 0.55, DRESS, SKIN), dressed[0])
    hidden = leg & (surface.position[:, 0] > 0) & (height < 0.58)
    completed = complete_labels(label, dressed[1] & ~hidden, nothing_through(len(label)), graph)
    assert float((completed[hidden & (height < 0.5) & (height > 0.15)] == SKIN).float().mean()) > 0.95


@pytest.mark.parametrize(("sleeves", "flank_m", "worn"), [(OUTER, 0.125, True), (UPPER, 0.14, False)])
def test_an_open_jacket_of_which_the_sleeves_were_seen_is_behind(surface, graph, dressed, sleeves, flank_m, worn):
    """Of the trunk it takes a narrow strip at either flank alone."""
    label, seen = dressed[0].clone(), dressed[1]
    label[surface.arm & (surface.region == Region.BODY)] = sleeves
    strip = surface.trunk & (label == UPPER) & (surface.position[:, 0].abs() > flank_m)
    label[strip] = OUTER
    chances = functional.one_hot(torch.where(label == OUTER, UPPER, label), len(LABELS)).float() * 0.6
    chances[:, OUTER] += 0.4
    behind = surface.trunk & (surface.region == Region.BODY) & (surface.normal[:, 2] < -0.4)
    behind &= (surface.position[:, 1] - 1.22).abs() < 0.17
    through = replace(nothing_through(len(label)), labels=chances, away=behind.float())
    completed = complete_labels(label, seen, through, graph)
    assert float((completed[behind] == (OUTER if worn else UPPER)).float().mean()) > 0.95


def test_a_hidden_arm_wears_what_the_other_one_does_and_no_skirt(surface, graph, dressed):
    """The parser sees the skirt in its place."""
    label, seen = dressed[0].clone(), dressed[1]
    label[(surface.region == Region.BODY) & ~surface.arm & ~surface.trunk] = DRESS
    for left in (True, False):
        label[of_arm(surface, left) & (surface.along < SHORT_M)] = UPPER
    hidden = of_arm(surface, True)
    chances = functional.one_hot(torch.where(hidden, DRESS, label), len(LABELS)).float()
    through = replace(nothing_through(len(label)), labels=chances, away=torch.ones(len(label)))
    completed = complete_labels(label, seen & ~hidden, through, graph)
    assert float((completed[hidden] == DRESS).float().mean()) < 0.01
    assert float((completed[hidden & (surface.along > SHORT_M + 0.05)] == SKIN).float().mean()) > 0.9
