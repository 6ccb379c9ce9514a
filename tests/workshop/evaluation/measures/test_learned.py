"""What has no weights says so; nothing is loaded and nothing stands in."""

import sys
import types
from pathlib import Path

import pytest
import torch

from workshop.evaluation.measures.learned import OF_SETS, PAIRWISE, LearnedMeasures
from workshop.evaluation.measures.sets import set_distance
from workshop.measures.pretrained import PretrainedNetworks


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LearnedMeasures:
    """No weights anywhere."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    return LearnedMeasures(networks=PretrainedNetworks(weights=tmp_path))


@pytest.mark.parametrize("measure", [*PAIRWISE, *OF_SETS])
def test_missing_weights_are_named(measure: str, bare: LearnedMeasures) -> None:
    reason = bare.missing(measure)
    assert reason is not None and reason.startswith("weights missing: ")


def test_weights_in_the_folder_are_found(bare: LearnedMeasures, tmp_path: Path) -> None:
    (tmp_path / "alexnet-owt-7be5be79.pth").touch()
    reason = bare.missing("lpips")
    assert reason is None or reason.startswith("library missing")


def test_a_re_identification_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("own_reid")
    module.embed = lambda pictures: pictures.mean((2, 3))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "own_reid", module)
    learned = LearnedMeasures(reid="own_reid:embed")
    assert learned.missing("reid") is None
    red, blue = torch.zeros(3, 4, 4), torch.zeros(3, 4, 4)
    red[0], blue[2] = 1, 1
    assert learned.pairwise("reid", red, red) == pytest.approx(0, abs=1e-6)
    assert learned.pairwise("reid", red, blue) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("measure", OF_SETS)
def test_distances_of_sets_grow_with_the_difference(measure: str) -> None:
    generator = torch.Generator().manual_seed(0)
    true = list(torch.randn(40, 6, generator=generator))
    same, other = list(torch.randn(40, 6, generator=generator)), list(1 + torch.randn(40, 6, generator=generator))
    near, far = set_distance(measure, same, true), set_distance(measure, other, true)
    assert near is not None and far is not None and far > 2 * abs(near)
    assert set_distance(measure, same[:3], true[:3]) is None
