"""Light at the outline of hair is taken off; hair's own colours, and its middle, stay as they were seen."""

import torch

from bodydouble.texture.hair_rim import take_off_rim

SIZE = 128
BROWN, GOLD = torch.tensor([0.35, 0.22, 0.15]), torch.tensor([0.9, 0.75, 0.4])


def sheet(lit: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Colours of strands, lit from that share of the way around on; where they were seen; how far away each is."""
    away = (((torch.arange(SIZE) + 0.5) / SIZE - 0.5).abs()).expand(SIZE, SIZE)
    strands = 1 + 0.1 * torch.randn(SIZE, generator=torch.Generator().manual_seed(0))
    rgb = torch.where(away > lit, GOLD[:, None, None], BROWN[:, None, None]) * strands
    confidence = (away < 0.19) * 0.6
    return (rgb * (confidence > 0)).clamp(0, 1), confidence, away


def test_a_sunlit_rim_ends_in_the_hair_s_colour():
    rgb, confidence, away = sheet(lit=0.15)
    shown = take_off_rim(rgb, confidence)
    edge = (away > 0.18) & (confidence > 0)
    assert float((shown[:, edge].mean(1) - BROWN).abs().max()) < 0.06
    assert float((rgb[:, edge].mean(1) - BROWN).abs().max()) > 0.4
    assert torch.equal(shown[:, away < 0.09], rgb[:, away < 0.09])


def test_hair_without_such_light_keeps_its_strands():
    rgb, confidence, _ = sheet(lit=1.0)
    shown = take_off_rim(rgb, confidence)
    assert float((shown - rgb).abs().max()) < 0.06
    assert float(shown[0, 0].std()) > 0.9 * float(rgb[0, 0].std())


def test_hair_of_which_nothing_was_seen_stays():
    rgb, confidence, _ = sheet(lit=0.15)
    assert torch.equal(take_off_rim(rgb, confidence * 0), rgb)
