"""What `create` and `digitize` make stands in a world of its own; a target's camera is carried there."""

from dataclasses import replace

import torch

from bodydouble.body.skinning import dress_rest
from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle
from bodydouble.values import PosedSurface, Texture
from tests.tiny import front_shot
from workshop.evaluation.cases import Case
from workshop.evaluation.methods import TargetView
from workshop.evaluation.methods.painted import build_double
from workshop.evaluation.methods.products import Product
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
