"""A kept motion comes back as it was, on any body, and a damaged file gets a clear no."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from bodydouble.body.skinning import joint_paths
from bodydouble.errors import InputError
from bodydouble.motion.clip import body_clip
from bodydouble.motion.clip_file import holds_clip, read_clip, write_clip
from bodydouble.motion.load import load_motion
from bodydouble.person.landmarks import SIDES
from bodydouble.values import BodyShape


@pytest.fixture(scope="module")
def rest(anny):
    return anny.rest(anny.mean_shape())


@pytest.fixture(scope="module")
def walk(anny, rest):
    return load_motion("walk", anny, rest)


@pytest.fixture
def kept(anny, rest, walk, tmp_path):
    path = tmp_path / "kept.npz"
    write_clip(body_clip(walk, anny, rest), path)
    return path


def test_motion_comes_back_as_it_was(anny, rest, walk, kept):
    assert holds_clip(kept)
    back = load_motion(kept, anny, rest, lock_feet=False)
    assert torch.allclose(back.joints, walk.joints, atol=1e-4)
    paths = [joint_paths(rest, motion)[1] for motion in (back, walk)]
    assert (paths[0] - paths[1]).norm(dim=-1).max() < 0.005


def test_where_the_feet_stand_is_kept(anny, rest, walk, tmp_path):
    standing = {side: torch.arange(2 * len(walk)).reshape(-1, 2) % 3 == place for place, side in enumerate(SIDES)}
    write_clip(replace(body_clip(walk, anny, rest), contacts=standing), tmp_path / "kept.npz")
    back = read_clip(tmp_path / "kept.npz").contacts
    assert all(torch.equal(back[side], standing[side]) for side in SIDES)


def test_motion_fits_a_body_of_another_shape(anny, walk, kept):
    child = BodyShape(coefficients=anny.mean_shape().coefficients.clone())
    child.coefficients[anny.shape_names.index("age")] = 0.4
    back = load_motion(kept, anny, anny.rest(child), lock_feet=False)
    assert torch.allclose(back.joints, walk.joints, atol=0.15)  # limbs point where they did


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rotations": None}, "no array 'rotations'"),
        ({"rotations": np.zeros((4, 3))}, "rotations has the shape"),
        ({"root": np.full((132, 3), np.nan)}, "not a finite number"),
        ({"parents": np.zeros(3, int)}, "parents do not come before"),
        ({"frames_per_second": np.array("fast")}, "no usable frame rate"),
        ({"joint_names": np.arange(3)}, "joint_names are not"),
        ({"standing": np.zeros((132, 2), bool)}, "standing is not 132×2×2"),
        ({"joint_names": np.array([{}])}, "cannot be read as a motion"),
    ],
)
def test_damaged_files_are_refused(kept, anny, rest, changes, message):
    with np.load(kept) as file:
        arrays = {**{name: file[name] for name in file.files}, **changes}
    np.savez(kept, **{name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(InputError, match=message):
        read_clip(kept)


def test_the_name_says_what_it_is(anny, rest, walk, tmp_path):
    with pytest.raises(InputError, match="ending in .npz"):
        write_clip(body_clip(walk, anny, rest), tmp_path / "kept.bvh")
    assert not holds_clip(tmp_path / "gone.npz") and list(tmp_path.iterdir()) == []
