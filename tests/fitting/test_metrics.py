"""Intersection over union of masks."""

import pytest
import torch

from bodydouble.fitting.metrics import iou


def square(left: int) -> torch.Tensor:
    """A mask of 30×10 pixels."""
    mask = torch.zeros(50, 50, dtype=torch.bool)
    mask[10:40, left : left + 10] = True
    return mask


def test_it_is_the_area_in_common_over_the_area_of_both() -> None:
    assert iou(square(5), square(5)) == 1
    assert iou(square(5), square(10)) == pytest.approx(1 / 3)
    assert iou(square(5), square(30)) == 0


def test_two_empty_masks_have_nothing_in_common() -> None:
    empty = torch.zeros(4, 4, dtype=torch.bool)
    assert iou(empty, empty) == 0
