"""AMASS and SMPL-X files: numbers are read, everything else is refused."""

from pathlib import Path

import numpy as np
import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.body.skinning import joint_transforms
from bodydouble.body.smplx import SmplxBody
from bodydouble.errors import InputError
from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.motion.load import load_motion
from bodydouble.motion.smplx_poses import read_amass, read_smplx_poses
from bodydouble.values import Pose
from workshop.smplx_stand_in import write_stand_in


def amass(tmp_path: Path, **changes: object) -> Path:
    arrays: dict[str, object] = {
        "poses": np.zeros((5, 156)),
        "trans": np.zeros((5, 3)),
        "mocap_framerate": 120.0,
        "gender": "female",
        "betas": np.zeros(16),
    }
    arrays |= changes
    path = tmp_path / "clip.npz"
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


@pytest.mark.parametrize(("columns", "first_hand_column"), [(156, 66), (165, 75)])
def test_hands_stand_where_the_model_has_them(tmp_path: Path, columns: int, first_hand_column: int) -> None:
    poses = np.zeros((5, columns))
    poses[:, first_hand_column] = np.pi / 2  # x of the left index finger's first joint
    poses[:, 4] = np.pi  # y of the left hip
    clip = read_amass(amass(tmp_path, poses=poses))
    half = 0.5**0.5
    index, hip = (clip.joint_names.index(name) for name in ("left_index_1", "left_hip"))
    assert torch.allclose(clip.rotations[0, index], torch.tensor([half, half, 0, 0]), atol=1e-5)
    assert torch.allclose(clip.rotations[0, hip], torch.tensor([0.0, 0, 1, 0]), atol=1e-5)
    others = [n for n in range(len(clip.joint_names)) if n not in (index, hip)]
    assert (clip.rotations[:, others, 1:] == 0).all()


@pytest.mark.parametrize("name", ["mocap_framerate", "mocap_frame_rate"])
def test_both_names_of_the_frame_rate(tmp_path: Path, name: str) -> None:
    path = amass(tmp_path, **{"mocap_framerate": None, name: np.array(60)})
    assert read_amass(path).frames_per_second == 60


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"poses": None}, "no array 'poses'"),
        ({"poses": np.zeros((5, 72))}, "expected .frames, 156. or .frames, 165."),
        ({"poses": np.zeros((0, 156)), "trans": np.zeros((0, 3))}, "0 frames"),
        ({"poses": np.full((5, 156), np.nan)}, "pose of frame 0 is not a finite number"),
        ({"poses": np.array([["a"] * 156] * 5)}, "does not hold numbers"),
        ({"poses": np.array([{}] * 5, dtype=object)}, "cannot be read"),
        ({"trans": np.zeros((4, 3))}, "trans has the shape"),
        ({"trans": np.array([[0, np.inf, 0]] * 5)}, "position of frame 0"),
        ({"mocap_framerate": None}, "frame rate"),
        ({"mocap_framerate": np.nan}, "frame rate"),
        ({"mocap_framerate": 0}, "frame rate"),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_amass(amass(tmp_path, **changes))
    assert "clip.npz" in str(caught.value)


def test_files_that_are_something_else(tmp_path: Path) -> None:
    text = tmp_path / "text.npz"
    text.write_text("not an archive")
    with pytest.raises(InputError, match="text.npz"):
        read_amass(text)
    cut = tmp_path / "cut.npz"
    cut.write_bytes(amass(tmp_path).read_bytes()[:3000])
    with pytest.raises(InputError, match="cut.npz"):
        read_amass(cut)
    objects = tmp_path / "objects.npy"
    np.save(objects, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="objects.npy"):
        read_smplx_poses(objects)
    short = tmp_path / "short.npy"
    np.save(short, np.zeros((4, 165), np.float32))
    short.write_bytes(short.read_bytes()[:-100])
    with pytest.raises(InputError, match="short.npy"):
        read_smplx_poses(short)
    archive = amass(tmp_path).rename(tmp_path / "archive.npy")
    with pytest.raises(InputError, match="rename it"):
        read_smplx_poses(archive)


def test_smplx_poses_on_smplx_are_left_as_they_are(tmp_path: Path) -> None:
    poses = np.random.default_rng(2).normal(size=(4, 55, 3)).astype(np.float32) / 4
    poses[:, 0] = 0
    poses[:, 22:25] = 0  # jaw and eyes are not motion
    np.save(tmp_path / "poses.npy", poses.reshape(4, 165))
    body = SmplxBody(write_stand_in(tmp_path / "SMPLX_NEUTRAL.npz"))
    rest = body.rest(body.mean_shape())
    motion = load_motion(tmp_path / "poses.npy", body, rest)
    difference = matrix_from_axis_angle(motion.joints) - matrix_from_axis_angle(torch.from_numpy(poses))
    assert difference.abs().max() < 1e-3


@pytest.mark.parametrize("name", ["walk", "dance"])
def test_built_in_motions_look_the_same_on_smplx_and_anny(tmp_path: Path, anny: AnnyBody, name: str) -> None:
    smplx = SmplxBody(write_stand_in(tmp_path / "SMPLX_NEUTRAL.npz"))
    directions = []
    for body in (smplx, anny):
        rest = body.rest(body.mean_shape())
        motion = load_motion(name, body, rest)
        pose = Pose(
            joints=motion.joints,
            root_rotation=motion.root_rotation,
            root_translation=motion.root_translation,
            expression=torch.zeros(len(motion), 0),
        )
        places = joint_transforms(rest, pose)[1]
        ends = [("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist")]
        bones = [
            places[:, body.roles[f"{side}_{last}"]] - places[:, body.roles[f"{side}_{first}"]]
            for side in ("left", "right")
            for first, last in ends
        ]
        directions.append(torch.nn.functional.normalize(torch.stack(bones), dim=-1))
    assert (directions[0] - directions[1]).norm(dim=-1).max() < 0.01
