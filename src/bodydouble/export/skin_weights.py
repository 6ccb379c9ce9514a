"""At most four skin weights a vertex, which is what game engines read, chosen so that poses change least.

Keeping the four strongest weights is not enough: under a skirt, where both legs share their weights, vertices would
stand up to 5 cm beside their place. Here the joints to keep, and their weights, are fitted to where all the joints
together take the vertex in a set of poses, by backward elimination with non-negative least squares. (That weights are
best fitted to poses is the idea of Le and Deng, "Smooth Skinning Decomposition with Rigid Bones", 2012.)
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from scipy.optimize import nnls

from bodydouble.body.skinning import joint_transforms
from bodydouble.values import Pose, RestBody

INFLUENCES = 4
_CANDIDATES = 8  # strongest joints of a vertex, among which those to keep are looked for
_POSES = 16
_ROLE_TURN = 0.4  # radians, standard deviation: joints that people and motions turn
_OTHER_TURN = 0.1  # joints in between, which mostly follow
_SUM_WEIGHT = 100.0  # metres; holds the sum of the weights near 1 while they are fitted


def four_weights(rest: RestBody, posed_joints: Iterable[int]) -> tuple[np.ndarray, np.ndarray]:
    """The joints and weights of each vertex for formats that have room for four.

    Args:
        rest: on the CPU.
        posed_joints: the joints that motions turn most (those with a role).

    Returns:
        V×4 joint indices, 0 where the weight is zero, and V×4 float32 weights. They are multiples of 2⁻¹⁶, so that
        each row sums to exactly 1 in whatever order it is added. Vertices of four joints or fewer keep their weights.
    """
    every = _at_least_four(rest.skin_weights.detach().double().numpy())
    joints = np.argsort(-every, axis=1, kind="stable")[:, :INFLUENCES]
    weights = np.take_along_axis(every, joints, axis=1)
    crowded = np.flatnonzero(np.count_nonzero(every, axis=1) > INFLUENCES)
    for vertex, places in zip(crowded, _places(rest, crowded, posed_joints), strict=True):
        joints[vertex], weights[vertex] = _fit_weights(places, every[vertex])
    return _round_weights(joints, weights)


def strongest_four(skin_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same by keeping the strongest of V×J weights, for surfaces whose vertices hang on few joints."""
    every = _at_least_four(skin_weights.astype(np.float64))
    joints = np.argsort(-every, axis=1, kind="stable")[:, :INFLUENCES]
    return _round_weights(joints, np.take_along_axis(every, joints, axis=1))


def _at_least_four(weights: np.ndarray) -> np.ndarray:
    """With joints of no weight where there are fewer than four."""
    return np.pad(weights, ((0, 0), (0, max(0, INFLUENCES - weights.shape[1]))))


def _round_weights(joints: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Multiples of 2⁻¹⁶ that sum to exactly 1."""
    units = np.round(weights / weights.sum(1, keepdims=True) * 2**16)
    units[np.arange(len(units)), units.argmax(1)] += 2**16 - units.sum(1)
    return np.where(units > 0, joints, 0), (units / 2**16).astype(np.float32)


def _places(rest: RestBody, vertices: np.ndarray, posed_joints: Iterable[int]) -> np.ndarray:
    """N×3P×J: where each joint alone would take each of the vertices in P poses, metres."""
    count = len(rest.parents)
    turn = torch.full((count, 1), _OTHER_TURN)
    turn[list(posed_joints)] = _ROLE_TURN
    turns = turn * torch.randn(_POSES, count, 3, generator=torch.Generator().manual_seed(0))
    turns[:, 0] = 0  # the root moves all joints alike
    zero = torch.zeros(_POSES, 3)
    pose = Pose(joints=turns, root_rotation=zero, root_translation=zero, expression=zero)
    rotations, positions = joint_transforms(rest, pose)
    from_joint = rest.vertices[torch.from_numpy(vertices), None] - rest.joints
    moved = torch.einsum("pjab,njb->npaj", rotations, from_joint) + positions.transpose(-1, -2)
    return moved.flatten(1, 2).detach().double().numpy()


def _fit_weights(places: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Four joints and weights that take a vertex nearest to where all its joints take it.

    Args:
        places: 3P×J.
        weights: J, all of them.
    """
    system = np.vstack([places, np.full(len(weights), _SUM_WEIGHT)])
    target = system @ weights
    kept = np.argsort(-weights, kind="stable")[: min(_CANDIDATES, np.count_nonzero(weights))]
    while len(kept) > INFLUENCES:
        errors = [nnls(system[:, np.delete(kept, i)], target)[1] for i in range(len(kept))]
        kept = np.delete(kept, np.argmin(errors))
    return kept, nnls(system[:, kept], target)[0]
