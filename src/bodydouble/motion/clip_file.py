"""Keeping a motion in a file: `.npz`, with the skeleton on which it was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.motion.clip import MAX_FRAMES, MAX_JOINTS, Clip, check_finite
from bodydouble.motion.npz import array_names, read_arrays
from bodydouble.person.landmarks import SIDES

_MARK = "joint_names"  # the array that no other motion file has
_ARRAYS = (_MARK, "parents", "offsets", "rotations", "root", "frames_per_second")
_STANDING = "standing"  # T×2×2 booleans, of left and right, heel and ball; only of those who were seen to stand
_UNIT_ERROR = 1e-2  # by which a quaternion's length may miss 1


def write_clip(clip: Clip, path: str | Path) -> None:
    """Write a clip whose root alone moves against its parent, standing in its zero pose (`body_clip`).

    Arrays: `joint_names` (J,), `parents` (J,), `offsets` J×3 and `root` T×3 in metres, `rotations` T×J×4 as w, x, y, z
    from the parent, `frames_per_second`; `standing` T×2×2 where the clip has contacts.
    The file appears when it is whole.

    Raises:
        InputError: the name does not end in .npz, or its folder does not exist.
    """
    path = Path(path)
    if path.suffix.lower() != ".npz":
        raise InputError(f"cannot write the motion {path}: use a name ending in .npz")
    contacts = clip.contacts
    standing = {} if contacts is None else {_STANDING: np.stack([contacts[side].numpy() for side in SIDES], 1)}
    with whole_file(path) as temporary:
        np.savez_compressed(
            temporary,
            joint_names=np.array(clip.joint_names),
            parents=np.array(clip.parents),
            offsets=clip.offsets.numpy(),
            rotations=clip.rotations.numpy(),
            root=clip.translations[0].numpy(),
            frames_per_second=np.array(clip.frames_per_second),
            **standing,
        )


def holds_clip(path: Path) -> bool:
    """Whether a file is one that `write_clip` wrote."""
    return _MARK in array_names(path)


def read_clip(path: Path) -> Clip:
    """Read what `write_clip` wrote.

    Raises:
        InputError: an array is missing, of another kind or shape, or not finite.
    """
    arrays = read_arrays(path, (*_ARRAYS, _STANDING), "a motion of a body")
    missing = [name for name in _ARRAYS if name not in arrays]
    if missing:
        raise InputError(f"{path} has no array {missing[0]!r}; write the motion again")
    names, parents = arrays[_MARK], arrays["parents"]
    if names.dtype.kind != "U" or names.ndim != 1 or not 1 <= len(names) <= MAX_JOINTS:
        raise InputError(f"{path}: joint_names are not 1 to {MAX_JOINTS} names; write the motion again")
    count = len(names)
    if parents.shape != (count,) or not all(-1 < parent < joint for joint, parent in enumerate(parents[1:], start=1)):
        raise InputError(f"{path}: parents do not come before their children; write the motion again")
    rotations = _checked(arrays["rotations"], path, "rotations", (None, count, 4))
    root = _checked(arrays["root"], path, "root", (len(rotations), 3))
    rate = arrays["frames_per_second"]
    if rate.shape != () or rate.dtype.kind not in "fiu" or not 0.1 <= float(rate) <= 10_000:
        raise InputError(f"{path} has no usable frame rate; frames_per_second must be one number from 0.1 to 10000")
    if bool(((rotations.norm(dim=-1) - 1).abs() > _UNIT_ERROR).any()):
        raise InputError(f"{path}: rotations are no unit quaternions; write the motion again")
    return Clip(
        name=path.stem,
        joint_names=tuple(str(name) for name in names),
        parents=(-1, *(int(parent) for parent in parents[1:])),
        offsets=_checked(arrays["offsets"], path, "offsets", (count, 3)),
        rotations=rotations,
        translations={0: root},
        frames_per_second=float(rate),
        neutral=True,
        contacts=_read_contacts(arrays, path, len(rotations)),
    )


def _read_contacts(arrays: Mapping[str, np.ndarray], path: Path, frames: int) -> dict[str, Tensor] | None:
    standing = arrays.get(_STANDING)
    if standing is None:
        return None
    if standing.shape != (frames, len(SIDES), 2) or standing.dtype != bool:
        raise InputError(f"{path}: standing is not {frames}×2×2 booleans; write the motion again")
    return {side: torch.from_numpy(standing[:, place].copy()) for place, side in enumerate(SIDES)}


def _checked(array: np.ndarray, path: Path, name: str, shape: tuple[int | None, ...]) -> Tensor:
    fits = array.ndim == len(shape) and all(want in (None, side) for want, side in zip(shape, array.shape, strict=True))
    if not fits or array.dtype.kind not in "fiu" or not 1 <= len(array) <= MAX_FRAMES:
        raise InputError(f"{path}: {name} has the shape {array.shape} or holds no numbers; write the motion again")
    values = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
    check_finite(values, path, name)
    return values
