"""PSNR agrees with its definition, for one picture and for many."""

import pytest
import torch

from workshop.measures.psnr import psnr


def test_psnr_of_a_known_error() -> None:
    black = torch.zeros(3, 8, 8)
    assert float(psnr(black + 0.1, black)) == pytest.approx(20, abs=1e-3)
    where = torch.zeros(8, 8, dtype=torch.bool)
    where[:2] = True
    half = black.clone()
    half[:, 2:] = 1
    assert float(psnr((half + 0.1).clamp(0, 1), half, where)) == pytest.approx(20, abs=1e-3)


def test_each_picture_of_a_batch_has_its_own() -> None:
    grey = torch.full((2, 3, 8, 8), 0.5)
    error = torch.tensor([0.1, 0.01])[:, None, None, None]
    assert psnr(grey + error, grey).tolist() == pytest.approx([20, 40], abs=1e-3)


def test_equal_pictures_end_at_100_and_what_is_out_of_range_is_not_seen() -> None:
    white = torch.ones(3, 8, 8)
    assert float(psnr(white, white)) == pytest.approx(100) and float(psnr(white + 1, white)) == pytest.approx(100)
