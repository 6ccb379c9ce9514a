"""People-Snapshot's layout, in a small folder."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from bodydouble.body.anny import AnnyBody
from bodydouble.errors import InputError
from tests.workshop.evaluation.datasets.makers import write_picture
from workshop.evaluation.datasets import TURNING, Source, between_deg, open_dataset
from workshop.evaluation.datasets.snapshot import root_azimuths


def _facing(azimuth_deg: float) -> np.ndarray:
    """SMPL's root angles of a body seen from that side by a camera with y down."""
    # Half a turn about x faces the camera; then the body turns about its own vertical, away from the camera.
    return (Rotation.from_euler("x", math.pi) * Rotation.from_euler("y", -math.radians(azimuth_deg))).as_rotvec()


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    folder = tmp_path / "male-3-casual"
    thetas = np.zeros((4, 72), np.float32)
    for frame, azimuth in enumerate((0, 90, 180, -90)):
        write_picture(folder / f"images/image_{frame:04d}.png", 40 * frame)
        (folder / "masks").mkdir(exist_ok=True)
        mask = np.zeros((80, 100), np.uint8)
        mask[10:70, 40:60] = 1
        np.save(folder / f"masks/mask_{frame:04d}.npy", mask)
        thetas[frame, :3] = _facing(azimuth)
    np.savez(folder / "poses.npz", thetas=thetas)
    return tmp_path


def test_the_root_tells_the_side(snapshot: Path) -> None:
    thetas = np.load(snapshot / "male-3-casual/poses.npz")["thetas"]
    for found, azimuth in zip(root_azimuths(thetas), (0, 90, 180, -90), strict=True):
        assert between_deg(found, azimuth) < 0.1


def test_people_snapshot(snapshot: Path, anny: AnnyBody) -> None:
    dataset = open_dataset(Source(dataset="snapshot-people", folder=snapshot), anny)
    assert dataset.sets == {TURNING: ("male-3-casual",)}
    person = dataset.subject("male-3-casual")
    assert person.cluster == "male-3" and not person.anywhere
    back = person.view(180.0)
    assert between_deg(back.azimuth_deg, 180) < 0.1 and back.camera is None
    assert torch.allclose(back.rgb, torch.tensor(80 / 255)) and back.mask.sum() == 1200
    assert person.nearest(45.0) in person.azimuths_deg


def test_what_needs_a_pickle_says_what_to_unpack(tmp_path: Path, anny: AnnyBody) -> None:
    (tmp_path / "male-3-casual").mkdir()
    (tmp_path / "male-3-casual/camera.pkl").write_bytes(b"\x80\x04.")
    with pytest.raises(InputError, match="pickle.*poses.npz"):
        open_dataset(Source(dataset="snapshot-people", folder=tmp_path), anny)


def test_damaged_snapshots_are_the_callers_mistake(snapshot: Path, anny: AnnyBody) -> None:
    dataset = open_dataset(Source(dataset="snapshot-people", folder=snapshot), anny)
    mask = snapshot / "male-3-casual/masks/mask_0000.npy"
    np.save(mask, np.zeros((80, 100), np.uint8))
    with pytest.raises(InputError, match="empty"):
        dataset.subject("male-3-casual").view(0.0)
    np.save(mask, np.array([{"code": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="not an array"):
        dataset.subject("male-3-casual").view(0.0)
    (snapshot / "male-3-casual/masks/mask_0003.npy").unlink()
    with pytest.raises(InputError, match="4 frames and 3 masks"):
        dataset.subject("male-3-casual")
