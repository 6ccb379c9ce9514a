"""A sum of blend shapes, dense ones and sparse ones, is that of one dense matrix; so is its gradient."""

import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.body.blend_shapes import BlendShapes
from bodydouble.values import BodyShape


@pytest.mark.parametrize("dense", [0, 4, 12])
@pytest.mark.parametrize("size", [(30, 3), (30,)])
def test_sum_and_gradient_are_those_of_one_matrix(dense: int, size: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(0)
    shapes = torch.randn(12, *size, generator=generator)
    shapes[dense:] *= torch.rand(12 - dense, *size, generator=generator) < 0.1
    coefficients = torch.randn(12, generator=generator).requires_grad_()
    direction = torch.randn(size, generator=generator)
    total, expected = BlendShapes(shapes, dense)(coefficients), torch.einsum("b,b...->...", coefficients, shapes)
    torch.testing.assert_close(total, expected)
    ours, theirs = (torch.autograd.grad((each * direction).sum(), coefficients)[0] for each in (total, expected))
    torch.testing.assert_close(ours, theirs)


def test_a_body_of_some_vertices_is_that_of_all(anny: AnnyBody) -> None:
    low, high = anny.shape_range
    coefficients = low + (high - low) * torch.rand(len(low), generator=torch.Generator().manual_seed(1))
    shape, rows = BodyShape(coefficients=coefficients), torch.arange(5, 13000, 7)
    some, everything = anny.rest(shape, rows), anny.rest(shape)
    torch.testing.assert_close(some.vertices, everything.vertices[rows], atol=1e-6, rtol=0)
    torch.testing.assert_close(some.joints, everything.joints, atol=1e-6, rtol=0)


def test_a_body_that_is_asked_for_again_is_not_computed_again_unless_its_shape_was_changed(anny: AnnyBody) -> None:
    shape = anny.mean_shape()
    first = anny.rest(shape)
    assert anny.rest(shape) is first
    shape.coefficients[0] = 0.9
    assert not torch.equal(anny.rest(shape).vertices, first.vertices)
