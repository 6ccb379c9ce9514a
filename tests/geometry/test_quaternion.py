"""Quaternions are the rotations that the matrices are."""

import math

import torch

from bodydouble.geometry.quaternion import (
    matrix_from_quaternion,
    multiply_quaternions,
    quaternion_from_axis_angle,
    slerp,
)
from bodydouble.geometry.rotation import matrix_from_axis_angle, quaternion_from_matrix


def axis_angles(count: int) -> torch.Tensor:
    """(count, 3) random vectors of up to about 3 radians."""
    return torch.randn(count, 3, generator=torch.Generator().manual_seed(1))


def test_a_product_is_the_product_of_the_matrices() -> None:
    a, b = axis_angles(40).unflatten(0, (2, 20))
    product = matrix_from_quaternion(multiply_quaternions(quaternion_from_axis_angle(a), quaternion_from_axis_angle(b)))
    assert torch.allclose(product, matrix_from_axis_angle(a) @ matrix_from_axis_angle(b), atol=1e-5)


def test_there_and_back() -> None:
    quaternions = quaternion_from_axis_angle(axis_angles(20))
    back = quaternion_from_matrix(matrix_from_quaternion(quaternions))
    assert torch.allclose((quaternions * back).sum(-1).abs(), torch.ones(20), atol=1e-5)
    assert torch.equal(quaternion_from_axis_angle(torch.zeros(3)), torch.tensor([1.0, 0, 0, 0]))


def test_slerp_goes_at_an_even_speed() -> None:
    start, end = torch.zeros(3), torch.tensor([0.0, 2.0, 0.0])
    quaternions = quaternion_from_axis_angle(start), quaternion_from_axis_angle(end)
    for fraction in (0.0, 0.25, 0.5, 1.0):
        between = slerp(*quaternions, torch.tensor([fraction]))
        assert torch.allclose(between, quaternion_from_axis_angle(fraction * end), atol=1e-5)


def test_slerp_takes_the_shorter_way() -> None:
    start, end = quaternion_from_axis_angle(torch.tensor([[0.1, 0, 0], [0.3, 0, 0]]))
    middle = slerp(start, -end, torch.tensor([0.5]))  # -end is the same rotation as end
    angle = 2 * math.acos(float(middle[0].abs()))
    assert abs(angle - 0.2) < 1e-3
