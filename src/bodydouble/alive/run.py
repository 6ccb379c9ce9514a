"""From a photo and a motion to a video of the photo that comes alive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np
import torch
from torch import Tensor

from bodydouble.alive.compose import compose
from bodydouble.alive.contact_shadow import contact_shadow
from bodydouble.alive.grain import measure_grain
from bodydouble.alive.photo_detail import PhotoDetail
from bodydouble.alive.scene import Scene, take_apart
from bodydouble.body.skinning import joint_paths
from bodydouble.create_config import CreateConfig
from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.geometry.camera import cropped, project
from bodydouble.motion.ease import ease_from_pose, ease_weights, keep_in_place, slow_start
from bodydouble.motion.load import check_motion
from bodydouble.person.sources import Source
from bodydouble.progress import Progress, part_of
from bodydouble.render.video import check_frames_path, tell_frames, write_frames
from bodydouble.values import Camera, Motion, PosedSurface

LOOPING = (".gif", ".webp")  # formats that come back to the photo
_LONGEST = {".mp4": 960, "": 960, ".webp": 640, ".gif": 480}  # pixels of the longer side, where none is asked for
_EVERY = {".gif": 2, ".webp": 2}  # of a motion's frames, one of so many is shown: 15 a second
_MAKING = 0.6  # share of the work that making the double takes; only the progress shown depends on it
# How many times longer the way from the photo's pose may take until its joints move less than so many times as fast as
# they usually do later, on average.
_LONGER, _HASTY = (1.0, 1.3, 1.6), 1.2
_MARGIN_PX = 4  # of the drawn part of a frame around the body


@dataclass(frozen=True, kw_only=True)
class AliveConfig:
    """How a photo comes alive."""

    longest: int | None = None  # pixels of the frames' longer side, 64 to 4096; None: by the format
    ease_seconds: float = 1.0  # from the photo's pose to the motion's; longer where that would be hasty
    detail_seconds: float = 1.0  # in which what only the photo shows fades
    travel: bool = False  # a motion that walks away does; else it stays in place
    up: str | None = None  # as for `Double.load_motion`, and the next
    lock_feet: bool = True


def animate_photo(
    source: Source,
    motion: str | Path | Motion,
    path: str | Path,
    *,
    config: AliveConfig | None = None,
    create: CreateConfig | None = None,
    progress: Progress | None = None,
    cancel: Event | None = None,
) -> Double:
    """Write a video in which the person in a photo moves in front of the photo's background; and return their double.

    It begins as the photo. A GIF or WebP comes back to it, so that it loops without a jump.

    Args:
        source: a photo: a file, a PIL image, or an H×W×3 uint8 array.
        motion: a built-in name, a motion file, or a motion of the body.
        path: ends in .mp4, .gif, .webp, or nothing: a folder of pictures.
        create: how the double is made.
        cancel: set from another thread, it ends the making of the double.

    Raises:
        InputError: the photo, the motion or the output cannot be used; told before the double is made where it can be.
        Cancelled: `cancel` was set.
    """
    config, path = config or AliveConfig(), Path(path)
    suffix = path.suffix.lower()
    _check(motion, path, config)
    making = part_of(progress, 0.0, _MAKING)
    longest = config.longest or _LONGEST[suffix]
    scene = take_apart(source, longest, create or CreateConfig(), making, cancel)
    reading = part_of(progress, _MAKING, 0.0)  # of a video alone it takes a while
    clip, weights = begin_in_photo(scene.double, motion, config, suffix in LOOPING, reading)
    step = _EVERY.get(suffix, 1)
    numbers = range(0, len(clip), step)
    drawing = part_of(progress, _MAKING, 1 - _MAKING)
    frames = tell_frames(draw_frames(scene, clip, weights, numbers), len(numbers), drawing)
    write_frames(frames, path, clip.frames_per_second / step, note=scene.double.metadata.provenance())
    return scene.double


def begin_in_photo(
    double: Double,
    motion: str | Path | Motion,
    config: AliveConfig,
    loop: bool,
    progress: Progress | None = None,
) -> tuple[Motion, Tensor]:
    """The motion from the photo's pose, and (T,) how much of what only the photo shows is left: from 1 to 0."""
    clip = double.load_motion(motion, config.up, config.lock_feet, progress)
    clip = clip if config.travel else keep_in_place(clip)
    eased = _ease(double, clip, config, loop)
    return eased, 1 - ease_weights(len(eased), eased.frames_per_second, config.detail_seconds, loop)


