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


# First step sizes, in each variable's own unit.
_STEP = {"shape": 0.02, "joints": 0.02, "root_rotation": 0.01, "root_translation": 0.01, "expression": 0.03}


# Of Adam's averages of gradients and of their squares: the second is short, because the fits have few steps.
_BETAS = (0.9, 0.95)
_EPSILON = 1e-8


class Adam:
    """Adam (Kingma and Ba, 2015, algorithm 1), step for step as `torch.optim.Adam` computes it.

    That one imports PyTorch's compiler when it is first made: a second and 70 MB, which a fit has no use for.
    """

    def __init__(self, parameters: dict[str, Tensor]) -> None:
        """`parameters` by the names of their step sizes, all of them leaves that require a gradient."""
        self._parameters = parameters
        self._mean = {name: torch.zeros_like(value) for name, value in parameters.items()}
        self._square = {name: torch.zeros_like(value) for name, value in parameters.items()}
        self._count = 0

    @torch.no_grad()
    def step(self, loss: Tensor, rates: dict[str, float]) -> None:
        """Move every parameter by its rate against the gradient of a loss."""
        self._count += 1
        names = list(self._parameters)
        gradients = torch.autograd.grad(loss, [self._parameters[name] for name in names])
        first, second = (1 - beta**self._count for beta in _BETAS)
        for name, gradient in zip(names, gradients, strict=True):
            self._mean[name].lerp_(gradient, 1 - _BETAS[0])
            self._square[name].mul_(_BETAS[1]).addcmul_(gradient, gradient, value=1 - _BETAS[1])
            scale = (self._square[name].sqrt() / math.sqrt(second)).add_(_EPSILON)
            self._parameters[name].addcdiv_(self._mean[name], scale, value=-rates[name] / first)


def descend(
    variables: Variables, free: tuple[str, ...], loss: Callable[[Variables, int], Tensor], steps: int
) -> Iterator[None]:
    """Adam with a cosine fade on the free variables; yields after every step. The loss is told its number."""
    optimiser = Adam({name: getattr(variables, name).requires_grad_() for name in free})
    for step in range(steps):
        fade = 0.05 + 0.95 * math.cos(step / steps * math.pi / 2)
        optimiser.step(loss(variables, step), {name: fade * _STEP[name] for name in free})
        yield
    for name in free:
        getattr(variables, name).requires_grad_(False)
