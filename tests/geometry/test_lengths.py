"""Lengths are PyTorch's, however the vectors lie in memory."""

import numpy as np
import pytest
import torch

from bodydouble.geometry.lengths import measure_lengths, normalise, square_distances, square_lengths


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_lengths_are_pytorchs_but_for_rounding(dim):
    vectors = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(measure_lengths(vectors, dim), vectors.norm(dim=dim))
    torch.testing.assert_close(measure_lengths(vectors.mT, dim), vectors.mT.norm(dim=dim))


def test_what_is_measured_stays_as_it_is():
    vectors = torch.tensor([[3.0, 0.0], [4.0, 0.0]])
    assert measure_lengths(vectors, 0).tolist() == [5.0, 0.0]
    assert vectors.tolist() == [[3.0, 0.0], [4.0, 0.0]]


def test_squares_of_lengths_are_those_of_the_last_axis():
    vectors = np.random.default_rng(0).standard_normal((4, 5, 3))
    assert np.allclose(square_lengths(vectors), np.linalg.norm(vectors, axis=2) ** 2)


def test_squares_of_distances_are_those_of_all_pairs():
    points, others = (np.random.default_rng(0).standard_normal((count, 3)) for count in (4, 5))
    expected = np.linalg.norm(points[:, None] - others, axis=2) ** 2
    assert np.allclose(square_distances(points, others), expected)


def test_unit_vectors_can_be_differentiated():
    vectors = torch.randn(3, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda values: normalise(values, 0), vectors)


def test_unit_vectors_and_none_where_there_is_no_direction():
    assert normalise(torch.tensor([[3.0, 0.0], [4.0, 0.0]]), 0).flatten().tolist() == pytest.approx(
        [0.6, 0.0, 0.8, 0.0]
    )
