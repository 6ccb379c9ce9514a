"""Hair, skirts and coats that swing: the algorithm published with VRMC_springBone 1.0 (VRM consortium).

Each bone of a chain is a pendulum. Its tail goes on as it moved, less drag, is drawn to where the bone points at rest
and downwards, is set back to the bone's length, and pushed out of colliders (Verlet integration); bones go from the
root of a chain to its tip. Parameters are made for steps of 1/60 s (drag is a share of each step), so steps are that
long here whatever the frame rate: the body's motion is interpolated to them, and the tails back to the frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bodydouble.geometry.rotation import axis_angle_from_matrix, quaternion_from_matrix
from bodydouble.motion.chain_bones import STEPS_PER_SECOND, ChainBones, check_chains
from bodydouble.motion.clip import matrix_from_quaternion, slerp
from bodydouble.motion.collision import Colliders
from bodydouble.motion.vectors import rotate, turn_between, unit
from bodydouble.values import Collider, Spring

_SETTLING_STEPS = 240  # 4 s in the first frame's pose: a twentieth of drag leaves 5e-6 of a swing


@dataclass(frozen=True, kw_only=True)
class Swing:
    """How K chain joints move through T frames."""

    transforms: Tensor  # T×K×4×4, world from joint: rotation from the rest frame, position in metres
    rotations: Tensor  # T×K×3, radians, axis-angle relative to the parent, as in `values.Pose`


def swing(
    transforms: Tensor,
    frames_per_second: float,
    rest_joints: Tensor,
    chain_parents: Sequence[int],
    chain_positions: Tensor,
    springs: Sequence[Spring],
    colliders: Sequence[Collider] = (),
) -> Swing:
    """Move chain joints with a body. The same chain gives the same bits, whatever else swings beside it.

    Chains have settled in the first frame's pose when the motion begins. A chain joint that belongs to no spring
    follows its parent.

    Args:
        transforms: T×J×4×4, world from body joint, rigid; at rest the rotation is the identity.
        frames_per_second: of `transforms`.
        rest_joints: J×3, metres: the body joints at rest.
        chain_parents: of each chain joint: a body joint (below J), or J plus the row of a chain joint before it.
        chain_positions: K×3, metres: the chain joints at rest.
        springs: which chain joints swing, and how; no joint is in two.
        colliders: what they stay out of.

    Raises:
        InputError: a parent, spring or collider names a joint that is not there, or a number is out of its range.
    """
    rest = torch.cat([rest_joints, chain_positions]).detach().cpu().double()
    check_chains(len(rest_joints), chain_parents, rest, springs, colliders)
    body = transforms.detach().cpu().double()
    places = _frame_places(len(body), frames_per_second)
    rotations, positions = _at_steps(body, places)
    bones, obstacles = ChainBones(rest.numpy(), len(rest_joints), chain_parents, springs), Colliders(colliders)
    path, turns = _simulate(bones, obstacles, rotations.numpy(), positions.numpy())
    local = torch.eye(3, dtype=torch.float64).repeat(len(body), len(chain_parents), 1, 1)
    local[:, bones.heads - len(rest_joints)] = _at_frames(bones, obstacles, body, places, path, turns)
    return Swing(
        transforms=_chain_transforms(body, local, rest, chain_parents).to(transforms),
        rotations=axis_angle_from_matrix(local).to(transforms),
    )


def _simulate(
    bones: ChainBones, colliders: Colliders, rotations: np.ndarray, positions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Tails (N, B, 3) of the bones, and their rotations relative to what they hang on (N, B, 3, 3), at N steps.

    Args:
        rotations, positions: (N, J, 3, 3) and (N, J, 3), of the body's joints.
    """
    path, turns = np.empty((len(rotations), len(bones), 3)), np.empty((len(rotations), len(bones), 3, 3))
    tails = before = positions[0, bones.roots] + rotate(rotations[0, bones.roots], bones.tail_offsets)
    for _ in range(_SETTLING_STEPS):
        aims = tails + (tails - before) * bones.inertia + bones.fall
        before = tails
        tails, turns[0] = _place(bones, colliders, rotations[0], positions[0], aims, bones.pull)
    path[0] = before = tails
    for step in range(1, len(turns)):
        if len(bones.centred):
            tails, before = (_carry(bones, points, rotations, positions, step) for points in (tails, before))
        aims = tails + (tails - before) * bones.inertia + bones.fall
        before = tails
        tails, turns[step] = _place(bones, colliders, rotations[step], positions[step], aims, bones.pull)
        path[step] = tails
    return path, turns


