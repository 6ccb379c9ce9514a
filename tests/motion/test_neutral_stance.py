"""Whatever a skeleton's zero pose is, the same motion comes out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from tests.motion.posed import degrees_between, tilt
from tests.motion.walker import Walker, along_axis, below, walker, write_bvh

Move = Callable[..., tuple[Tensor, Tensor]]
pytestmark = pytest.mark.filterwarnings("ignore:Gimbal lock")  # of no matter: the rotation is the same

TRUNK = ("pelvis", "spine_3", "head")
LIMBS = tuple(f"{side}_{name}" for side in ("left", "right") for name in ("hip", "knee", "shoulder", "elbow", "wrist"))


def check_same(moved: tuple[Tensor, Tensor], walk: tuple[Tensor, Tensor], anny: AnnyBody, feet: float = 7) -> None:
    """Trunk and limbs point where they do in the usual file, without twist, and as much way is gone."""
    turned = degrees_between(moved[0], walk[0]).amax(0)
    for roles, degrees in ((TRUNK, 1.0), (LIMBS, 2.0), (("left_ankle", "right_ankle"), feet)):
        assert {role: float(turned[anny.roles[role]]) for role in roles if turned[anny.roles[role]] > degrees} == {}
    assert (moved[1] - walk[1]).norm(dim=-1).max() < 0.03
    way = walk[1][-1, 0] - walk[1][0, 0]
    assert (moved[1][-1, 0] - moved[1][0, 0] - way).norm() < 0.015


def turned_zero(motion: Walker, degrees: float, axis: str, *names: str, mirrored: bool = True) -> Walker:
    """The motion on a skeleton whose zero pose has these joints, and all below them, turned; the right mirrored."""
    left = Rotation.from_euler(axis, degrees, degrees=True)
    right = Rotation.from_euler(axis, -degrees, degrees=True) if mirrored and axis != "x" else left
    return motion.reaxed({name: right if name.startswith("Right") else left for name in below(motion, *names)})


@pytest.mark.parametrize("mirror_right", [False, True])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_bones_along_an_axis_of_their_joints(
    move: Move, walk: tuple[Tensor, Tensor], anny: AnnyBody, tmp_path: Path, axis: int, mirror_right: bool
) -> None:
    motion = walker().reaxed(along_axis(walker(), axis, mirror_right))
    check_same(move(write_bvh(tmp_path / "a.bvh", motion)), walk, anny)


@pytest.mark.parametrize(
    ("degrees", "axis", "names"),
    [
        (45, "z", ["LeftArm", "RightArm"]),  # A-pose
        (80, "z", ["LeftArm", "RightArm"]),  # arms hang
        (-45, "z", ["LeftArm", "RightArm"]),  # arms up
        (-85, "z", ["LeftArm", "RightArm"]),
        (90, "y", ["LeftArm", "RightArm"]),  # forward
        (-90, "y", ["LeftArm", "RightArm"]),  # back
        (180, "z", ["LeftArm", "RightArm"]),  # through the body
        (-20, "z", ["LeftUpLeg", "RightUpLeg"]),  # legs apart
        (-60, "z", ["LeftUpLeg", "RightUpLeg"]),
        (90, "x", ["LeftUpLeg", "RightUpLeg"]),  # seated, legs forward
        (-60, "x", ["LeftFoot", "RightFoot"]),  # toes down
    ],
)
def test_limbs_that_stand_otherwise(
    move: Move,
    walk: tuple[Tensor, Tensor],
    anny: AnnyBody,
    tmp_path: Path,
    degrees: float,
    axis: str,
    names: list[str],
) -> None:
    check_same(move(write_bvh(tmp_path / "a.bvh", turned_zero(walker(), degrees, axis, *names))), walk, anny)


@pytest.mark.parametrize(
    ("degrees", "axis", "name"), [(-40, "x", "Spine"), (90, "z", "Spine"), (60, "y", "Spine1"), (90, "x", "Spine")]
)
def test_trunks_that_are_bent_or_twisted(
    move: Move, walk: tuple[Tensor, Tensor], anny: AnnyBody, tmp_path: Path, degrees: float, axis: str, name: str
) -> None:
    motion = turned_zero(walker(), degrees, axis, name, mirrored=False)
    check_same(move(write_bvh(tmp_path / "a.bvh", motion)), walk, anny)


@pytest.mark.parametrize(("degrees", "axis"), [(30, "y"), (45, "y"), (90, "y"), (180, "y"), (90, "x"), (180, "x")])
def test_a_whole_zero_pose_that_is_turned(
    move: Move, walk: tuple[Tensor, Tensor], anny: AnnyBody, tmp_path: Path, degrees: float, axis: str
) -> None:
    motion = turned_zero(walker(), degrees, axis, "Hips", mirrored=False)
    check_same(move(write_bvh(tmp_path / "a.bvh", motion)), walk, anny)


@pytest.mark.parametrize("offset", [(0, 2, -9), (0, 2, 9), (9, 2, 0), (-9, 0, 0)])
@pytest.mark.parametrize("mirror_right", [False, True])
def test_a_first_spine_joint_beside_or_behind_the_hips(
    move: Move, anny: AnnyBody, tmp_path: Path, offset: tuple[float, float, float], mirror_right: bool
) -> None:
    offsets = walker().offsets.copy()
    offsets[walker().index("Spine")] = offset
    motion = replace(walker(), offsets=offsets)
    usual = move(write_bvh(tmp_path / "a.bvh", motion))
    assert tilt(usual[1], anny).max() < 6
    axes = along_axis(motion, 0, mirror_right)
    check_same(move(write_bvh(tmp_path / "b.bvh", motion.reaxed(axes))), usual, anny)


def test_somebody_who_never_stands_straight(move: Move, anny: AnnyBody, tmp_path: Path) -> None:
    """Seated all the time: the trunk alone says how the spine is held, bent knees how the legs are."""
    motion = walker()
    rotations = motion.rotations.copy()
    for side in ("Left", "Right"):
        rotations[:, motion.index(f"{side}UpLeg")] = Rotation.from_euler("x", -85, degrees=True).as_matrix()
        rotations[:, motion.index(f"{side}Leg")] = Rotation.from_euler("x", 90, degrees=True).as_matrix()
    seated = replace(motion, rotations=rotations, positions=motion.positions * [0, 0, 0] + [0, 50, 0])
    usual = move(write_bvh(tmp_path / "a.bvh", seated))
    other = move(write_bvh(tmp_path / "b.bvh", seated.reaxed(along_axis(motion, 0, mirror_right=True))))
    assert tilt(usual[1], anny).max() < 6
    turned = degrees_between(usual[0], other[0]).amax(0)
    assert max(turned[anny.roles[role]] for role in TRUNK) < 2
    assert (usual[1] - other[1]).norm(dim=-1).max() < 0.05


def test_hips_that_do_not_turn_with_their_joint(move: Move, anny: AnnyBody, tmp_path: Path) -> None:
    """As networks write it: the pelvis has any turn, and joints without length undo it for legs and spine."""
    motion = walker()
    generator = np.random.default_rng(3)
    count, turn = len(motion.rotations), Rotation.random(random_state=generator).as_matrix()
    names = ["Hips", *motion.names[1:], "LHipJoint", "RHipJoint", "LowerBack"]
    parents = [*motion.parents, 0, 0, 0]
    for name, parent in (("LeftUpLeg", "LHipJoint"), ("RightUpLeg", "RHipJoint"), ("Spine", "LowerBack")):
        parents[motion.index(name)] = names.index(parent)
    rotations = np.concatenate([motion.rotations, np.tile(turn.T, (count, 3, 1, 1))], 1)
    rotations[:, 0] = rotations[:, 0] @ turn
    offsets = np.concatenate([motion.offsets, np.zeros((3, 3))])
    _, positions = move(write_bvh(tmp_path / "a.bvh", Walker(names, parents, offsets, rotations, motion.positions)))
    hips = positions[:, anny.roles["left_hip"]] - positions[:, anny.roles["right_hip"]]
    assert (torch.nn.functional.normalize(hips, dim=-1)[:, 0] > 0.99).all()
    assert tilt(positions, anny).max() < 6


def test_recorded_feet_stand_flat(move: Move, anny: AnnyBody, shared: Path) -> None:
    """In CMU's files the zero pose spreads the legs and tips the feet by twenty degrees."""
    rotations, positions = move(shared / "motions" / "cmu_12_03.bvh", lock_feet=False)
    for side in ("left", "right"):
        ankle = anny.roles[f"{side}_ankle"]
        still = positions[:, ankle].diff(dim=0).norm(dim=-1) * 30 < 0.1
        sole = torch.rad2deg(torch.acos(rotations[:-1][still][:, ankle, 1, 1]))
        assert still.sum() > 20 and sole.mean() < 5


def test_the_cases_of_public_reports(move: Move, anny: AnnyBody, shared: Path) -> None:
    """Right limbs along their own -x: what bent the trunk by 40 degrees."""
    same, mirror = (move(shared / "cases" / f"xb_{name}.bvh") for name in ("same", "mirror"))
    for _, positions in (same, mirror):
        assert tilt(positions, anny).max() < 6
        assert positions[-1, 0, 2] - positions[0, 0, 2] == pytest.approx(1.07, abs=0.02)
    assert (same[1] - mirror[1]).norm(dim=-1).max() < 0.01
