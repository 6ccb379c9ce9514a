"""A photo whose truth is known: a textured body before a background of a glaring colour."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.geometry.camera import photo_camera
from bodydouble.raster.shade import interpolate
from bodydouble.render.image import render_mesh
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import BodyFit, Clothing, FittedView, Person, Photo, Pose

SIZE = 256  # texels a side
GLARING = (1.0, 0.0, 1.0)


@dataclass(frozen=True)
class Scene:
    view: FittedView
    truth: Tensor  # 3×SIZE×SIZE, no red or blue in it, so that the background shows


def make_scene(anny: AnnyBody, arms: float = 0.0, yaw: float = 0.3) -> Scene:
    """The body 3 m away; `arms` turns the upper arms about the viewing axis, in radians."""
    joints = torch.zeros(len(anny.joint_names), 3)
    joints[anny.roles["left_shoulder"], 2] = -arms
    joints[anny.roles["right_shoulder"], 2] = arms
    pose = Pose(
        joints=joints,
        root_rotation=torch.tensor([0.0, yaw, 0.0]),
        root_translation=torch.tensor([0.0, -0.85, -3.0]),
        expression=torch.zeros(len(anny.expression_names)),
    )
    rest = anny.rest(anny.mean_shape())
    place = interpolate(texel_map(anny.layout, SIZE), anny.faces, rest.vertices)[0]
    green = 0.5 + 0.4 * torch.sin(20 * place[0]) * torch.sin(20 * place[1])
    truth = torch.stack([0.1 * green, green, 0.1 * green])
    still = torch.zeros_like(rest.vertices)
    clothing = Clothing(offsets=still, leg_blend=still[:, 0])
    fit = BodyFit(shape=anny.mean_shape(), pose=pose, camera=photo_camera(800.0, (540, 400)), clothing=clothing)
    drawn = render_mesh(anny.pose(rest, pose), anny.layout, truth, fit.camera, supersample=2)
    colour, alpha = drawn[:3], drawn[3]
    rgb = colour * alpha + torch.tensor(GLARING)[:, None, None] * (1 - alpha)
    person = Person(mask=alpha, landmarks=torch.zeros(543, 3), landmarks_world=torch.zeros(543, 3))
    return Scene(view=FittedView(photo=Photo(rgb=rgb), person=person, fit=fit), truth=truth)


@pytest.fixture(scope="session")
def scene(anny: AnnyBody) -> Scene:
    return make_scene(anny)
