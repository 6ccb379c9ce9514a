"""Arms that the photo hides: a forearm that the trunk hides lies behind it, and a hand that is raised is seen.

The detector's forearms reach forward, hidden ones, too: it has no idea of depth where it sees nothing. How it scores a
wrist tells whether that is seen at all.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.parsing.at_photo import labels_at
from bodydouble.parsing.labels import CLOTH
from bodydouble.person.landmarks import SIDES, arm_points, side_point
from bodydouble.values import LANDMARK_COUNT, Person, Understanding

# Scores below which wrist and elbow are hidden. On 70 photographs the three arms below both that cloth covers were
# behind the trunk; hands in pockets have 0.4 and more.
_WRIST, _ELBOW = 0.25, 0.4
_RAISED = 0.75  # share of a raised hand's points on cloth, from which on it is a collar or a hood, and no hand
_BACK = 0.3  # sine of the angle to the picture by which a hidden forearm points away from the camera, at least


def arms_behind(person: Person, understanding: Understanding | None) -> Tensor:
    """(2,) in {0, 1}, left and right: 1 where the trunk hides the forearm.

    Its elbow and wrist have low scores, and the photo shows cloth in the wrist's place and no hand.
    """
    behind = torch.zeros(2)
    for side, (name, found) in enumerate(zip(SIDES, person.found_hands(), strict=True)):
        elbow, wrist = (person.landmarks[side_point(name, joint)] for joint in ("elbow", "wrist"))
        if understanding is not None and not found and float(wrist[2]) < _WRIST and float(elbow[2]) < _ELBOW:
            behind[side] = int(labels_at(understanding, wrist[None, 0], wrist[None, 1])[0]) in CLOTH
    return behind


def forget_false_arms(person: Person, understanding: Understanding | None) -> Person:
    """The person without arms that lead up to no hand: their points have no place and no score.

    A hood's flap beside the chin looked like a raised arm in all views. Above the shoulders hands are bare or gloved,
    and are found; where none is and the photo shows cloth, the arm is elsewhere.
    """
    if understanding is None:
        return person
    landmarks = person.landmarks.clone()
    for name, found in zip(SIDES, person.found_hands(), strict=True):
        elbow, *rows = arm_points(name)
        x, y, _ = landmarks[rows].unbind(1)
        raised = bool((y < landmarks[side_point(name, "shoulder"), 1]).all())
        cloth = torch.isin(labels_at(understanding, x, y), torch.tensor(CLOTH, dtype=torch.uint8))
        if raised and not found and float(cloth.float().mean()) >= _RAISED:
            landmarks[[elbow, *rows]] = torch.tensor([-1.0, -1.0, 0.0])
    return replace(person, landmarks=landmarks)


def turn_behind(person: Person, behind: Tensor) -> Person:
    """The person with the forearms of `behind` (`arms_behind`) pointing away from the camera; pixels stay."""
    metres = person.landmarks_world.clone()
    for side, name in enumerate(SIDES):
        if behind[side]:
            elbow, *rows = arm_points(name)
            metres[rows] = metres[elbow] + _turned_away(metres[rows] - metres[elbow])
    return replace(person, landmarks_world=metres)


def behind_rows(behind: Tensor) -> Tensor:
    """(543,), bool: landmarks of the arms of `behind`, whose place in metres is told from their being hidden."""
    rows = torch.zeros(LANDMARK_COUNT, dtype=torch.bool)
    for side, name in enumerate(SIDES):
        rows[arm_points(name)] = bool(behind[side])
    return rows


def _turned_away(offsets: Tensor) -> Tensor:
    """Offsets N×3, camera axes, with the same length and direction in the picture, pointing away from the camera."""
    lengths = offsets.norm(dim=1, keepdim=True)
    away = offsets[:, 2:].abs().maximum(_BACK * lengths)
    level = torch.nn.functional.normalize(offsets[:, :2], dim=1)
    return torch.cat([level * (lengths.square() - away.square()).clamp_min(0).sqrt(), away], 1)
