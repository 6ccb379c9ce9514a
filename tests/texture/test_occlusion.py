"""Laws of the occlusion outlines."""

import torch

from bodydouble.geometry.camera import clip_from_world, photo_camera
from bodydouble.raster import rasteriser
from bodydouble.raster.shade import interpolate
from bodydouble.texture.occlusion import occlusion_outline, part_colours
from bodydouble.values import Pose


def test_an_outline_within_the_silhouette_is_found_and_the_silhouettes_own_is_not():
    parts = torch.zeros(3, 80, 80)
    parts[0, 10:70, 10:70] = 0.9
    parts[:, 30:50, 30:50] = torch.tensor([0.0, 0.9, 0.2])[:, None, None]
    outline = occlusion_outline(parts, parts.amax(0) > 0)
    assert outline[40, 28:32].all() and outline[29, 40]
    assert not outline[40, 5:20].any() and not outline[38:42, 38:42].any()


def test_colours_that_change_smoothly_leave_no_outline():
    ramp = torch.linspace(0.2, 0.9, 80).expand(3, 80, 80).clone()
    assert not occlusion_outline(ramp, torch.ones(80, 80, dtype=torch.bool)).any()


def test_an_arm_that_hangs_before_the_torso_is_outlined(anny):
    rest = anny.rest(anny.mean_shape())
    colours = part_colours(rest.skin_weights, anny)
    assert colours.min() >= 0 and colours.max() <= 1

    def outlined(bend):
        joints = torch.zeros(len(anny.joint_names), 3)
        joints[anny.roles["left_shoulder"]] = bend
        place = torch.tensor([0.0, -0.85, -3.0])
        pose = Pose(
            joints=joints,
            root_rotation=torch.zeros(3),
            root_translation=place,
            expression=torch.zeros(len(anny.expression_names)),
        )
        mesh = anny.pose(rest, pose)
        camera = photo_camera(800.0, (540, 400))
        fragments = rasteriser()(clip_from_world(mesh.vertices, camera)[None], mesh.faces, camera.size)
        outline = occlusion_outline(interpolate(fragments, mesh.faces, colours)[0], fragments.face[0] >= 0)
        return outline[100:300, 150:250].sum()

    assert outlined(torch.tensor([0.0, 0.0, -0.8])) > 500
    assert outlined(torch.zeros(3)) < 50
