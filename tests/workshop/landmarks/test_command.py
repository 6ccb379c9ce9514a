"""The command replaces rows that get better, keeps the others, and says in a line what is wrong."""

from pathlib import Path

import pytest
import torch

from workshop.landmarks.__main__ import _keep_heaviest, _replace_better, main


def test_only_better_rows_are_replaced() -> None:
    data = {"vertices": torch.full((6, 4), 9, dtype=torch.int32), "weights": torch.full((6, 4), 0.25)}
    vertices, weights = torch.tensor([[1, 2], [3, 4], [5, 6]]), torch.tensor([[0.5, 0.5]] * 3)
    _replace_better(data, 2, (vertices, weights), torch.tensor([2.0, 2.0, 2.0]), torch.tensor([1.0, 3.0, 1.5]))
    assert data["vertices"].tolist()[2] == [1, 2, 0, 0] and data["vertices"].tolist()[4] == [5, 6, 0, 0]
    assert data["weights"].tolist()[2] == [0.5, 0.5, 0, 0]
    for row in (0, 1, 3, 5):
        assert (data["vertices"][row] == 9).all() and (data["weights"][row] == 0.25).all()


def test_the_heaviest_vertices_of_a_row_are_kept() -> None:
    weights = torch.rand(5, 120, generator=torch.Generator().manual_seed(0))
    weights = weights / weights.sum(1, keepdim=True)
    vertices, kept = _keep_heaviest(torch.arange(120).expand(5, -1), weights)
    assert vertices.shape == kept.shape == (5, 64)
    assert torch.allclose(kept.sum(1), torch.ones(5))
    left_out = [set(range(120)) - set(row) for row in vertices.tolist()]
    assert all(weights[row][list(out)].max() <= weights[row][vertices[row]].min() for row, out in enumerate(left_out))


@pytest.mark.parametrize("wardrobe, out", [("nowhere", "there.safetensors"), (".", "nowhere.safetensors")])
def test_what_is_missing_is_told_in_a_line(
    wardrobe: str, out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.safetensors").touch()
    with pytest.raises(SystemExit) as stopped:
        main(["--wardrobe", wardrobe, "-o", out])
    told = capsys.readouterr().err
    assert stopped.value.code == 2 and told.startswith("error: ") and told.count("\n") == 1 and "nowhere" in told
