"""The bones of chains that swing, in arrays: what each hangs on, how long it is, and how it is drawn."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.values import Collider, Spring

STEPS_PER_SECOND = 60  # at which the parameters of springs are made


class ChainBones:
    """The B bones of all springs in arrays: those that hang on no other first, then those that hang on these, ..."""

    def __init__(self, rest: np.ndarray, body_count: int, parents: Sequence[int], springs: Sequence[Spring]) -> None:
        pairs = [(head, tail, spring) for spring in springs for head, tail in itertools.pairwise(spring.joints)]
        anchors, roots, depths = _ancestry(body_count, parents, {head for head, _, _ in pairs})
        pairs.sort(key=lambda pair: depths[pair[0]])
        heads = [head for head, _, _ in pairs]
        self.heads = np.array(heads, np.int64) + body_count  # rows of `rest`
        tails = np.array([tail for _, tail, _ in pairs], np.int64) + body_count
        row = {head: number for number, head in enumerate(self.heads.tolist())}
        above = [anchors[head] for head in heads]
        self.anchors = np.array([body_count + row[joint] if joint in row else joint for joint in above], np.int64)
        self.offsets = rest[self.heads] - rest[above]  # metres, from the anchor, in its frame
        self.roots = np.array([roots[head] for head in heads], np.int64)  # the body joint that a chain hangs on
        self.tail_offsets = rest[tails] - rest[self.roots]  # metres, in the root's frame
        axes = rest[tails] - rest[self.heads]
        self.lengths = np.linalg.norm(axes, axis=1, keepdims=True)  # metres
        self.axes = axes / self.lengths
        self.pull = np.array([[spring.stiffness] for *_, spring in pairs]).reshape(-1, 1) / STEPS_PER_SECOND  # metres
        self.fall = np.array([[0, -spring.gravity, 0] for *_, spring in pairs]).reshape(-1, 3) / STEPS_PER_SECOND
        self.inertia = 1 - np.array([[spring.drag] for *_, spring in pairs]).reshape(-1, 1)
        self.hit_radii = np.array([[spring.hit_radius] for *_, spring in pairs]).reshape(-1, 1)  # metres
        centers = [-1 if spring.center is None else spring.center for *_, spring in pairs]
        self.centred = np.flatnonzero(np.array(centers, np.int64) >= 0)
        self.centers = np.array(centers, np.int64)[self.centred]
        ends = np.cumsum([0, *np.bincount([depths[head] for head in heads])]).tolist()
        self.levels = [slice(*level) for level in itertools.pairwise(ends)]

    def __len__(self) -> int:
        return len(self.heads)


def _ancestry(body_count: int, parents: Sequence[int], swinging: set[int]) -> tuple[list[int], list[int], list[int]]:
    """Of each chain joint: the nearest above it that is the body's or swings, the body's, and how many above swing."""
    anchors: list[int] = []
    roots: list[int] = []
    depths: list[int] = []
    for parent in parents:
        above = parent - body_count
        swings = above in swinging
        anchors.append(parent if above < 0 or swings else anchors[above])
        roots.append(parent if above < 0 else roots[above])
        depths.append(0 if above < 0 else depths[above] + swings)
    return anchors, roots, depths


def check_chains(
    body_count: int,
    parents: Sequence[int],
    rest: Tensor,
    springs: Sequence[Spring],
    colliders: Sequence[Collider],
) -> None:
    """Raise InputError where the numbers do not fit each other."""
    if len(rest) != body_count + len(parents):
        raise InputError(f"{len(parents)} chain joints have parents, but {len(rest) - body_count} have positions")
    for row, parent in enumerate(parents):
        if not 0 <= parent < body_count + row:
            raise InputError(f"chain joint {row} hangs on joint {parent}, not on a joint of the body or one before it")
    taken: set[int] = set()
    for spring in springs:
        name = f"the spring of chain joints {spring.joints}"
        there = all(0 <= joint < len(parents) for joint in spring.joints)
        if len(spring.joints) < 2 or not there or taken & set(spring.joints):
            raise InputError(f"{name} needs two or more chain joints that no other spring has")
        taken |= set(spring.joints)
        for head, tail in itertools.pairwise(spring.joints):
            if parents[tail] != body_count + head or torch.equal(rest[body_count + head], rest[body_count + tail]):
                raise InputError(f"{name} has no bone from joint {head} to {tail}: each hangs on the one before, apart")
        if not (spring.stiffness >= 0 and spring.gravity >= 0 and 0 <= spring.drag <= 1 and spring.hit_radius >= 0):
            raise InputError(f"{name} has a number below 0, or a drag above 1")
        if spring.center is not None and not 0 <= spring.center < body_count:
            raise InputError(f"{name} has joint {spring.center} as its centre, which is no body joint")
    for collider in colliders:
        if not 0 <= collider.joint < body_count or not collider.radius > 0:
            raise InputError(
                f"a collider on joint {collider.joint}, radius {collider.radius} m: no body joint, or no size"
            )
