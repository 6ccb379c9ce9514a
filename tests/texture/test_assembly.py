"""What networks get is what they learned: twins of both ways to assemble a texture, written out texel by texel."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from bodydouble.texture.assembly import LIBRARY, PUBLISHED
from bodydouble.texture.scatter import scatter_pixels, scatter_pixels_reference, scatter_view
from bodydouble.texture.square_view import SquareView
from tests.texture.test_scatter import picture

SIZE = 12


def published_view(height=30, width=28, seed=0):
    """A photo in 8 bits without pure white, a uv render away from the texture's edge, a soft mask."""
    generator = torch.Generator().manual_seed(seed)
    uv = 0.1 + 0.8 * torch.rand(2, height, width, generator=generator)
    uv[:, :3] = -1
    mask = torch.rand(height // 6 + 1, width // 6 + 1, generator=generator)
    mask = mask.repeat_interleave(6, 0).repeat_interleave(6, 1)[:height, :width]
    return SquareView(
        rgb=torch.randint(0, 255, (3, height, width), generator=generator) / 255,
        mask=mask,
        uv=uv,
        cosine=torch.rand(height, width, generator=generator),
        outline=torch.zeros(height, width, dtype=torch.bool),
    )


def published_texture(view, size):
    """T_rgb of sampled texels, B_smp and B_fill as the published code has them, pixel by pixel."""
    person = cv2.erode((view.mask.numpy() > 0.2).astype(np.float32), np.ones((5, 5), np.uint8))
    colours = ((view.rgb.numpy() * 2 - 1 + 1) * 128).astype(np.uint8)
    rgb, sampled, filled = (
        np.zeros((3, size, size), np.uint8),
        np.zeros((size, size), bool),
        np.zeros((size, size), bool),
    )
    for row in range(person.shape[0]):
        for column in range(person.shape[1]):
            u, v = (2 * float(each) - 1 for each in view.uv[:, row, column])
            if person[row, column] and u >= -1:
                x, y = (int(np.around((each + 1) * size / 2)) for each in (u, v))
                rgb[:, y, x] = colours[:, row, column]
                sampled[y, x] = True
                filled[y - 1 : y + 2, x - 1 : x + 2] = True
    return rgb / 255, sampled, filled


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("size", [12, 32])
def test_imported_networks_get_what_the_published_code_gives_them(seed, size):
    view = published_view(seed=seed)
    texture = scatter_view(view, size, assembly=PUBLISHED)
    rgb, sampled, filled = published_texture(view, size)
    assert np.array_equal(texture.sampled, sampled) and np.array_equal(texture.filled, filled)
    assert np.abs(texture.rgb.numpy() - rgb)[:, sampled].max() < 1e-6
    assert sampled.any() and not sampled.all()
    library = scatter_view(view, size)
    assert not torch.equal(library.sampled, texture.sampled), "otherwise the test could not fail"


@pytest.mark.parametrize("assembly", [LIBRARY, PUBLISHED])
def test_the_fast_twin_equals_the_loops_in_both(assembly):
    fast, slow = (f(*picture(), 12, assembly) for f in (scatter_pixels, scatter_pixels_reference))
    assert torch.equal(fast.sampled, slow.sampled) and torch.equal(fast.filled, slow.filled)
    assert torch.allclose(fast.rgb, slow.rgb, atol=1e-6) and torch.allclose(fast.cosine, slow.cosine, atol=1e-6)


def test_filled_colours_are_the_papers_mean_in_both():
    """Two pixels on one texel: its neighbours get their mean, where the published code takes the last alone."""
    rgb = torch.tensor([0.0, 0.8])[None, None].expand(3, 1, 2)
    uv = torch.full((2, 1, 2), 0.5)
    for assembly in (LIBRARY, PUBLISHED):
        texture = scatter_pixels(rgb, uv, torch.ones(1, 2), torch.ones(1, 2), 8, assembly)
        assert texture.sampled.sum() == 1 and texture.filled.sum() == 9
        assert torch.allclose(texture.rgb[:, texture.sampled], torch.tensor(0.8), atol=1 / 255)
        assert torch.allclose(texture.rgb[:, texture.filled & ~texture.sampled], torch.tensor(0.4), atol=1 / 255)


def test_the_published_texel_is_half_a_texel_away():
    uv = torch.tensor([[0.1, 0.24], [0.26, 0.5], [1.0, 0.0]])
    assert torch.stack(LIBRARY.texel_at(uv, 4), 1).tolist() == [[0, 0], [2, 1], [0, 3]]
    assert torch.stack(PUBLISHED.texel_at(uv, 4), 1).tolist() == [[1, 0], [2, 1], [0, 3]]


def test_eight_bits_keep_bytes_and_white():
    byte = torch.arange(256) / 255
    assert torch.allclose(PUBLISHED.quantise_colours(byte), byte, atol=1e-7)
    colours = torch.linspace(0, 1, 1000)
    assert (PUBLISHED.quantise_colours(colours) - colours).abs().max() <= 1.001 / 255
    assert torch.equal(LIBRARY.quantise_colours(colours), colours)


def test_the_published_encoder_sees_the_person_alone():
    view = published_view()
    seen = PUBLISHED.cut_out_person(view)
    person = view.mask > 0.2
    assert set(seen.mask.unique().tolist()) == {0.0, 1.0} and torch.equal(seen.mask > 0, person)
    assert torch.equal(seen.rgb[:, person], view.rgb[:, person]) and not seen.rgb[:, ~person].any()
    assert LIBRARY.cut_out_person(view) is view


def published_mask(filled, covered):
    """Eq. 6's mask in bytes, with the functions of OpenCV that the published code calls."""
    outside = 1 - covered.astype(np.float32)
    mask = (np.clip(filled + outside, 0, 1) * 255).astype(np.uint8)
    mask = cv2.blur(cv2.erode(mask, np.ones((3, 3), np.uint8)), (3, 3))
    return np.clip(mask.astype(np.float32) / 255 - outside, 0, 1)


@pytest.mark.parametrize("seed", range(3))
def test_equation_6_has_the_published_mask(seed):
    generator = torch.Generator().manual_seed(seed)
    covered = torch.nn.functional.interpolate(torch.rand(1, 1, 6, 6, generator=generator), (32, 32))[0, 0] > 0.3
    filled = (torch.nn.functional.interpolate(torch.rand(1, 1, 4, 4, generator=generator), (32, 32))[0] > 0.3).float()
    filled = filled * covered
    mask = PUBLISHED.blend_mask(filled, covered)
    assert np.abs(mask[0].numpy() - published_mask(filled[0].numpy(), covered.numpy())).max() < 1e-6
    assert (mask > LIBRARY.blend_mask(filled)).any() and not mask[:, ~covered].any()
    batch = torch.stack([filled, filled.flip(-1)])
    assert torch.equal(PUBLISHED.blend_mask(batch, covered)[0], mask)


def test_the_mask_reaches_the_border_of_a_chart_and_not_that_of_what_was_seen():
    covered = torch.zeros(16, 16, dtype=torch.bool)
    covered[4:12, 4:12] = True
    filled = torch.zeros(1, 16, 16)
    filled[0, 4:12, 4:9] = 1
    mask = PUBLISHED.blend_mask(filled, covered)[0]
    assert (mask[4:12, 4:7] == 1).all() and not mask[:, 9:].any() and (mask[4:12, 8] < 0.5).all()
    assert (replace(PUBLISHED, keep_borders=False).blend_mask(filled, covered)[0, 4] < 0.5).all()


def test_colours_are_enlarged_from_where_the_texels_are():
    """A ramp in u comes back as that ramp, whichever way it was put into texels."""
    fine = (torch.arange(64) + 0.5) / 64
    for assembly, centres in ((LIBRARY, (torch.arange(16) + 0.5) / 16), (PUBLISHED, torch.arange(16) / 16)):
        ramp = assembly.enlarge(centres.expand(3, 16, 16), 64)
        assert torch.allclose(ramp[0, 0, 4:56], fine[4:56], atol=1e-5)
        down = assembly.enlarge(centres[:, None].expand(3, 16, 16), 64)
        assert torch.allclose(down[0, 4:56, 0], fine[4:56], atol=1e-5)
