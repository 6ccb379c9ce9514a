"""A stage of a training run becomes a judge's file, or says in a line why not."""

from pathlib import Path

import pytest
import torch

from workshop.evaluation.export_judge import main
from workshop.evaluation.measures.judge import judge_distance, load_judge
from workshop.training.checkpoint import StageProgress, write_progress
from workshop.training.discriminator import Discriminator
from workshop.training.presets import PRESETS


def test_a_stage_of_a_run_becomes_a_judge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(2)
    trained = Discriminator(PRESETS["tiny"].discriminator).requires_grad_(False)
    stage, out = tmp_path / "appearance", tmp_path / "judge.safetensors"
    stage.mkdir()
    write_progress(stage / "optimiser.safetensors", StageProgress(step=3), {}, trained)
    main([str(stage / "optimiser.safetensors"), "--preset", "tiny", "-o", str(out)])
    pictures = torch.rand(2, 3, 64, 64)
    assert judge_distance(load_judge(out), *pictures) == pytest.approx(judge_distance(trained, *pictures), rel=1e-2)
    write_progress(stage / "without.safetensors", StageProgress(step=3), {}, None)
    for name, size, message in (
        ("optimiser", "128", "of 128"),
        ("without", "64", "at all"),
        ("nowhere", "64", "keeps"),
    ):
        with pytest.raises(SystemExit) as stopped:
            main([str(stage / f"{name}.safetensors"), "--preset", "tiny", "--size", size, "-o", str(out)])
        assert stopped.value.code == 2 and message in capsys.readouterr().err
