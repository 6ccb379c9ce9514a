"""What lies on a body is not painted on it."""

import torch

from bodydouble.parsing.labels import LABELS, SKIN, THING
from bodydouble.surface.regions import Region
from bodydouble.texture.stray import find_islands, find_stray

LOWER, UPPER = LABELS.index("lower"), LABELS.index("upper")
COUNT = 1000
BLUE, WHITE = torch.tensor([0.1, 0.1, 0.6]), torch.tensor([0.9, 0.9, 0.9])


def stray(label, white, region=Region.BODY, limb=2, pocketed=(False, False)):
    """Of texels of which the first `white` are white and the others blue; half of them are on the left."""
    rgb = torch.where(torch.arange(COUNT) < white, WHITE[:, None], BLUE[:, None])
    everywhere = torch.ones(COUNT, dtype=torch.bool)
    numbers = torch.full((COUNT,), label, dtype=torch.uint8) if isinstance(label, int) else label
    return find_stray(
        rgb,
        numbers,
        everywhere,
        torch.full((COUNT,), int(region)),
        torch.full((COUNT,), limb),
        torch.arange(COUNT) % 2 == 0,
        pocketed,
    )


def test_paper_before_plain_trousers_is_left_out_and_a_shirt_s_print_stays():
    assert stray(LOWER, 100)[:100].all() and not stray(LOWER, 100)[100:].any()
    assert not stray(UPPER, 100, limb=0).any()
    assert not stray(LOWER, 450).any(), "trousers of two colours"


def test_things_on_legs_are_left_out():
    assert stray(THING, 0).all()
    assert not stray(THING, 0, limb=1).any(), "a watch"


