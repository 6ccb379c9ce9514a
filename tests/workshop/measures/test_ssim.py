"""Structural similarity is torchmetrics', but for the time it takes."""

import pytest
import torch
from torchmetrics.functional.image import structural_similarity_index_measure

from workshop.measures.ssim import ms_ssim, ssim


def figure(left: int, seed: int = 0) -> torch.Tensor:
    """A picture with a noisy rectangle on white."""
    picture = torch.ones(3, 512, 512)
    picture[:, 100:400, left : left + 100] = torch.rand(3, 300, 100, generator=torch.Generator().manual_seed(seed))
    return picture


@pytest.mark.parametrize("left", [195, 0, 412])
def test_it_is_the_librarys_where_the_background_is_left_out(left: int) -> None:
    first, second = figure(200), figure(left, 1)
    library = float(structural_similarity_index_measure(first[None], second[None], data_range=1.0))
    assert ssim(first, second, background=1.0) == pytest.approx(library, abs=1e-5)


def test_equal_pictures_are_equal() -> None:
    picture, white = figure(200), torch.ones(3, 512, 512)
    assert ssim(picture, picture, 1.0) == pytest.approx(1) and ms_ssim(picture, picture) == pytest.approx(1, abs=1e-5)
    assert ssim(white, white, 1.0) == 1
