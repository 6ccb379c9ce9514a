"""Doubles of format 1.1, written by the version that wrote them, open and are drawn and exported as they were."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file

from bodydouble.dinar.double_renderer import DinarRenderer
from bodydouble.dinar.networks import PRESETS
from bodydouble.dinar.renderer import NeuralRenderer
from bodydouble.double import Double
from bodydouble.double_format import describe
from bodydouble.metadata import FORMAT_VERSION

OLD = Path(__file__).with_name("old")
BAKED = {"plain": (0.5, 0.2981), "neural": (0.6797, 0.2715)}  # mean and deviation of what was exported


@pytest.fixture(scope="module")
def doubles(anny) -> dict[str, Double]:
    plain = Double.load(OLD / "plain_1_1.double", anny)
    neural = Double.load(OLD / "neural_1_1.double", anny)
    assert neural.texture.neural is not None and neural.texture.neural.shape == (21, 16, 16)
    network = NeuralRenderer(PRESETS["tiny"].renderer).eval().requires_grad_(False)
    network.load_state_dict(load_file(OLD / "renderer.safetensors"))
    return {"plain": plain, "neural": replace(neural, renderer=DinarRenderer(network))}


@pytest.mark.parametrize("name", ["plain", "neural"])
def test_it_is_drawn_as_it_was(doubles, name):
    picture = doubles[name].render(azimuth=30, size=(96, 64)).astype(int)
    then = np.asarray(Image.open(OLD / f"{name}_1_1.png")).astype(int)
    away = abs(picture - then)
    if name == "plain":
        assert away.max() <= 2 and away.mean() < 0.05
    else:  # an untrained network's sums differ with the processor's instructions, here and there by much
        assert (away > 2).mean() < 0.06 and away.mean() < 0.6


@pytest.mark.parametrize("name", ["plain", "neural"])
def test_what_is_exported_has_the_colours_that_it_had(doubles, name, tmp_path):
    double = doubles[name]
    baked = double.renderer.bake(double.pose_surfaces(double.standing_pose("rest"))[0]).rgb
    assert (float(baked.mean()), float(baked.std())) == pytest.approx(BAKED[name], abs=2e-3)
    double.export(tmp_path / "a.glb")
    assert (tmp_path / "a.glb").read_bytes()[:4] == b"glTF"


def test_it_is_kept_in_the_present_format(doubles, tmp_path):
    assert describe(OLD / "neural_1_1.double")["format_version"] == "1.1"
    doubles["neural"].save(tmp_path / "a.double")
    facts = describe(tmp_path / "a.double")
    assert facts["format_version"] == FORMAT_VERSION and facts["sizes"]["neural_texture"] == 16


def test_it_says_that_it_can_be_made_anew_and_goes_on_saying_so(doubles, tmp_path):
    doubles["plain"].save(tmp_path / "a.double")
    for path in (OLD / "plain_1_1.double", tmp_path / "a.double"):
        assert "made anew from its photo it gets hair, skirts and a back" in describe(path)["notes"][-1]
