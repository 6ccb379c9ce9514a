"""Somebody who stands: upright, as a detector sees them; still, in a motion."""

import torch

from bodydouble.person.landmarks import BodyPoint
from bodydouble.values import LANDMARK_COUNT, Motion, Person, Pose

SCALE = 180.0  # pixels of a metre
# Metres to the picture's right of the middle, and down from its top, of the person's left side; the rest is the head.
LEFT = {
    "SHOULDER": (0.18, 0.5), "ELBOW": (0.25, 0.8), "WRIST": (0.28, 1.05), "HIP": (0.1, 1.0), "KNEE": (0.11, 1.45),
    "ANKLE": (0.12, 1.9), "HEEL": (0.12, 1.95), "FOOT_INDEX": (0.15, 2.0),
}  # fmt: skip


def stand_upright(mask: torch.Tensor) -> Person:
    """In the middle of a mask, S×S."""
    landmarks, world = torch.zeros(LANDMARK_COUNT, 3), torch.zeros(LANDMARK_COUNT, 3)
    for point in BodyPoint:
        x, y = LEFT.get(point.name.removeprefix("LEFT_").removeprefix("RIGHT_"), (0.0, 0.3))
        world[point, :2] = torch.tensor([-x if point.name.startswith("RIGHT") else x, y])
        landmarks[point, :2] = world[point, :2] * SCALE + torch.tensor([mask.shape[1] / 2, 0.0])
        landmarks[point, 2] = 1
    return Person(mask=mask, landmarks=landmarks, landmarks_world=world)


def stand_still(pose: Pose) -> Motion:
    """Forty frames of one pose."""
    return Motion(
        joints=pose.joints.expand(40, -1, -1),
        root_rotation=pose.root_rotation.expand(40, -1),
        root_translation=pose.root_translation.expand(40, -1),
        frames_per_second=30.0,
    )
