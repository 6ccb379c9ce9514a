"""Weights of a coat's evidence find hems that they have not seen, and are judged by kind and hem."""

import pytest
import torch

from bodydouble.clothing.hem_choice import drop_below
from bodydouble.errors import InputError
from workshop.training.coats import (
    PEOPLE,
    Evidence,
    fit_weights,
    judge,
    read_evidence,
    train_weights,
    write_evidence,
)
from workshop.training.parsing.pictures import photo_numbers

METRE, ROWS = 100.0, 90  # pixels


def person(hem: int, seed: int) -> Evidence:
    """Somebody in whose rows a coat shows down to a hem, 0 without one, and noise."""
    noise = torch.rand(2, ROWS, generator=torch.Generator().manual_seed(seed))
    worn = (torch.arange(ROWS) < hem).float()
    of_rows = {"worn": worn + 0.2 * noise[0], "other": 1 - worn, "noise": noise[1]}
    return of_rows, {"renames": drop_below(worn, 5), "one": torch.ones(ROWS)}, hem, METRE


def test_weights_find_hems_that_they_have_not_seen():
    weights = fit_weights([person(hem, hem) for hem in (0, 0, 0, 25, 40, 60)])
    assert weights["worn"] > 2 * abs(weights["noise"])
    assert [judge(person(hem, 100 + hem), weights) for hem in (0, 30, 55)] == ["right"] * 3


def test_a_wrong_kind_is_worse_than_a_hem_that_is_off():
    long = {"worn": 50.0, "other": 5.0, "noise": 0.0, "renames": 0.0, "one": 0.0}
    assert [judge(person(hem, 0), long) for hem in (0, 30)] == ["kind", "hem"]
    assert judge(person(30, 0), long | {"other": -50.0, "one": 0.0}) == "right"
    assert judge(person(10, 0), long | {"one": -100.0}) == "right"  # so short a one may be none


def test_evidence_outlives_its_file(tmp_path):
    path, (of_rows, of_hems, hem, metre) = tmp_path / "0001.safetensors", person(30, 0)
    write_evidence((of_rows, of_hems, hem, metre), path)
    read = read_evidence(path)
    assert read is not None and read[2:] == (hem, metre)
    for written, lines in ((of_rows, read[0]), (of_hems, read[1])):
        assert written.keys() == lines.keys() and all(torch.equal(written[name], lines[name]) for name in written)
    write_evidence(None, path)
    assert read_evidence(path) is None


def test_a_folder_without_evidence_is_told(tmp_path):
    with pytest.raises(InputError, match="run gather first"):
        train_weights(tmp_path)


def test_only_photographs_that_may_be_learned_from_are(shared):
    assert set(PEOPLE.split()) <= set(photo_numbers(shared / "parsing"))
