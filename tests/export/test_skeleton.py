"""Bone names are familiar, unique and plain; four weights a vertex sum to exactly one and move it nearly alike."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from bodydouble.body.joints import ROLES
from bodydouble.body.skinning import skin
from bodydouble.export.skeleton import bone_names, four_weights
from bodydouble.values import Pose

SIDES = ("Left", "Right")


@pytest.fixture(scope="module")
def names(anny):
    return bone_names(anny.joint_names, anny.roles)


def test_names_are_unique_and_plain(names):
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) for name in names)


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("pelvis", "Hips"),
        ("spine_3", "Spine2"),
        ("head", "Head"),
        ("left_hip", "LeftUpLeg"),
        ("right_toe", "RightToeBase"),
        ("left_clavicle", "LeftShoulder"),
        ("right_elbow", "RightForeArm"),
        ("left_pinky_3", "LeftHandPinky3"),
    ],
)
def test_roles_have_the_names_that_engines_know(anny, names, role, expected):
    assert names[anny.roles[role]] == expected


def test_every_role_has_a_name():
    assert len(set(bone_names(ROLES, {role: i for i, role in enumerate(ROLES)}))) == len(ROLES)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("upperarm02.L", "LeftUpperarm02"),
        ("toe2-1.R", "RightToe2_1"),
        ("left_eye_smplhf", "LeftEyeSmplhf"),
        ("jaw", "Jaw"),
        ("  ", "Bone"),
        ("hips", "Hips_2"),
    ],
)
def test_joints_without_role_keep_their_cleaned_name(own, expected):
    assert bone_names(["root", own], {"pelvis": 0}) == ("Hips", expected)


def test_sides_mirror(anny, names):
    for joint, twin in enumerate(anny.mirror_joints):
        if joint == twin:
            assert not names[joint].startswith(SIDES)
        else:
            assert {names[twin], names[joint]} == {side + re.sub("^(Left|Right)", "", names[joint]) for side in SIDES}


def test_weights_sum_to_exactly_one_in_any_order(anny):
    joints, weights = four_weights(anny.skin_weights.numpy(), anny.parents)
    assert joints.shape == weights.shape == (len(anny.skin_weights), 4)
    assert weights.dtype == np.float32
    assert (weights >= 0).all()
    assert (weights.sum(1) == 1).all() and (weights[:, ::-1].cumsum(1)[:, -1] == 1).all()
    assert (joints[weights == 0] == 0).all()


def test_a_vertex_of_four_joints_keeps_its_weights():
    given = np.array([[0.5, 0.0, 0.25, 0.125, 0.125], [0.0, 1.0, 0.0, 0.0, 0.0]], np.float32)
    joints, weights = four_weights(given, (-1, 0, 1, 2, 3))
    dense = np.zeros_like(given)
    np.add.at(dense, (np.arange(2)[:, None], joints), weights)
    assert (dense == given).all()


def test_a_dropped_joint_gives_its_share_to_the_nearest_kept_one():
    # Two chains from the root: 0-1-2 and 0-3-4. Joint 4 is dropped, its parent 3 is next to it.
    given = np.array([[0.3, 0.25, 0.2, 0.15, 0.1]], np.float32)
    joints, weights = four_weights(given, (-1, 0, 1, 0, 3))
    assert dict(zip(joints[0].tolist(), weights[0].round(3).tolist(), strict=True)) == pytest.approx(
        {0: 0.3, 1: 0.25, 2: 0.2, 3: 0.25}, abs=2e-3
    )


def test_posed_vertices_hardly_move(anny):
    rest = anny.rest(anny.mean_shape())
    joints, weights = four_weights(rest.skin_weights.numpy(), rest.parents)
    dense = torch.zeros_like(rest.skin_weights).scatter_add_(1, torch.from_numpy(joints), torch.from_numpy(weights))
    turns = 0.3 * torch.randn(len(rest.parents), 3, generator=torch.Generator().manual_seed(0))
    turns[0] = 0
    zero = torch.zeros(3)
    pose = Pose(joints=turns, root_rotation=zero, root_translation=zero, expression=torch.zeros(len(rest.expressions)))
    error = (skin(rest, pose) - skin(replace(rest, skin_weights=dense), pose)).norm(dim=-1)
    assert error.mean() < 0.0003  # metres
    assert error.quantile(0.99) < 0.006
