"""Which joint is which of VRM's humanoid bones (`VRMC_vrm-1.0/humanoid.md`, vrm-c/vrm-specification)."""

from __future__ import annotations

from dataclasses import replace

from bodydouble.body import BodyModel
from bodydouble.body.joints import FINGERS
from bodydouble.motion.bone_names import bone_names
from bodydouble.motion.target_pose import joint_path
from bodydouble.person.landmarks import SIDES
from bodydouble.values import RestBody

_MIDDLE = {
    "hips": "pelvis",
    "spine": "spine_1",
    "chest": "spine_2",
    "upperChest": "spine_3",
    "neck": "neck",
    "head": "head",
}
_SIDED = {
    "UpperLeg": "hip",
    "LowerLeg": "knee",
    "Foot": "ankle",
    "Toes": "toe",
    "Shoulder": "clavicle",
    "UpperArm": "shoulder",
    "LowerArm": "elbow",
    "Hand": "wrist",
}
_BONES = ("Proximal", "Intermediate", "Distal")
_THUMB_BONES = ("Metacarpal", "Proximal", "Distal")  # in 0.x a thumb's bones are called as the other fingers'
_LEAST_M = 0.01  # metres: a spine that begins nearer to the hips begins with the next joint


def humanoid_joints(body: BodyModel, rest: RestBody, version: str = "1") -> dict[str, int]:
    """Joints by the names of VRM's bones; without eyes where the body has no joints for them.

    Args:
        version: "1" or "0", which differ in the names of the thumbs' bones.
    """
    joints = {bone: body.roles[role] for bone, role in _MIDDLE.items()}
    joints["spine"] = _spine_joint(body, rest)
    thumb = _THUMB_BONES if version == "1" else _BONES
    names = bone_names(body.joint_names, body.roles)
    for side in SIDES:
        joints |= {f"{side}{bone}": body.roles[f"{side}_{role}"] for bone, role in _SIDED.items()}
        for finger in FINGERS:
            title = "Little" if finger == "pinky" else finger.capitalize()
            for number, bone in enumerate(thumb if finger == "thumb" else _BONES, start=1):
                joints[f"{side}{title}{bone}"] = body.roles[f"{side}_{finger}_{number}"]
    if "Jaw" in names:
        joints["jaw"] = names.index("Jaw")
    return joints | eye_joints(body)


def eye_joints(body: BodyModel) -> dict[str, int]:
    """The joints of "leftEye" and "rightEye"; empty where the body has none."""
    names = bone_names(body.joint_names, body.roles)
    joints: dict[str, int] = {}
    for side in SIDES:
        eyes = [joint for joint, name in enumerate(names) if name.startswith(f"{side.capitalize()}Eye")]
        joints |= {f"{side}Eye": joint for joint in eyes[:1]}
    return joints


def gather_toes(body: BodyModel, rest: RestBody) -> RestBody:
    """The body with all toes hanging on the joint that has the role of the toes, which programs turn alone."""
    parents = list(rest.parents)
    for side in SIDES:
        ankle, toe = body.roles[f"{side}_ankle"], body.roles[f"{side}_toe"]
        parents = [toe if parent == ankle and joint > toe else parent for joint, parent in enumerate(parents)]
    return replace(rest, parents=tuple(parents))


def _spine_joint(body: BodyModel, rest: RestBody) -> int:
    """The lowest joint of the spine that is above the hips: programs take no bone without a length."""
    path = joint_path(body, "pelvis", "spine_2")[1:-1]
    hips = rest.joints[body.roles["pelvis"]]
    above = [joint for joint in path if float((rest.joints[joint] - hips).norm()) > _LEAST_M]
    return above[0] if above else body.roles["spine_1"]
