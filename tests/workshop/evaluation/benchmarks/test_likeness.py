"""What the benchmarks call alike."""

import pytest
import torch

from workshop.evaluation.benchmarks.likeness import likeness


def square(left: int, colour: float) -> tuple[torch.Tensor, torch.Tensor]:
    """3×200×200 of one colour, and a mask of 100×100 pixels."""
    mask = torch.zeros(200, 200)
    mask[50:150, left : left + 100] = 1
    return torch.full((3, 200, 200), colour), mask


def test_the_same_is_alike_and_a_missed_outline_costs() -> None:
    rgb, mask = square(50, 0.9)
    same = likeness(torch.cat([rgb, mask[None]]), rgb, mask)
    assert same.iou == 1 and same.ms_ssim == pytest.approx(1) and same.psnr > 90
    beside = likeness(torch.cat([rgb, square(75, 0.9)[1][None]]), rgb, mask)
    assert beside.iou == pytest.approx(75 / 125)
    assert beside.psnr < beside.psnr_mask < beside.psnr_both
    assert beside.psnr_both > 90  # what both cover has the same colour


def test_small_people_can_be_compared() -> None:
    mask = torch.zeros(60, 60)
    mask[20:40, 25:35] = 1
    rgb = torch.full((3, 60, 60), 0.8)
    assert likeness(torch.cat([rgb, mask[None]]), rgb, mask).ms_ssim == pytest.approx(1)
