"""The neural renderer's picture of a mesh: fine colours survive, and a part of the picture is as good as the whole."""

from dataclasses import replace

import pytest
import torch

from bodydouble.dinar import view as neural_view
from bodydouble.dinar.view import NeuralLook, render_neural
from bodydouble.render.framing import framing_camera
from bodydouble.render.image import render_mesh
from bodydouble.values import Texture
from tests.tiny import tiny_networks

SIZE = (150, 90)  # no multiple of anything


@pytest.fixture(scope="module")
def mesh(anny, fit):
    return anny.pose(anny.rest(fit.shape), fit.pose)


@pytest.fixture(scope="module")
def camera(mesh):
    return framing_camera(mesh.vertices, SIZE, azimuth=20)


@pytest.fixture(scope="module")
def texture():
    generator = torch.Generator().manual_seed(1)
    rgb, neural = torch.rand(3, 256, 256, generator=generator), torch.rand(21, 32, 32, generator=generator)
    return Texture(rgb=rgb, confidence=torch.ones(256, 256), neural=neural)


def look(texture, residual=0.3):
    return NeuralLook.of(tiny_networks(residual).renderer.float(), texture)


def test_a_renderer_that_changes_nothing_shows_the_fine_colours(mesh, anny, camera, texture):
    drawn = render_neural(mesh, anny.layout, look(texture, residual=0), camera)
    plain = render_mesh(mesh, anny.layout, texture.rgb, camera)
    solid = plain[3] == 1
    assert drawn.shape == (4, *SIZE) and solid.sum() > 500
    assert (drawn[:3] - plain[:3])[:, solid].abs().max() < 0.01  # it may compute in bfloat16
    assert (drawn[3][solid] == 1).all()


def test_the_outline_is_as_smooth_as_the_plain_one(mesh, anny, camera, texture):
    renderer = tiny_networks(0).renderer.float()
    torch.nn.init.zeros_(renderer.mask_head[-1].weight)
    torch.nn.init.constant_(renderer.mask_head[-1].bias, -30.0)  # nothing beside the body
    drawn = render_neural(mesh, anny.layout, NeuralLook.of(renderer, texture), camera)
    plain = render_mesh(mesh, anny.layout, texture.rgb, camera)
    edge = (plain[3] > 0) & (plain[3] < 1)
    assert edge.sum() > 100 and torch.allclose(drawn[3], plain[3], atol=1e-3)
    assert (drawn[:3] - plain[:3])[:, edge].abs().max() < 0.02


def test_the_neural_texture_is_seen(mesh, anny, camera, texture):
    other = replace(texture, neural=torch.zeros_like(texture.neural))
    first, second = (render_neural(mesh, anny.layout, look(each), camera) for each in (texture, other))
    assert (first - second)[:3].abs().max() > 0.02


def test_beside_the_body_the_picture_is_empty_as_far_as_hair_reaches(mesh, anny, camera, texture):
    wide = replace(camera, size=(150, 400))
    drawn = render_neural(mesh, anny.layout, look(texture), wide)
    assert not drawn[:, :, 150:].any() and drawn[3, :, :90].any()
    assert (drawn[:3] * (drawn[3] == 0) == 0).all()


def test_a_body_that_moves_by_a_coarse_pixel_is_drawn_the_same(mesh, anny, camera, texture):
    step = 2 ** (len(look(texture).renderer.config.widths) - 1)
    here = replace(camera, size=(160, 160))
    intrinsics = here.intrinsics.clone()
    intrinsics[0, 2] += step
    first, second = (
        render_neural(mesh, anny.layout, look(texture), each) for each in (here, replace(here, intrinsics=intrinsics))
    )
    assert (first[:, :, :-step] - second[:, :, step:])[:, :, 16:-16].abs().mean() < 2e-3


@pytest.mark.parametrize("shift", [-1000.0, 1000.0])
def test_nothing_in_sight(mesh, anny, camera, texture, shift):
    intrinsics = camera.intrinsics.clone()
    intrinsics[0, 2] += shift
    assert not render_neural(mesh, anny.layout, look(texture), replace(camera, intrinsics=intrinsics)).any()


def test_a_body_cut_by_the_border(mesh, anny, camera, texture):
    intrinsics = camera.intrinsics.clone()
    intrinsics[:2, 2] -= 40
    drawn = render_neural(mesh, anny.layout, look(texture), replace(camera, intrinsics=intrinsics))
    assert drawn.shape == (4, *SIZE) and drawn[3, :, 0].max() == 1


def test_the_network_is_run_on_the_part_around_the_body_only(mesh, anny, camera, texture, monkeypatch):
    sizes = []
    found = neural_view._draw
    monkeypatch.setattr(neural_view, "_draw", lambda *given: sizes.append(given[3].size) or found(*given))
    render_neural(mesh, anny.layout, look(texture), replace(camera, size=(150, 400)))
    (height, width), step = sizes[0], 4
    assert width < 200 and height % step == 0 and width % step == 0
