"""Hair, skirts and coats that swing: the algorithm published with VRMC_springBone 1.0 (VRM consortium).

Each bone of a chain is a pendulum. Its tail goes on as it moved, less drag, is drawn to where the bone points at rest
and downwards, is set back to the bone's length, and pushed out of colliders (Verlet integration); bones go from the
root of a chain to its tip. Parameters are made for steps of 1/60 s (drag is a share of each step), so steps are that
long here whatever the frame rate: the body's motion is interpolated to them, and the tails back to the frames.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from bodydouble.geometry.quaternion import matrix_from_quaternion, slerp
from bodydouble.geometry.rotation import quaternion_from_matrix
from bodydouble.motion.chain_bones import STEPS_PER_SECOND, ChainBones
from bodydouble.motion.collision import Obstacles
from bodydouble.motion.vectors import rotate, turn_between, unit
from bodydouble.surface.skeleton import chain_transforms
from bodydouble.values import Chains, Colliders

_STILL_M = 1e-7  # metres in a step: what moves less, twice in a row, has come to rest in a pose that is held
_SETTLING_STEPS = 240  # 4 s in the first frame's pose: a twentieth of drag leaves 5e-6 of a swing


def swing(
    chains: Chains,
    colliders: Colliders | None,
    rest_joints: Tensor,
    rotations: Tensor,
    positions: Tensor,
    frames_per_second: float,
) -> tuple[Tensor, Tensor]:
    """Move a surface's chain joints with the body. A chain moves by the same bits, whatever else swings beside it.

    Chains have come to rest in the first frame's pose when the motion begins; a single frame is a pose that is held.

    Args:
        chains: the K joints, checked (`surface.skeleton.check_surfaces`).
        colliders: what they stay out of.
        rest_joints: J×3, metres: the body's joints at rest.
        rotations, positions: T×J×3×3, from the rest frame, and T×J×3, metres: the body's joints in the world.
        frames_per_second: of the T frames.

    Returns:
        T×K×3×3 rotations from the rest frame and T×K×3 positions in the world, metres.
    """
    rotation, position = rotations.detach().cpu().double(), positions.detach().cpu().double()
    bones, obstacles = ChainBones(chains, rest_joints), Obstacles(colliders)
    places = _frame_places(len(rotation), frames_per_second)
    steps = _at_steps(rotation, position, places)
    path, turns = _simulate(bones, obstacles, *(part.numpy() for part in steps))
    turned = _at_frames(bones, obstacles, rotation.numpy(), position.numpy(), places, path, turns)
    by_row = dict(zip(bones.rows.tolist(), turned.unbind(1), strict=True))
    moved = chain_transforms(chains, rest_joints.detach().cpu().double(), rotation, position, by_row)
    return moved[0].to(rotations), moved[1].to(positions)


def _simulate(
    bones: ChainBones, obstacles: Obstacles, rotations: np.ndarray, positions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Tails (N, B, 3) of the bones, and their rotations relative to what they hang on (N, B, 3, 3), at N steps.

    Args:
        rotations, positions: (N, J, 3, 3) and (N, J, 3), of the body's joints.
    """
    path, turns = np.empty((len(rotations), len(bones), 3)), np.empty((len(rotations), len(bones), 3, 3))
    tails = before = positions[0, bones.roots] + rotate(rotations[0, bones.roots], bones.tail_offsets)
    still = 0
    for _ in range(_SETTLING_STEPS):
        aims = tails + (tails - before) * bones.inertia + bones.fall
        before = tails
        tails, turns[0] = _place(bones, obstacles, rotations[0], positions[0], aims, bones.pull)
        still = still + 1 if float(np.abs(tails - before).max()) < _STILL_M else 0
        if still > 1 and len(rotations) == 1:
            break
    path[0] = before = tails
    for step in range(1, len(turns)):
        aims = tails + (tails - before) * bones.inertia + bones.fall
        before = tails
        tails, turns[step] = _place(bones, obstacles, rotations[step], positions[step], aims, bones.pull)
        path[step] = tails
    return path, turns


def _place(
    bones: ChainBones,
    obstacles: Obstacles,
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
    obstacles.place(rotations, positions)
    count = len(positions)
    frames = np.concatenate([rotations, np.empty((len(bones), 3, 3))])
    places = np.concatenate([positions, np.empty((len(bones), 3))])
    tails, turns = np.empty((len(bones), 3)), np.empty((len(bones), 3, 3))
    for level in bones.levels:
        frame = frames[bones.anchors[level]]
        heads = places[bones.anchors[level]] + rotate(frame, bones.offsets[level])
        pointing = rotate(frame, bones.axes[level])
        directions = unit(aims[level] + pull[level] * pointing - heads, pointing)
        if bones.hinges is None:
            directions = obstacles.turn_out(heads, directions, bones.lengths[level], bones.radii[level])
        else:
            hinges = rotate(frame, bones.hinges[level])
            directions = unit(directions - (directions * hinges).sum(1, keepdims=True) * hinges, pointing)
            balls = bones.lengths[level], bones.radii[level]
            directions = obstacles.turn_outwards(heads, directions, hinges, *balls)
        tails[level] = heads + directions * bones.lengths[level]
        turns[level] = turn_between(bones.axes[level], rotate(frame.swapaxes(1, 2), directions))
        places[count:][level] = heads
        frames[count:][level] = np.einsum("nij,njk->nik", frame, turns[level])
    return tails, turns


def _at_frames(
    bones: ChainBones,
    obstacles: Obstacles,
    rotations: np.ndarray,
    positions: np.ndarray,
    places: Tensor,
    path: np.ndarray,
    turns: np.ndarray,
) -> Tensor:
    """(T, B, 3, 3): the bones' turns at the frames; between two steps, tails lie between theirs, out of colliders."""
    local, unpulled = np.empty((len(places), len(bones), 3, 3)), np.zeros_like(bones.pull)
    for frame, place in enumerate(places.tolist()):
        step = int(place)
        if place == step:
            local[frame] = turns[step]
        else:
            aims = path[step] + (place - step) * (path[step + 1] - path[step])
            _, local[frame] = _place(bones, obstacles, rotations[frame], positions[frame], aims, unpulled)
    return torch.from_numpy(local)


def _frame_places(count: int, frames_per_second: float) -> Tensor:
    """(T,) float64: when the frames are, in steps."""
    places = torch.arange(count, dtype=torch.float64) * (STEPS_PER_SECOND / frames_per_second)
    return torch.where((places - places.round()).abs() < 1e-6, places.round(), places)


def _at_steps(rotations: Tensor, positions: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
    """Rotations (N, J, 3, 3) and positions (N, J, 3) of the body's joints at every step until the last frame."""
    if len(places) == 1:
        return rotations, positions
    steps = torch.arange(int(places[-1].ceil()) + 1, dtype=torch.float64)
    frame = steps.clamp(max=places[-1]) / places[1]
    before = frame.long().clamp(max=len(places) - 2)
    part = (frame - before)[:, None, None]
    quaternions = quaternion_from_matrix(rotations)
    turned = matrix_from_quaternion(slerp(quaternions[before], quaternions[before + 1], part))
    return turned, torch.lerp(positions[before], positions[before + 1], part)
