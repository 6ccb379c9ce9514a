"""From a photo to a picture, imported networks do what the published code does: all of it at once.

Single modules are held by `test_published`. Here the steps between them are written out once more: what encoder,
sampling, denoiser and renderer are given, how the sampler steps, how Eq. 6 composes. The networks are those of a small
checkpoint, imported.
"""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from torch.nn import functional

from bodydouble.dinar.complete import LatentConfig
from bodydouble.dinar.import_checkpoint import import_dinar
from bodydouble.dinar.inpainter import DinarConfig, DinarInpainter
from bodydouble.dinar.networks import PRESETS, load_networks, new_networks
from bodydouble.dinar.renderer import BACKGROUND_UV
from bodydouble.dinar.tune import TuneConfig
from bodydouble.dinar.view import NeuralLook
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.project import project_photo
from bodydouble.texture.square_view import square_view
from tests.dinar.test_read_checkpoint import lightning
from tests.dinar.test_sampling import published_ddim
from tests.published import SMALL, listed_names, small_checkpoint
from tests.tiny import front_shot

STEPS = 20
# With a photo in which a body can be told, and latents that the denoiser can halve three times.
CONFIG = replace(
    SMALL, encoder=replace(SMALL.encoder, resolution=64), generator=replace(SMALL.generator, resolution=32)
)


@pytest.fixture(scope="module")
def networks(shared, tmp_path_factory):
    """A small checkpoint, as Lightning would have written it, imported."""
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PRESETS, "paper", CONFIG)
        expected = new_networks("paper").state_dict()
        torch.save(lightning(small_checkpoint(listed_names(shared), expected)), folder / "dinar.ckpt")
        import_dinar(folder / "dinar.ckpt", folder / "dinar.safetensors")
        return load_networks(folder / "dinar.safetensors")


def sampled_texture(view, person, size):
    """T_rgb (the paper's means, where texels are only filled), B_smp and B_fill."""
    inside = cv2.erode(person.numpy(), np.ones((5, 5), np.uint8)) > 0
    rgb, count = np.zeros((3, size, size)), np.zeros((size, size))
    exact, sampled = np.zeros((3, size, size)), np.zeros((size, size), bool)
    for row, column in zip(*np.nonzero(inside & (view.uv[0].numpy() >= 0)), strict=True):
        x, y = (min(int(np.around(float(each) * size)), size - 1) for each in view.uv[:, row, column])
        colour = np.minimum(np.floor(view.rgb[:, row, column].numpy() * 256), 255) / 255
        rgb[:, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2] += colour[:, None, None]
        count[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2] += 1
        exact[:, y, x], sampled[y, x] = colour, True
    rgb = np.where(sampled, exact, rgb / np.maximum(count, 1))
    masks = np.stack([sampled, count > 0])
    return torch.from_numpy(np.concatenate([rgb, masks]).astype(np.float32))


def published_texture(networks, view, covered, seed):
    """T of the photo, completed: sections 2 and 8 of the published inference."""
    person = (view.mask > 0.2).float()
    noise = torch.randn(1, 1, *person.shape, generator=torch.Generator().manual_seed(0))
    vector = networks.encoder((view.rgb * person)[None] * 2 - 1, person[None, None], noise)
    size = networks.generator.config.resolution
    texture = torch.cat([networks.generator(vector)[0], sampled_texture(view, person, size)])[None]
    latent = networks.vqgan.encode(texture)
    condition = torch.cat([latent, functional.interpolate(texture[:, 20:], latent.shape[-2:])], 1)
    restored = networks.vqgan.decode(published_ddim(networks.denoiser, condition, STEPS, seed))
    outside = 1 - covered.numpy().astype(np.float32)
    mask = (np.clip(texture[0, 20].numpy() + outside, 0, 1) * 255).astype(np.uint8)
    mask = cv2.blur(cv2.erode(mask, np.ones((3, 3), np.uint8)), (3, 3)) / 255 - outside
    mask = torch.from_numpy(np.clip(mask, 0, 1)).float()
    return ((1 - mask) * restored + mask * texture)[0]


@pytest.fixture(scope="module")
def shot(anny):
    return front_shot(anny)


@pytest.fixture(scope="module")
def both(networks, shot, anny):
    """The completed neural texture as the library makes it and as it is written out above, and the view."""
    config = DinarConfig(
        occlusion=False,
        tune=TuneConfig(steps=0),
        latent=LatentConfig(sampler="published", steps=STEPS, tone_rounds=0),
    )
    inpaint = DinarInpainter(seed=3, weights=networks, config=config)
    partial = project_photo(shot, anny, 64)
    texture = inpaint.complete_body(partial, [shot], anny)
    view = square_view(shot, anny, networks.encoder.config.resolution)
    covered = texel_map(anny.layout, networks.generator.config.resolution).face[0] >= 0
    with torch.no_grad():
        return texture, published_texture(networks, view, covered, seed=3), view


def test_the_completed_texture_is_the_published_one(both):
    texture, published, _ = both
    assert texture.neural is not None and published.isfinite().all() and published.std() > 0.1
    assert (texture.neural - published).abs().max() < 1e-4


def test_the_picture_is_the_published_one(networks, both):
    texture, published, view = both
    covered = (view.uv >= 0).all(0)[None, None].float()
    uv = torch.where(covered > 0, view.uv[None] * 2 - 1, torch.full((), BACKGROUND_UV))
    with torch.no_grad():
        expected = networks.renderer(published[None], uv, covered)
        look = NeuralLook.of(networks.renderer, texture)
        rgb, mask = look.renderer.draw(look.features, uv, covered)
    assert next(look.renderer.parameters()).dtype == torch.float32
    assert (rgb - expected.rgb).abs().max() < 1e-4 and (mask - expected.mask).abs().max() < 1e-4
    assert expected.rgb.std() > 0.02


def test_networks_that_are_not_imported_are_fed_as_they_learned(networks, both, shot, anny):
    texture, _, _ = both
    own = replace(networks, source={})
    config = DinarConfig(occlusion=False, tune=TuneConfig(steps=0), latent=LatentConfig(steps=2, tone_rounds=0))
    other = DinarInpainter(weights=own, config=config).complete_body(project_photo(shot, anny, 64), [shot], anny)
    assert networks.assembly != own.assembly
    assert (other.neural[19:] != texture.neural[19:]).any()
