"""What every renderer promises: straight alpha, nothing where there is nothing, and a texture for other viewers."""

from dataclasses import replace

import pytest
import torch

from bodydouble.dinar.bake import _VIEWS
from bodydouble.errors import InputError
from bodydouble.geometry.camera import camera_position
from bodydouble.render import RENDERERS, renderer
from bodydouble.render.framing import framing_camera
from bodydouble.values import Mesh, PosedSurface, Texture, UvLayout
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


@pytest.fixture(scope="module")
def body(mesh, anny, texture):
    return PosedSurface(mesh=mesh, layout=anny.layout, texture=texture)


@pytest.fixture
def few_views(monkeypatch):
    monkeypatch.setattr("bodydouble.dinar.bake._VIEWS", _VIEWS[:8:4])


def test_colours_and_alpha_are_in_range_and_nothing_has_no_colour(draw, body, camera):
    picture = draw([body], camera)
    assert picture.shape == (4, *SIZE) and picture.dtype == torch.float32 and picture.isfinite().all()
    assert picture.min() >= 0 and picture.max() <= 1
    alpha = picture[3]
    assert (alpha > 0.99).float().mean() > 0.03 and (alpha == 0).float().mean() > 0.3
    assert not picture[:3, alpha == 0].any()


def test_where_nobody_is_in_sight_nothing_is_drawn(draw, body, camera):
    aside = camera.intrinsics.clone()
    aside[0, 2] += 1000
    assert not draw([body], replace(camera, intrinsics=aside)).any()


def test_the_outline_is_the_mesh_s(draw, body, camera):
    """A renderer may let hair stand off, but nobody is thinner than the mesh."""
    alpha = draw([body], camera)[3]
    solid = renderer("plain")([body], camera)[3] == 1
    assert (alpha[solid] > 0.99).all()


def test_the_same_is_drawn_again_and_what_is_given_stays(draw, body, camera):
    texture, vertices = body.texture, body.mesh.vertices
    before = texture.rgb.clone(), texture.neural.clone(), vertices.clone()
    state = torch.get_rng_state()
    first, again = (draw([body], camera) for _ in range(2))
    assert torch.equal(first, again)
    assert torch.equal(texture.rgb, before[0]) and torch.equal(texture.neural, before[1])
    assert torch.equal(vertices, before[2]) and torch.equal(torch.get_rng_state(), state)


def test_the_texture_is_what_is_drawn(draw, body, camera):
    dark = replace(body, texture=replace(body.texture, rgb=0.2 * body.texture.rgb))
    bright, dim = (draw([each], camera) for each in (body, dark))
    solid = renderer("plain")([body], camera)[3] == 1
    assert dim[:3, solid].mean() < 0.9 * bright[:3, solid].mean()


def test_what_hangs_off_the_body_is_drawn_before_and_behind_it(draw, body, camera):
    """Two red squares, as wide as the picture: the nearer hides the body, the farther is hidden by it."""
    middle = body.mesh.vertices.mean(0)
    towards = torch.nn.functional.normalize(camera_position(camera) - middle, dim=0)
    red = torch.tensor([0.9, 0.0, 0.0])[:, None, None].expand(3, 8, 8).contiguous()
    texture = Texture(rgb=red, confidence=torch.ones(8, 8))
    corners = torch.tensor([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    sideways = torch.linalg.cross(torch.tensor([0.0, 1.0, 0.0]), towards)
    layout = UvLayout(uv=corners / 2 + 0.5, faces=faces, mirrored=False)
    square = 3 * (corners[:, :1] * sideways + corners[:, 1:] * torch.tensor([0.0, 1.0, 0.0]))
    alone = draw([body], camera)
    solid = renderer("plain")([body], camera)[3] == 1
    for metres, hidden in ((1.0, True), (-1.0, False)):
        sheet = PosedSurface(
            mesh=Mesh(vertices=middle + metres * towards + square, faces=faces), layout=layout, texture=texture
        )
        picture = draw([body, sheet], camera)
        assert (picture[3] > 0.99).float().mean() > 0.95 and picture.shape == (4, *SIZE)
        is_red = (picture[:3] - red[:, :1, :1]).abs().amax(0) < 0.01
        assert (
            is_red[0, 0] and is_red[solid].float().mean() > 0.99 if hidden else not is_red[solid].float().mean() > 0.1
        )
        if not hidden:
            assert torch.allclose(picture[:3, solid], alone[:3, solid], atol=0.02)


def test_no_gradient_is_kept(draw, body, camera):
    assert not draw([body], camera).requires_grad


def test_what_is_baked_is_a_plain_texture_on_the_cpu(draw, body, few_views):
    baked, texture = draw.bake(body), body.texture
    assert baked.neural is None and baked.rgb.device.type == baked.confidence.device.type == "cpu"
    assert baked.rgb.shape == texture.rgb.shape and torch.equal(baked.confidence, texture.confidence)
    assert baked.rgb.isfinite().all() and baked.rgb.min() >= 0 and baked.rgb.max() <= 1


def test_drawn_plainly_the_baked_texture_is_nearer_to_what_the_renderer_draws(draw, body, few_views):
    front = framing_camera(body.mesh.vertices, SIZE)
    wanted = draw([body], front)
    plain = renderer("plain")
    baked, unbaked = (plain([replace(body, texture=each)], front) for each in (draw.bake(body), body.texture))
    solid = (wanted[3] == 1) & (unbaked[3] == 1)
    away, before = ((each - wanted)[:3, solid].abs().mean() for each in (baked, unbaked))
    assert away == before == 0 if before < 1e-6 else away < before


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_each_is_built_by_its_name_alone_and_says_what_it_lacks(name, body, camera):
    draw = renderer(name)
    if name in NEEDS:
        with pytest.raises(InputError, match="--weights"):
            draw([body], camera)
    else:
        assert draw([body], camera)[3].any()


def test_an_unknown_name_is_refused():
    with pytest.raises(InputError, match="known: dinar, plain"):
        renderer("oil")