def _ease(double: Double, clip: Motion, config: AliveConfig, loop: bool) -> Motion:
    """The motion from the photo's pose, which takes longer where it would be hasty."""
    rate, body, rest = clip.frames_per_second, double.body, double.rest
    eased = clip
    for seconds in (factor * config.ease_seconds for factor in _LONGER):
        slow = slow_start(clip, seconds, loop)
        weights = ease_weights(len(slow), rate, seconds, loop)
        eased = ease_from_pose(double.fit.pose, slow, weights, body, rest)
        speed = joint_paths(rest, eased)[1].diff(dim=0).norm(dim=-1).mean(1)
        start = round(seconds * rate)
        later = speed[start : len(speed) - start * loop]
        if not len(later) or speed[:start].max() < _HASTY * later.median():
            break
    return eased


def draw_frames(scene: Scene, clip: Motion, detail: Tensor, numbers: Sequence[int]) -> Iterator[np.ndarray]:
    """H×W×3 uint8: those frames of a motion that begins in the photo's pose.

    Args:
        detail: (T,), [0, 1], how much is added of what only the photo shows.
    """
    surfaces_at = scene.double.pose_frames(clip)
    start = surfaces_at(0)
    draw = _frame_drawer(scene, start)
    lacking = max(0.0, scene.grain**2 - measure_grain(draw(start, 0.0), scene.hole) ** 2) ** 0.5
    first = draw(start, lacking)
    difference = scene.photo - first
    kept = PhotoDetail(difference, start, scene.camera)
    for number in numbers:
        surfaces = start if number == 0 else surfaces_at(number)
        frame, left = first if number == 0 else draw(surfaces, lacking), float(detail[number])
        if left > 0:
            frame = frame + left * (difference if number == 0 else kept.moved_to(surfaces))
        yield frame.round().clip(0, 255).astype(np.uint8)


def _frame_drawer(scene: Scene, start: Sequence[PosedSurface]) -> Callable[[Sequence[PosedSurface], float], np.ndarray]:
    """Draws surfaces in the scene, with grain of a deviation: H×W×3 float32, [0, 255]."""
    ground = float(start[0].mesh.vertices[:, 1].min())

    def draw(surfaces: Sequence[PosedSurface], grain: float) -> np.ndarray:
        lit = contact_shadow(torch.cat([surface.mesh.vertices for surface in surfaces]), ground, scene.camera)
        return compose(_drawn(scene.double, surfaces, scene.camera).numpy(), scene.background, lit, grain)

    return draw


def _drawn(double: Double, surfaces: Sequence[PosedSurface], camera: Camera) -> Tensor:
    """4×H×W, straight alpha; only the part of the picture in which the body is takes time."""
    height, width = camera.size
    points = torch.cat([surface.mesh.vertices for surface in surfaces])
    pixels = project(points, camera)
    pixels = pixels[pixels[:, 2] > 0, :2]
    picture = torch.zeros(4, height, width)
    if not len(pixels):
        return picture
    low, high = pixels.amin(0) - _MARGIN_PX, pixels.amax(0) + _MARGIN_PX
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(width, int(high[0]) + 1), min(height, int(high[1]) + 1)
    if right <= left or bottom <= top:
        return picture
    with torch.no_grad():
        picture[:, top:bottom, left:right] = double.renderer(
            surfaces, cropped(camera, left, top, (bottom - top, right - left))
        )
    return picture


def _check(motion: str | Path | Motion, path: Path, config: AliveConfig) -> None:
    """Raises InputError for what can be told before the double is made."""
    check_frames_path(path)
    if config.longest is not None and not 64 <= config.longest <= 4096:
        raise InputError(f"frames of {config.longest} pixels cannot be made; choose 64 to 4096")
    if not isinstance(motion, Motion):
        check_motion(motion)
