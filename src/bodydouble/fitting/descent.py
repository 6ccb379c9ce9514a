"""What the optimiser of a fit moves, and how."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from bodydouble.nn.adam import Adam
from bodydouble.values import Pose


@dataclass
class Variables:
    """What the optimiser moves."""

    shape: Tensor
    joints: Tensor
    root_rotation: Tensor
    root_translation: Tensor
    expression: Tensor

    def pose(self) -> Pose:
        joints = torch.cat([torch.zeros_like(self.joints[..., :1, :]), self.joints[..., 1:, :]], -2)
        return Pose(
            joints=joints,
            root_rotation=self.root_rotation,
            root_translation=self.root_translation,
            expression=self.expression,
        )


# First step sizes, in each variable's own unit.
_STEP = {"shape": 0.02, "joints": 0.02, "root_rotation": 0.01, "root_translation": 0.01, "expression": 0.03}


# Of Adam's averages of gradients and of their squares: the second is short, because the fits have few steps.
_BETAS = (0.9, 0.95)


def descend(
    variables: Variables, free: tuple[str, ...], loss: Callable[[Variables, int], Tensor], steps: int
) -> Iterator[None]:
    """Adam with a cosine fade on the free variables; yields after every step. The loss is told its number."""
    optimiser = Adam({name: getattr(variables, name).requires_grad_() for name in free}, _BETAS)
    for step in range(steps):
        fade = 0.05 + 0.95 * math.cos(step / steps * math.pi / 2)
        optimiser.step(loss(variables, step), {name: fade * _STEP[name] for name in free})
        yield
    for name in free:
        getattr(variables, name).requires_grad_(False)
