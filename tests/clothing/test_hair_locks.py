"""Hair ends lock by lock, around where it usually ends; between locks it is shorter."""

import torch

from bodydouble.clothing.hair_locks import TIPS_M, draw_gaps, draw_tips

SIZE = 512


def draw_edge(curl: float = 0.0) -> torch.Tensor:
    """S×S, the tips of hair that usually ends in the middle of 20 cm."""
    below = torch.linspace(-0.1, 0.1, SIZE)[:, None].expand(SIZE, SIZE)
    return draw_tips(below, curl)


def test_hair_ends_lock_by_lock_around_its_usual_end():
    edge = draw_edge()
    length = (edge.mean(0) - 0.5) * 0.2  # metres below the usual end, of every column
    assert float(edge[: SIZE // 4].min()) > 0.99
    assert float(edge[-SIZE // 4 :].max()) < 0.01
    assert abs(float(length.mean())) < TIPS_M / 2
    assert 0.004 < float(length.std()) < TIPS_M, "no two locks are as long"


def test_between_locks_hair_is_shorter():
    gaps, length = draw_gaps(SIZE)[SIZE // 2], draw_edge().mean(0)
    assert float(length[gaps > 0.8].mean()) < float(length[gaps < 0.2].mean()) - 0.02


def test_curls_end_in_tufts_and_straight_hair_in_tips():
    straight, curly = ((draw_edge(curl).mean(0) - 0.5) * 0.2 for curl in (0.0, 1.0))
    steepest = [float((length - length.roll(1)).abs().max()) for length in (straight, curly)]
    assert steepest[1] < steepest[0] / 2, "a tip has steep sides, a tuft has none"
    assert float(curly.std()) > 0.002, "and yet no level edge"
    assert float(curly.std()) < float(straight.std())
