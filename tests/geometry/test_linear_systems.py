"""Symmetric systems are solved, and their factors stay sparse."""

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import splu

from bodydouble.geometry.linear_systems import factor_symmetric


def grid(side: int) -> sparse.csr_matrix:
    """The Laplacian of a square grid, and a little more on its diagonal."""
    line = sparse.diags([-1.0, 2.0, -1.0], [-1, 0, 1], shape=(side, side))
    return (sparse.kronsum(line, line) + 0.01 * sparse.identity(side * side)).tocsr()


def test_the_solution_solves_the_system():
    system, right = grid(30), np.random.default_rng(0).standard_normal((900, 3))
    assert np.abs(system @ factor_symmetric(system).solve(right) - right).max() < 1e-10


def test_factors_are_sparser_than_those_of_the_default_order():
    system = grid(60)
    assert factor_symmetric(system).nnz < 0.8 * splu(system.tocsc()).nnz


def test_a_singular_system_is_refused():
    with pytest.raises(RuntimeError):
        factor_symmetric(sparse.csr_matrix((4, 4)))
