"""The front door of motions, and real recordings."""

from pathlib import Path

import numpy as np
import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.errors import InputError
from bodydouble.motion.ground import lowest_points
from bodydouble.motion.load import load_motion
from bodydouble.values import RestBody
from tests.motion.posed import transforms


def test_an_unknown_name_lists_the_known_ones(anny: AnnyBody, rest: RestBody) -> None:
    with pytest.raises(InputError, match="idle, walk, wave, turn, dance"):
        load_motion("moonwalk", anny, rest)


def test_a_missing_file_and_a_folder(anny: AnnyBody, rest: RestBody, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no motion file"):
        load_motion(tmp_path / "none.bvh", anny, rest)
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(InputError, match="there is no motion file"):
        load_motion(tmp_path / "folder.npz", anny, rest)


@pytest.mark.parametrize("rate", [0.0, -30.0, float("nan"), 1e9])
def test_a_senseless_rate(anny: AnnyBody, rest: RestBody, rate: float) -> None:
    with pytest.raises(InputError, match="frames a second"):
        load_motion("walk", anny, rest, frames_per_second=rate)


def test_amass_is_z_up(anny: AnnyBody, rest: RestBody, tmp_path: Path) -> None:
    """A person who stands in AMASS's z-up world, looks along -y and walks forward, here walks along +z."""
    poses = np.zeros((61, 156))
    poses[:, 0] = np.pi / 2
    trans = np.zeros((61, 3))
    trans[:, 1] = -np.linspace(0, 1, 61)
    trans[:, 2] = 0.95
    np.savez(tmp_path / "stroll.npz", poses=poses, trans=trans, mocap_framerate=60)
    motion = load_motion(tmp_path / "stroll.npz", anny, rest)
    assert len(motion) == 31
    rotations, places = transforms(motion, rest)
    assert torch.allclose(rotations[:, 0], torch.eye(3).expand(31, 3, 3), atol=1e-4)
    travel = places[-1, 0] - places[0, 0]
    assert 0.8 < travel[2] < 1.3 and travel[0].abs() < 1e-4 and travel[1].abs() < 1e-3


def test_single_poses_all_stand(anny: AnnyBody, rest: RestBody, tmp_path: Path) -> None:
    """Poses without positions, one a deep crouch among upright ones: each touches the ground."""
    poses = np.zeros((9, 165), np.float32)
    poses[4, [3, 6]] = -1.6  # hips
    poses[4, [12, 15]] = 2.4  # knees
    np.save(tmp_path / "poses.npy", poses)
    motion = load_motion(tmp_path / "poses.npy", anny, rest)
    lowest = lowest_points(motion, rest)
    assert lowest.min() > -1e-3 and lowest.max() < 0.03
    assert motion.root_translation[4, 1] < motion.root_translation[0, 1] - 0.2


@pytest.mark.parametrize("name", ["wave_hello", "jesse_dance", "cmu_01_01"])
def test_real_recordings(anny: AnnyBody, rest: RestBody, shared: Path, name: str) -> None:
    motion = load_motion(shared / "motions" / f"{name}.bvh", anny, rest)
    assert lowest_points(motion, rest).min() > -0.01
    rotations, places = transforms(motion, rest)
    forward = rotations[0, 0, :, 2]
    assert torch.atan2(forward[0], forward[2]).abs() < 1e-3
    assert places[0, 0, [0, 2]].norm() < 0.2
    head, hips = places[:, anny.roles["head"]], places[:, 0]
    assert ((head - hips)[:, 1] > 0.2).float().mean() > 0.95  # upright
    # The knee lies in front of the line from hip to ankle, or next to it, as seen along the way the thigh looks.
    for side in ("left", "right"):
        hip, knee, ankle = (places[:, anny.roles[f"{side}_{part}"]] for part in ("hip", "knee", "ankle"))
        ahead = ((knee - (hip + ankle) / 2) * rotations[:, anny.roles[f"{side}_hip"], :, 2]).sum(-1)
        assert ahead.quantile(0.05) > -0.04


def test_the_right_hand_waves(anny: AnnyBody, rest: RestBody, shared: Path) -> None:
    _, places = transforms(load_motion(shared / "motions" / "wave_hello.bvh", anny, rest), rest)
    raised = {side: places[:, anny.roles[f"{side}_wrist"], 1].max() for side in ("left", "right")}
    assert raised["right"] > raised["left"] + 0.05
    assert (places[:, anny.roles["left_hip"], 0] > places[:, anny.roles["right_hip"], 0]).all()
