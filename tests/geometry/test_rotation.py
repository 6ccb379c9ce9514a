"""Rotations form a group, and every form of one is the same rotation."""

import math

import pytest
import torch

from bodydouble.geometry.rotation import (
    axis_angle_from_matrix,
    cross_matrix,
    matrix_from_axis_angle,
    quaternion_from_matrix,
    rotation_between,
)


def vectors(count: int, length: float | None = None) -> torch.Tensor:
    """Random axis-angle vectors, angles up to π unless a length is given; float64."""
    generator = torch.Generator().manual_seed(7)
    axis = torch.nn.functional.normalize(torch.randn(count, 3, generator=generator, dtype=torch.float64), dim=-1)
    angle = torch.rand(count, 1, generator=generator, dtype=torch.float64) * 3.1 if length is None else length
    return axis * angle


@pytest.mark.parametrize("length", [None, 0.0, 1e-9, 1e-5, 1e-3, math.pi - 1e-6])
def test_matrices_are_rotations(length):
    matrix = matrix_from_axis_angle(vectors(50, length))
    assert torch.allclose(matrix @ matrix.mT, torch.eye(3, dtype=matrix.dtype).expand_as(matrix), atol=1e-12)
    assert torch.allclose(torch.linalg.det(matrix), torch.ones(50, dtype=matrix.dtype), atol=1e-12)


@pytest.mark.parametrize("length", [None, 1e-9, 1e-5, 1e-3, math.pi - 1e-4])
def test_axis_angle_round_trip(length):
    vector = vectors(50, length)
    assert torch.allclose(axis_angle_from_matrix(matrix_from_axis_angle(vector)), vector, atol=1e-9)


def test_half_turns_come_back_as_the_same_rotation():
    matrix = matrix_from_axis_angle(vectors(50, math.pi))
    assert torch.allclose(matrix_from_axis_angle(axis_angle_from_matrix(matrix)), matrix, atol=1e-7)


def test_rodrigues_agrees_with_the_matrix_exponential():
    vector = vectors(20)
    assert torch.allclose(matrix_from_axis_angle(vector), torch.matrix_exp(cross_matrix(vector)), atol=1e-12)


def test_a_quarter_turn_about_y_takes_z_to_x():
    turned = matrix_from_axis_angle(torch.tensor([0.0, math.pi / 2, 0.0])) @ torch.tensor([0.0, 0.0, 1.0])
    assert torch.allclose(turned, torch.tensor([1.0, 0.0, 0.0]), atol=1e-6)


def test_inverse_is_the_negative_vector():
    vector = vectors(20)
    assert torch.allclose(matrix_from_axis_angle(-vector), matrix_from_axis_angle(vector).mT, atol=1e-12)


def test_cross_matrix_is_the_cross_product():
    a, b = vectors(20), vectors(20).flip(0)
    assert torch.allclose((cross_matrix(a) @ b[..., None])[..., 0], torch.linalg.cross(a, b), atol=1e-12)


def test_quaternions_are_unit_with_positive_real_part():
    quaternion = quaternion_from_matrix(matrix_from_axis_angle(vectors(200)))
    assert torch.allclose(quaternion.norm(dim=-1), torch.ones(200, dtype=quaternion.dtype), atol=1e-12)
    assert (quaternion[:, 0] >= 0).all()


def test_gradient_is_finite_at_the_identity():
    vector = torch.zeros(3, requires_grad=True)
    matrix_from_axis_angle(vector)[0, 1].backward()
    assert torch.allclose(vector.grad, torch.tensor([0.0, 0.0, -1.0]))


def test_rotation_between_turns_one_onto_the_other():
    source, target = vectors(50), vectors(50).flip(0)
    turned = (rotation_between(source, target) @ source[..., None])[..., 0]
    unit = torch.nn.functional.normalize
    assert torch.allclose(unit(turned, dim=-1), unit(target, dim=-1), atol=1e-9)


@pytest.mark.parametrize("axis", range(3))
def test_rotation_between_opposites_is_a_half_turn(axis):
    source = torch.eye(3)[axis]
    assert torch.allclose(rotation_between(source, -source) @ source, -source, atol=1e-5)
