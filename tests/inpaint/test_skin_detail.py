"""Hands, feet and limbs have what skins have in common, alike on both sides; the rest of the body is left alone."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.layout import layout_fingerprint
from bodydouble.inpaint import skin_detail
from bodydouble.inpaint.skin_detail import pack_gain, save_gain, skin_gain, unpack_gain
from bodydouble.inpaint.skin_marks import draw_skin_marks
from bodydouble.surface.regions import Region
from bodydouble.weights import WeightsFile

SIZE = 512


@pytest.fixture(scope="module")
def gain(anny, graph):
    """N×3, of the coarse graph's texels."""
    step = SIZE // graph.surface.size
    return graph.surface.take(torch.nn.functional.avg_pool2d(skin_gain(anny, SIZE)[None], step)[0])


def test_both_sides_are_alike_and_what_is_a_persons_own_is_left_alone(anny, gain, graph):
    image = skin_gain(anny, SIZE)
    assert float((image - image.flip(-1)).abs().max()) < 1e-5
    surface = graph.surface
    own = torch.isin(surface.region, torch.tensor([int(Region.FACE), int(Region.SCALP), int(Region.EYE)]))
    hips = surface.trunk & (surface.position[:, 1] - 0.9).lt(0.05) & (surface.position[:, 1] > 0.8) & ~surface.arm
    assert float((gain[own] - 1).abs().mean()) < 0.005
    assert float((gain[hips] - 1).abs().mean()) < 0.005


@pytest.mark.parametrize("region", [Region.HAND, Region.FOOT])
def test_hands_and_feet_have_more_of_it_than_limbs(gain, graph, region):
    there = graph.surface.region == region
    limbs = graph.surface.arm & (graph.surface.region == Region.BODY)
    assert float(gain[there].log().std()) > 1.5 * float(gain[limbs].log().std()) > 0.01


def test_of_another_layout_marks_are_drawn_from_joints(anny):
    other = _with_layout(anny)
    assert torch.equal(skin_gain(other, SIZE), draw_skin_marks(other, SIZE))


def test_what_is_packed_comes_back(tmp_path, anny, monkeypatch):
    y, x = torch.meshgrid(torch.linspace(-1, 1, 64), torch.linspace(-1, 1, 64), indexing="ij")
    wanted = torch.stack([0.3 * x.abs(), 0.2 * y, -0.4 * x.square()])
    assert float((unpack_gain(pack_gain(wanted)) - wanted).abs().max()) < 0.02
    path = tmp_path / "skins.safetensors"
    save_gain(wanted, layout_fingerprint(anny.layout), path, {})
    monkeypatch.setattr(skin_detail, "find_weights", lambda name: WeightsFile(name=name, path=path, sha256=""))
    read = skin_gain.__wrapped__(anny, 64)
    assert (
        float(
            (read.log() / skin_detail._STRENGTH - wanted.clamp(max=skin_detail._LIGHTEST / skin_detail._STRENGTH))
            .abs()
            .max()
        )
        < 0.02
    )


def _with_layout(anny):
    """A body whose texture has the same charts a little smaller."""

    class Other:
        layout = replace(anny.layout, uv=anny.layout.uv * 0.99)

        def __getattr__(self, name):
            return getattr(anny, name)

    return Other()
