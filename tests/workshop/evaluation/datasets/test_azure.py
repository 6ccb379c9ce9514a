"""AzurePeople's layout, in a small folder."""

from pathlib import Path

import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.errors import InputError
from tests.workshop.evaluation.datasets.makers import write_picture
from workshop.evaluation.datasets import VARIED, Source, open_dataset
from workshop.evaluation.datasets.azure import person_and_side


def test_azure_people(tmp_path: Path, anny: AnnyBody) -> None:
    for name, value in (("anna_front", 50), ("anna_back", 60), ("ben", 70)):
        write_picture(tmp_path / f"rgb/{name}.png", value)
        write_picture(tmp_path / f"segm/{name}.png", 255)
    dataset = open_dataset(Source(dataset="azure-people", folder=tmp_path), anny)
    assert dataset.sets == {VARIED: ("anna", "ben")}
    anna = dataset.subject("anna")
    assert set(anna.azimuths_deg) == {0.0, 180.0}
    assert torch.allclose(anna.view(180.0).rgb, torch.tensor(60 / 255))
    assert dataset.subject("ben").nearest(180.0) is None
    (tmp_path / "segm/ben.png").unlink()
    with pytest.raises(InputError, match="no mask"):
        open_dataset(Source(dataset="azure-people", folder=tmp_path), anny)


def test_names_with_sides() -> None:
    assert person_and_side("04_simple") == ("04_simple", 0.0)
    assert person_and_side("04_simple_back") == ("04_simple", 180.0)
    assert person_and_side("anna_-45") == ("anna", -45.0)
