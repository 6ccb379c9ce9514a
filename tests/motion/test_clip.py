"""Resampling: times are kept, rotations take the shorter way."""

from dataclasses import replace

import pytest
import torch

from bodydouble.geometry.quaternion import matrix_from_quaternion, quaternion_from_axis_angle
from bodydouble.motion.clip import Clip, resample


def spinning(count: int, frames_per_second: float) -> Clip:
    """One joint that turns a radian a second about y and moves a unit a second along x."""
    seconds = torch.arange(count) / frames_per_second
    axis_angle = seconds[:, None, None] * torch.tensor([0.0, 1.0, 0.0])
    return Clip(
        name="spin",
        joint_names=("root",),
        parents=(-1,),
        offsets=torch.zeros(1, 3),
        rotations=quaternion_from_axis_angle(axis_angle),
        translations={0: seconds[:, None] * torch.tensor([1.0, 0.0, 0.0])},
        frames_per_second=frames_per_second,
    )


@pytest.mark.parametrize(("rate", "target"), [(120.0, 30.0), (100.0, 30.0), (24.0, 30.0), (30.0003, 30.0)])
def test_the_same_motion_at_another_rate(rate: float, target: float) -> None:
    clip = resample(spinning(round(3 * rate) + 1, rate), target)
    assert clip.frames_per_second == target
    assert len(clip) == 3 * target + 1
    truth = spinning(len(clip), target)
    assert (clip.translations[0] - truth.translations[0]).abs().max() < 1e-3
    assert (clip.rotations - truth.rotations).abs().max() < 1e-3


def test_a_single_frame_stays_one() -> None:
    assert len(resample(spinning(1, 24.0), 30.0)) == 1


def test_opposite_signs_of_a_quaternion_are_the_same_rotation() -> None:
    clip = spinning(31, 10.0)
    flipped = clip.rotations.clone()
    flipped[::2] *= -1
    resampled = resample(replace(clip, rotations=flipped), 30.0)
    rotations = matrix_from_quaternion(resampled.rotations)
    expected = matrix_from_quaternion(resample(clip, 30.0).rotations)
    assert torch.allclose(rotations, expected, atol=1e-5)
