"""A pattern goes on from both borders of what was seen, mirrored, and meets behind."""

import numpy as np
import torch

from bodydouble.inpaint.repeat import is_motley, repeat_around

HEIGHT, WIDTH = 6, 40


def test_rows_go_on_mirrored_at_both_borders():
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    rgb[..., 0] = np.arange(WIDTH)
    known = np.zeros((HEIGHT, WIDTH), bool)
    known[1:4, 10:30] = True
    filled = repeat_around(rgb * known[..., None], known)[..., 0]
    assert np.array_equal(filled[1:4, 10:30], rgb[1:4, 10:30, 0])
    assert filled[2, 30:35].tolist() == [29, 28, 27, 26, 25]
    assert filled[2, 5:10].tolist() == [14, 13, 12, 11, 10]
    assert set(filled[2, 30:].tolist()) <= set(range(25, 30)), "what lies farther within does not come again"
    assert np.array_equal(filled[0], filled[1]) and np.array_equal(filled[5], filled[3]), (
        "rows of which nothing is known"
    )


def test_holes_take_what_lies_beside_them():
    rgb = np.ones((1, WIDTH, 3), np.float32)
    known = np.zeros((1, WIDTH), bool)
    known[0, 5:35] = True
    known[0, 18:21] = False
    assert np.allclose(repeat_around(rgb * known[..., None], known), 1)


def test_flowers_are_motley_and_leather_is_not():
    generator = torch.Generator().manual_seed(0)
    assert is_motley(torch.rand(3, 500, generator=generator))
    shade = 0.2 + 0.7 * torch.rand(1, 500, generator=generator)
    assert not is_motley(torch.tensor([[0.7], [0.4], [0.2]]) * shade)
