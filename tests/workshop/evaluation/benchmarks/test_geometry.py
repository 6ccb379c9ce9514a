"""What the benchmark of geometry calls a distance and an error of normals."""

import pytest
import torch
import trimesh

from bodydouble.values import Mesh
from workshop.evaluation.benchmarks.geometry import compare_meshes, keep_seen, spread_points


def ball(radius_m: float, beside_m: float = 0.0) -> Mesh:
    solid = trimesh.creation.icosphere(4, radius_m)
    vertices = torch.tensor(solid.vertices).float() + torch.tensor([beside_m, 0, 0])
    return Mesh(vertices=vertices, faces=torch.tensor(solid.faces))


def test_a_mesh_is_where_it_is():
    chamfer, forth, back, degrees = compare_meshes(ball(0.5), ball(0.5))
    assert max(chamfer, forth, back) < 1e-3 and degrees < 1


def test_a_larger_ball_is_as_far_all_around():
    chamfer, forth, back, degrees = compare_meshes(ball(0.51), ball(0.5))
    assert forth == pytest.approx(10, abs=0.2) and back == pytest.approx(10, abs=0.2)
    assert chamfer == pytest.approx((forth + back) / 2) and degrees < 3


def test_what_the_true_one_has_not_is_far_from_it_alone():
    both = [ball(0.1), ball(0.1, 1.0)]
    more = Mesh(
        vertices=torch.cat([mesh.vertices for mesh in both]),
        faces=torch.cat([both[0].faces, both[1].faces + len(both[0].vertices)]),
    )
    _, forth, back, _ = compare_meshes(more, ball(0.1))
    assert forth < 1e-3 and 350 < back < 550, "half the points, a metre away"


def test_what_nobody_sees_does_not_count():
    both = [ball(0.5), ball(0.2)]
    hollow = Mesh(
        vertices=torch.cat([mesh.vertices for mesh in both]),
        faces=torch.cat([both[0].faces, both[1].faces.flip(1) + len(both[0].vertices)]),
    )
    assert len(keep_seen(both[0]).faces) > 0.98 * len(both[0].faces)
    assert int(keep_seen(hollow).faces.max()) < len(both[0].vertices)


def test_a_flat_side_that_should_be_round_has_the_wrong_normals():
    box = trimesh.creation.box((1, 1, 1)).subdivide_to_size(0.05)
    cube = Mesh(vertices=torch.tensor(box.vertices).float(), faces=torch.tensor(box.faces))
    assert 15 < compare_meshes(cube, ball(0.5))[3] < 35


def test_points_lie_evenly():
    points, normals = spread_points(ball(1.0), 4000)
    assert abs(points.mean(0)).max() < 0.05
    assert (points * normals).sum(1).min() > 0.98, "a sphere's normals lead outwards"
