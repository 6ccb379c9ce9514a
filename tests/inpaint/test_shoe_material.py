"""An upper goes on around in its own material: motley where that is motley, plain where plain, without its laces."""

import pytest
import torch

from bodydouble.inpaint.shoe_material import carry_material

HEIGHT, WIDTH = 120, 256
BROWN, LACE = torch.tensor((0.5, 0.3, 0.2)), torch.tensor((0.95, 0.95, 0.95))
UNSEEN = slice(4, 60)  # columns


@pytest.fixture
def known() -> torch.Tensor:
    """The front half of the way around was seen."""
    mask = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    mask[:, 80:176] = True
    return mask


def checked() -> torch.Tensor:
    """3×H×W: squares of two browns."""
    y, x = torch.meshgrid(torch.arange(HEIGHT) // 12, torch.arange(WIDTH) // 4, indexing="ij")
    return BROWN[:, None, None] * (0.6 + 0.8 * ((x + y) % 2))


def test_a_pattern_goes_on_as_strong_as_it_was_seen(known):
    rgb = checked()
    whole = carry_material(rgb * known, known, BROWN, 0.16)
    assert float(whole[0, 10:110, UNSEEN].std()) > 0.5 * float(rgb[0].std())
    assert torch.allclose(whole[:, :, UNSEEN].mean((1, 2)), BROWN, atol=0.04)


def test_a_plain_upper_stays_plain(known):
    rgb = BROWN[:, None, None].repeat(1, HEIGHT, WIDTH)
    whole = carry_material(rgb * known, known, BROWN, 0.16)
    assert torch.allclose(whole, rgb, atol=0.01)


def test_laces_do_not_come_again(known):
    rgb = checked()
    rgb[:, :60, 110:146] = LACE[:, None, None]
    whole = carry_material(rgb * known, known, BROWN, 0.16)
    assert float(whole[2, :, UNSEEN].max()) < 0.5


def test_what_was_hardly_seen_shows_no_material(known):
    assert carry_material(checked(), known & False, BROWN, 0.16) is None


def test_what_is_in_one_place_alone_goes_on_weaker_than_a_pattern(known):
    """A sheen on the toes is no sheen on the heel."""
    patterned = checked()
    sheen = BROWN[:, None, None].repeat(1, HEIGHT, WIDTH)
    sheen[:, :, 80:110] = patterned[:, :, 80:110]
    contrasts = [
        float(carry_material(rgb * known, known, BROWN, 0.16)[0, :, UNSEEN].std()) for rgb in (patterned, sheen)
    ]
    assert contrasts[1] < 0.6 * contrasts[0]


def test_gloss_of_black_leather_is_no_pattern_and_spots_of_a_light_shoe_are(known):
    """Blurred noise: of either kind there is some all over, in some places more."""
    noise = torch.randn(1, 1, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))
    noise = torch.nn.functional.avg_pool2d(noise, (13, 5), 1, (6, 2))[0, 0]
    across = 0.7 + 0.6 * (torch.arange(WIDTH) > 128)
    relative = 1 + 0.3 * across * noise / noise.std()
    contrasts = []
    for bright in (0.1, 0.6):
        rgb = (bright * relative).clamp(0, 1).expand(3, -1, -1)
        whole = carry_material(rgb * known, known, torch.full((3,), bright), 0.16)
        contrasts.append(float(whole[0, 10:110, UNSEEN].std()) / bright)
    assert contrasts[0] < 0.02 and contrasts[1] > 0.1
