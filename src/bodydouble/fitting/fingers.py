"""Fingers: half closed and side by side, as they hang, and bent as far as the detector sees it where it sees a hand.

A body model's fingers are stiff and spread at rest, and points in the picture hardly tell how fingers bend: fitted to
these they stayed straight and fanned out. How far a joint bends is an angle between two bones, which the detector's
points in metres tell whatever way the hand is turned.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body import BodyModel
from bodydouble.body.joints import FINGERS
from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle
from bodydouble.values import LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS, Person, RestBody

# Degrees by which each joint of a finger closes beyond the rest pose, set by eye: the little finger most.
_CLOSED: dict[str, tuple[float, float, float]] = {
    "thumb": (20.0, 8.0, 10.0),
    "index": (8.0, 20.0, 12.0),
    "middle": (13.0, 25.0, 14.0),
    "ring": (18.0, 28.0, 16.0),
    "pinky": (22.0, 28.0, 16.0),
}
_TOGETHER = 0.8  # share of the angle between a finger and the middle one that is closed
_BESIDE_M = 0.02  # metres before the index finger's second joint: where the thumb closes to
# Degrees beyond which no finger bends, from palm to tip, and the share of what the detector sees, the rest being that
# of a hanging hand: its angles in pictures of one grip scatter by 15 degrees.
_MOST = torch.tensor([80.0, 95.0, 60.0])
_BELIEVED = 0.7
_SCORES = (0.8, 0.95)  # of a hand: nothing of it is believed below the first, as much as that from the second on


def finger_pose(person: Person, rest: RestBody, body: BodyModel) -> Tensor:
    """J×3, radians, axis-angle: fingers as they are seen or, on hands that nobody sees, hang; 0 for other joints."""
    joints = torch.zeros(len(body.joint_names), 3)
    for side, sign, rows in (("left", 1.0, LEFT_HAND_LANDMARKS), ("right", -1.0, RIGHT_HAND_LANDMARKS)):
        place = {name: rest.joints[body.roles[f"{side}_{name}"]].detach() for name in _names()}
        palm = sign * torch.linalg.cross(place["pinky_1"] - place["wrist"], place["index_1"] - place["wrist"])
        palm = normalize(palm, dim=0)
        closed = _closing_angles(person, rest, body, rows)
        for finger, angles in zip(FINGERS, closed, strict=True):
            together = _bring_together(place, palm, finger)
            for number, angle in enumerate(torch.deg2rad(angles), start=1):
                bone = place[f"{finger}_{min(number + 1, 3)}"] - place[f"{finger}_{min(number, 2)}"]
                thumb = place["index_2"] + _BESIDE_M * palm - place[f"thumb_{number}"]
                aside = together if number == 1 else torch.eye(3)
                axis = normalize(torch.linalg.cross(aside @ bone, thumb if finger == "thumb" else palm), dim=0)
                turn = matrix_from_axis_angle(angle * axis) @ aside
                joints[body.roles[f"{side}_{finger}_{number}"]] = axis_angle_from_matrix(turn)
    return joints


def _closing_angles(person: Person, rest: RestBody, body: BodyModel, rows: slice) -> Tensor:
    """5×3, degrees by which the joints of a hand's fingers close beyond the rest pose; `rows` of its landmarks."""
    hanging = torch.tensor([_CLOSED[finger] for finger in FINGERS])
    metres = person.landmarks_world[rows]
    if not bool(metres.isfinite().all()):
        return hanging
    low, high = _SCORES
    believed = _BELIEVED * ((float(person.landmarks[rows, 2].max()) - low) / (high - low))
    at_rest = _bends(body.landmarks.points(rest.vertices.detach())[rows])
    seen = torch.minimum(_bends(metres), _MOST) - at_rest
    seen[0] = hanging[0]  # the thumb's first joint turns about two axes: its angles tell little
    return torch.lerp(hanging, seen, min(max(believed, 0.0), _BELIEVED))


def _bends(points: Tensor) -> Tensor:
    """5×3, degrees between a bone and the one before it, of 21×3 points of a hand."""
    wrist = points[:1].expand(len(FINGERS), 1, -1)
    bones = torch.cat([wrist, points[1:].unflatten(0, (len(FINGERS), -1))], 1).diff(dim=1)
    cosine = torch.nn.functional.cosine_similarity(bones[:, :-1], bones[:, 1:], dim=-1)
    return torch.rad2deg(torch.acos(cosine.clamp(-1, 1)))


def _bring_together(place: dict[str, Tensor], palm: Tensor, finger: str) -> Tensor:
    """3×3: the turn about the palm's normal that brings a finger to the middle one's side; none for the thumb."""
    if finger == "thumb":
        return torch.eye(3)
    bone, middle = (place[f"{name}_2"] - place[f"{name}_1"] for name in (finger, "middle"))
    bone, middle = (each - (each @ palm) * palm for each in (bone, middle))
    angle = torch.atan2(torch.linalg.cross(bone, middle) @ palm, bone @ middle)
    return matrix_from_axis_angle(_TOGETHER * angle * palm)


def _names() -> list[str]:
    return ["wrist", *(f"{finger}_{number}" for finger in FINGERS for number in (1, 2, 3))]
