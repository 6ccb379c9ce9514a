"""What the benchmark of light calls an error, and contrast that is kept."""

from types import SimpleNamespace

import pytest
import torch

from workshop.evaluation.benchmarks.light import compare_light
from workshop.synthesis.draw import to_srgb
from workshop.synthesis.layers import KINDS


@pytest.fixture
def shot() -> SimpleNamespace:
    """A chequered shirt and plain skin beside it."""
    kind = torch.full((160, 160), KINDS.index("skin"), dtype=torch.uint8)
    kind[:, 60:] = KINDS.index("upper")
    checks = (torch.arange(160)[:, None] // 8 + torch.arange(160) // 8) % 2
    albedo = to_srgb(torch.where((kind == KINDS.index("upper")) & (checks == 1), 0.1, 0.5).expand(3, -1, -1))
    truth = SimpleNamespace(kind=kind[None], albedo=albedo[None])
    return SimpleNamespace(truth=truth, rgba=torch.ones(1, 4, 160, 160))


def test_the_albedo_itself_has_no_error_whatever_its_gain(shot):
    albedo = shot.truth.albedo[0]
    slanted = (albedo * torch.linspace(0.6, 1, 160)[:, None]).clamp(0, 1)
    before, after, left, kept = compare_light(slanted, albedo * 0.8, shot)
    assert before > 0.1 and after < 0.03 and left == pytest.approx(after / before)
    assert kept == pytest.approx(1, abs=0.05)


def test_a_pattern_that_fades_is_told(shot):
    albedo = shot.truth.albedo[0]
    slightly = albedo * torch.linspace(0.9, 1, 160)
    assert compare_light(slightly, albedo.sqrt(), shot)[3] == pytest.approx(0.5, abs=0.03)
