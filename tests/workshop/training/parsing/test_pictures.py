"""Photographs with labels: what is never trained on, and how bytes are read."""

import cv2
import numpy as np
import pytest

from bodydouble.errors import InputError
from bodydouble.parsing.labels import LABELS
from workshop.training.parsing.pictures import GROUPS, new_picture, photo_numbers, photo_pictures, read_names, streets


@pytest.fixture
def folder(tmp_path):
    """Photographs 1 to 9, of which 3 is kept to look at."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "labels").mkdir()
    labels = np.zeros((40, 30), np.uint8)
    labels[10:30, 10:20] = 1
    for number in range(1, 10):
        cv2.imwrite(str(tmp_path / "photos" / f"000{number}.jpg"), np.full((40, 30, 3), 20 * number, np.uint8))
        cv2.imwrite(str(tmp_path / "labels" / f"000{number}.png"), labels)
    (tmp_path / "groups.tsv").write_text("name\tgroup\tlabel\nnull\tbackground\tbackground\njeans\tcloth\tlower\n")
    (tmp_path / "look.txt").write_text("0003\n")
    return tmp_path


def test_what_is_measured_or_looked_at_is_never_trained_on(folder):
    trained, measured = photo_numbers(folder), photo_numbers(folder, measured=True)
    assert measured == ["0006"]
    assert trained == ["0001", "0002", "0004", "0005", "0007", "0008", "0009"]
    assert sorted(picture.name for picture in photo_pictures(folder)) == trained


def test_bytes_become_labels_and_groups(folder):
    names = read_names(folder)
    assert LABELS[names.labels[1]] == "lower" and GROUPS[names.groups[1]] == "cloth"
    picture = photo_pictures(folder)[0]
    assert picture.box == (10, 10, 20, 30) and picture.labels[15, 15] == LABELS.index("lower")


def test_a_table_with_other_names_is_refused(folder):
    (folder / "groups.tsv").write_text("name\tgroup\tlabel\nnull\tbackground\tsky\n")
    with pytest.raises(InputError, match="groups.tsv"):
        read_names(folder)


def test_streets_hold_nobody():
    image = np.zeros((100, 200, 3), np.uint8)
    image[:, :90] = 200
    labels = np.zeros((100, 200), np.uint8)
    labels[20:90, 100:180] = 1
    (street,) = streets([new_picture(image, labels)], 64)
    assert street.shape == (64, 64, 3) and street[:, :50].min() > 150
