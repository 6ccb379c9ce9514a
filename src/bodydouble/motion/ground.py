"""Keeping the feet of a motion on the ground."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.body.skinning import skin
from bodydouble.values import Motion, Pose, RestBody

_SLACK_M = 0.04  # a recorded body this near to the ground stands on it
_FLOAT_M = 0.02  # the most that smoothing may lift a body
_FLIGHT_SECONDS = 0.5  # half of the longest jump; what stays up longer stands on something, or the recording drifts
_CHUNK = 256  # frames posed at once


def put_on_ground(motion: Motion, rest: RestBody, heights: Tensor) -> Motion:
    """Move the root up and down so that the body's lowest point is as far above y = 0 as it was in the recording.

    Args:
        heights: (T,) height of the recorded skeleton's lowest joint in each frame, in metres of this body.
    """
    clearance = (heights - _ground(heights, round(_FLIGHT_SECONDS * motion.frames_per_second))).clamp(min=0)
    clearance = (clearance.square() - _SLACK_M**2).clamp(min=0).sqrt()
    lowest = lowest_points(motion, rest)
    rise = clearance - lowest
    # Smooth, but never into the ground, nor far above where the feet belong when the pose leaps.
    rise = torch.maximum(torch.minimum(_smooth(rise), rise + _FLOAT_M), -lowest)
    translation = motion.root_translation.clone()
    translation[:, 1] += rise
    return replace(motion, root_translation=translation)


def _ground(heights: Tensor, reach: int) -> Tensor:
    """(T,) height of the ground under a body whose lowest points are these: the lowest within `reach` frames.

    The highest of these lowest around each frame follows steps and drift without cutting into a jump.
    """
    pool = torch.nn.functional.max_pool1d
    padded = torch.nn.functional.pad(heights[None], (2 * reach, 2 * reach), mode="replicate")
    lowest = -pool(-padded, 2 * reach + 1, 1)
    return pool(lowest, 2 * reach + 1, 1)[0]


def lowest_points(motion: Motion, rest: RestBody) -> Tensor:
    """(T,) height of the lowest of a sample of the body's vertices, metres."""
    sampled = subsample_vertices(rest)
    lowest = [
        skin(
            sampled,
            Pose(
                joints=motion.joints[start : start + _CHUNK],
                root_rotation=motion.root_rotation[start : start + _CHUNK],
                root_translation=motion.root_translation[start : start + _CHUNK],
                expression=torch.zeros(len(sampled.expressions)),
            ),
        )[..., 1].amin(-1)
        for start in range(0, len(motion), _CHUNK)
    ]
    return torch.cat(lowest)


def subsample_vertices(rest: RestBody) -> RestBody:
    """The rest body with a few hundred of its vertices: every fifth of the soles, and some from everywhere."""
    height = rest.vertices[:, 1]
    soles = (height < 0.02 * height.max()).nonzero()[:, 0][::5]
    rows = torch.cat([soles, torch.arange(0, len(height), 40)])
    return replace(
        rest,
        vertices=rest.vertices[rows],
        skin_weights=rest.skin_weights[rows],
        expressions=rest.expressions[:0, rows],
    )


def _smooth(values: Tensor, width: int = 2) -> Tensor:
    """A short binomial-like average over time, ends repeated."""
    if len(values) < 2 * width + 1:
        return values
    weights = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0])
    padded = torch.cat([values[:1].expand(width), values, values[-1:].expand(width)])
    return torch.nn.functional.conv1d(padded[None, None], (weights / weights.sum())[None, None])[0, 0]
