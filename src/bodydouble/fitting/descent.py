"""What the optimiser of a fit moves, and how."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

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
        joints = torch.cat([torch.zeros_like(self.joints[:1]), self.joints[1:]])
        return Pose(
            joints=joints,
            root_rotation=self.root_rotation,
            root_translation=self.root_translation,
            expression=self.expression,
        )


_STEP = {"shape": 0.02, "joints": 0.02, "root_rotation": 0.01, "root_translation": 0.01, "expression": 0.03}


def descend(
    variables: Variables, free: tuple[str, ...], loss: Callable[[Variables, int], Tensor], steps: int
) -> Iterator[None]:
    """Adam with a cosine fade on the free variables; yields after every step. The loss is told its number."""
    groups = [{"params": [getattr(variables, name).requires_grad_()], "lr": _STEP[name]} for name in free]
    optimiser = torch.optim.Adam(groups, betas=(0.9, 0.95))
    last = max(steps, 1)
    fade = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 0.05 + 0.95 * math.cos(step / last * math.pi / 2))
    for step in range(steps):
        optimiser.zero_grad()
        loss(variables, step).backward()
        optimiser.step()
        fade.step()
        yield
    for name in free:
        getattr(variables, name).requires_grad_(False)
