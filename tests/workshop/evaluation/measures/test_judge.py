"""The distance of our own: what it must do, and what its file must be."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from bodydouble.errors import InputError
from bodydouble.weights import WeightsFile
from workshop.evaluation.measures.judge import judge_distance, load_judge, save_judge
from workshop.evaluation.measures.learned import LearnedMeasures
from workshop.training.discriminator import Discriminator, DiscriminatorConfig
from workshop.training.losses import feature_difference

CONFIG = DiscriminatorConfig(resolution=32, channel_max=8, channel_base=256)


@pytest.fixture
def judge() -> Discriminator:
    torch.manual_seed(0)
    return Discriminator(CONFIG).eval().requires_grad_(False)


@pytest.fixture
def file(judge: Discriminator, tmp_path: Path) -> Path:
    save_judge(judge, tmp_path / "judge.safetensors", {"steps": "7"})
    return tmp_path / "judge.safetensors"


@pytest.fixture
def pictures() -> torch.Tensor:
    return torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))


def test_it_is_the_difference_that_training_uses(judge: Discriminator, pictures: torch.Tensor) -> None:
    assert judge_distance(judge, pictures[0], pictures[1]) == pytest.approx(
        float(feature_difference(judge, pictures[:1], pictures[1:])), rel=1e-4
    )


def test_it_grows_with_the_difference_and_takes_any_size(judge: Discriminator, pictures: torch.Tensor) -> None:
    truth = pictures[0]
    near, far = truth.lerp(pictures[1], 0.1), truth.lerp(pictures[1], 0.8)
    assert judge_distance(judge, truth, truth) == 0
    assert 0 < 3 * judge_distance(judge, near, truth) < judge_distance(judge, far, truth)
    larger = torch.nn.functional.interpolate(pictures, scale_factor=4, mode="nearest")
    assert judge_distance(judge, *larger) == pytest.approx(judge_distance(judge, *pictures), rel=0.3)


def test_a_judge_comes_back_from_its_file(judge: Discriminator, file: Path, pictures: torch.Tensor) -> None:
    again = load_judge(file)
    assert again.config == CONFIG and not any(p.requires_grad for p in again.parameters())
    assert judge_distance(again, *pictures) == pytest.approx(judge_distance(judge, *pictures), rel=1e-2)


def _rewritten(file: Path, **header: object) -> Path:
    told = {"format": 2, "config": vars(CONFIG), "source": {}} | header
    save_file(load_file(file), file, {"judge": json.dumps(told)})
    return file


@pytest.mark.parametrize(
    "header, message",
    [
        ({"format": 1}, "format 1"),
        ({"format": 3}, "format 3"),
        ({"config": {**vars(CONFIG), "resolution": 31}}, "sizes"),
        ({"config": {**vars(CONFIG), "channel_base": 2**40}}, "sizes"),
        ({"config": {**vars(CONFIG), "channel_max": True}}, "sizes"),
        ({"config": {"resolution": 32}}, "sizes"),
        ({"config": {**vars(CONFIG), "channel_max": 4}}, "tensors"),
        ({"config": 3}, "no judge"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_in_a_sentence(file: Path, header: dict, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        load_judge(_rewritten(file, **header))
    assert "\n" not in str(error.value)


def test_other_files_are_refused(judge: Discriminator, tmp_path: Path) -> None:
    (tmp_path / "torn.safetensors").write_bytes(b"\x10")
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    for name, message in (("torn", "damaged"), ("other", "no judge"), ("nowhere", "no file")):
        with pytest.raises(InputError, match=message):
            load_judge(tmp_path / f"{name}.safetensors")
    judge.trunk.first[-1].bias.fill_(torch.nan)
    save_judge(judge, tmp_path / "nan.safetensors")
    with pytest.raises(InputError, match="finite"):
        load_judge(tmp_path / "nan.safetensors")
    with pytest.raises(InputError, match="ends in .safetensors"):
        save_judge(judge, tmp_path / "judge.pt")


def test_without_a_file_the_measure_is_missing_and_named_as_ours(file: Path, pictures: torch.Tensor) -> None:
    assert (
        LearnedMeasures().missing("judge") == "weights missing: own discriminator features (name a file with --judge)"
    )
    gone = WeightsFile(name="gone", path=file.with_name("gone.safetensors"), sha256="0")
    assert (
        LearnedMeasures(judge=gone).missing("judge") == "weights missing: own discriminator features (gone.safetensors)"
    )
    there = LearnedMeasures(judge=WeightsFile(name="judge", path=file, sha256="0"))
    assert there.missing("judge") is None
    assert there.pairwise("judge", *pictures) == judge_distance(load_judge(file), *pictures)
