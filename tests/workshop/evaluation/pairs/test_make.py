"""Blind pairs tell nothing of which is which, and both doubles stand in one fit."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bodydouble.body import BodyModel
from bodydouble.double import Double
from bodydouble.errors import InputError, NoPersonFound
from tests.tiny import front_shot
from workshop.evaluation.pairs import make
from workshop.evaluation.pairs.make import PairsConfig, doubles, make_pairs


@pytest.fixture
def config(tmp_path: Path, anny: BodyModel, metadata, texture, monkeypatch: pytest.MonkeyPatch) -> PairsConfig:
    """Three photos, in the last of which nobody is seen; detector and fit are given."""
    seen = front_shot(anny)
    pixels = (seen.photo.rgb * 255).round().byte().permute(1, 2, 0).numpy()
    (tmp_path / "photos").mkdir()
    (tmp_path / "out").mkdir()
    for name in ("a.png", "b.png", "c.png"):
        Image.fromarray(pixels).save(tmp_path / "photos" / name)

    def create(path: Path, config: object) -> Double:
        if path.name == "c.png":
            raise NoPersonFound("nobody is in c.png")
        return Double(fit=seen.fit, texture=texture, body=anny, metadata=metadata)

    monkeypatch.setattr(make, "create", create)
    monkeypatch.setattr(make, "detector", lambda: lambda photo: seen.person)
    monkeypatch.setattr(make, "body_model", lambda: anny)
    monkeypatch.setattr(make, "_SIZE", (64, 48))
    return PairsConfig(first="mean-colour", second="nearest", photos=tmp_path / "photos", out=tmp_path / "out", seed=3)


def test_pairs_are_written_as_the_key_says(config: PairsConfig, anny: BodyModel, capsys) -> None:
    make_pairs(config)
    key = json.loads((config.out / "key.json").read_text())
    assert sorted(path.name for path in config.out.iterdir()) == ["key.json", "pair-01.png", "pair-02.png"]
    assert {pair["photo"] for pair in key["pairs"].values()} == {"a.png", "b.png"}
    said = capsys.readouterr().err
    assert "nobody is in c.png" in said and "nearest" not in said
    rows = ("mean-colour", "nearest")
    made = dict(zip(rows, doubles(config.photos / "a.png", rows, anny, None), strict=True))
    assert made["nearest"].fit is made["mean-colour"].fit
    views = {row: make._views(double) for row, double in made.items()}
    assert abs(views["nearest"].astype(int) - views["mean-colour"]).max() > 20
    for name, pair in key["pairs"].items():
        with Image.open(config.out / f"{name}.png") as picture:
            assert not picture.info, "a picture that tells where it comes from is not blind"
            pixels, width = np.asarray(picture), 3 * 48
        assert np.array_equal(pixels[:, :width], views[pair["left"]])
        assert np.array_equal(pixels[:, -width:], views[pair["right"]])


def test_the_same_seed_gives_the_same_pairs(config: PairsConfig) -> None:
    make_pairs(config)
    first = {path.name: path.read_bytes() for path in config.out.iterdir()}
    make_pairs(config)
    assert first == {path.name: path.read_bytes() for path in config.out.iterdir()}


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"second": "mean-colour"}, "name two"),
        ({"second": "dinar"}, "--weights"),
        ({"photos": Path("nowhere")}, "no folder"),
        ({"out": Path("nowhere")}, "no folder"),
        ({"names": ("z.png",)}, "no z.png"),
        ({"names": ("c.png",)}, "none of the 1 photos"),
        ({"second": "mirrored-photo", "names": ("a.png",)}, "none of the 1 photos"),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    config: PairsConfig, changes: dict, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workshop.evaluation.config.SHIPPED", {})
    with pytest.raises(InputError, match=message):
        make_pairs(replace(config, **changes))