def _place(
    bones: ChainBones,
    colliders: Colliders,
    rotations: np.ndarray,
    positions: np.ndarray,
    aims: np.ndarray,
    pull: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Tails (B, 3) and turns (B, 3, 3) of bones that aim at points, within their lengths and out of colliders.

    Args:
        rotations, positions: (J, 3, 3) and (J, 3), of the body's joints.
        aims: (B, 3), metres.
        pull: (B, 1), metres: how far the aims are drawn to where the bones point at rest.
    """
    colliders.place(rotations, positions)
    count = len(positions)
    frames = np.concatenate([rotations, np.empty((len(bones), 3, 3))])
    places = np.concatenate([positions, np.empty((len(bones), 3))])
    tails, turns = np.empty((len(bones), 3)), np.empty((len(bones), 3, 3))
    for level in bones.levels:
        frame = frames[bones.anchors[level]]
        heads = places[bones.anchors[level]] + rotate(frame, bones.offsets[level])
        pointing = rotate(frame, bones.axes[level])
        directions = unit(aims[level] + pull[level] * pointing - heads, pointing)
        directions = colliders.turn_out(heads, directions, bones.lengths[level], bones.hit_radii[level])
        tails[level] = heads + directions * bones.lengths[level]
        turns[level] = turn_between(bones.axes[level], rotate(frame.swapaxes(1, 2), directions))
        places[count:][level] = heads
        frames[count:][level] = np.einsum("nij,njk->nik", frame, turns[level])
    return tails, turns


def _at_frames(
    bones: ChainBones, colliders: Colliders, body: Tensor, places: Tensor, path: np.ndarray, turns: np.ndarray
) -> Tensor:
    """(T, B, 3, 3): the bones' turns at the frames; between two steps, tails lie between theirs, out of colliders."""
    rotations, positions = body[..., :3, :3].numpy(), body[..., :3, 3].numpy()
    local, unpulled = np.empty((len(body), len(bones), 3, 3)), np.zeros_like(bones.pull)
    for frame, place in enumerate(places.tolist()):
        step = int(place)
        if place == step:
            local[frame] = turns[step]
        else:
            aims = path[step] + (place - step) * (path[step + 1] - path[step])
            _, local[frame] = _place(bones, colliders, rotations[frame], positions[frame], aims, unpulled)
    return torch.from_numpy(local)


def _carry(
    bones: ChainBones, points: np.ndarray, rotations: np.ndarray, positions: np.ndarray, step: int
) -> np.ndarray:
    """Points (B, 3) of the step before, those of chains with a centre moved as it has moved."""
    joints = bones.centers
    local = rotate(rotations[step - 1, joints].swapaxes(1, 2), points[bones.centred] - positions[step - 1, joints])
    carried = points.copy()
    carried[bones.centred] = positions[step, joints] + rotate(rotations[step, joints], local)
    return carried


def _frame_places(count: int, frames_per_second: float) -> Tensor:
    """(T,) float64: when the frames are, in steps."""
    places = torch.arange(count, dtype=torch.float64) * (STEPS_PER_SECOND / frames_per_second)
    return torch.where((places - places.round()).abs() < 1e-6, places.round(), places)


def _at_steps(body: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
    """Rotations (N, J, 3, 3) and positions (N, J, 3) of the joints at every step until the last frame."""
    if len(body) == 1:
        return body[..., :3, :3], body[..., :3, 3]
    steps = torch.arange(int(places[-1].ceil()) + 1, dtype=torch.float64)
    frame = steps.clamp(max=places[-1]) / places[1]
    before = frame.long().clamp(max=len(body) - 2)
    part = (frame - before)[:, None, None]
    quaternions = quaternion_from_matrix(body[..., :3, :3])
    rotations = matrix_from_quaternion(slerp(quaternions[before], quaternions[before + 1], part))
    return rotations, torch.lerp(body[before][..., :3, 3], body[before + 1][..., :3, 3], part)


def _chain_transforms(body: Tensor, local: Tensor, rest: Tensor, parents: Sequence[int]) -> Tensor:
    """(T, K, 4, 4): forward kinematics of chain joints that turn by `local` (T, K, 3, 3)."""
    count = body.shape[1]
    joints = list(body.unbind(1))
    for row, parent in enumerate(parents):
        step = torch.eye(4, dtype=body.dtype).repeat(len(body), 1, 1)
        step[:, :3, :3] = local[:, row]
        step[:, :3, 3] = rest[count + row] - rest[parent]
        joints.append(joints[parent] @ step)
    return torch.stack(joints[count:], 1) if parents else body.new_zeros(len(body), 0, 4, 4)
