"""People come from processes, stay for a while, and make room; what is no data is told so."""

from pathlib import Path

import numpy as np
import pytest
import torch

from bodydouble.errors import InputError
from tests.workshop.training.makers import striped_data, striped_person
from workshop.training.command import TrainConfig, adapt_preset
from workshop.training.data import Pool, open_data
from workshop.training.own_data import _crop
from workshop.training.people import PeopleConfig, draw_person, reduce_frames


def test_the_oldest_make_room():
    size = striped_person(64, 0).bytes
    pool = Pool(striped_data(), torch.device("cpu"), workers=0, gib=2.5 * size / 2**30)
    for _ in range(40):
        pool.batch(2, 2)
    assert len(pool) == 2 and pool.next_number > 4


def test_people_who_can_be_counted_are_made_once():
    pool = Pool(striped_data(count=3), torch.device("cpu"), workers=0, gib=1)
    for _ in range(40):
        batch = pool.batch(4, 2)
    assert len(pool) == 3 and pool.next_number == 3 and len(batch.photo) == 4


def test_other_processes_make_the_same_people():
    pool = Pool(striped_data(count=2), torch.device("cpu"), workers=1, gib=1)
    try:
        batch = pool.batch(2, 4)
    finally:
        pool.close()
    wanted = striped_person(64, 0).photo.float().mean() / 255
    assert (batch.photo.mean((1, 2, 3, 4)) - wanted).abs().min() < 1e-5


def test_what_is_no_data_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("no pack")
    for path in (tmp_path / "file", tmp_path, tmp_path / "missing"):
        with pytest.raises(InputError, match="pack"):
            open_data(path, PeopleConfig(), "cpu")
    with pytest.raises(InputError, match="--size 300"):
        adapt_preset(TrainConfig(preset="tiny", data=tmp_path, out=tmp_path, size=300))


def test_a_person_of_a_pack_is_seen_twice_in_each_pose(pack):
    config = PeopleConfig(size=64, poses=1)
    person = draw_person(pack, config, 5)
    again = draw_person(pack, config, 5)
    assert len(person) == config.views and torch.equal(person.photo, again.photo)
    body, mask = person.uv[:, 0] > -32768, person.rgba[:, 3] > 127
    assert (body & mask).sum() > 0.7 * (body | mask).sum()
    assert not torch.equal(person.uv, person.fitted_uv)
    small = reduce_frames(person, 32)
    assert small.photo.shape[-1] == 32 and torch.equal(small.face, person.face / 2)


def test_a_square_may_reach_beyond_the_photo():
    image = torch.rand(4, 20, 30)
    cut = _crop(image, -5, 4, 20, 20)
    assert np.allclose(cut[:, :16, 5:].numpy(), image[:, 4:20, :15].numpy(), atol=1e-5) and not cut[:, :, :5].any()