def test_a_hand_is_no_pocket_but_one_of_which_nothing_else_was_seen():
    half = torch.where(torch.arange(COUNT) < COUNT // 2, SKIN, LOWER).to(torch.uint8)
    assert torch.equal(stray(half, 0, Region.HAND, 1), half == LOWER)
    assert not stray(LOWER, 0, Region.HAND, 1).any()
    holds = torch.where(torch.arange(COUNT) < COUNT // 2, THING, LOWER).to(torch.uint8)
    assert torch.equal(stray(holds, 0, Region.HAND, 1), holds == LOWER)


def sleeve_stray(glove, found):
    """What is left out of two hands in cloth, blue or as white as the sleeves, and whether the detector found them."""
    places = torch.arange(COUNT)
    hand = places >= COUNT // 2
    return find_stray(
        torch.where(hand & glove, BLUE[:, None], WHITE[:, None]),
        torch.full((COUNT,), UPPER, dtype=torch.uint8),
        torch.ones(COUNT, dtype=torch.bool),
        torch.where(hand, int(Region.HAND), int(Region.BODY)),
        torch.ones(COUNT, dtype=torch.int64),
        places % 2 == 0,
        found=(found, found),
    )[hand]


def test_a_sleeve_where_no_hand_was_found_is_no_glove():
    assert sleeve_stray(glove=False, found=False).all()
    assert not sleeve_stray(glove=True, found=False).any(), "another colour than all garments"
    assert not sleeve_stray(glove=False, found=True).any(), "the detector saw a hand"


def test_a_hand_in_a_pocket_stays_as_it_is_seen():
    half = torch.where(torch.arange(COUNT) < COUNT // 2, SKIN, LOWER).to(torch.uint8)
    on_the_right = torch.arange(COUNT) % 2 == 1
    assert torch.equal(stray(half, 0, Region.HAND, 1, (True, False)), (half == LOWER) & on_the_right)


def test_a_skirt_behind_an_arm_is_not_painted_on_it_but_a_sleeve_is():
    edge = torch.where(torch.arange(COUNT) < COUNT // 5, LOWER, SKIN).to(torch.uint8)
    assert torch.equal(stray(edge, 0, limb=1), edge == LOWER)
    assert not stray(edge, 0, limb=1, pocketed=(True, True)).any(), "where the pocket's rim crosses the wrist"
    sleeve = torch.where(torch.arange(COUNT) < COUNT * 4 // 5, LOWER, SKIN).to(torch.uint8)
    assert not stray(sleeve, 0, limb=1).any()


def test_crumbs_and_lines_of_what_was_seen_are_islands_and_a_garment_is_none():
    shown = torch.zeros(512, 512, dtype=torch.bool)
    shown[100:200, 100:200] = True  # a garment
    shown[150, 200:260] = True  # a line that goes out from it
    shown[300:306, 300:306] = True  # a crumb
    islands = find_islands(shown)
    assert not islands[100:200, 100:200].any()
    assert islands[150, 200:260].all() and islands[300:306, 300:306].all()
    assert not (islands & ~shown).any()


def hands_stray(papers: float):
    """Of a tan face and two hands, of which the last part is white paper, though all of it is labelled skin."""
    tan = torch.tensor([0.8, 0.6, 0.5])
    places = torch.arange(COUNT)
    region = torch.where(places < COUNT // 2, int(Region.FACE), int(Region.HAND))
    paper = places >= COUNT - papers * COUNT // 2
    found = find_stray(
        torch.where(paper, WHITE[:, None], tan[:, None]),
        torch.full((COUNT,), SKIN, dtype=torch.uint8),
        torch.ones(COUNT, dtype=torch.bool),
        region,
        torch.ones(COUNT, dtype=torch.int64),
        places >= COUNT * 3 // 4,
    )
    return found, paper


def test_paper_in_a_hand_is_no_skin_and_white_gloves_stay():
    found, paper = hands_stray(0.5)
    assert torch.equal(found, paper)
    assert not hands_stray(1.0)[0].any()
    assert not hands_stray(0.2)[0].any(), "a pale hand shines in places"


def dark_hand_stray(left: float, right: float):
    """Of a tan face and two hands, each as bright as that: what is left out of the left hand and of the right one."""
    tan, places = torch.tensor([0.8, 0.6, 0.5]), torch.arange(COUNT)
    bright = torch.ones(COUNT)
    is_left, is_right = (places >= COUNT // 4) & (places < COUNT // 2), places >= COUNT * 3 // 4
    bright[is_left], bright[is_right] = left, right
    found = find_stray(
        tan[:, None] * bright,
        torch.full((COUNT,), SKIN, dtype=torch.uint8),
        torch.ones(COUNT, dtype=torch.bool),
        torch.where(is_left | is_right, int(Region.HAND), int(Region.FACE)),
        torch.ones(COUNT, dtype=torch.int64),
        is_left,
    )
    return float(found[is_left].float().mean()), float(found[is_right].float().mean())


def test_a_dark_bag_before_one_hand_is_no_skin_and_hands_in_the_shade_stay():
    assert dark_hand_stray(0.2, 0.9) == (1, 0)
    assert dark_hand_stray(0.55, 0.9) == (0, 0), "in the shade"
    assert dark_hand_stray(0.3, 0.3) == (0, 0), "gloves, or both in the shade"


def test_a_red_purse_in_a_hand_is_no_skin_and_red_gloves_stay():
    places = torch.arange(COUNT)
    for purse, label, gone in ((50, SKIN, True), (50, THING, True), (250, SKIN, True), (450, SKIN, False)):
        red = places >= COUNT - purse
        found = find_stray(
            torch.where(red, torch.tensor([0.85, 0.15, 0.15])[:, None], torch.tensor([0.8, 0.6, 0.5])[:, None]),
            torch.where(red, label, SKIN).to(torch.uint8),
            torch.ones(COUNT, dtype=torch.bool),
            torch.where(places < COUNT // 2, int(Region.FACE), int(Region.HAND)),
            torch.ones(COUNT, dtype=torch.int64),
            places >= COUNT * 3 // 4,
        )
        assert torch.equal(found, red & gone)
