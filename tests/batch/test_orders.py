"""Which files of a folder are meant, and what their doubles are called."""

import pytest

from bodydouble.batch.orders import find_photos, make_orders
from bodydouble.errors import InputError


def test_a_folder_s_photos_and_files_that_are_named(tmp_path):
    for name in ("b.JPG", "a.png", "notes.txt", ".hidden.jpg", "clip.mov", "odd.xyz"):
        (tmp_path / name).touch()
    (tmp_path / "sub.jpg").mkdir()
    photos = find_photos([tmp_path, tmp_path / "odd.xyz", tmp_path / "a.png"])
    assert [photo.name for photo in photos] == ["a.png", "b.JPG", "clip.mov", "odd.xyz"]


def test_a_folder_without_photos(tmp_path):
    with pytest.raises(InputError, match="no photo or video"):
        find_photos([tmp_path])


def test_names_that_would_be_the_same_keep_their_suffixes(tmp_path):
    orders = make_orders([tmp_path / name for name in ("a.jpg", "A.png", "b.jpg")], tmp_path, {})
    assert [order.double.name for order in orders] == ["a.jpg.double", "A.png.double", "b.double"]
    assert len({order.picture for order in orders}) == 3
    with pytest.raises(InputError, match="several photos are called"):
        make_orders([tmp_path / "x" / "a.jpg", tmp_path / "y" / "a.jpg"], tmp_path, {})
