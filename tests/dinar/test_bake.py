"""Baking puts what the renderer changes into the texture: nothing if it changes nothing, and then all of it."""

from dataclasses import replace

import pytest
import torch

from bodydouble.dinar.bake import _VIEWS, bake_texture
from bodydouble.dinar.renderer import Rendering
from bodydouble.dinar.view import NeuralLook, render_neural
from bodydouble.render.framing import framing_camera
from bodydouble.render.image import render_mesh
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Texture
from tests.tiny import tiny_networks


@pytest.fixture(scope="module")
def mesh(anny, fit):
    still = replace(fit.pose, joints=torch.zeros_like(fit.pose.joints), root_rotation=torch.zeros(3))
    return anny.pose(anny.rest(fit.shape), still)


@pytest.fixture(scope="module")
def texture():
    generator = torch.Generator().manual_seed(1)
    rgb = 0.3 + 0.4 * torch.rand(3, 512, 512, generator=generator)
    return Texture(rgb=rgb, confidence=torch.ones(512, 512), neural=torch.rand(21, 32, 32, generator=generator))


def test_what_changes_nothing_leaves_the_texture(mesh, anny, texture, monkeypatch):
    monkeypatch.setattr("bodydouble.dinar.bake._VIEWS", [(0.0, 0.0), (180.0, 30.0)])
    look = NeuralLook.of(tiny_networks(residual=0).renderer, texture)
    baked = bake_texture(mesh, anny.layout, look, texture)
    assert (baked.rgb - texture.rgb).abs().max() < 0.01  # it may compute in bfloat16
    assert baked.neural is None and torch.equal(baked.confidence, texture.confidence)


def test_a_change_of_colour_arrives_everywhere_and_detail_stays(mesh, anny, texture, monkeypatch):
    """The renderer adds 0.2 of red: so does the baked texture, on all of the surface that can be seen."""
    look = NeuralLook.of(tiny_networks(residual=0).renderer, texture)
    tint = torch.tensor([0.2, 0.0, -0.1])[:, None, None]
    drawn = look.renderer.draw

    def tinted(*inputs):
        rgb, mask = drawn(*inputs)
        return Rendering(rgb + tint, mask)

    monkeypatch.setattr(look.renderer, "draw", tinted)
    monkeypatch.setattr("bodydouble.dinar.bake._VIEWS", _VIEWS[::2])
    baked = bake_texture(mesh, anny.layout, look, texture)
    covered = texel_map(anny.layout, 512).face[0] >= 0
    change = (baked.rgb - texture.rgb)[:, covered]
    arrived = (change - tint[:, 0]).abs().amax(0) < 0.02
    assert arrived.float().mean() > 0.85, arrived.float().mean()
    camera = framing_camera(mesh.vertices, (200, 120), azimuth=150)
    plain, wanted = render_mesh(mesh, anny.layout, baked.rgb, camera), render_neural(mesh, anny.layout, look, camera)
    solid = plain[3] == 1
    assert (plain - wanted)[:3, solid].abs().mean() < 0.01
