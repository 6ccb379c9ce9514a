"""The renderer: its size, the colours it must keep, where it samples, and its fast copy."""

from dataclasses import replace

import pytest
import torch

from bodydouble.dinar.networks import PRESETS
from bodydouble.dinar.renderer import BACKGROUND_UV, NeuralRenderer, RendererConfig, for_inference, signed_uv

TINY = PRESETS["tiny"].renderer


@pytest.fixture
def scene():
    """A texture, and a body that covers the middle of a picture of 32×32: uv, mask and colours."""
    generator = torch.Generator().manual_seed(2)
    mask = torch.zeros(2, 1, 32, 32)
    mask[..., 8:24, 6:26] = 1
    uv = torch.where(mask > 0, torch.rand(2, 2, 32, 32, generator=generator), torch.full((), -1.0))
    return (
        torch.rand(2, 21, 16, 16, generator=generator),
        signed_uv(uv, mask),
        mask,
        torch.rand(2, 3, 32, 32, generator=generator),
    )


def lived_in(config=TINY):
    """A renderer that does not begin at zero."""
    torch.manual_seed(0)
    renderer = NeuralRenderer(config)
    torch.nn.init.normal_(renderer.rgb_head[-1].weight)
    for layer in renderer.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.2)
            layer.running_var.uniform_(0.5, 2)
    return renderer.eval()


def test_published_size():
    with torch.device("meta"):
        renderer = NeuralRenderer(RendererConfig())
        empty = [torch.empty(1, channels, 512, 512) for channels in (2, 1)]
        picture = renderer(torch.empty(1, 21, 256, 256), *empty)
    assert picture.rgb.shape == (1, 3, 512, 512) and picture.mask.shape == (1, 1, 512, 512)
    assert sum(parameter.numel() for parameter in renderer.parameters()) == 18_994_818


def test_it_starts_by_keeping_the_sampled_colours_exactly(scene):
    torch.manual_seed(0)
    picture = NeuralRenderer(TINY)(*scene)
    _, _, mask, detail = scene
    assert torch.equal(picture.rgb, detail * mask)


def test_the_body_belongs_to_the_person(scene):
    picture = lived_in()(*scene)
    mask = scene[2]
    assert torch.equal(picture.mask[mask > 0], torch.ones_like(picture.mask[mask > 0]))
    assert 0 <= picture.mask.min() and picture.rgb.min() >= 0 and picture.rgb.max() <= 1
    background = torch.full_like(picture.rgb, 0.25)
    assert torch.equal(
        picture.over(background)[mask.expand(-1, 3, -1, -1) > 0], picture.rgb[mask.expand(-1, 3, -1, -1) > 0]
    )


def test_training_sees_colours_beyond_white(scene):
    renderer = lived_in()
    torch.nn.init.constant_(renderer.rgb_head[-1].bias, 3)
    texture, uv, mask, _ = scene
    white = torch.ones(2, 3, 32, 32)
    assert renderer(texture, uv, mask, white).rgb.max() == 1
    assert renderer.train()(texture, uv, mask, white).rgb.max() > 1


@pytest.mark.parametrize(("align_corners", "centre"), [(True, -1.0), (False, -0.75)])
def test_where_the_first_texel_is(align_corners, centre):
    """A texture of 4 texels a side with one bright corner, sampled there and by a texel's width beside it."""
    config = RendererConfig(
        texture=5, texture_features=5, widths=(4, 4), kernel=3, blocks=1, align_corners=align_corners
    )
    renderer = NeuralRenderer(config).eval()
    seen = []
    renderer.unet.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    features = torch.zeros(1, 5, 4, 4)
    features[..., 0, 0] = 1
    uv = torch.full((1, 2, 4, 4), centre)
    renderer.draw(features, uv, torch.ones(1, 1, 4, 4))
    assert torch.allclose(seen[0][:, :5], torch.ones(1))


def test_nothing_of_the_texture_shows_beside_the_body(scene):
    renderer = lived_in()
    texture, uv, mask, detail = scene
    assert (uv[mask.expand_as(uv) == 0] == BACKGROUND_UV).all()
    beside = torch.where(mask > 0, 0.0, torch.rand_like(uv))
    other = renderer.draw(renderer.texture_features(texture), uv, mask, detail + beside[:, :1])
    assert torch.equal(other.rgb, renderer(texture, uv, mask, detail).rgb)


def test_colours_are_wanted_where_the_configuration_says_so(scene):
    with pytest.raises(ValueError, match="needs"):
        NeuralRenderer(TINY)(*scene[:3])
    with pytest.raises(ValueError, match="no use"):
        NeuralRenderer(RendererConfig(widths=(4, 4), kernel=3, blocks=1))(*scene)


def test_every_weight_and_the_texture_take_part(scene):
    renderer = lived_in().train()
    texture, uv, mask, detail = (tensor.clone().requires_grad_() for tensor in scene)
    picture = renderer(texture, uv, mask.detach(), detail)
    beside = mask.detach() == 0
    (picture.rgb.square().sum() + picture.mask[beside].sum()).backward()
    assert [name for name, parameter in renderer.named_parameters() if parameter.grad.abs().max() == 0] == []
    assert texture.grad.abs().max() > 0 and detail.grad.abs().max() > 0


def test_the_fast_copy_draws_the_same(scene):
    renderer = lived_in()
    expected, quick = renderer(*scene), for_inference(renderer)(*scene)
    assert quick.rgb.dtype == torch.float32
    assert (quick.rgb - expected.rgb).abs().mean() < 0.01 and (quick.mask - expected.mask).abs().mean() < 0.01


@pytest.mark.parametrize("preset", ["paper", "lite"])
def test_published_weights_compute_in_float32_unless_asked(preset, monkeypatch):
    monkeypatch.setattr("bodydouble.dinar.renderer._has_bfloat16", lambda device: True)
    small = replace(PRESETS[preset].renderer, widths=(4, 8))
    renderer = NeuralRenderer(small).eval()
    usual = torch.float32 if preset == "paper" else torch.bfloat16
    for asked, expected in ((None, usual), (torch.float32, torch.float32), (torch.bfloat16, torch.bfloat16)):
        fast = for_inference(renderer, asked)
        assert {parameter.dtype for parameter in fast.parameters()} == {expected}
