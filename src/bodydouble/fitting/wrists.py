"""Wrists: how far they bend, that hands which nobody saw go on straight from the forearm, and where a hand's turn lies.

Turning a hand turns the forearm, not the wrist: of the turn about the forearm's length the joint before the wrist, if
the body has one, bears half.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body import BodyModel
from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle
from bodydouble.person.landmarks import SIDES
from bodydouble.values import Person, Pose, RestBody

# Radians from rest, either way, beyond which a wrist does not go: turned about the forearm, towards palm or back, and
# aside towards thumb or little finger (textbooks: 80, 75 and 30 degrees).
_FARTHEST = torch.tensor([1.4, 1.3, 0.5])
_WALL = 0.1  # radians beyond that cost 1
_HELD = torch.tensor([0.5, 0.2, 0.15])  # radians, one sigma, of a hand that nobody saw
_POCKETED = 0.25  # of that pull stays on hands in pockets, whose wrists are bent around the pocket's rim


class WristLimits:
    """Walls at the ends of what wrists can do, and a pull to the middle on those of hands that nobody saw."""

    def __init__(self, person: Person, pocketed: Tensor, body: BodyModel, rest: RestBody) -> None:
        """`pocketed` (2,) in {0, 1}, left and right: hands in pockets (`contact.hidden_hands`)."""
        self.joints = torch.tensor([body.roles[f"{side}_wrist"] for side in SIDES])
        self.axes = torch.stack([_wrist_axes(body, rest, side) for side in SIDES])
        unseen = 1 - torch.tensor(person.found_hands()).float()
        self.held = unseen * (1 - (1 - _POCKETED) * pocketed)

    def __call__(self, joints: Tensor) -> Tensor:
        """Penalty of J×3 axis-angle joint rotations."""
        angles = (self.axes @ joints[self.joints][:, :, None])[..., 0]
        beyond = (angles.abs() - _FARTHEST).relu() / _WALL
        held = self.held[:, None] * (angles / _HELD).square()
        return beyond.square().sum() + held.sum()


def spread_wrist_turns(pose: Pose, body: BodyModel, rest: RestBody) -> Pose:
    """The same pose with half of each hand's turn about its forearm in the joint before the wrist; hands stay put."""
    joints = pose.joints.clone()
    for side in SIDES:
        elbow, wrist = (body.roles[f"{side}_{name}"] for name in ("elbow", "wrist"))
        before = body.parents[wrist]
        if before == elbow:
            continue
        axis = normalize(rest.joints[wrist] - rest.joints[before], dim=0)
        half = matrix_from_axis_angle(0.5 * (joints[wrist] @ axis) * axis)
        joints[before] = axis_angle_from_matrix(matrix_from_axis_angle(joints[before]) @ half)
        joints[wrist] = axis_angle_from_matrix(half.T @ matrix_from_axis_angle(joints[wrist]))
    return replace(pose, joints=joints)


def _wrist_axes(body: BodyModel, rest: RestBody, side: str) -> Tensor:
    """3×3, rows in the rest frame: along the forearm, across the palm, and out of it."""
    elbow, wrist, index, pinky = (
        rest.joints[body.roles[f"{side}_{name}"]].detach() for name in ("elbow", "wrist", "index_1", "pinky_1")
    )
    along = normalize(wrist - elbow, dim=0)
    across = index - pinky
    across = normalize(across - (across @ along) * along, dim=0)
    return torch.stack([along, across, torch.linalg.cross(along, across)])
