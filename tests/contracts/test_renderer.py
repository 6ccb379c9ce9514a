"""What every renderer promises: straight alpha, nothing where there is nothing, and a texture for other viewers."""

from dataclasses import replace

import pytest
import torch

from bodydouble.dinar.bake import _VIEWS
from bodydouble.errors import InputError
from bodydouble.render import RENDERERS, renderer
from bodydouble.render.framing import framing_camera
from bodydouble.values import Texture
from tests.tiny import tiny_networks

SIZE = (120, 300)  # wide: beside the body and its hair there is nothing
NEEDS = {"dinar": lambda: {"weights": tiny_networks()}}  # built by its name alone it says what it lacks when it draws


@pytest.fixture(scope="module", params=sorted(RENDERERS))
def draw(request):
    return renderer(request.param, **NEEDS.get(request.param, dict)())


@pytest.fixture(scope="module")
def mesh(anny, fit):
    return anny.pose(anny.rest(fit.shape), fit.pose)


@pytest.fixture(scope="module")
def camera(mesh):
    return framing_camera(mesh.vertices, SIZE, azimuth=30)


@pytest.fixture(scope="module")
def texture():
    generator = torch.Generator().manual_seed(1)
    rgb, neural = torch.rand(3, 128, 128, generator=generator), torch.rand(21, 32, 32, generator=generator)
    seen = (torch.rand(128, 128, generator=generator) > 0.5).float()
    return Texture(rgb=rgb, confidence=seen, neural=neural)


@pytest.fixture
def few_views(monkeypatch):
    monkeypatch.setattr("bodydouble.dinar.bake._VIEWS", _VIEWS[:8:4])


def test_colours_and_alpha_are_in_range_and_nothing_has_no_colour(draw, mesh, anny, camera, texture):
    picture = draw(mesh, anny.layout, texture, camera)
    assert picture.shape == (4, *SIZE) and picture.dtype == torch.float32 and picture.isfinite().all()
    assert picture.min() >= 0 and picture.max() <= 1
    alpha = picture[3]
    assert (alpha > 0.99).float().mean() > 0.03 and (alpha == 0).float().mean() > 0.3
    assert not picture[:3, alpha == 0].any()


def test_where_nobody_is_in_sight_nothing_is_drawn(draw, mesh, anny, camera, texture):
    aside = camera.intrinsics.clone()
    aside[0, 2] += 1000
    assert not draw(mesh, anny.layout, texture, replace(camera, intrinsics=aside)).any()


def test_the_outline_is_the_mesh_s(draw, mesh, anny, camera, texture):
    """A renderer may let hair stand off, but nobody is thinner than the mesh."""
    alpha = draw(mesh, anny.layout, texture, camera)[3]
    solid = renderer("plain")(mesh, anny.layout, texture, camera)[3] == 1
    assert (alpha[solid] > 0.99).all()


def test_the_same_is_drawn_again_and_what_is_given_stays(draw, mesh, anny, camera, texture):
    before = texture.rgb.clone(), texture.neural.clone(), mesh.vertices.clone()
    state = torch.get_rng_state()
    first, again = (draw(mesh, anny.layout, texture, camera) for _ in range(2))
    assert torch.equal(first, again)
    assert torch.equal(texture.rgb, before[0]) and torch.equal(texture.neural, before[1])
    assert torch.equal(mesh.vertices, before[2]) and torch.equal(torch.get_rng_state(), state)


def test_the_texture_is_what_is_drawn(draw, mesh, anny, camera, texture):
    dark = replace(texture, rgb=0.2 * texture.rgb)
    bright, dim = (draw(mesh, anny.layout, each, camera) for each in (texture, dark))
    body = renderer("plain")(mesh, anny.layout, texture, camera)[3] == 1
    assert dim[:3, body].mean() < 0.9 * bright[:3, body].mean()


def test_no_gradient_is_kept(draw, mesh, anny, camera, texture):
    assert not draw(mesh, anny.layout, texture, camera).requires_grad


def test_what_is_baked_is_a_plain_texture_on_the_cpu(draw, mesh, anny, texture, few_views):
    baked = draw.bake(mesh, anny.layout, texture)
    assert baked.neural is None and baked.rgb.device.type == baked.confidence.device.type == "cpu"
    assert baked.rgb.shape == texture.rgb.shape and torch.equal(baked.confidence, texture.confidence)
    assert baked.rgb.isfinite().all() and baked.rgb.min() >= 0 and baked.rgb.max() <= 1


def test_drawn_plainly_the_baked_texture_is_nearer_to_what_the_renderer_draws(draw, mesh, anny, texture, few_views):
    front = framing_camera(mesh.vertices, SIZE)
    wanted = draw(mesh, anny.layout, texture, front)
    plain = renderer("plain")
    baked, unbaked = (
        plain(mesh, anny.layout, each, front) for each in (draw.bake(mesh, anny.layout, texture), texture)
    )
    solid = (wanted[3] == 1) & (unbaked[3] == 1)
    away, before = ((each - wanted)[:3, solid].abs().mean() for each in (baked, unbaked))
    assert away == before == 0 if before < 1e-6 else away < before


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_each_is_built_by_its_name_alone_and_says_what_it_lacks(name, mesh, anny, camera, texture):
    draw = renderer(name)
    if name in NEEDS:
        with pytest.raises(InputError, match="--weights"):
            draw(mesh, anny.layout, texture, camera)
    else:
        assert draw(mesh, anny.layout, texture, camera)[3].any()


def test_an_unknown_name_is_refused():
    with pytest.raises(InputError, match="known: dinar, plain"):
        renderer("oil")
