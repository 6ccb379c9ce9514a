"""People-Snapshot (Alldieck et al., "Video based reconstruction of 3D people models", 2018), without pickles.

It is published as `NAME/NAME.mp4`, `masks.hdf5`, `reconstructed_poses.hdf5` and `camera.pkl`. A pickle can run code, so
it is not read; what is read is the layout into which its users commonly unpack it:

    NAME/images/image_0000.png ...    frames
    NAME/masks/mask_0000.npy ...      H×W, 0 or 1 (or .png)
    NAME/poses.npz                    "thetas": one row of 72 SMPL angles a frame, the root's three first

The camera is not needed: pose and camera of a compared frame are found by fitting the double to it, as in the paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from bodydouble.body import BodyModel
from bodydouble.errors import InputError
from bodydouble.geometry.rotation import matrix_from_axis_angle
from workshop.evaluation.datasets import TURNING, Source, Subject, TrueView, between_deg
from workshop.evaluation.datasets.photographs import existing_folder, read_view

_WANTED = "expected NAME/images/*.png, NAME/masks/*.npy (or .png) and NAME/poses.npz with an array thetas"


class SnapshotPeople:
    """See `Dataset`."""

    name = "snapshot-people"

    def __init__(self, source: Source, body: BodyModel) -> None:
        self._folder = existing_folder(source, self.name)
        names = sorted(path.name for path in self._folder.iterdir() if (path / "images").is_dir())
        packed = sorted(path.parent.name for path in self._folder.glob("*/camera.pkl"))
        if not names and packed:
            raise InputError(
                f"{self._folder / packed[0]} is as published, with a pickle, which can run code and is not read; "
                f"unpack it yourself: {_WANTED}"
            )
        self.sets: Mapping[str, tuple[str, ...]] = {TURNING: tuple(names)}

    def subject(self, name: str) -> Subject:
        """See `Dataset`. The same person in another outfit is no new witness: "male-3-casual" belongs to "male-3"."""
        folder = self._folder / name
        frames, masks = sorted((folder / "images").glob("*.png")), _masks(folder / "masks")
        azimuths = root_azimuths(_thetas(folder / "poses.npz"))
        count = min(len(frames), len(masks), len(azimuths))
        if not count or len({len(frames), len(masks)}) > 1:
            raise InputError(f"{folder} has {len(frames)} frames and {len(masks)} masks; {_WANTED}")

        def view(azimuth_deg: float) -> TrueView:
            best = min(range(count), key=lambda frame: between_deg(azimuths[frame], azimuth_deg))
            return read_view(frames[best], masks[best], azimuths[best])

        cluster = "-".join(name.split("-")[:2])
        return Subject(name=name, cluster=cluster, azimuths_deg=tuple(azimuths[:count]), view=view)


def root_azimuths(thetas: np.ndarray) -> list[float]:
    """From which side the camera sees each frame (degrees), by the root's rotation in the camera's axes.

    Args:
        thetas: N×72, SMPL's angles; at rest the body faces +z with its left at +x, and the camera looks along +z with
            y down.
    """
    rotation = matrix_from_axis_angle(torch.from_numpy(thetas[:, :3]).float())
    towards = -rotation[:, 2]  # the direction to the camera in the body's own axes
    return torch.rad2deg(torch.atan2(towards[:, 0], towards[:, 2])).tolist()


def _masks(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.npy")) or sorted(folder.glob("*.png"))


def _thetas(path: Path) -> np.ndarray:
    try:
        with np.load(path, allow_pickle=False) as file:
            thetas = file["thetas"] if "thetas" in file else file["global_orient"]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path} cannot be used: {error}; {_WANTED}") from error
    if thetas.ndim != 2 or thetas.shape[1] < 3:
        raise InputError(f"{path} has poses of shape {thetas.shape}; expected one row of angles a frame")
    return thetas
