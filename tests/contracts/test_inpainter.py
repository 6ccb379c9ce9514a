"""What every inpainter promises, whatever was seen; each is built by its name alone."""

from dataclasses import replace

import pytest
import torch

from bodydouble.dinar.complete import LatentConfig
from bodydouble.dinar.inpainter import DinarConfig, DinarInpainter
from bodydouble.dinar.tune import TuneConfig
from bodydouble.inpaint import INPAINTERS, UNSEEDED, Inpainter, choose_inpainter, inpainter
from bodydouble.nn.store import write_tensors
from bodydouble.surface.skeleton import body_surface
from bodydouble.texture.even_light import even_texture
from bodydouble.values import Texture, UvLayout
from tests.attached import tube_skirt
from tests.tiny import front_shot, tiny_networks

SIZE = 128
TINY = "dinar, with a renderer of its own"  # that which ships has none
NAMES = (*sorted(INPAINTERS), TINY)


def made(name: str, seed: int = 0) -> Inpainter:
    if name != TINY:
        return inpainter(name, seed=seed)
    config = DinarConfig(tune=TuneConfig(steps=3, crop=32), latent=LatentConfig(steps=2))
    return DinarInpainter(weights=tiny_networks(), config=config, seed=seed)


@pytest.fixture(scope="module")
def views(anny):
    return [front_shot(anny)]


@pytest.fixture(scope="module", params=NAMES)
def inpaint(request):
    return made(request.param)


