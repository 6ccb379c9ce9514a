"""The front door of motions: a built-in name or a file becomes a `Motion` of a body."""

from __future__ import annotations

from pathlib import Path

from bodydouble.body import BodyModel
from bodydouble.errors import InputError
from bodydouble.motion.builtin import BUILTIN_MOTIONS
from bodydouble.motion.bvh import read_bvh
from bodydouble.motion.clip import resample
from bodydouble.motion.retarget import retarget
from bodydouble.motion.smplx_poses import read_amass, read_smplx_poses
from bodydouble.motion.standard_skeleton import on_skeleton_of
from bodydouble.values import Motion, RestBody

READERS = {".bvh": read_bvh, ".npz": read_amass, ".npy": read_smplx_poses}


def load_motion(
    name_or_path: str | Path,
    body: BodyModel,
    rest: RestBody,
    frames_per_second: float = 30.0,
    up: str | None = None,
    lock_feet: bool = True,
) -> Motion:
    """A motion for a body of one shape, starting at the origin and facing +z, with the feet on the ground.

    Args:
        name_or_path: a built-in motion ("idle", "walk", "wave", "turn", "dance") or a `.bvh`, AMASS `.npz` or
            SMPL-X `.npy` file.
        frames_per_second: rate of the result; recordings are resampled.
        up: "y" or "z", the axis of a file that points up; None: found by the format, the skeleton and the floor.
        lock_feet: feet of a recording that stand neither slide nor float; the built-in ones never do.

    Raises:
        InputError: no such motion, or a file that cannot be used; the message says what is wrong with it.
    """
    if not 1 <= frames_per_second <= 1000:
        raise InputError(f"a motion needs 1 to 1000 frames a second, not {frames_per_second:g}")
    check_motion(name_or_path)
    name, path = str(name_or_path), Path(name_or_path)
    if name in BUILTIN_MOTIONS:
        return retarget(BUILTIN_MOTIONS[name](frames_per_second), body, rest)
    clip = resample(READERS[path.suffix.lower()](path), frames_per_second)
    if body.name == "smplx" and path.suffix.lower() != ".bvh":
        clip = on_skeleton_of(clip, body, rest)  # the poses are meant for this very body: nothing to correct
    return retarget(clip, body, rest, up, lock_feet)


def check_motion(name_or_path: str | Path) -> None:
    """Raise InputError for what is neither a built-in motion nor a file of a kind that is read; no file is opened."""
    name, path = str(name_or_path), Path(name_or_path)
    if name in BUILTIN_MOTIONS:
        return
    if path.suffix.lower() not in READERS:
        raise InputError(
            f"unknown motion {name!r}; built in are {', '.join(BUILTIN_MOTIONS)}, and files may be {', '.join(READERS)}"
        )
    if not path.is_file():
        raise InputError(f"there is no motion file {path}")
