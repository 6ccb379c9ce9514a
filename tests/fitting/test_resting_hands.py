"""Fingers of hands that nobody saw are half closed; others are left alone."""

import torch

from bodydouble.body.skinning import joint_transforms
from bodydouble.fitting.resting_hands import resting_fingers
from bodydouble.values import Person, Pose


def test_unseen_fingers_close_towards_the_palm(anny):
    landmarks = torch.zeros(543, 3)
    landmarks[54:75, 2] = 1.0  # the right hand was found
    person = Person(mask=torch.ones(4, 4), landmarks=landmarks, landmarks_world=torch.full((543, 3), torch.nan))
    rest = anny.rest(anny.mean_shape())
    joints = resting_fingers(person, rest, anny)
    fingers = [anny.roles[f"left_{finger}_{n}"] for finger in ("index", "middle", "ring", "pinky") for n in (1, 2, 3)]
    moved = joints.norm(dim=1).nonzero()[:, 0].tolist()
    assert set(fingers) <= set(moved)
    assert all(anny.joint_names[joint].endswith(".L") for joint in moved)
    zero = torch.zeros(3)
    pose = Pose(joints=joints, root_rotation=zero, root_translation=zero, expression=torch.zeros(0))
    places = joint_transforms(rest, pose)[1]
    wrist = rest.joints[anny.roles["left_wrist"]]
    for finger in ("index", "middle", "ring", "pinky"):
        tip = anny.roles[f"left_{finger}_3"]
        assert float((places[tip] - wrist).norm()) < float((rest.joints[tip] - wrist).norm()), finger
