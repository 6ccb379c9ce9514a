"""The front door of motions: a built-in name or a file becomes a `Motion` of a body."""

from __future__ import annotations

from pathlib import Path

from bodydouble.body import BodyModel
from bodydouble.errors import InputError
from bodydouble.motion.builtin import BUILTIN_MOTIONS
from bodydouble.motion.bvh import read_bvh
from bodydouble.motion.clip import Clip, resample
from bodydouble.motion.clip_file import holds_clip, read_clip
from bodydouble.motion.gltf import read_gltf
from bodydouble.motion.retarget import retarget
from bodydouble.motion.smplx_poses import read_amass, read_smplx_poses
from bodydouble.motion.standard_skeleton import on_skeleton_of
from bodydouble.person.video import is_video
from bodydouble.progress import Progress
from bodydouble.values import Motion, RestBody

READERS = {
    ".bvh": read_bvh,
    ".npz": read_amass,
    ".npy": read_smplx_poses,
    ".glb": read_gltf,
    ".gltf": read_gltf,
    ".vrma": read_gltf,
}
_OF_SEVERAL = (".glb", ".gltf")  # animations
_FOR_SMPLX = (".npz", ".npy")  # poses that are meant for that very body


def load_motion(
    name_or_path: str | Path,
    body: BodyModel,
    rest: RestBody,
    frames_per_second: float = 30.0,
    up: str | None = None,
    lock_feet: bool = True,
    progress: Progress | None = None,
) -> Motion:
    """A motion for a body of one shape, starting at the origin and facing +z, with the feet on the ground.

    Args:
        name_or_path: a built-in motion ("idle", "walk", "wave", "turn", "dance") or a `.bvh`, `.glb`, `.gltf`,
            `.vrma`, AMASS `.npz` or SMPL-X `.npy` file; "pack.glb#Walking" is the animation of that name in it; a
            `.npz` of `motion.clip_file`; or a video of a person to imitate.
        frames_per_second: rate of the result; recordings are resampled.
        up: "y" or "z", the axis of a file that points up; None: found by the format, the skeleton and the floor.
        lock_feet: feet of a recording that stand neither slide nor float; the built-in ones never do.
        progress: told of a video, which takes a while.

    Raises:
        InputError: no such motion, or a file that cannot be used; the message says what is wrong with it.
    """
    if not 1 <= frames_per_second <= 1000:
        raise InputError(f"a motion needs 1 to 1000 frames a second, not {frames_per_second:g}")
    check_motion(name_or_path)
    name = str(name_or_path)
    if name in BUILTIN_MOTIONS:
        return retarget(BUILTIN_MOTIONS[name](frames_per_second), body, rest)
    clip = resample(_read(name, body, rest, progress), frames_per_second)
    return retarget(clip, body, rest, up, lock_feet)


def check_motion(name_or_path: str | Path) -> None:
    """Raise InputError for what is neither a built-in motion nor a file of a kind that is read, by its first bytes."""
    name = str(name_or_path)
    if name in BUILTIN_MOTIONS:
        return
    path = _split_animation(name)[0]
    if path.suffix.lower() == ".fbx":
        raise InputError(
            f"{path}: FBX is not read; open it in Blender (File, Import, FBX) and export it as glTF (.glb)"
        )
    if path.suffix.lower() not in READERS and not is_video(path):
        raise InputError(
            f"unknown motion {name!r}; built in are {', '.join(BUILTIN_MOTIONS)}, "
            f"and files may be {', '.join(READERS)} or a video"
        )
    if not path.is_file():
        raise InputError(f"there is no motion file {path}")


def _split_animation(name: str) -> tuple[Path, str | None]:
    """A file, and which of its animations where the name says so: "pack.glb#Walking"."""
    file, mark, animation = name.rpartition("#")
    if mark and Path(file).suffix.lower() in _OF_SEVERAL and not Path(name).is_file():
        return Path(file), animation
    return Path(name), None


def _read(name: str, body: BodyModel, rest: RestBody, progress: Progress | None) -> Clip:
    path, animation = _split_animation(name)
    suffix = path.suffix.lower()
    if suffix not in READERS:
        from bodydouble.motion.imitate import imitate_video  # with scipy's filters, which few motions need

        return imitate_video(path, body, progress)
    if animation is not None:
        return read_gltf(path, animation)
    if suffix == ".npz" and holds_clip(path):
        return read_clip(path)
    clip = READERS[suffix](path)
    return on_skeleton_of(clip, body, rest) if body.name == "smplx" and suffix in _FOR_SMPLX else clip
