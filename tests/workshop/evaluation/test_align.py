"""Similarities are found exactly, and a camera carried by one sees the same pixels."""

from dataclasses import replace

import torch

from bodydouble.body.skinning import joint_transforms
from bodydouble.geometry.camera import orbit_camera, project
from bodydouble.geometry.rotation import matrix_from_axis_angle
from tests.tiny import front_shot
from workshop.evaluation.align import Similarity, carried, large_joints, procrustes, through_photo, vertex_areas

KNOWN = Similarity(
    scale=1.3,
    rotation=matrix_from_axis_angle(torch.tensor([0.4, -1.1, 0.3])),
    translation=torch.tensor([0.2, -0.5, 1.0]),
)


def _points(seed: int = 0) -> torch.Tensor:
    return torch.randn(40, 3, generator=torch.Generator().manual_seed(seed))


def test_a_known_similarity_is_found() -> None:
    source = _points()
    found = procrustes(source, KNOWN(source))
    assert abs(found.scale - KNOWN.scale) < 1e-5
    assert torch.allclose(found.rotation, KNOWN.rotation, atol=1e-5)
    assert torch.allclose(found.translation, KNOWN.translation, atol=1e-5)


def test_a_mirror_image_is_not_taken_for_a_rotation() -> None:
    source = _points()
    found = procrustes(source, source * torch.tensor([-1.0, 1.0, 1.0]))
    assert torch.linalg.det(found.rotation) > 0.99


def test_points_without_weight_do_not_count() -> None:
    source = _points()
    target = KNOWN(source)
    target[:5] += 3
    weights = torch.ones(40)
    weights[:5] = 0
    assert torch.allclose(procrustes(source, target, weights)(source)[5:], target[5:], atol=1e-4)
    assert not torch.allclose(procrustes(source, target)(source)[5:], target[5:], atol=1e-2)


def test_a_carried_camera_sees_the_same_pixels() -> None:
    source = _points()
    camera = orbit_camera(30, 10, torch.zeros(3), 8.0, 500.0, (300, 400))
    moved = carried(camera, KNOWN)
    assert torch.allclose(project(source, moved)[:, :2], project(KNOWN(source), camera)[:, :2], atol=1e-2)
    rotation = moved.camera_from_world[:3, :3]
    assert torch.allclose(rotation @ rotation.T, torch.eye(3), atol=1e-5)


def test_two_cameras_of_one_photo_tell_the_similarity() -> None:
    source = _points()
    camera = orbit_camera(30, 10, torch.zeros(3), 30.0, 1500.0, (300, 400))
    found = through_photo(source, carried(camera, KNOWN), KNOWN(source), camera)
    assert abs(found.scale - KNOWN.scale) < 0.01
    assert torch.allclose(found(source), KNOWN(source), atol=0.05)


def test_areas_sum_to_the_surface() -> None:
    vertices = torch.tensor([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    areas = vertex_areas(vertices, torch.tensor([[0, 1, 2], [0, 2, 3]]))
    assert torch.allclose(areas, torch.tensor([1 / 3, 1 / 6, 1 / 3, 1 / 6]))


def test_feet_and_hands_that_are_turned_do_not_move_a_body(anny) -> None:
    shot = front_shot(anny, yaw=0.3)
    rest, pose = anny.rest(shot.fit.shape), shot.fit.pose
    turned = pose.joints.clone()
    for end in ("left_ankle", "right_ankle", "right_wrist"):
        turned[anny.roles[end]] += torch.tensor([0.7, 0.2, 0.0])
    before, after = (joint_transforms(rest, one)[1] for one in (pose, replace(pose, joints=turned)))
    large = large_joints(anny, rest)
    found = procrustes(after[large], before[large])
    assert abs(found.scale - 1) < 1e-5 and float(found.translation.norm()) < 1e-4
    assert abs(procrustes(after, before).scale - 1) > 2e-3, "by all joints they do"
