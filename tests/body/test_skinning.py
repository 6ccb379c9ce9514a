import torch

from bodydouble.body.skinning import apply_clothing, joint_transforms, skin, subtree_weight
from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.values import Clothing, Pose


def _pose(anny, **joints):
    rotations = torch.zeros(len(anny.joint_names), 3)
    for role, turn in joints.items():
        rotations[anny.roles[role]] = torch.tensor(turn)
    return Pose(
        joints=rotations,
        root_rotation=torch.zeros(3),
        root_translation=torch.zeros(3),
        expression=torch.zeros(len(anny.expression_names)),
    )


def test_levels_agree_with_joint_by_joint_kinematics(anny):
    rest = anny.rest(anny.mean_shape())
    generator = torch.Generator().manual_seed(0)
    pose = Pose(
        joints=0.5 * torch.randn(len(anny.joint_names), 3, generator=generator),
        root_rotation=torch.tensor([0.1, 0.7, -0.2]),
        root_translation=torch.tensor([0.3, 0.1, -2.0]),
        expression=torch.zeros(len(anny.expression_names)),
    )
    rotations = [matrix_from_axis_angle(pose.root_rotation)]
    positions = [rest.joints[0] + pose.root_translation]
    for joint, parent in enumerate(rest.parents[1:], start=1):
        rotations.append(rotations[parent] @ matrix_from_axis_angle(pose.joints[joint]))
        positions.append(positions[parent] + rotations[parent] @ (rest.joints[joint] - rest.joints[parent]))
    got_rotations, got_positions = joint_transforms(rest, pose)
    assert torch.allclose(got_rotations, torch.stack(rotations), atol=1e-5)
    assert torch.allclose(got_positions, torch.stack(positions), atol=1e-5)


def test_a_bent_knee_moves_the_foot_back_and_nothing_above_the_hip(anny):
    rest = anny.rest(anny.mean_shape())
    moved = skin(rest, _pose(anny, left_knee=(0.8, 0.0, 0.0))) - rest.vertices
    foot = subtree_weight(rest, anny.roles["left_ankle"]) > 0.9
    assert (moved[foot, 2] < -0.1).all()
    above = subtree_weight(rest, anny.roles["left_hip"]) == 0
    assert moved[above].abs().max() < 1e-5


def test_batched_poses_skin_like_single_ones(anny):
    rest = anny.rest(anny.mean_shape())
    one, two = _pose(anny, left_elbow=(0.0, 0.4, 0.0)), _pose(anny, head=(0.2, 0.3, 0.0))
    both = Pose(**{name: torch.stack([getattr(one, name), getattr(two, name)]) for name in vars(one)})
    assert torch.allclose(skin(rest, both)[1], skin(rest, two), atol=1e-6)


def test_shared_legs_follow_both(anny):
    rest = anny.rest(anny.mean_shape())
    count = len(rest.vertices)
    skirted = Clothing(offsets=torch.zeros(count, 3), leg_blend=torch.ones(count))
    shared = apply_clothing(rest, skirted, anny.mirror_joints)
    assert torch.allclose(shared.skin_weights.sum(1), torch.ones(count), atol=1e-5)
    left = subtree_weight(shared, anny.roles["left_hip"])
    assert torch.allclose(left, subtree_weight(shared, anny.roles["right_hip"]), atol=1e-5)
