"""Reading SMPL-family poses: AMASS `.npz` and bare SMPL-X `.npy`. Axis-angle numbers only; nothing is unpickled."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from bodydouble.body.joints import FINGERS
from bodydouble.errors import InputError
from bodydouble.geometry.quaternion import quaternion_from_axis_angle
from bodydouble.motion.clip import MAX_FRAMES, Clip, check_file_size, check_finite
from bodydouble.motion.npz import read_arrays
from bodydouble.motion.standard_skeleton import STANDARD_NAMES, standard_clip
from bodydouble.person.landmarks import SIDES

# The order in which SMPL and its successors number the body's joints.
_BODY = (
    "pelvis left_hip right_hip spine_1 left_knee right_knee spine_2 left_ankle right_ankle spine_3 left_toe right_toe "
    "neck left_clavicle right_clavicle head left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist"
).split()
_HAND_FINGERS = ("index", "middle", "pinky", "ring", "thumb")
_HANDS = [f"{side}_{finger}_{n}" for side in SIDES for finger in _HAND_FINGERS for n in (1, 2, 3)]
# Rows of the pose by its number of columns: SMPL-H has the hands next to the body, SMPL-X jaw and eyes between.
_LAYOUTS = {156: (*_BODY, *_HANDS), 165: (*_BODY, "jaw", "left_eye", "right_eye", *_HANDS)}
_RATES = ("mocap_framerate", "mocap_frame_rate")

assert set(_HAND_FINGERS) == set(FINGERS)


def read_amass(path: Path) -> Clip:
    """Read an AMASS `.npz`: `poses` (T, 156 or 165), `trans` (T, 3) metres, `mocap_framerate` or `mocap_frame_rate`.

    AMASS has z up.

    Raises:
        InputError: not an npz, an array missing, of a wrong shape, not numeric, not finite, or too large.
    """
    arrays = read_arrays(path, ("poses", "trans", *_RATES), "an AMASS .npz of numbers")
    if "poses" not in arrays:
        raise InputError(f"{path} has no array 'poses'; an AMASS motion needs poses, trans and mocap_framerate")
    poses = _numbers(arrays["poses"], path, "poses")
    rate = next((_numbers(arrays[name], path, name).reshape(-1) for name in _RATES if name in arrays), None)
    if rate is None or len(rate) != 1 or not 0.1 <= float(rate[0]) <= 10_000:
        raise InputError(f"{path} has no usable frame rate; mocap_framerate must be one number from 0.1 to 10000")
    positions = _numbers(arrays["trans"], path, "trans") if "trans" in arrays else None
    return _clip(path, poses, positions, float(rate[0]), "z")


def read_smplx_poses(path: Path) -> Clip:
    """Read a `.npy` of SMPL-X (T, 165) or SMPL-H (T, 156) axis-angle poses, taken as 30 frames a second and y up.

    Raises:
        InputError: not such an array, not finite, or too large.
    """
    check_file_size(path)
    try:
        poses = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError, MemoryError) as error:
        raise InputError(f"{path} cannot be read as a .npy of numbers: {error}") from None
    if not isinstance(poses, np.ndarray):
        raise InputError(f"{path} is an archive, not one array; rename it to .npz if it is an AMASS motion")
    return _clip(path, _numbers(poses, path, "the array"), None, 30.0, "y")


def _numbers(array: object, path: Path, name: str) -> Tensor:
    # numpy hands out what is no array in an archive as bytes.
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise InputError(f"{path}: {name} does not hold numbers but {getattr(array, 'dtype', 'bytes')}")
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))


def _clip(
    path: Path, poses: Tensor, positions: Tensor | None, frames_per_second: float, format_up: Literal["y", "z"]
) -> Clip:
    if poses.dim() != 2 or poses.shape[1] not in _LAYOUTS:
        raise InputError(f"{path}: poses have the shape {tuple(poses.shape)}, expected (frames, 156) or (frames, 165)")
    if not 1 <= len(poses) <= MAX_FRAMES:
        raise InputError(f"{path} has {len(poses)} frames; a motion may have 1 to {MAX_FRAMES}")
    if positions is None:
        positions = torch.zeros(len(poses), 3)
    if positions.shape != (len(poses), 3):
        raise InputError(f"{path}: trans has the shape {tuple(positions.shape)}, expected {(len(poses), 3)}")
    check_finite(poses, path, "the pose")
    check_finite(positions, path, "the position")
    rows = _LAYOUTS[poses.shape[1]]
    order = [rows.index(name) if name in rows else -1 for name in STANDARD_NAMES]
    padded = torch.cat([poses.unflatten(1, (-1, 3)), torch.zeros(len(poses), 1, 3)], 1)  # row -1: no rotation
    rotations = quaternion_from_axis_angle(padded[:, order])
    return standard_clip(path.stem, rotations, positions, frames_per_second, format_up)
