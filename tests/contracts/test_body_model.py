"""Laws that every body model keeps."""

import math
from dataclasses import replace

import pytest
import torch

from bodydouble.body.joints import ROLES, mirrored_role
from bodydouble.body.smplx import SmplxBody
from bodydouble.values import BodyShape, Mesh, Pose
from workshop.smplx_stand_in import write_stand_in


@pytest.fixture(scope="module", params=["anny", "smplx"])
def body(request, tmp_path_factory):
    if request.param == "anny":
        return request.getfixturevalue("anny")
    return SmplxBody(write_stand_in(tmp_path_factory.mktemp("smplx") / "SMPLX_NEUTRAL.npz"))


@pytest.fixture(scope="module")
def rest(body):
    return body.rest(body.mean_shape())


def still(body):
    """The pose that changes nothing."""
    joints, expressions = len(body.joint_names), len(body.expression_names)
    return Pose(
        joints=torch.zeros(joints, 3),
        root_rotation=torch.zeros(3),
        root_translation=torch.zeros(3),
        expression=torch.zeros(expressions),
    )


def bent(body):
    joints = 0.3 * torch.randn(len(body.joint_names), 3, generator=torch.Generator().manual_seed(3))
    joints[0] = 0
    return replace(still(body), joints=joints)


def test_sizes_agree(body, rest):
    joints, vertices = len(body.joint_names), int(body.faces.max()) + 1
    assert rest.vertices.shape == (vertices, 3)
    assert rest.joints.shape == (joints, 3)
    assert rest.skin_weights.shape == (vertices, joints)
    assert rest.expressions.shape == (len(body.expression_names), vertices, 3)
    assert len(body.parents) == len(body.mirror_joints) == joints
    assert all(limit.shape == (len(body.shape_names),) for limit in body.shape_range)
    assert body.landmarks.vertices.shape == body.landmarks.weights.shape
    assert len(body.landmarks.weights) == 543


def test_identity_pose_returns_the_rest_body(body, rest):
    mesh = body.pose(rest, still(body))
    assert isinstance(mesh, Mesh)
    assert torch.allclose(mesh.vertices, rest.vertices, atol=1e-6)
    assert torch.equal(mesh.faces, body.faces)


def test_skin_weights_sum_to_one(rest):
    assert torch.allclose(rest.skin_weights.sum(1), torch.ones(len(rest.vertices)), atol=1e-5)
    assert (rest.skin_weights >= 0).all()


def test_parents_come_first(body, rest):
    assert body.parents[0] == -1
    assert all(0 <= parent < joint for joint, parent in enumerate(body.parents) if joint)
    assert rest.parents == body.parents


@pytest.mark.parametrize("where", ["mean", "low", "high"])
def test_it_stands_on_the_ground(body, where):
    lowest, highest = body.shape_range
    mean = body.mean_shape().coefficients
    ends = {"mean": mean, "low": mean + 0.2 * (lowest - mean), "high": mean + 0.2 * (highest - mean)}
    rest = body.rest(BodyShape(coefficients=ends[where]))
    assert abs(float(rest.vertices[:, 1].min())) < 1e-5
    ankles = rest.joints[[body.roles["left_ankle"], body.roles["right_ankle"]]].mean(0)
    assert abs(float(ankles[0])) < 1e-5 and abs(float(ankles[2])) < 1e-5


def test_left_is_plus_x_and_it_faces_plus_z(body, rest):
    for role in ROLES:
        if role.startswith("left_"):
            left, right = rest.joints[body.roles[role]], rest.joints[body.roles[mirrored_role(role)]]
            assert left[0] > 0 > right[0]
    assert rest.joints[body.roles["head"], 1] > rest.joints[body.roles["pelvis"], 1] > 0
    assert rest.joints[body.roles["left_toe"], 2] > rest.joints[body.roles["left_ankle"], 2]
    landmarks = body.landmarks.points(rest.vertices)
    assert landmarks[0, 2] > rest.joints[body.roles["head"], 2]  # the nose before the skull


def test_turning_the_root_turns_the_mesh_about_the_root_joint(body, rest):
    pose = bent(body)
    turned = replace(pose, root_rotation=torch.tensor([0.0, math.pi, 0.0]))
    expected = (body.pose(rest, pose).vertices - rest.joints[0]) * torch.tensor([-1.0, 1, -1]) + rest.joints[0]
    assert torch.allclose(body.pose(rest, turned).vertices, expected, atol=1e-5)


def test_translation_moves_everything(body, rest):
    pose, by = bent(body), torch.tensor([0.3, -0.2, 1.0])
    moved = body.pose(rest, replace(pose, root_translation=by)).vertices
    assert torch.allclose(moved, body.pose(rest, pose).vertices + by, atol=1e-5)


def test_an_elbow_moves_its_hand_and_not_the_other(body, rest):
    pose = still(body)
    pose.joints[body.roles["left_elbow"], 1] = 1.0
    change = (body.pose(rest, pose).vertices - rest.vertices).norm(dim=1)
    hands = [rest.skin_weights[:, body.roles[f"{side}_middle_3"]] > 0.5 for side in ("left", "right")]
    assert change[hands[0]].min() > 0.05
    assert change[hands[1]].max() < 0.02


def test_expressions_move_the_surface(body, rest):
    pose = still(body)
    pose.expression[0] = 1.0
    assert torch.allclose(body.pose(rest, pose).vertices - rest.vertices, rest.expressions[0], atol=1e-5)


def test_gradients_reach_shape_and_pose(body):
    coefficients = body.mean_shape().coefficients.clone().requires_grad_()
    pose = bent(body)
    joints = pose.joints.clone().requires_grad_()
    rest = body.rest(BodyShape(coefficients=coefficients))
    weights = torch.randn(rest.vertices.shape, generator=torch.Generator().manual_seed(1))
    (body.pose(rest, replace(pose, joints=joints)).vertices * weights).sum().backward()
    for gradient in (coefficients.grad, joints.grad[1:]):
        assert torch.isfinite(gradient).all()
        assert (gradient != 0).float().mean() > 0.5


def test_mirrored_joints(body, rest):
    mirror = body.mirror_joints
    assert [mirror[mirror[n]] for n in range(len(mirror))] == list(range(len(mirror)))
    template = rest.joints * torch.tensor([-1.0, 1, 1])
    assert (template[list(mirror)] - rest.joints).abs().max() < 0.01
    for joint, parent in enumerate(body.parents[1:], start=1):
        assert mirror[parent] == body.parents[mirror[joint]]


def test_roles_mirror_with_the_joints(body):
    assert set(body.roles) == set(ROLES)
    assert all(body.mirror_joints[body.roles[role]] == body.roles[mirrored_role(role)] for role in ROLES)


def test_the_layout_fits_the_mesh(body):
    layout = body.layout
    assert layout.faces.shape == body.faces.shape
    assert layout.faces.min() >= 0 and layout.faces.max() < len(layout.uv)
    assert layout.uv.min() >= 0 and layout.uv.max() <= 1


def test_landmark_rows_sum_to_one_or_nothing(body):
    sums = body.landmarks.weights.sum(1)
    assert (torch.isclose(sums, torch.ones(()), atol=1e-4) | (sums == 0)).all()
    assert body.landmarks.vertices.max() <= body.faces.max()
