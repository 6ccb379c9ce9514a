"""A motion that begins, and may end, in a pose that is held: the photo's."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import joint_paths, joints_from, local_rotations
from bodydouble.geometry.quaternion import matrix_from_quaternion, quaternion_from_axis_angle, slerp
from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle
from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.motion.foot_lock import STRETCH, move_ankle
from bodydouble.motion.ground import lowest_points, raise_root, smooth_over_time, subsample_vertices
from bodydouble.person.landmarks import SIDES
from bodydouble.values import Motion, Pose, RestBody

_STANDS_M = 0.05  # that an ankle may stray in a motion whose feet stay where they are
_TRAVELS_M = 0.5  # from which hips that move over the ground walk away
_TRAVEL_SECONDS = 0.5  # standard deviation of the smoothing that tells the way from the steps


def ease_weights(count: int, frames_per_second: float, seconds: float, loop: bool) -> Tensor:
    """(T,) from 0 in the first frame to 1 after `seconds`, and back to 0 in the last one where it loops.

    Perlin's smootherstep: speed and acceleration are 0 at both ends.
    """
    frame = torch.arange(count, dtype=torch.float32)
    away = torch.minimum(frame, count - 1 - frame) if loop else frame
    longest = (count - 1) / (2 if loop else 1)
    phase = (away / max(1e-6, min(seconds * frames_per_second, longest))).clamp(0, 1)
    return phase**3 * (phase * (6 * phase - 15) + 10)


def keep_in_place(motion: Motion) -> Motion:
    """The motion without its way over the ground, where it has one; steps and sway stay."""
    ground = motion.root_translation[:, ::2]
    if (ground.amax(0) - ground.amin(0)).norm() < _TRAVELS_M:
        return motion
    deviation = _TRAVEL_SECONDS * motion.frames_per_second
    way = torch.stack([smooth_over_time(axis, deviation) for axis in ground.T], 1)
    translation = motion.root_translation.clone()
    translation[:, ::2] -= way - way[:1]
    return replace(motion, root_translation=translation)


def slow_start(motion: Motion, seconds: float, loop: bool) -> Motion:
    """The motion, whose time runs up from standing still within `seconds`, and down to it at the end of a loop."""
    ramp = seconds * motion.frames_per_second
    if ramp < 1 or len(motion) < 2:
        return motion
    count = len(motion) + round(ramp / 2) * (2 if loop else 1)
    step = torch.arange(count - 1, dtype=torch.float32) + 0.5
    away = torch.minimum(step, count - 1 - step) if loop else step
    phase = (away / ramp).clamp(0, 1)
    time = torch.cat([torch.zeros(1), smoothstep(phase).cumsum(0)])
    return _sample(motion, time * ((len(motion) - 1) / time[-1]))


def ease_from_pose(pose: Pose, motion: Motion, weights: Tensor, body: BodyModel, rest: RestBody) -> Motion:
    """The motion, begun in a pose: turns go from the pose's to the motion's by `weights`.

    Feet of a motion that stands stay where the pose has them, whether that stands or sits, and the legs bend with the
    hips. In others they go to where the motion has them, on the ground that is under the pose.

    Args:
        pose: faces as the motion does.
        weights: (T,) in [0, 1], 0 where it is the pose: `ease_weights`.
    """
    if stands(motion, body, rest):
        return _ease_standing(pose, motion, weights, body, rest)
    sampled = subsample_vertices(rest)
    clearance = lowest_points(motion, sampled)
    root = _between(pose.root_rotation, motion.root_rotation, weights)
    translation = torch.lerp(pose.root_translation.expand(len(motion), 3), motion.root_translation, weights[:, None])
    joints = _between(pose.joints, motion.joints, weights)
    eased = replace(motion, joints=joints, root_rotation=root, root_translation=translation)
    lowest = lowest_points(eased, sampled)
    return raise_root(eased, lowest[0] + weights * clearance - lowest)


def stands(motion: Motion, body: BodyModel, rest: RestBody) -> bool:
    """Whether both feet stay where they are all the time."""
    ankles = joint_paths(rest, motion)[1][:, [body.roles[f"{side}_ankle"] for side in SIDES]]
    return bool((ankles - ankles.mean(0)).norm(dim=-1).max() < _STANDS_M)


def _sample(motion: Motion, time: Tensor) -> Motion:
    """The motion at (T,) times, in frames."""
    before = time.floor().long().clamp(max=len(motion) - 2)
    part = time - before

    def turned(turns: Tensor) -> Tensor:
        quaternions, weight = quaternion_from_axis_angle(turns), part.view(-1, *[1] * (turns.dim() - 1))
        between = slerp(quaternions[before], quaternions[before + 1], weight)
        return axis_angle_from_matrix(matrix_from_quaternion(between))

    way = motion.root_translation
    return replace(
        motion,
        joints=turned(motion.joints),
        root_rotation=turned(motion.root_rotation),
        root_translation=torch.lerp(way[before], way[before + 1], part[:, None]),
    )


def _between(pose: Tensor, motion: Tensor, weights: Tensor) -> Tensor:
    """(T, …, 3) axis-angle: from the pose's turns (…, 3) to the motion's (T, …, 3); the pose's own bits at 0."""
    weights = weights.view(-1, *[1] * (motion.dim() - 1))
    start = pose.expand_as(motion)
    turned = slerp(quaternion_from_axis_angle(start), quaternion_from_axis_angle(motion), weights)
    return torch.where(weights == 0, start, axis_angle_from_matrix(matrix_from_quaternion(turned)))


