"""Keeping a motion on the ground."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import conv1d, max_pool1d, pad

from bodydouble.body import BodyModel
from bodydouble.body.skinning import skin, subtree_weight
from bodydouble.person.landmarks import SIDES
from bodydouble.values import Motion, RestBody

_SLACK_M = 0.04  # a recorded body this near to the ground stands on it
_FLOAT_M = 0.02  # the most that smoothing may lift a body
_FLIGHT_SECONDS = 0.5  # half of the longest jump; what stays up longer stands on something, or the recording drifts
_QUICK_SECONDS = 0.035  # standard deviation of the smoothing where the body itself stands exactly
_STEADY_SECONDS = 0.2  # and where its legs make up for what is left,
_OFF_M = 0.05  # which may be so much
_BLEND_SECONDS = 0.1  # standard deviation of the way from one to the other
_CHUNK = 256  # frames posed at once


def put_on_ground(
    motion: Motion, body: BodyModel, rest: RestBody, heights: Tensor, contacts: dict[str, Tensor] | None = None
) -> Motion:
    """Move the root up and down so that the body's lowest point is as far above y = 0 as it was in the recording.

    Args:
        heights: (T,) height of the recorded skeleton's lowest joint in each frame, in metres of this body.
        contacts: for each side (T, 2) booleans: heel and ball of the foot stand. Where they do, the hips keep their
            recorded ups and downs, and the feet may be a few centimetres off the ground; `hold_feet` puts them there.
    """
    sampled = subsample_vertices(rest)
    exact = _exact_rise(motion, sampled, heights)
    if contacts is None or not heights.any():  # all heights are 0 where the hips' were not recorded
        return raise_root(motion, exact)
    steady = smooth_over_time(exact, _STEADY_SECONDS * motion.frames_per_second).clamp(exact - _OFF_M, exact + _OFF_M)
    shins = torch.stack([subtree_weight(sampled, body.roles[f"{side}_knee"]) for side in SIDES]).sum(0)
    trunk = lowest_points(motion, keep_vertices(sampled, torch.nonzero(shins < 0.5)[:, 0]))
    standing = torch.cat([contacts[side] for side in SIDES], 1).any(1).float()
    weight = smooth_over_time(standing, _BLEND_SECONDS * motion.frames_per_second)
    return raise_root(motion, torch.maximum(torch.lerp(exact, steady, weight), -trunk))


def _exact_rise(motion: Motion, rest: RestBody, heights: Tensor) -> Tensor:
    """(T,) metres from where a motion is to where its lowest point has the height it should."""
    lowest = lowest_points(motion, rest)
    clearance = (heights - find_ground(heights, motion.frames_per_second)).clamp(min=0)
    rise = (clearance.square() - _SLACK_M**2).clamp(min=0).sqrt() - lowest
    # Smooth, but never into the ground, nor far above where the feet belong when the pose leaps.
    smooth = smooth_over_time(rise, _QUICK_SECONDS * motion.frames_per_second)
    return torch.maximum(torch.minimum(smooth, rise + _FLOAT_M), -lowest)


def find_ground(heights: Tensor, frames_per_second: float) -> Tensor:
    """(T,) height of the ground under a body whose lowest points are these.

    The highest of what is lowest around each frame follows steps and drift without cutting into a jump.
    """
    reach = round(_FLIGHT_SECONDS * frames_per_second)
    padded = pad(heights[None], (2 * reach, 2 * reach), mode="replicate")
    lowest = -max_pool1d(-padded, 2 * reach + 1, 1)
    return max_pool1d(lowest, 2 * reach + 1, 1)[0]


def lowest_points(motion: Motion, rest: RestBody) -> Tensor:
    """(T,) height of the lowest vertex in each frame, metres."""
    expression = torch.zeros(len(rest.expressions))
    lowest = [
        skin(rest, motion.pose(slice(start, start + _CHUNK), expression))[..., 1].amin(-1)
        for start in range(0, len(motion), _CHUNK)
    ]
    return torch.cat(lowest)


def subsample_vertices(rest: RestBody) -> RestBody:
    """The rest body with a few hundred of its vertices: every fifth of the soles, and some from everywhere."""
    height = rest.vertices[:, 1]
    soles = (height < 0.02 * height.max()).nonzero()[:, 0][::5]
    return keep_vertices(rest, torch.cat([soles, torch.arange(0, len(height), 40)]))


def keep_vertices(rest: RestBody, rows: Tensor) -> RestBody:
    """The rest body with some of its vertices and without expressions."""
    return replace(
        rest,
        vertices=rest.vertices[rows],
        skin_weights=rest.skin_weights[rows],
        expressions=rest.expressions[:0, rows],
    )


def raise_root(motion: Motion, rise: Tensor) -> Motion:
    """The motion higher by (T,) metres."""
    translation = motion.root_translation.clone()
    translation[:, 1] += rise
    return replace(motion, root_translation=translation)


def smooth_over_time(values: Tensor, deviation: float) -> Tensor:
    """Values (T,) averaged with Gaussian weights of a standard deviation in frames, the ends repeated."""
    reach = max(1, round(3 * deviation))
    frames = torch.arange(-reach, reach + 1)
    weights = torch.exp(-0.5 * (frames / deviation) ** 2)
    padded = pad(values[None, None], (reach, reach), mode="replicate")
    return conv1d(padded, (weights / weights.sum())[None, None])[0, 0]
