"""A shoe's points are moved to where the labels show that shoe."""

import numpy as np
import pytest
import torch

from bodydouble.texture.align_shoes import align_shoes

SIZE = 120


def grid(left: float, top: float, width: float, height: float) -> torch.Tensor:
    y, x = torch.meshgrid(torch.linspace(top, top + height, 60), torch.linspace(left, left + width, 40), indexing="ij")
    return torch.stack([x, y], -1).view(-1, 2)


def labelled(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    labels = np.zeros((SIZE, SIZE), dtype=bool)
    for left, top, width, height in boxes:
        labels[top : top + height, left : left + width] = True
    return labels


@pytest.fixture
def both() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Points of a left shoe from x = 70 on, and of a right one from 20 on, 20 wide and 40 tall, all drawn."""
    points = torch.cat([grid(70, 50, 20, 40), grid(20, 50, 20, 40)])
    left = torch.arange(len(points)) < len(points) // 2
    return points, left, torch.ones(len(points), dtype=torch.bool)


def test_shoes_that_lie_right_stay(both):
    points, left, drawn = both
    moved = align_shoes(points, left, drawn, labelled((70, 50, 20, 40), (20, 50, 20, 40)))
    assert float((moved - points).abs().max()) < 1.5


def test_each_shoe_follows_its_own_pixels(both):
    points, left, drawn = both
    moved = align_shoes(points, left, drawn, labelled((74, 44, 20, 40), (20, 52, 18, 44)))
    for shoe, box in ((left, (74, 44, 20, 40)), (~left, (20, 52, 18, 44))):
        low, high = moved[shoe].amin(0), moved[shoe].amax(0)
        assert torch.allclose(low, torch.tensor(box[:2]).float(), atol=2.5)
        assert torch.allclose(high, torch.tensor([box[0] + box[2], box[1] + box[3]]).float(), atol=2.5)


def test_a_shaft_above_is_no_reason_to_grow(both):
    points, left, drawn = both
    moved = align_shoes(points, left, drawn, labelled((70, 5, 20, 85), (20, 5, 20, 85)))
    assert float(moved[left][:, 1].amin()) > 30


def test_without_shoes_in_the_photo_nothing_moves(both):
    points, left, drawn = both
    assert torch.equal(align_shoes(points, left, drawn, labelled()), points)
