"""Small networks with random weights that do something, and a photo of the body to use them on."""

from __future__ import annotations

import torch

from bodydouble.body import BodyModel
from bodydouble.body.skinning import apply_clothing
from bodydouble.dinar.networks import Networks, new_networks
from bodydouble.geometry.camera import photo_camera
from bodydouble.render.image import render_mesh
from bodydouble.texture.multi_view import FittedView
from bodydouble.values import BodyFit, Clothing, Person, Photo, Pose

BACKGROUND = (0.2, 0.5, 0.9)


def tiny_networks(residual: float = 0.3) -> Networks:
    """For use; the renderer's residual and the denoiser's output, which start at zero, do not."""
    with torch.random.fork_rng():
        torch.manual_seed(4)
        networks = new_networks("tiny")
        torch.nn.init.normal_(networks.renderer.rgb_head[-1].weight, std=residual)
        torch.nn.init.normal_(networks.denoiser.conv_out.weight, std=0.1)
        torch.nn.init.normal_(networks.vqgan.codebook.weight)
    for module in networks.modules().values():
        module.eval().requires_grad_(False)
    return networks


def front_shot(anny: BodyModel, yaw: float = 0.2) -> FittedView:
    """The mean body, 3 m away in a photo of 270×200 pixels, in vertical stripes."""
    pose = Pose(
        joints=torch.zeros(len(anny.joint_names), 3),
        root_rotation=torch.tensor([0.0, yaw, 0.0]),
        root_translation=torch.tensor([0.0, -0.85, -3.0]),
        expression=torch.zeros(len(anny.expression_names)),
    )
    still = torch.zeros(int(anny.faces.max()) + 1, 3)
    clothing = Clothing(offsets=still, leg_blend=still[:, 0])
    fit = BodyFit(shape=anny.mean_shape(), pose=pose, camera=photo_camera(400.0, (270, 200)), clothing=clothing)
    mesh = anny.pose(apply_clothing(anny.rest(fit.shape), clothing, anny.mirror_joints), pose)
    stripes = 0.5 + 0.3 * torch.sin(torch.arange(256) / 6).expand(256, -1)
    drawn = render_mesh(mesh, anny.layout, torch.stack([stripes, 1 - stripes, stripes.T]), fit.camera)
    rgb = drawn[:3] * drawn[3] + torch.tensor(BACKGROUND)[:, None, None] * (1 - drawn[3])
    person = Person(mask=drawn[3], landmarks=torch.zeros(543, 3), landmarks_world=torch.zeros(543, 3))
    return FittedView(photo=Photo(rgb=rgb), person=person, fit=fit)
