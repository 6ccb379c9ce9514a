"""What lies beside a shoe at the edge of what was seen of it is left out; its own colours and its toe cap stay."""

import pytest
import torch

from bodydouble.texture.shoe_strays import leave_out_strays

SIZE, END = 256, 156
BLACK, GROUND, CAP = (0.12, 0.12, 0.13), (0.6, 0.55, 0.5), (0.9, 0.9, 0.9)
SEEN = slice(40, 88)  # columns of the left shoe: before the toes, and to both sides


@pytest.fixture
def seen() -> torch.Tensor:
    mask = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    mask[10:END, SEEN] = True
    return mask


def shoe() -> torch.Tensor:
    return torch.tensor(BLACK)[:, None, None].repeat(1, SIZE, SIZE)


def test_ground_along_an_edge_is_left_out(seen):
    rgb = shoe()
    rgb[:, :, SEEN.stop - 4 : SEEN.stop] = torch.tensor(GROUND)[:, None, None]
    kept = leave_out_strays(rgb, seen, END)
    assert not kept[20:150, SEEN.stop - 4 : SEEN.stop].any()
    assert kept[20:150, SEEN.start + 4 : SEEN.stop - 8].all()


def test_a_shoe_in_its_own_colour_is_kept_to_its_edge(seen):
    kept = leave_out_strays(shoe(), seen, END)
    assert int((seen & ~kept).sum()) < 0.01 * int(seen.sum())


def test_the_same_colour_far_inside_is_the_shoes(seen):
    rgb = shoe()
    rgb[:, 60:80, 58:70] = torch.tensor(GROUND)[:, None, None]
    assert leave_out_strays(rgb, seen, END)[60:80, 58:70].all()


def test_a_toe_cap_at_the_sole_stays(seen):
    rgb = shoe()
    rgb[:, END - 6 : END, 58:70] = torch.tensor(CAP)[:, None, None]
    assert leave_out_strays(rgb, seen, END)[END - 6 : END, 58:70].all()


def test_nothing_seen_is_nothing_left(seen):
    assert not leave_out_strays(shoe(), seen & False, END).any()


def test_a_shadow_under_a_shoe_is_no_sole_and_a_dark_sole_of_a_dark_shoe_is(seen):
    seen[END:170, SEEN] = True
    for upper, is_sole in ((0.6, False), (0.15, True)):
        rgb = torch.full((3, SIZE, SIZE), upper)
        rgb[:, END:] = 0.06
        assert bool(leave_out_strays(rgb, seen, END)[END + 2 : 168, 50:78].all()) == is_sole


def test_shade_beside_a_light_shoe_is_left_out_and_laces_in_its_middle_stay(seen):
    """Wider than an edge is: the ground between both shoes in their shadow."""
    shade, laces = slice(SEEN.start, SEEN.start + 12), slice(62, 66)
    for upper, is_shoe in ((0.6, False), (0.1, True)):
        rgb = torch.full((3, SIZE, SIZE), upper)
        rgb[:, 40:100, shade] = rgb[:, 40:100, laces] = 0.4 * upper
        kept = leave_out_strays(rgb, seen, END)
        assert bool(kept[45:95, SEEN.start + 9 : shade.stop - 1].any()) == is_shoe
        assert kept[45:95, laces].all()
