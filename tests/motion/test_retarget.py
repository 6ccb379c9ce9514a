"""Laws of bringing a motion from one skeleton to another."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.errors import InputError
from bodydouble.geometry.quaternion import matrix_from_quaternion
from bodydouble.geometry.rotation import matrix_from_axis_angle, quaternion_from_matrix
from bodydouble.motion.builtin import dance, wave
from bodydouble.motion.bvh import read_bvh
from bodydouble.motion.clip import Clip
from bodydouble.motion.load import load_motion
from bodydouble.motion.retarget import retarget
from bodydouble.values import Motion, RestBody
from tests.motion.posed import transforms

Z_UP = torch.tensor([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # y up, facing +z, becomes z up, facing -y


def write_bvh(
    path: Path, names: list[str], parents: list[int], joints: Tensor, degrees: Tensor, root: Tensor, unit: float = 1.0
) -> Path:
    """A BVH of joint positions (J, 3), rotations (T, J, 3) degrees about z, x, y in turn, and root positions (T, 3)."""

    def lines(joint: int) -> list[str]:
        parent = parents[joint]
        offset = unit * (joints[joint] - (joints[parent] if parent >= 0 else 0 * joints[0]))
        positions = "Xposition Yposition Zposition " if parent < 0 else ""
        children = [line for child, above in enumerate(parents) if above == joint for line in lines(child)]
        return [
            f"{'JOINT' if parent >= 0 else 'ROOT'} {names[joint]}",
            "{",
            "OFFSET " + " ".join(f"{x:.9f}" for x in offset.tolist()),
            f"CHANNELS {6 if positions else 3} {positions}Zrotation Xrotation Yrotation",
            *(children or ["End Site", "{", "OFFSET 0 0.01 0", "}"]),
            "}",
        ]

    def order(joint: int) -> list[int]:
        return [joint, *(n for child, above in enumerate(parents) if above == joint for n in order(child))]

    rows = torch.cat([unit * root, degrees[:, order(0)].flatten(1)], 1).tolist()
    frames = [" ".join(f"{x:.7f}" for x in row) for row in rows]
    head = ["MOTION", f"Frames: {len(frames)}", "Frame Time: 0.0333333"]
    path.write_text("\n".join(["HIERARCHY", *lines(0), *head, *frames]))
    return path


def euler(degrees: Tensor) -> Tensor:
    z, x, y = torch.deg2rad(degrees).unbind(-1)
    axes = torch.eye(3)
    return (
        matrix_from_axis_angle(z[..., None] * axes[2])
        @ matrix_from_axis_angle(x[..., None] * axes[0])
        @ matrix_from_axis_angle(y[..., None] * axes[1])
    )


@pytest.mark.parametrize(("unit", "z_up"), [(1.0, False), (100.0, False), (39.37, True)])
def test_a_body_to_itself_is_the_identity(
    anny: AnnyBody, rest: RestBody, tmp_path: Path, unit: float, z_up: bool
) -> None:
    generator = torch.Generator().manual_seed(3)
    degrees = 30 * torch.randn(6, len(rest.parents), 3, generator=generator)
    degrees[:, 0] /= 10  # the root's turn would be mixed up with the file's up axis
    degrees[0] = 0
    degrees[:, [n for n, name in enumerate(anny.joint_names) if name.startswith("pelvis.")]] = 0  # hips stay put
    root = rest.joints[0] + torch.tensor([[0.1, 0.0, 0.2]]) * torch.arange(6)[:, None]
    local = euler(degrees)
    if z_up:
        path = write_z_up(tmp_path / "self.bvh", anny, rest, degrees, root, unit)
    else:
        path = write_bvh(
            tmp_path / "self.bvh", list(anny.joint_names), list(rest.parents), rest.joints, degrees, root, unit
        )
    rotations, positions = transforms(load_motion(path, anny, rest), rest)
    world, place = [local[:, 0]], [root]
    for joint, parent in enumerate(rest.parents[1:], start=1):
        world.append(world[parent] @ local[:, joint])
        place.append(place[parent] + world[parent] @ (rest.joints[joint] - rest.joints[parent]))
    assert (rotations - torch.stack(world, 1)).abs().max() < 1e-3
    shift = positions - torch.stack(place, 1)
    assert (shift - shift[:, :1]).abs().max() < 1e-3  # the body is moved as a whole
    assert (shift[:, 0, [0, 2]] - shift[0, 0, [0, 2]]).abs().max() < 1e-3  # and only up and down


def write_z_up(path: Path, anny: AnnyBody, rest: RestBody, degrees: Tensor, root: Tensor, unit: float) -> Path:
    """The same motion in a file whose z axis points up: turns about z, x, y are now about -y, x, z."""
    turned = degrees * torch.tensor([-1.0, 1.0, 1.0])
    write_bvh(path, list(anny.joint_names), list(rest.parents), rest.joints @ Z_UP.T, turned, root @ Z_UP.T, unit)
    path.write_text(path.read_text().replace("Zrotation Xrotation Yrotation", "Yrotation Xrotation Zrotation"))
    return path


def elevations(motion: Motion, anny: AnnyBody, rest: RestBody, first: str, last: str) -> Tensor:
    """(T,) degrees by which the bone from one role to the next points up."""
    _, positions = transforms(motion, rest)
    bone = positions[:, anny.roles[last]] - positions[:, anny.roles[first]]
    return torch.rad2deg(torch.asin(bone[:, 1] / bone.norm(dim=-1)))


def test_a_t_pose_holds_the_arms_level(anny: AnnyBody, rest: RestBody, shared: Path) -> None:
    motion = load_motion(shared / "motions" / "makehuman_tpose.bvh", anny, rest)
    _, positions = transforms(motion, rest)
    for side, outward in (("left", 1), ("right", -1)):
        assert elevations(motion, anny, rest, f"{side}_shoulder", f"{side}_elbow").abs().max() < 5
        assert elevations(motion, anny, rest, f"{side}_elbow", f"{side}_wrist").abs().max() < 5
        assert elevations(motion, anny, rest, f"{side}_hip", f"{side}_knee").max() < -80
        arm = positions[:, anny.roles[f"{side}_wrist"]] - positions[:, anny.roles[f"{side}_shoulder"]]
        assert (outward * arm[:, 0]).min() > 0.4


def built(clip_of: Callable[[float], Clip], **changes: object) -> Clip:
    return replace(clip_of(10.0), neutral=False, **changes)


def limbs(anny: AnnyBody) -> list[int]:
    names = ("hip", "knee", "shoulder", "elbow")
    return [anny.roles[f"{side}_{name}"] for side in ("left", "right") for name in names]


@pytest.mark.parametrize("clip_of", [wave, dance])
def test_names_are_not_needed(anny: AnnyBody, rest: RestBody, clip_of: Callable[[float], Clip]) -> None:
    clip = built(clip_of)
    numbered = tuple(f"bone{n}" + ("_end" if "_end" in name else "") for n, name in enumerate(clip.joint_names))
    known, _ = transforms(retarget(clip, anny, rest), rest)
    guessed, _ = transforms(retarget(replace(clip, joint_names=numbered), anny, rest), rest)
    assert (known - guessed)[:, limbs(anny)].abs().max() < 0.02


def test_other_programs_names(anny: AnnyBody, rest: RestBody) -> None:
    clip = built(dance)
    expected = retarget(clip, anny, rest)
    mixamo = {"hip": "UpLeg", "knee": "Leg", "ankle": "Foot", "toe": "ToeBase", "clavicle": "Shoulder"}
    mixamo |= {"shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand"}
    letters = {"hip": "Thigh", "knee": "Shin", "ankle": "Foot", "toe": "Toe", "clavicle": "Collar"}
    letters |= {"shoulder": "Shldr", "elbow": "ForeArm", "wrist": "Hand"}
    for table, pattern in (
        (mixamo, "mixamorig:{side}{name}"),
        (letters, "{letter}{name}"),
        (letters, "{name}.{upper}"),
    ):
        names = []
        for name in clip.joint_names:
            side, _, part = name.partition("_")
            filled = pattern.format(side=side.title(), letter=side[0], upper=side[0].upper(), name=table.get(part, ""))
            names.append(filled if part in table else name)
        motion = retarget(replace(clip, joint_names=tuple(names)), anny, rest)
        assert (motion.joints - expected.joints).abs().max() < 1e-4


def test_a_zero_pose_that_is_no_stance(anny: AnnyBody, rest: RestBody) -> None:
    """Bones along their own x axes, as some recorders write them, give the same limbs as a T-pose does."""
    clip = built(dance)
    expected = [elevations(retarget(clip, anny, rest), anny, rest, *bone) for bone in BONES]
    turns = torch.eye(3).repeat(len(clip.parents), 1, 1)
    for side in ("left", "right"):
        for name in ("hip", "knee", "ankle"):  # local x down the leg
            turns[clip.joint_names.index(f"{side}_{name}")] = matrix_from_axis_angle(torch.tensor([0, 0, -math.pi / 2]))
    twisted = retarget(reaxed(clip, turns), anny, rest)
    for bone, before in zip(BONES, expected, strict=True):
        assert (elevations(twisted, anny, rest, *bone) - before).abs().max() < 6


BONES = [
    (f"{side}_{first}", f"{side}_{last}")
    for side in ("left", "right")
    for first, last in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
]


def reaxed(clip: Clip, turns: Tensor) -> Clip:
    """The same motion on joints whose own axes stand turned by `turns` (J, 3, 3) in the stance."""
    above = turns[[max(parent, 0) for parent in clip.parents]].clone()
    above[0] = torch.eye(3)
    local = above.mT @ matrix_from_quaternion(clip.rotations) @ turns
    return replace(clip, rotations=quaternion_from_matrix(local), offsets=(above.mT @ clip.offsets[..., None])[..., 0])


def test_a_mirrored_recording_moves_the_other_side(anny: AnnyBody, rest: RestBody) -> None:
    clip = built(wave)
    swap = {"left": "right", "right": "left"}
    twins = [clip.joint_names.index(f"{swap.get(n.split('_')[0], '')}_{n.partition('_')[2]}") if n.split("_")[0] in swap
             else i for i, n in enumerate(clip.joint_names)]  # fmt: skip
    flip = torch.tensor([1.0, 1, -1, -1])
    mirrored = replace(
        clip,
        rotations=(clip.rotations * flip)[:, twins],
        translations={0: clip.translations[0] * torch.tensor([-1.0, 1, 1])},
    )
    _, positions = transforms(retarget(clip, anny, rest), rest)
    _, other = transforms(retarget(mirrored, anny, rest), rest)
    highest = positions[..., 1].amax(0)
    assert highest[anny.roles["right_wrist"]] > highest[anny.roles["left_wrist"]] + 0.5
    assert (positions * torch.tensor([-1.0, 1, 1]) - other[:, list(anny.mirror_joints)]).abs().max() < 0.01


@pytest.mark.parametrize("name", ["snake", "stump"])
def test_a_skeleton_that_is_no_person(anny: AnnyBody, rest: RestBody, tmp_path: Path, name: str) -> None:
    count = 12 if name == "snake" else 7
    parents = list(range(-1, count - 1)) if name == "snake" else [-1] + [0] * (count - 1)
    joints = torch.rand(count, 3, generator=torch.Generator().manual_seed(1))
    path = write_bvh(
        tmp_path / f"{name}.bvh",
        [f"j{n}" for n in range(count)],
        parents,
        joints,
        torch.zeros(2, count, 3),
        torch.zeros(2, 3),
    )
    assert len(read_bvh(path)) == 2
    with pytest.raises(InputError, match="skeleton"):
        load_motion(path, anny, rest)
