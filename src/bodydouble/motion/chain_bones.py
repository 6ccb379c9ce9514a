"""The bones of chains in arrays: what each hangs on, how long it is, and how it is drawn."""

from __future__ import annotations

import itertools

import numpy as np
from torch import Tensor

from bodydouble.values import Chains

STEPS_PER_SECOND = 60  # at which the parameters of chains are made


class ChainBones:
    """B bones, from each chain joint to the first that hangs on it: the uppermost of all chains first, then the next.

    Joints are counted through: the body's J, then the chains' K.
    """

    def __init__(self, chains: Chains, rest_joints: Tensor) -> None:
        count, parents = len(rest_joints), chains.parents.tolist()
        joints = np.concatenate([_array(rest_joints), _array(chains.positions)])
        tail_of = {parent: count + row for row, parent in reversed(list(enumerate(parents))) if parent >= count}
        depths, roots = _descent(parents, count)
        order = sorted(tail_of, key=lambda joint: (depths[joint - count], joint))
        rows = np.array(order, np.int64) - count
        heads, tails = rows + count, np.array([tail_of[joint] for joint in order], np.int64)
        self.rows = rows  # of the chain joints that are heads of bones
        self.parents = np.array([parents[row] for row in rows], np.int64)
        bone_of = {joint: count + number for number, joint in enumerate(order)}
        # What a bone hangs on: a body joint, or J plus the number of a bone.
        self.anchors = np.array([bone_of.get(parent, parent) for parent in self.parents.tolist()], np.int64)
        self.offsets = joints[heads] - joints[self.parents]  # metres, from the anchor, in its frame
        self.roots = np.array([roots[row] for row in rows], np.int64)  # the body joint that the chain hangs on
        self.tail_offsets = joints[tails] - joints[self.roots]  # metres, from the root, in its frame
        axes = joints[tails] - joints[heads]
        self.lengths = np.linalg.norm(axes, axis=1, keepdims=True)  # metres
        self.axes = axes / self.lengths
        self.hinges = None if chains.hinges is None else self._square_hinges(_array(chains.hinges)[rows])
        self.pull = _column(chains.stiffness, rows) / STEPS_PER_SECOND  # metres a step
        self.fall = _column(chains.gravity, rows) / STEPS_PER_SECOND * [0.0, -1.0, 0.0]
        self.inertia = 1 - _column(chains.drag, rows)
        self.radii = _column(chains.radius, rows)  # metres
        ends = np.cumsum([0, *np.bincount([depths[row] for row in rows])]).tolist()
        self.levels = [slice(*level) for level in itertools.pairwise(ends)]

    def _square_hinges(self, hinges: np.ndarray) -> np.ndarray:
        """(B, 3), unit: square to the bones."""
        square = hinges - (hinges * self.axes).sum(1, keepdims=True) * self.axes
        return np.asarray(square / np.linalg.norm(square, axis=1, keepdims=True))

    def __len__(self) -> int:
        return len(self.rows)


def _descent(parents: list[int], count: int) -> tuple[list[int], list[int]]:
    """Of each chain joint: how many chain joints are above it, and the body joint above all of them."""
    depths: list[int] = []
    roots: list[int] = []
    for parent in parents:
        depths.append(0 if parent < count else depths[parent - count] + 1)
        roots.append(parent if parent < count else roots[parent - count])
    return depths, roots


def _column(values: Tensor, rows: np.ndarray) -> np.ndarray:
    return _array(values)[rows, None]


def _array(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = tensor.detach().cpu().double().numpy()
    return array