def partial_texture(share: float) -> Texture:
    """Random colours; blocks of 16 texels are seen with the given probability."""
    generator = torch.Generator().manual_seed(3)
    blocks = (torch.rand(SIZE // 16, SIZE // 16, generator=generator) < share).float()
    seen = blocks.repeat_interleave(16, 0).repeat_interleave(16, 1)
    rgb = torch.rand(3, SIZE, SIZE, generator=generator)
    confidence = 0.31 + 0.6 * torch.rand(SIZE, SIZE, generator=generator)
    return Texture(rgb=rgb * seen, confidence=seen * confidence)


def complete(inpaint: Inpainter, partial: Texture, views, body, progress=None) -> Texture:
    """The body's texture as the inpainter completes it, with a skirt beside it."""
    surfaces = (body_surface(views[0].fit, body, partial), tube_skirt(body, body.rest(views[0].fit.shape)))
    skin, skirt = inpaint(surfaces, views, body, progress)
    assert skin.vertices is surfaces[0].vertices, "only textures are completed"
    assert skirt.name == "skirt" and (skirt.texture.rgb > 0).any(), "what hangs off the body is filled, too"
    return skin.texture


def kept(inpaint: Inpainter, texture: Texture, partial: Texture) -> bool:
    """Seen texels come back to the last bit; a renderer of its own may have moved them a little."""
    seen = partial.confidence > 0
    if getattr(inpaint, "renderer", None) is None:
        return torch.equal(texture.rgb[:, seen], partial.rgb[:, seen])
    return not seen.any() or bool((texture.rgb - partial.rgb)[:, seen].abs().max() < 0.1)


@pytest.mark.parametrize("share", [0.0, 0.05, 1.0])
def test_seen_texels_come_back_and_the_rest_is_filled(inpaint, views, anny, share):
    partial = partial_texture(share)
    texture = complete(inpaint, partial, views, anny)
    assert kept(inpaint, texture, partial)
    assert torch.equal(texture.confidence, partial.confidence)
    assert texture.rgb.shape == partial.rgb.shape and texture.rgb.dtype == torch.float32
    assert texture.rgb.isfinite().all() and texture.rgb.min() >= 0 and texture.rgb.max() <= 1
    assert texture.rgb.amax(0).gt(0).float().mean() > 0.99, "no hole is left"


def test_under_a_shade_seen_texels_come_back_and_the_rest_is_lighter(inpaint, views, anny):
    partial = partial_texture(0.4)
    seen = partial.confidence > 0
    grey = replace(partial, rgb=torch.full_like(partial.rgb, 0.3) * seen)
    plain = complete(inpaint, grey, views, anny)
    shade = torch.where(seen, torch.full_like(partial.rgb, 0.5), 1.0)
    shaded = complete(inpaint, replace(grey, shade=shade), views, anny)
    assert kept(inpaint, shaded, grey)
    if getattr(inpaint, "evens_light", False):
        assert shaded.shade is not None and torch.equal(shaded.shade[:, seen], shade[:, seen])
        even = even_texture(shaded).rgb
        assert even[:, ~seen].mean() > plain.rgb[:, ~seen].mean() + 0.03, "which is copied from even light"
    else:
        assert shaded.shade is None
        torch.testing.assert_close(shaded.rgb, plain.rgb)


def test_a_neural_texture_comes_with_a_renderer_and_with_none_without(inpaint, views, anny):
    texture = complete(inpaint, partial_texture(0.4), views, anny)
    assert (texture.neural is not None) == (getattr(inpaint, "renderer", None) is not None)


def test_the_same_input_gives_the_same_texture(inpaint, views, anny):
    partial = partial_texture(0.4)
    # Fourier transforms round differently from call to call.
    first, again = (complete(inpaint, partial, views, anny).rgb for _ in range(2))
    assert torch.allclose(first, again, atol=1e-5, rtol=0)


def test_what_is_given_is_left_alone(inpaint, views, anny):
    partial = partial_texture(0.4)
    before = partial.rgb.clone(), partial.confidence.clone(), views[0].photo.rgb.clone()
    state = torch.get_rng_state()
    complete(inpaint, partial, views, anny)
    assert torch.equal(partial.rgb, before[0]) and torch.equal(partial.confidence, before[1])
    assert torch.equal(views[0].photo.rgb, before[2])
    assert torch.equal(torch.get_rng_state(), state), "the caller's random numbers, too"


def test_a_layout_that_is_not_mirrored_is_completed_too(inpaint, views, anny):
    class Body:
        """The same body with its layout turned by a quarter: no texel has its twin at (1 - u, v)."""

        layout = UvLayout(uv=anny.layout.uv.flip(1), faces=anny.layout.faces, mirrored=False)

        def __getattr__(self, attribute):
            return getattr(anny, attribute)

    partial = partial_texture(0.4)
    texture = complete(inpaint, partial, views, Body())
    assert kept(inpaint, texture, partial) and texture.rgb.isfinite().all()


def test_a_black_seen_texel_is_seen(inpaint, views, anny):
    partial = replace(partial_texture(1.0), rgb=torch.zeros(3, SIZE, SIZE))
    assert kept(inpaint, complete(inpaint, partial, views, anny), partial)


def test_progress_grows_and_is_how_it_is_stopped(inpaint, views, anny):
    told = []
    complete(inpaint, partial_texture(0.4), views, anny, progress=lambda what, done: told.append(done))
    assert len(told) >= 2 and told == sorted(told) and 0 <= told[0] and told[-1] <= 1

    def stop(what, done):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        complete(inpaint, partial_texture(0.4), views, anny, progress=stop)


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_decides_where_seeds_are_taken_and_only_about_the_unseen(name, views, anny):
    partial = partial_texture(0.4)
    first, other = (complete(made(name, seed), partial, views, anny).rgb for seed in (1, 2))
    changed = (first - other).abs().amax(0) > 1e-5
    assert changed.any() == (name not in UNSEEDED)
    assert not (changed & (partial.confidence > 0)).any()


@pytest.mark.parametrize("name", sorted(INPAINTERS))
def test_the_files_that_it_was_loaded_from_are_named(name):
    files = dict(getattr(inpainter(name), "weights", {}))
    assert files if name != "symmetry" else not files
    assert all(file.endswith(".safetensors") and len(sha256) == 64 for file, sha256 in files.items())


def test_which_inpainter_is_meant(tmp_path):
    write_tensors({}, tmp_path / "mine.safetensors", "exemplar", {})
    mine = tmp_path / "mine.safetensors"
    assert choose_inpainter("auto", "anny") == ("exemplar", "")
    assert choose_inpainter("auto", "smplx") == ("symmetry", ""), "the shipped network does not know its layout"
    assert choose_inpainter("auto", "smplx", mine) == ("exemplar", ""), "weights are asked what they are for"
    assert choose_inpainter("auto", "anny", "lite") == ("dinar", "")
    assert choose_inpainter("auto", "anny", tiny_networks()) == ("dinar", "")
    assert choose_inpainter("symmetry", "anny") == ("symmetry", "")
    assert choose_inpainter("my:own", "anny", "lite") == ("my:own", "")


def test_the_earlier_name_is_taken_and_said_to_go():
    for weights, chosen in ((None, "exemplar"), ("lite", "dinar")):
        name, note = choose_inpainter("latent", "smplx", weights)
        assert name == chosen and f"latent is now called {chosen}" in note
