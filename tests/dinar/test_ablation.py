"""The rows of DINAR's table 2: what each leaves out, and that they differ by one step."""

from dataclasses import fields, replace

import pytest
import torch

from bodydouble.dinar.ablation import ABLATION
from bodydouble.dinar.channels import FEATURES, FILLED, RGB
from bodydouble.dinar.complete import LatentConfig
from bodydouble.dinar.inpainter import DinarInpainter
from bodydouble.dinar.neural_texture import neural_texture
from bodydouble.dinar.tune import TuneConfig
from bodydouble.dinar.view import NeuralLook, render_neural
from bodydouble.texture.multi_view import project_and_merge, refine_to_photos
from bodydouble.texture.square_view import square_view
from tests.tiny import front_shot, tiny_networks


@pytest.fixture(scope="module")
def view(anny):
    return front_shot(anny)


@pytest.fixture(scope="module")
def networks():
    return tiny_networks()


@pytest.fixture(scope="module")
def merged(view, anny):
    return project_and_merge([view], anny, 128)


def quick(config):
    tune = TuneConfig(steps=3, crop=32) if config.tune.steps else config.tune
    return replace(config, tune=tune, latent=LatentConfig(steps=2))


@pytest.mark.parametrize("name", ABLATION)
def test_each_row_leaves_out_what_it_says(name, view, anny, networks, merged):
    row = ABLATION[name]
    square = square_view(view, anny, networks.encoder.config.resolution)
    observed = neural_texture(square, networks.encoder, networks.generator, occlusion=row.dinar.occlusion)
    unfilled = observed.texture[FILLED][0] == 0
    partial = refine_to_photos(merged, [view], anny, row.refine_rounds)
    texture = DinarInpainter(weights=networks, config=quick(row.dinar)).complete_body(partial, [view], anny)
    assert bool(texture.neural[FEATURES].any()) == (name != "rgb only")
    assert bool(texture.neural[RGB].any()) == (name != "neural only")
    invented = texture.neural[RGB][:, unfilled].any()
    assert bool(invented) == name.startswith("+"), "invented colours are the diffusion model's"
    seen = merged.texture.confidence > 0
    untouched = torch.equal(texture.rgb[:, seen], merged.texture.rgb[:, seen])
    assert untouched == (name not in ("+ rgb tuning", "neural only"))
    mesh = anny.pose(anny.rest(view.fit.shape), view.fit.pose)
    picture = render_neural(mesh, anny.layout, NeuralLook.of(networks.renderer, texture), view.fit.camera)
    assert picture.shape == (4, *view.fit.camera.size) and picture[3].max() == 1


def test_the_rows_differ_by_one_step_each():
    """From "both" on each row has all of the one before it and one thing more."""
    names = list(ABLATION)[2:]
    assert names[0] == "both"
    for before, after in zip(names, names[1:], strict=False):
        pair = [ABLATION[name].dinar for name in (before, after)]
        different = {
            field.name for field in fields(pair[0]) if getattr(pair[0], field.name) != getattr(pair[1], field.name)
        }
        assert len(different) == 1, (before, after)
    assert [row.refine_rounds > 0 for row in ABLATION.values()] == [False] * 5 + [True]
    assert all(ABLATION["+ rgb tuning"].dinar.__dict__.values()), "the last one leaves out nothing"
