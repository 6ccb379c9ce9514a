"""What every inpainter promises, whatever was seen."""

from dataclasses import replace

import pytest
import torch

from bodydouble.dinar.latent_inpainter import LatentConfig, LatentParts
from bodydouble.inpaint import INPAINTERS, inpainter
from bodydouble.values import Photo, Texture, UvLayout
from tests.tiny import tiny_networks

SIZE = 128


def made(name):
    """The inpainter of that name, with what it needs."""
    if name != "latent":
        return inpainter(name)
    nets = tiny_networks()
    parts = LatentParts(**{name: module for name, module in nets.modules().items() if name != "renderer"})
    return inpainter(name, parts=parts, config=LatentConfig(steps=2))


@pytest.fixture(params=sorted(INPAINTERS))
def complete(request, anny, fit):
    """Runs one inpainter on a partial texture."""
    photo = Photo(rgb=torch.zeros(3, *fit.camera.size))
    return lambda partial: made(request.param)(partial, photo, fit, anny)


def partial_texture(share: float) -> Texture:
    """Random colours; blocks of 16 texels are seen with the given probability."""
    generator = torch.Generator().manual_seed(3)
    blocks = (torch.rand(SIZE // 16, SIZE // 16, generator=generator) < share).float()
    seen = blocks.repeat_interleave(16, 0).repeat_interleave(16, 1)
    rgb = torch.rand(3, SIZE, SIZE, generator=generator)
    confidence = 0.31 + 0.6 * torch.rand(SIZE, SIZE, generator=generator)
    return Texture(rgb=rgb * seen, confidence=seen * confidence)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
def test_seen_texels_come_back_to_the_last_bit_and_the_rest_is_filled(complete, share):
    partial = partial_texture(share)
    texture = complete(partial)
    seen = partial.confidence > 0
    assert torch.equal(texture.rgb[:, seen], partial.rgb[:, seen])
    assert torch.equal(texture.confidence, partial.confidence)
    assert texture.rgb.shape == partial.rgb.shape and texture.rgb.dtype == torch.float32
    assert texture.rgb.isfinite().all() and texture.rgb.min() >= 0 and texture.rgb.max() <= 1


def test_the_same_input_gives_the_same_texture(complete):
    partial = partial_texture(0.4)
    # Fourier transforms round differently from call to call.
    assert torch.allclose(complete(partial).rgb, complete(partial).rgb, atol=1e-5, rtol=0)


def test_the_partial_texture_is_left_alone(complete):
    neural = torch.rand(21, 32, 32)
    neural[19:] = neural[19:].round()
    partial = replace(partial_texture(0.4), neural=neural)
    before = partial.rgb.clone(), partial.confidence.clone(), neural.clone()
    complete(partial)
    assert torch.equal(partial.rgb, before[0]) and torch.equal(partial.confidence, before[1])
    assert torch.equal(neural, before[2])


@pytest.mark.parametrize("name", sorted(INPAINTERS))
def test_a_layout_that_is_not_mirrored_is_completed_too(name, anny, fit):
    class Body:
        """The same body with its layout turned by a quarter: no texel has its twin at (1 - u, v)."""

        layout = UvLayout(uv=anny.layout.uv.flip(1), faces=anny.layout.faces, mirrored=False)

        def __getattr__(self, attribute):
            return getattr(anny, attribute)

    partial = partial_texture(0.4)
    texture = made(name)(partial, Photo(rgb=torch.zeros(3, *fit.camera.size)), fit, Body())
    assert torch.equal(texture.rgb[:, partial.confidence > 0], partial.rgb[:, partial.confidence > 0])
    assert texture.rgb.isfinite().all()


def test_a_black_seen_texel_is_seen(complete):
    partial = partial_texture(1.0)
    texture = complete(replace(partial, rgb=torch.zeros_like(partial.rgb)))
    assert not texture.rgb.any()
