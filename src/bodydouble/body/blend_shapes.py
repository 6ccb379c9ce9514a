"""Blend shapes: displacements of a body's vertices, weighed and summed.

Shapes of whole bodies move every vertex; those of a nose or a finger move one in twenty. The former are a dense matrix,
the latter a sparse one: a fit, which asks for the sum and its gradient hundreds of times, spends a fifth of the time.
"""

from __future__ import annotations

from typing import Any

import torch
from scipy.sparse import csr_matrix
from torch import Tensor
from torch.autograd.function import once_differentiable


class BlendShapes:
    """B displacements of N vertices."""

    def __init__(self, shapes: Tensor, dense: int) -> None:
        """Begin.

        Args:
            shapes: (B, N, …) float32 on the CPU.
            dense: of how many of them, the first, all that they hold is kept; of the others, what is not 0.
        """
        self._size = shapes.shape[1:]
        self._dense = shapes[:dense].flatten(1)
        self._by_shape = csr_matrix(shapes[dense:].flatten(1).numpy())
        self._by_vertex = self._by_shape.T.tocsr()

    def __call__(self, coefficients: Tensor) -> Tensor:
        """(N, …): their sum with coefficients (B,). Differentiable once."""
        count = len(self._dense)
        total = coefficients[:count] @ self._dense
        if count < len(coefficients):
            total = total + _SparseSum.apply(coefficients[count:], self._by_vertex, self._by_shape)
        return total.view(self._size)


class _SparseSum(torch.autograd.Function):
    """The sum of sparse shapes, whose matrix is given both ways: either product then runs along its rows."""

    @staticmethod
    def forward(ctx: Any, coefficients: Tensor, by_vertex: csr_matrix, by_shape: csr_matrix) -> Tensor:
        ctx.by_shape = by_shape
        return torch.from_numpy(by_vertex @ coefficients.detach().numpy())

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return torch.from_numpy(ctx.by_shape @ gradient.numpy()), None, None
