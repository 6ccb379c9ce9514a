"""What a glTF animation does to its nodes, in frames of equal length, whichever way it goes from key to key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pygltflib as gl
import torch

from bodydouble.errors import InputError
from bodydouble.geometry.quaternion import slerp
from bodydouble.motion.clip import MAX_FRAMES
from bodydouble.motion.gltf_file import GltfFile

_LEAST_RATE = 24.0  # frames a second; what has fewer keys is read in a multiple of their rate that is not below it
_MOST_RATE = 240.0


@dataclass(frozen=True, kw_only=True)
class Tracks:
    """What moves, frame by frame. Rotations are glTF's, x, y, z, w."""

    rotations: Mapping[int, np.ndarray]  # by node: T×4, unit
    translations: Mapping[int, np.ndarray]  # by node: T×3
    frames: int
    frames_per_second: float


@dataclass(frozen=True, kw_only=True)
class _Sampler:
    node: int
    path: str  # "rotation" or "translation"
    times: np.ndarray  # K, seconds, ascending
    values: np.ndarray  # K×4 or K×3; of a spline 3K rows: in-tangent, value, out-tangent
    interpolation: str


def read_tracks(file: GltfFile, animation: gl.Animation) -> Tracks:
    """The rotations and translations of an animation; scales and morph targets are left out.

    Raises:
        InputError: its numbers are not finite, its keys not in order, or it lasts too long.
    """
    samplers = [
        _read_sampler(file, animation.samplers[channel.sampler], channel.target)
        for channel in animation.channels
        if channel.target.path in ("rotation", "translation") and channel.target.node is not None
    ]
    start = min(sampler.times[0] for sampler in samplers)
    end = max(sampler.times[-1] for sampler in samplers)
    rate = _frame_rate(max(samplers, key=lambda sampler: len(sampler.times)).times)
    frames = int((end - start) * rate + 1.01)  # the tolerance keeps a last key that rounding puts before its frame
    if frames > MAX_FRAMES:
        raise InputError(f"{file.path} lasts {end - start:.0f} s; a motion may have {MAX_FRAMES} frames")
    times = np.minimum(start + np.arange(frames) / rate, end)
    sampled = {(sampler.node, sampler.path): _sample(sampler, times) for sampler in samplers}
    return Tracks(
        rotations={node: values for (node, path), values in sampled.items() if path == "rotation"},
        translations={node: values for (node, path), values in sampled.items() if path == "translation"},
        frames=frames,
        frames_per_second=rate,
    )


def _read_sampler(file: GltfFile, sampler: gl.AnimationSampler, target: gl.AnimationChannelTarget) -> _Sampler:
    times, values = file.array(sampler.input)[:, 0], file.array(sampler.output)
    interpolation = sampler.interpolation or "LINEAR"
    rows = 3 * len(times) if interpolation == "CUBICSPLINE" else len(times)
    if values.shape != (rows, 4 if target.path == "rotation" else 3):
        raise InputError(f"{file.path} is damaged: the {target.path} of node {target.node} has {values.shape} numbers")
    if not (np.isfinite(values).all() and np.isfinite(times).all()):
        raise InputError(f"{file.path}: the {target.path} of node {target.node} is not finite; repair the recording")
    if (np.diff(times) < 0).any():
        raise InputError(f"{file.path} is damaged: the keys of node {target.node} are not in the order of time")
    return _Sampler(node=target.node, path=target.path, times=times, values=values, interpolation=interpolation)


def _frame_rate(times: np.ndarray) -> float:
    """Frames a second with which the keys at these times fall on frames, where they are equally far apart."""
    steps = np.diff(times)
    steps = steps[steps > 1 / _MOST_RATE / 2]
    if not len(steps):
        return 30.0
    rate = min(1 / float(np.median(steps)), _MOST_RATE)
    return rate * max(1.0, np.ceil(_LEAST_RATE / rate - 1e-3))


def _sample(sampler: _Sampler, times: np.ndarray) -> np.ndarray:
    """T×4 or T×3: the sampler's values at `times`; before its first and after its last key they stay."""
    keys, count = sampler.times, len(sampler.times)
    before = np.clip(np.searchsorted(keys, times + 1e-6, side="right") - 1, 0, max(count - 2, 0))
    after = np.minimum(before + 1, count - 1)
    length = np.maximum(keys[after] - keys[before], 1e-9)[:, None]
    fraction = np.clip((times - keys[before])[:, None] / length, 0, 1)
    if sampler.interpolation == "CUBICSPLINE":
        values = _hermite(sampler.values.reshape(count, 3, -1), before, after, fraction, length)
    elif sampler.interpolation == "STEP":
        values = np.where(fraction >= 1 - 1e-6, sampler.values[after], sampler.values[before])
    elif sampler.path == "rotation":
        start, end = (torch.from_numpy(_unit(sampler.values)[rows]) for rows in (before, after))
        values = slerp(start, end, torch.from_numpy(fraction)).numpy()
    else:
        values = sampler.values[before] + fraction * (sampler.values[after] - sampler.values[before])
    return _unit(values) if sampler.path == "rotation" else values


def _hermite(
    keys: np.ndarray, before: np.ndarray, after: np.ndarray, fraction: np.ndarray, length: np.ndarray
) -> np.ndarray:
    """The cubic spline of glTF's appendix C; `keys` K×3×C hold in-tangent, value and out-tangent."""
    t, t2, t3 = fraction, fraction**2, fraction**3
    return (
        (2 * t3 - 3 * t2 + 1) * keys[before, 1]
        + length * (t3 - 2 * t2 + t) * keys[before, 2]
        + (3 * t2 - 2 * t3) * keys[after, 1]
        + length * (t3 - t2) * keys[after, 0]
    )


def _unit(quaternions: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(quaternions, axis=-1, keepdims=True)
    return np.where(lengths > 1e-9, quaternions / np.maximum(lengths, 1e-9), [0.0, 0.0, 0.0, 1.0])
