"""Hands whose fingers nobody saw: half closed, as they hang, and not spread as in a body model's rest pose."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body import BodyModel
from bodydouble.body.joints import FINGERS
from bodydouble.values import LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS, Person, RestBody

# Degrees by which each joint of a finger closes beyond the rest pose, set by eye: the little finger most.
_CLOSED: dict[str, tuple[float, float, float]] = {
    "thumb": (3, 8, 8),
    "index": (10, 16, 8),
    "middle": (16, 18, 10),
    "ring": (20, 20, 12),
    "pinky": (22, 20, 12),
}
_ACROSS_M = 0.02  # metres before the ring finger's knuckle: where the thumb closes to


def resting_fingers(person: Person, rest: RestBody, body: BodyModel) -> Tensor:
    """J×3, radians, axis-angle: fingers half closed on hands that the detector did not find; 0 for all other joints."""
    joints = torch.zeros(len(body.joint_names), 3)
    for side, sign, rows in (("left", 1.0, LEFT_HAND_LANDMARKS), ("right", -1.0, RIGHT_HAND_LANDMARKS)):
        if float(person.landmarks[rows, 2].max()) > 0:
            continue
        place = {name: rest.joints[body.roles[f"{side}_{name}"]].detach() for name in _names()}
        palm = sign * torch.linalg.cross(place["pinky_1"] - place["wrist"], place["index_1"] - place["wrist"])
        palm = normalize(palm, dim=0)
        for finger, degrees in _CLOSED.items():
            for number, angle in enumerate(degrees, start=1):
                bone = place[f"{finger}_{min(number + 1, 3)}"] - place[f"{finger}_{min(number, 2)}"]
                goal = place["ring_1"] + _ACROSS_M * palm - place[f"thumb_{number}"] if finger == "thumb" else palm
                axis = normalize(torch.linalg.cross(bone, goal), dim=0)
                joints[body.roles[f"{side}_{finger}_{number}"]] = torch.deg2rad(torch.tensor(angle)) * axis
    return joints


def _names() -> list[str]:
    return ["wrist", *(f"{finger}_{number}" for finger in FINGERS for number in (1, 2, 3))]
