"""Holding the feet that stand: they neither slide nor float, and the knees make up for it."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import max_pool1d, normalize, pad

from bodydouble.body import BodyModel
from bodydouble.body.skinning import joint_paths, local_rotations, subtree_weight
from bodydouble.geometry.rotation import axis_angle_from_matrix, rotation_between
from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.motion.foot_contact import runs
from bodydouble.motion.ground import keep_vertices, lowest_points, raise_root, smooth_over_time
from bodydouble.motion.target_pose import joint_path
from bodydouble.motion.two_bones import reach_with_two_bones
from bodydouble.person.landmarks import SIDES
from bodydouble.values import Motion, RestBody

_BLEND_SECONDS = 0.2  # in which a foot is brought to where it stands, and let go
_TREMBLE_SECONDS = 0.05  # standard deviation of the smoothing of where a sole is while it stands
_FARTHEST_M = 0.1  # that a foot is held away from where the recording has it; what goes on sliding is meant to
_CROUCH_SECONDS = 0.1  # standard deviation of the hips' way down to where both feet reach the ground
_DEEPEST_M = 0.06  # of that way
_FLOATS_M = 0.01  # that a foot may stay above the ground: standing lower by that would bend straight knees by 20°
_SOLE_STEP = 8  # every eighth vertex of a foot tells where its sole is
_LEAST_M = 1e-5  # by which it is worth while to move a foot
STRETCH = 0.998  # of a leg's length, the most it is stretched; knees that are straighter tremble
_STRAIGHT = 0.1  # sine of the bend below which the thigh's own axis tells how a knee bends


def hold_feet(motion: Motion, body: BodyModel, rest: RestBody, contacts: dict[str, Tensor]) -> Motion:
    """The motion with feet that stay where they stand.

    Args:
        contacts: for each side (T, 2) booleans: heel and ball of the foot stand, see `find_contacts`.
    """
    if len(motion) < 3:
        return motion
    standing = torch.cat([contacts[side] for side in SIDES], 1).any(1)
    near = smooth_over_time(standing.float(), _BLEND_SECONDS * motion.frames_per_second) > 0
    rotations, positions = joint_paths(rest, motion)
    shifts = {side: near[:, None] * _shift_foot(motion, positions, body, rest, side, contacts[side]) for side in SIDES}
    crouch = _crouch(positions, body, shifts, contacts, motion.frames_per_second)
    motion = raise_root(motion, -crouch)
    positions[..., 1] -= crouch[:, None]
    for side in SIDES:
        shift = shifts[side].clone()
        shift[:, 1] += crouch
        move_ankle(rotations, positions, body, side, shift)
    local = local_rotations(rotations, rest.parents)
    joints = motion.joints.clone()
    legs = [joint for side in SIDES for joint in joint_path(body, f"{side}_hip", f"{side}_ankle")]
    joints[:, legs] = axis_angle_from_matrix(local[:, legs])
    return replace(motion, joints=joints)


def _shift_foot(
    motion: Motion, positions: Tensor, body: BodyModel, rest: RestBody, side: str, contact: Tensor
) -> Tensor:
    """(T, 3) metres by which a foot is moved: so that it stands still on the ground, and never in it."""
    parts = positions[:, [body.roles[f"{side}_ankle"], body.roles[f"{side}_toe"]]][..., [0, 2]]
    foot = subtree_weight(rest, body.roles[f"{side}_ankle"]) > 0.5
    sole = lowest_points(motion, keep_vertices(rest, foot.nonzero()[::_SOLE_STEP, 0]))
    shift = torch.zeros(len(motion), 3)
    standing = runs(contact.any(1))
    for first, last in standing:
        frames = slice(first, last)
        shift[frames, 1] = smooth_over_time(-sole[frames], _TREMBLE_SECONDS * motion.frames_per_second)
        shift[frames, ::2] = -_slide(parts[frames], contact[frames])
    _blend_between(shift, standing, round(_BLEND_SECONDS * motion.frames_per_second))
    shift[:, 1] = torch.maximum(shift[:, 1], -sole)
    return shift


def _slide(parts: Tensor, contact: Tensor) -> Tensor:
    """(T, 2) how far a foot has slid from where it is on the average of a contact.

    Args:
        parts: (T, 2, 2) x and z of heel and ball.
        contact: (T, 2) True where they stand.
    """
    both = (contact[1:] & contact[:-1]).float()
    both = torch.where(both.any(1, keepdim=True), both, torch.ones_like(both))
    steps = (parts.diff(dim=0) * both[..., None]).sum(1) / both.sum(1, keepdim=True)
    slide = torch.cat([torch.zeros(1, 2), steps.cumsum(0)])
    slide = slide - slide.mean(0)
    return slide * (_FARTHEST_M / slide.norm(dim=-1).max().clamp_min(_FARTHEST_M))


def _blend_between(shift: Tensor, standing: list[tuple[int, int]], reach: int) -> None:
    """Fill in a shift (T, 3) between the contacts: it fades out after one and in before the next."""
    ends = [(-1, None), *((last, shift[last - 1].clone()) for _, last in standing)]
    starts = [*((first, shift[first].clone()) for first, _ in standing), (len(shift), None)]
    for (last, before), (first, after) in zip(ends, starts, strict=True):
        gap = torch.arange(max(last, 0), first)
        width = min(first - last + 1, reach)
        if before is not None:
            shift[gap] += _fade((gap - last + 1) / width)[:, None] * before
        if after is not None:
            shift[gap] += _fade((first - gap) / width)[:, None] * after


def _fade(phase: Tensor) -> Tensor:
    """From 1 at phase 0 smoothly to 0 at phase 1 and after."""
    rest = 1 - phase.clamp(0, 1)
    return smoothstep(rest)


def _crouch(
    positions: Tensor,
    body: BodyModel,
    shifts: dict[str, Tensor],
    contacts: dict[str, Tensor],
    frames_per_second: float,
) -> Tensor:
    """(T,) metres by which the hips have to sink so that legs reach the feet that stand."""
    depth = torch.zeros(len(positions))
    for side in SIDES:
        hip, knee, ankle = (positions[:, body.roles[f"{side}_{name}"]] for name in ("hip", "knee", "ankle"))
        length = STRETCH * ((knee - hip).norm(dim=-1) + (ankle - knee).norm(dim=-1))
        reach = ankle + shifts[side] - hip
        height = (length.square() - reach[:, ::2].square().sum(-1)).clamp_min(0).sqrt()
        missing = (-reach[:, 1] - height - _FLOATS_M).clamp(0, _DEEPEST_M)
        depth = torch.maximum(depth, torch.where(contacts[side].any(1), missing, 0.0))
    deviation = _CROUCH_SECONDS * frames_per_second
    width = max(1, round(2 * deviation))
    widest = max_pool1d(pad(depth[None], (width, width)), 2 * width + 1, 1)[0]
    return smooth_over_time(widest, deviation)


def move_ankle(rotations: Tensor, positions: Tensor, body: BodyModel, side: str, shift: Tensor) -> None:
    """Turn a leg's world rotations so that its ankle moves; the foot stays as it is.

    Args:
        rotations: (T, J, 3, 3), in the world, which are changed.
        positions: (T, J, 3), before.
        side: "left" or "right".
        shift: (T, 3), metres.
    """
    moved = (shift.norm(dim=-1) > _LEAST_M).nonzero()[:, 0]
    if len(moved) == 0:
        return
    hip, knee, ankle = (positions[moved, body.roles[f"{side}_{name}"]] for name in ("hip", "knee", "ankle"))
    thigh, shin = knee - hip, ankle - knee
    left = rotations[moved, body.roles[f"{side}_hip"], :, 0]
    bend = torch.linalg.cross(normalize(thigh, dim=-1), normalize(shin, dim=-1))
    # A knee that is straight, or bent a little the wrong way, bends as knees do.
    hinge = bend + (_STRAIGHT - (bend * left).sum(-1, keepdim=True).clamp(max=0)) * left
    reach = ankle + shift[moved] - hip
    directions = reach_with_two_bones(reach, hinge, thigh.norm(dim=-1), shin.norm(dim=-1), STRETCH)
    for bone, direction, (first, last) in zip(
        (thigh, shin), directions, (("hip", "knee"), ("knee", "ankle")), strict=True
    ):
        turn = rotation_between(bone, direction)[:, None]
        path = joint_path(body, f"{side}_{first}", f"{side}_{last}")[:-1]
        rotations[moved[:, None], path] = turn @ rotations[moved[:, None], path]
