"""What `create` and `digitize` make stands in a world of its own; a target's camera is carried there."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import dress_rest
from bodydouble.create_config import CreateConfig
from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle
from bodydouble.values import PosedSurface, Texture
from tests.tiny import front_shot
from workshop.evaluation.cases import Case
from workshop.evaluation.methods import TargetView, products
from workshop.evaluation.methods.painted import build_double
from workshop.evaluation.methods.products import Product, TruePipeline, digitized
from workshop.evaluation.methods.rows import ABLATION_ROWS, method
from workshop.evaluation.truth import ComparisonWindow, Truth


def test_it_is_seen_as_the_case_s_body_is_from_a_world_that_is_turned_and_moved(anny):
    shot = front_shot(anny, yaw=0.0)
    case = Case(photo=shot.photo, person=shot.person, fit=shot.fit, body=anny, azimuth_deg=0.0)
    stripes = torch.linspace(0, 40, 64).sin().mul(0.4).add(0.5).expand(3, 64, 64)
    texture = Texture(rgb=stripes, confidence=torch.ones(64, 64))
    window = ComparisonWindow(left=0, top=0, side=1.0)
    truth = Truth(window=window, picture=shot.photo.rgb, mask=shot.person.mask, face_box=None)
    target = TargetView(camera=shot.fit.camera, pose=shot.fit.pose, azimuth_deg=0.0, truth=truth)
    rest, pose = dress_rest(shot.fit, anny), shot.fit.pose
    turn = matrix_from_axis_angle(torch.tensor([0.0, 0.7, 0.1]))
    elsewhere = replace(
        pose,
        root_rotation=axis_angle_from_matrix(turn @ matrix_from_axis_angle(pose.root_rotation)),
        root_translation=pose.root_translation + torch.tensor([0.3, 0.2, -1.0]),
    )

    def draw(own_pose):
        def pose_surfaces(pose):
            return [PosedSurface(mesh=anny.pose(rest, pose), layout=anny.layout, texture=texture)]

        return Product(case=case, rest=rest, pose=own_pose, pose_surfaces=pose_surfaces).draw(target)

    wanted = build_double(case, texture).draw(target)
    assert (draw(elsewhere) - wanted).abs().mean() < 1e-3
    bent = replace(pose, joints=pose.joints + 0.3 * (torch.arange(len(pose.joints)) == 5)[:, None])
    assert (draw(bent) - wanted).abs().mean() > 3e-3, "its own pose is drawn, not the case's"


def test_who_was_told_the_true_place_is_seen_there_whatever_its_feet_do(anny):
    shot = front_shot(anny, yaw=0.0)
    case = Case(photo=shot.photo, person=shot.person, fit=shot.fit, body=anny, azimuth_deg=0.0, true=True)
    window = ComparisonWindow(left=0, top=0, side=1.0)
    truth = Truth(window=window, picture=shot.photo.rgb, mask=shot.person.mask, face_box=None)
    rest, pose = dress_rest(shot.fit, anny), shot.fit.pose
    target = TargetView(camera=shot.fit.camera, pose=pose, azimuth_deg=0.0, truth=truth)
    mesh = anny.pose(rest, pose)
    texture = Texture(rgb=torch.full((3, 64, 64), 0.3), confidence=torch.ones(64, 64))
    joints = pose.joints.clone()
    joints[[anny.roles["left_ankle"], anny.roles["right_ankle"]]] += torch.tensor([0.6, 0.0, 0.0])

    def draw(own_pose):
        surface = PosedSurface(mesh=mesh, layout=anny.layout, texture=texture)  # the true mesh, whatever the pose
        return Product(case=case, rest=rest, pose=own_pose, pose_surfaces=lambda _: [surface]).draw(target)

    assert torch.equal(draw(pose), draw(replace(pose, joints=joints)))


def test_each_row_of_the_ablation_is_one_switch(monkeypatch):
    configs = {}
    monkeypatch.setattr(products, "make_figure", lambda case: case)
    for row in ABLATION_ROWS:

        def record(figure, config, *_, row=row):
            configs[row] = (config.back_view, config.guidance)
            raise StopIteration

        monkeypatch.setattr(products, "paint_figure", record)
        with pytest.raises(StopIteration):
            method(row)(None)
    assert configs == {
        "no back view": (False, "both"),
        "no guidance": (True, "none"),
        "normals only": (True, "normals"),
        "silhouette only": (True, "silhouette"),
    }


def test_true_geometry_is_the_true_body_and_mask(anny, monkeypatch):
    shot = front_shot(anny, yaw=0.0)
    mask = shot.person.mask.flip(1)
    person = replace(shot.person, mask=mask)
    case = Case(photo=shot.photo, person=person, fit=shot.fit, body=anny, azimuth_deg=0.0, true=True)
    monkeypatch.setattr(products, "detector", lambda name: lambda photo, box, number: shot.person)
    pipeline = TruePipeline(case, CreateConfig(body=anny))
    assert torch.equal(pipeline.detect(shot.photo).mask, mask)
    fit = pipeline.fit_first(shot.photo, person, None)
    assert fit.pose is shot.fit.pose and fit.camera is shot.fit.camera
    assert not bool(fit.clothing.offsets.any()), "clothing is estimated"


def test_the_true_mesh_is_digitised_where_it_is_known(anny, monkeypatch):
    shot = front_shot(anny, yaw=0.0)
    case = Case(photo=shot.photo, person=shot.person, fit=shot.fit, body=anny, azimuth_deg=0.0)
    meshes = []
    monkeypatch.setattr(products, "make_sitter", lambda case: None)
    monkeypatch.setattr(products, "shape_figure", lambda sitter, config, mesh: meshes.append(mesh) or mesh)
    monkeypatch.setattr(products, "paint_figure", lambda *_: None)
    for known in (None, lambda: "mesh"):
        with pytest.raises(AttributeError):
            digitized(replace(case, true_mesh=known))
    assert meshes == [None, "mesh"]
