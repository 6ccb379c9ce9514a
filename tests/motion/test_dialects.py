"""One motion as many programs write it moves a body in one way."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.errors import InputWarning
from bodydouble.motion.bvh import read_bvh
from bodydouble.motion.joint_names import name_roles, split_name
from tests.motion.walker import Walker, along_axis, walker, with_reference, write_bvh

Move = Callable[..., tuple[Tensor, Tensor]]
SIX = "CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
PROP = f"ROOT Sword {{ OFFSET 0 0 0 {SIX} End Site {{ OFFSET 0 90 0 }} }}"


def check_same(moved: tuple[Tensor, Tensor], walk: tuple[Tensor, Tensor], metres: float = 0.002) -> None:
    """The same motion: all joints are where they were, and so the same way was gone."""
    assert (moved[1] - walk[1]).norm(dim=-1).max() < metres
    assert walk[1][-1, 0, 2] - walk[1][0, 0, 2] > 1


def with_joint(motion: Walker, name: str, parent: str, offset: tuple[float, float, float]) -> Walker:
    still = np.tile(np.eye(3), (len(motion.rotations), 1, 1, 1))
    return replace(
        motion,
        names=[*motion.names, name],
        parents=[*motion.parents, motion.index(parent)],
        offsets=np.concatenate([motion.offsets, [offset]]),
        rotations=np.concatenate([motion.rotations, still], 1),
    )


@pytest.mark.parametrize("order", ["XYZ", "YXZ", "YZX", "ZYX"])
@pytest.mark.parametrize("unit", [0.01, 0.394])
def test_orders_and_units(move: Move, walk: tuple[Tensor, Tensor], tmp_path: Path, order: str, unit: float) -> None:
    check_same(move(write_bvh(tmp_path / "a.bvh", walker(), order=order, unit=unit)), walk)


@pytest.mark.parametrize("added", [False, True])
@pytest.mark.parametrize("moved", ["Hips", "all"])
@pytest.mark.parametrize("under", [False, True])
def test_the_way_is_in_any_joints_positions(
    move: Move, walk: tuple[Tensor, Tensor], tmp_path: Path, moved: str, added: bool, under: bool
) -> None:
    motion = with_reference(walker()) if under else walker()
    check_same(move(write_bvh(tmp_path / "a.bvh", motion, moved=moved, added=added)), walk)


def test_positions_that_hold_the_whole_skeleton(move: Move, walk: tuple[Tensor, Tensor], tmp_path: Path) -> None:
    path = write_bvh(tmp_path / "a.bvh", walker(), moved="all")
    hierarchy, motion = path.read_text().split("MOTION")
    path.write_text(re.sub(r"OFFSET [^\n]*", "OFFSET 0 0 0", hierarchy) + "MOTION" + motion)
    check_same(move(path), walk, 0.01)


def test_a_root_that_walks_and_turns_carries_the_hips(move: Move, walk: tuple[Tensor, Tensor], tmp_path: Path) -> None:
    """The same way in world axes, now that of a root on the ground, with the hips above it."""
    motion = with_reference(walker())
    way = motion.positions * [1, 0, 1]
    path = write_bvh(tmp_path / "a.bvh", replace(motion, positions=motion.positions - way), moved="all")
    hierarchy, header, rows = re.split(r"(MOTION\n.*\n.*\n)", path.read_text())
    lines = [
        " ".join([*map(str, place), *row.split()[3:]])
        for place, row in zip(way.tolist(), rows.strip().split("\n"), strict=True)
    ]
    path.write_text(hierarchy + header + "\n".join(lines))
    check_same(move(path), walk)


@pytest.mark.parametrize("separator", ["\n", " "])
def test_braces_stand_anywhere(move: Move, walk: tuple[Tensor, Tensor], tmp_path: Path, separator: str) -> None:
    path = write_bvh(tmp_path / "a.bvh", walker(), separator=separator)
    check_same(move(path), walk)
    path.write_text(path.read_text().replace(" {", "{").replace("}", "}\n"))
    check_same(move(path), walk)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n\r\n"),
        lambda text: text.replace("Frames: ", "Frames:").replace("Time: ", "Time:\t"),
        lambda text: text.replace("End Site", "END SITE tip").replace("JOINT", "Joint").replace("OFFSET", "Offset"),
        lambda text: text.replace(".", ","),  # as a German computer writes numbers
        lambda text: text.split("Time: ")[0] + "Time: 0.0333333\n" + "\n".join(text.split("0.0333333\n")[1].split()),
    ],
    ids=["line ends", "colons", "cases and names", "decimal commas", "wrapped lines"],
)
def test_spellings(move: Move, walk: tuple[Tensor, Tensor], tmp_path: Path, change: Callable[[str], str]) -> None:
    path = write_bvh(tmp_path / "a.bvh", walker())
    path.write_text(change(path.read_text()), newline="")
    check_same(move(path), walk)


def test_two_bytes_a_letter(move: Move, walk: tuple[Tensor, Tensor], tmp_path: Path) -> None:
    path = write_bvh(tmp_path / "a.bvh", walker())
    path.write_bytes(path.read_text().encode("utf-16"))
    check_same(move(path), walk)


def test_a_second_root_that_is_a_prop(move: Move, walk: tuple[Tensor, Tensor], tmp_path: Path) -> None:
    path = write_bvh(tmp_path / "a.bvh", walker(), more=PROP, more_values="10 20 30 0 0 0")
    check_same(move(path), walk)
    assert "Sword" not in read_bvh(path).joint_names
    text = path.read_text().replace(PROP, "").replace("HIERARCHY", f"HIERARCHY\n{PROP}")  # the prop first
    head, rows = text.split("0.0333333\n")
    path.write_text(head + "0.0333333\n" + "\n".join("10 20 30 0 0 0 " + row[:-15] for row in rows.splitlines()))
    check_same(move(path), walk)


@pytest.mark.parametrize(
    ("parent", "offset"), [("RightHand", (0, -90, 0)), ("Hips", (0, -130, 0)), ("Reference", (300, -50, 80))]
)
def test_props_among_the_joints(
    move: Move, walk: tuple[Tensor, Tensor], tmp_path: Path, parent: str, offset: tuple[float, float, float]
) -> None:
    """A sword in the hand turns no hand; nothing below the feet lifts them."""
    motion = with_joint(with_reference(walker()), "Prop", parent, offset)
    check_same(move(write_bvh(tmp_path / "a.bvh", motion, moved="Hips")), walk)


def test_of_two_people_the_first_is_taken_and_both_are_named(
    move: Move, walk: tuple[Tensor, Tensor], tmp_path: Path
) -> None:
    path = write_bvh(tmp_path / "duet.bvh", walker())
    hierarchy, header, rows = re.split(r"(MOTION\n.*\n.*\n)", path.read_text())
    second = hierarchy.removeprefix("HIERARCHY").replace("Hips", "Partner")
    path.write_text(hierarchy + second + header + "\n".join(f"{row} {row}" for row in rows.strip().split("\n")))
    with pytest.warns(InputWarning, match="duet holds 2 people, 'Hips', 'Partner'; the first is taken"):
        check_same(move(path), walk)


MIXAMO = ["Shoulder", "Arm", "ForeArm", "Hand", "UpLeg", "Leg", "Foot", "ToeBase"]
NAMINGS = {
    "3ds Max": ("Bip01 {0} {1}", ["Clavicle", "UpperArm", "Forearm", "Hand", "Thigh", "Calf", "Foot", "Toe0"]),
    "Xsens": ("{side}{1}", ["Collar", "Shoulder", "Elbow", "Wrist", "Hip", "Knee", "Ankle", "Toe"]),
    "Kinect": ("{1}{side}", ["Collar", "Shoulder", "Elbow", "Wrist", "Hip", "Knee", "Ankle", "Foot"]),
    "Motive": ("{0}{1}", ["Shoulder", "UArm", "FArm", "Hand", "Thigh", "Shin", "Foot", "Toe"]),
    "Unreal": ("{1}_{0}", ["clavicle", "upperarm", "lowerarm", "hand", "thigh", "calf", "foot", "ball"]),
    "Rigify": ("DEF-{1}.{0}", ["shoulder", "upper_arm", "forearm", "hand", "thigh", "shin", "foot", "toe"]),
    "VRM": ("J_Bip_{0}_{1}", ["Shoulder", "UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot", "ToeBase"]),
    "MotionBuilder": ("Character1_{side}{1}", MIXAMO),
    "Mixamo": ("mixamorig:{side}{1}", MIXAMO),
    "Maya": ("{0}_{1}_jnt", ["shoulder", "upArm", "lowArm", "hand", "upLeg", "lowLeg", "foot", "ball"]),
}


@pytest.mark.parametrize("program", NAMINGS)
def test_names(program: str) -> None:
    pattern, parts = NAMINGS[program]
    roles = ["clavicle", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "toe"]
    names = [pattern.format(side[0], part, side=side) for side in ("Left", "Right") for part in parts]
    prefix = pattern.split("{")[0]
    found = name_roles([*names, f"{prefix}Head", f"{prefix}HeadNub"])
    expected = {f"{side}_{role}": n for n, (side, role) in enumerate((s, r) for s in ("left", "right") for r in roles)}
    assert found == expected | {"head": len(names)}


def test_a_joint_between_is_no_suffix() -> None:
    assert split_name("LHipJoint") == ("left", "hipjoint")
    assert split_name("L_hip_joint") == ("left", "hip")


@pytest.mark.parametrize("mirror_right", [False, True])
def test_numbered_joints_of_any_axes(
    move: Move, walk: tuple[Tensor, Tensor], tmp_path: Path, anny: AnnyBody, mirror_right: bool
) -> None:
    """Left and right are told by where knees and toes point while the person moves."""
    motion = walker().reaxed(along_axis(walker(), 0, mirror_right))
    numbered = replace(motion, names=[f"bone{n}" for n in range(len(motion.names))])
    _, positions = move(write_bvh(tmp_path / "a.bvh", numbered, moved="bone0"))
    wrists = [anny.roles[f"{side}_wrist"] for side in ("left", "right")]
    assert (positions[:, wrists] - walk[1][:, wrists]).norm(dim=-1).max() < 0.03
    assert torch.isfinite(positions).all()
