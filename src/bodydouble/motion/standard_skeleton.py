"""A plain skeleton in T-pose whose joints bear our role names, for motions that come without a skeleton of their own.

Lengths are round numbers of a 1.75 m adult in metres; y up, facing +z, the left at +x. SMPL's zero pose is such a
T-pose, and so the pose files of its family, and the motions written in `builtin.py`, turn these joints.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.motion.clip import Clip
from bodydouble.values import RestBody

# (joint, parent, position) on the middle line and on the left; the right is its mirror.
_MIDDLE = (
    ("pelvis", "", (0.0, 0.95, 0.0)),
    ("spine_1", "pelvis", (0.0, 1.06, -0.02)),
    ("spine_2", "spine_1", (0.0, 1.19, -0.02)),
    ("spine_3", "spine_2", (0.0, 1.27, -0.01)),
    ("neck", "spine_3", (0.0, 1.47, -0.02)),
    ("head", "neck", (0.0, 1.57, 0.02)),
    ("head_end", "head", (0.0, 1.75, 0.02)),
)
# (finger, metres towards the thumb, metres from the wrist to the knuckle)
_FINGERS = (("index", 0.03, 0.10), ("middle", 0.01, 0.10), ("ring", -0.01, 0.095), ("pinky", -0.03, 0.085))
_LEFT = (
    ("hip", "pelvis", (0.09, 0.88, 0.0)),
    ("knee", "hip", (0.11, 0.49, 0.0)),
    ("ankle", "knee", (0.10, 0.08, -0.01)),
    ("toe", "ankle", (0.11, 0.02, 0.11)),
    ("toe_end", "toe", (0.115, 0.02, 0.18)),
    ("clavicle", "spine_3", (0.05, 1.42, 0.0)),
    ("shoulder", "clavicle", (0.17, 1.44, -0.01)),
    ("elbow", "shoulder", (0.44, 1.44, -0.01)),
    ("wrist", "elbow", (0.70, 1.44, -0.01)),
    ("thumb_1", "wrist", (0.72, 1.43, 0.02)),
    ("thumb_2", "thumb_1", (0.75, 1.425, 0.045)),
    ("thumb_3", "thumb_2", (0.775, 1.42, 0.065)),
    ("thumb_end", "thumb_3", (0.80, 1.415, 0.08)),
    *(
        (joint, parent, (0.70 + along, 1.44, -0.01 + across))
        for finger, across, reach in _FINGERS
        for joint, parent, along in (
            (f"{finger}_1", "wrist", reach),
            (f"{finger}_2", f"{finger}_1", reach + 0.035),
            (f"{finger}_3", f"{finger}_2", reach + 0.06),
            (f"{finger}_end", f"{finger}_3", reach + 0.08),
        )
    ),
)  # fmt: skip


def _mirrored(position: tuple[float, float, float]) -> tuple[float, float, float]:
    return -position[0], position[1], position[2]


def _sided(side: str, name: str) -> str:
    return name if name in {middle[0] for middle in _MIDDLE} else f"{side}_{name}"


_JOINTS = (
    *_MIDDLE,
    *((_sided("left", joint), _sided("left", parent), position) for joint, parent, position in _LEFT),
    *((_sided("right", joint), _sided("right", parent), _mirrored(position)) for joint, parent, position in _LEFT),
)
STANDARD_JOINTS = {joint: position for joint, _, position in _JOINTS}
STANDARD_NAMES: tuple[str, ...] = tuple(joint for joint, _, _ in _JOINTS)
_PARENTS = tuple(STANDARD_NAMES.index(parent) if parent else -1 for _, parent, _ in _JOINTS)


def standard_clip(
    name: str,
    rotations: Tensor,
    root_positions: Tensor,
    frames_per_second: float,
    format_up: Literal["y", "z"] = "y",
) -> Clip:
    """A clip on the standard skeleton from (T, J, 4) local quaternions in the order of `STANDARD_NAMES`."""
    positions = torch.tensor([position for _, _, position in _JOINTS])
    offsets = positions - positions[[max(parent, 0) for parent in _PARENTS]]
    return Clip(
        name=name,
        joint_names=STANDARD_NAMES,
        parents=_PARENTS,
        offsets=offsets,
        rotations=rotations,
        translations={0: root_positions},
        frames_per_second=frames_per_second,
        neutral=True,
        format_up=format_up,
    )


def on_skeleton_of(clip: Clip, body: BodyModel, rest: RestBody) -> Clip:
    """A clip of the standard skeleton with the bones of a body whose rest pose is the T-pose its turns start from."""
    offsets = clip.offsets.clone()
    for joint, (name, parent, _) in enumerate(_JOINTS):
        if name in body.roles and parent:
            offsets[joint] = rest.joints[body.roles[name]] - rest.joints[body.roles[parent]]
    return replace(clip, offsets=offsets)
