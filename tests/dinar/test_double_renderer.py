"""The neural renderer of a double: which network draws it, and what it says where that is missing."""

from dataclasses import replace

import pytest
import torch

from bodydouble.dinar import double_renderer
from bodydouble.dinar.double_renderer import DinarRenderer
from bodydouble.dinar.networks import load_networks, save_networks
from bodydouble.dinar.view import NeuralLook, render_neural
from bodydouble.errors import InputError
from bodydouble.render.framing import framing_camera
from bodydouble.values import PosedSurface, Texture
from tests.tiny import tiny_networks


@pytest.fixture(scope="module")
def mesh(anny, fit):
    return anny.pose(anny.rest(fit.shape), fit.pose)


@pytest.fixture(scope="module")
def camera(mesh):
    return framing_camera(mesh.vertices, (96, 64))


@pytest.fixture(scope="module")
def texture():
    generator = torch.Generator().manual_seed(1)
    rgb, neural = torch.rand(3, 128, 128, generator=generator), torch.rand(21, 32, 32, generator=generator)
    return Texture(rgb=rgb, confidence=torch.ones(128, 128), neural=neural)


@pytest.fixture(scope="module")
def body(mesh, anny, texture):
    return PosedSurface(mesh=mesh, layout=anny.layout, texture=texture)


@pytest.fixture(scope="module")
def networks():
    return tiny_networks()


@pytest.fixture
def file(networks, tmp_path):
    path = tmp_path / "tiny.safetensors"
    save_networks(networks, path, half=False)
    return path


def painted_by(file):
    return {file.name: load_networks(file).source["sha256"]}


def test_it_draws_what_its_network_draws(body, camera, networks, file):
    look = NeuralLook.of(networks.renderer, body.texture)
    wanted = render_neural(body.mesh, body.layout, look, camera)
    assert wanted[3].max() == 1
    for weights in (networks, networks.renderer, file):
        assert torch.equal(DinarRenderer(weights)([body], camera), wanted)


def test_a_texture_is_made_ready_once_and_another_one_is_noticed(body, camera, networks, monkeypatch):
    made = []
    ready = NeuralLook.of
    monkeypatch.setattr(
        double_renderer.NeuralLook, "of", staticmethod(lambda *given: made.append(given) or ready(*given))
    )
    draw = DinarRenderer(networks)
    first, again = (draw([body], camera) for _ in range(2))
    assert len(made) == 1 and torch.equal(first, again)
    inverted = replace(body.texture, neural=1 - body.texture.neural)
    other = draw([replace(body, texture=inverted)], camera)
    assert len(made) == 2 and not torch.equal(first, other)


def test_the_file_that_painted_is_the_one_that_draws(file, networks, tmp_path):
    DinarRenderer(file, painted=painted_by(file))
    other = tmp_path / "other.safetensors"
    save_networks(networks, other)  # in half precision: another file
    with pytest.raises(InputError, match=r"me.double was painted with tiny.safetensors \(.*…\), not with .*other"):
        DinarRenderer(other, painted=painted_by(file), double_name="me.double")


def test_a_file_of_the_same_content_and_another_name_will_do(file, tmp_path):
    renamed = tmp_path / "renamed.safetensors"
    renamed.write_bytes(file.read_bytes())
    DinarRenderer(renamed, painted=painted_by(file))


def test_without_its_networks_only_drawing_fails(body, camera, file):
    lonely = DinarRenderer(painted=painted_by(file), double_name="me.double")
    for use in (lambda: lonely([body], camera), lambda: lonely.bake(body)):
        with pytest.raises(
            InputError, match="me.double was painted with tiny.safetensors; name that file with --weights"
        ):
            use()


def test_a_double_s_words_open_no_file(body, camera, file, monkeypatch):
    """A file's name in the metadata is only shown, even where it exists."""
    monkeypatch.chdir(file.parent)
    monkeypatch.setattr(double_renderer, "load_networks", lambda *_: pytest.fail("opened"))
    lonely = DinarRenderer(painted=painted_by(file))
    with pytest.raises(InputError, match="--weights"):
        lonely([body], camera)


def test_what_ships_is_found_by_its_content(monkeypatch):
    sha256 = double_renderer.SHIPPED["lite"][1]
    assert DinarRenderer(painted={"whatever.safetensors": sha256})._network is not None
    assert DinarRenderer(painted={"whatever.safetensors": "0" * 64})._network is None
