"""What every set of real people has in common."""

from pathlib import Path

import pytest

from bodydouble.body.anny import AnnyBody
from bodydouble.errors import InputError
from workshop.evaluation.datasets import Source, open_dataset


@pytest.mark.parametrize("name", ["snapshot-people", "azure-people", "thuman"])
def test_a_missing_or_empty_folder_is_the_callers_mistake(name: str, tmp_path: Path, anny: AnnyBody) -> None:
    for folder in (None, tmp_path / "nowhere", tmp_path):
        with pytest.raises(InputError):
            open_dataset(Source(dataset=name, folder=folder), anny)
