"""Photographs with masks, of which neither camera nor pose is known: what sets of real people have in common."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.person.photo import read_photo
from workshop.evaluation.datasets import Source, TrueView

_NOT_BLACK = 0.2  # of a picture's brightest channel, [0, 1], from which a mask's pixel counts


def existing_folder(source: Source, name: str) -> Path:
    """The data set's folder; InputError where there is none."""
    if source.folder is None or not source.folder.is_dir():
        raise InputError(f"the data set {name} needs its folder, and {source.folder} is none; give {name}:DIR")
    return source.folder


def read_view(picture: Path, mask: Path, azimuth_deg: float) -> TrueView:
    """A photograph and its mask, whose camera and pose nobody knows.

    Raises:
        InputError: one of the files cannot be used, or they differ in size.
    """
    photo, covered = read_photo(picture), _read_mask(mask)
    if tuple(covered.shape) != photo.size:
        raise InputError(
            f"the mask {mask} has {covered.shape[1]}×{covered.shape[0]} pixels and its picture "
            f"{photo.size[1]}×{photo.size[0]}; give masks of the pictures' size"
        )
    if not bool((covered > 0.5).any()):
        raise InputError(f"the mask {mask} is empty; leave out what shows nobody")
    return TrueView(rgb=photo.rgb, mask=covered, azimuth_deg=azimuth_deg)


def _read_mask(path: Path) -> Tensor:
    """H×W, 0 or 1: what is neither black nor 0."""
    if path.suffix == ".npy":
        try:
            values = np.load(path, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise InputError(f"{path} is not an array that can be read: {error}; a mask is H×W") from error
        if values.ndim != 2:
            raise InputError(f"{path} has {values.ndim} dimensions; a mask is H×W")
        return torch.from_numpy(values != 0).float()
    photo = read_photo(path)
    return (photo.rgb.amax(0) > _NOT_BLACK).float()
