"""Weights are fetched where that is asked for, each folder whole or not at all. No network takes part."""

from pathlib import Path

import pytest

from bodydouble.digitize.diffusion_weights import CONFIGS, FOLDERS, REPOSITORIES, download_weights
from bodydouble.errors import InputError


class Shop:
    """Stands in for huggingface_hub."""

    def __init__(self, broken: str = "") -> None:
        self.asked: list[str] = []
        self.broken = broken

    def __call__(self, repo_id: str, local_dir: Path, allow_patterns: list[str], ignore_patterns: list[str]) -> None:
        assert not any("bin" in pattern for pattern in allow_patterns), "no pickles"
        self.asked.append(repo_id)
        (local_dir / ".cache").mkdir(parents=True)
        (
            local_dir / CONFIGS[FOLDERS.index(next(name for name, each in REPOSITORIES.items() if each == repo_id))]
        ).touch()
        if repo_id == self.broken:
            raise OSError("no route to host\nand more")


def test_what_is_not_there_is_fetched(tmp_path):
    shop, folder = Shop(), tmp_path / "weights"
    (folder / FOLDERS[1]).mkdir(parents=True)
    download_weights(folder, shop)
    assert shop.asked == [REPOSITORIES[FOLDERS[0]], REPOSITORIES[FOLDERS[2]]]
    assert sorted(path.name for path in folder.iterdir()) == sorted(FOLDERS)
    assert [path.name for path in (folder / FOLDERS[0]).iterdir()] == ["model_index.json"]


def test_a_network_that_fails_leaves_nothing_half(tmp_path):
    with pytest.raises(InputError, match=r"control_v11p_sd15_normalbae cannot be downloaded: no route to host$"):
        download_weights(tmp_path / "weights", Shop(REPOSITORIES[FOLDERS[1]]))
    assert [path.name for path in (tmp_path / "weights").iterdir()] == [FOLDERS[0]]


def test_a_folder_must_be_named(tmp_path):
    with pytest.raises(InputError, match="--weights-dir"):
        download_weights(None)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="it is a file"):
        download_weights(tmp_path / "file")
    with pytest.raises(InputError, match="does not exist"):
        download_weights(tmp_path / "nowhere" / "weights")
