"""Bone names are familiar, unique and plain."""

import re

import pytest

from bodydouble.body.joints import ROLES
from bodydouble.motion.bone_names import bone_names

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