def _ease_standing(pose: Pose, motion: Motion, weights: Tensor, body: BodyModel, rest: RestBody) -> Motion:
    """Hips sway and turn as the motion's do, from where the pose has them."""
    legs = {side: joints_from(body.roles[f"{side}_hip"], body.parents) for side in SIDES}
    joints = _between(pose.joints, motion.joints, weights)
    for leg in legs.values():
        joints[:, leg] = pose.joints[leg]
    sway = (motion.root_translation - motion.root_translation.mean(0)) * weights[:, None]
    turning = matrix_from_axis_angle(motion.root_rotation)
    turns = axis_angle_from_matrix(turning @ turning[:1].mT)
    turns = matrix_from_axis_angle(_between(torch.zeros(3), turns, weights))
    root = axis_angle_from_matrix(turns @ matrix_from_axis_angle(pose.root_rotation))
    root = torch.where(weights[:, None] == 0, pose.root_rotation, root)
    eased = replace(motion, joints=joints, root_rotation=root, root_translation=pose.root_translation + sway)
    return _hold_ankles(eased, legs, body, rest)


def _hold_ankles(motion: Motion, legs: dict[str, list[int]], body: BodyModel, rest: RestBody) -> Motion:
    """With both feet where the first frame has them, and hips so low that the legs reach them."""
    motion = raise_root(motion, -_missing_reach(motion, body, rest))
    rotations, positions = joint_paths(rest, motion)
    joints = motion.joints.clone()
    for side, leg in legs.items():
        ankle = body.roles[f"{side}_ankle"]
        foot = leg[leg.index(ankle) :]
        move_ankle(rotations, positions, body, side, positions[0, ankle] - positions[:, ankle])
        rotations[:, foot] = rotations[0, foot]
    local = local_rotations(rotations, rest.parents)[1:]
    for leg in legs.values():
        joints[1:, leg] = axis_angle_from_matrix(local[:, leg])
    return replace(motion, joints=joints)


def _missing_reach(motion: Motion, body: BodyModel, rest: RestBody) -> Tensor:
    """(T,) metres by which the hips are too high for the longer of both ways to where the ankles first were."""
    positions = joint_paths(rest, motion)[1]
    missing = []
    for side in SIDES:
        hip, knee, ankle = (positions[:, body.roles[f"{side}_{name}"]] for name in ("hip", "knee", "ankle"))
        way = ankle[:1] - hip
        bones = (knee[0] - hip[0]).norm() + (ankle[0] - knee[0]).norm()
        longest = torch.maximum(STRETCH * bones, way[0].norm())
        height = (longest.square() - way[:, ::2].square().sum(-1)).clamp_min(0).sqrt()
        missing.append((-way[:, 1] - height).clamp_min(0))
    return torch.maximum(*missing)
