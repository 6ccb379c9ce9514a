"""Adam, without what PyTorch's own brings along."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor


class Adam:
    """Adam (Kingma and Ba, 2015, algorithm 1), step for step as `torch.optim.Adam` computes it.

    That one imports PyTorch's compiler when it is first made: a second and 70 MB, which a run has no use for.
    """

    def __init__(self, parameters: dict[str, Tensor], betas: tuple[float, float], epsilon: float = 1e-8) -> None:
        """Begin.

        Args:
            parameters: by the names of their step sizes, all of them leaves that require a gradient.
            betas: decay of the averages of gradients and of their squares.
            epsilon: added to the root of the latter.
        """
        self._parameters, self._betas, self._epsilon = parameters, betas, epsilon
        self._mean = {name: torch.zeros_like(value) for name, value in parameters.items()}
        self._square = {name: torch.zeros_like(value) for name, value in parameters.items()}
        self._count = 0

    def state(self) -> dict[str, Tensor]:
        """Both averages, as `restore` takes them."""
        return {f"{kind}.{name}": value for kind, averages in self._averages() for name, value in averages.items()}

    def restore(self, state: Mapping[str, Tensor], count: int) -> None:
        """Go on after `count` steps that left this state."""
        for kind, averages in self._averages():
            for name, value in averages.items():
                value.copy_(state[f"{kind}.{name}"])
        self._count = count

    def _averages(self) -> tuple[tuple[str, dict[str, Tensor]], ...]:
        return ("mean", self._mean), ("square", self._square)

    @torch.no_grad()
    def step(self, loss: Tensor, rates: dict[str, float]) -> None:
        """Move every parameter by its rate against the gradient of a loss."""
        self._count += 1
        names = list(self._parameters)
        gradients = torch.autograd.grad(loss, [self._parameters[name] for name in names])
        first, second = (1 - beta**self._count for beta in self._betas)
        for name, gradient in zip(names, gradients, strict=True):
            self._mean[name].lerp_(gradient, 1 - self._betas[0])
            self._square[name].mul_(self._betas[1]).addcmul_(gradient, gradient, value=1 - self._betas[1])
            scale = (self._square[name].sqrt() / math.sqrt(second)).add_(self._epsilon)
            self._parameters[name].addcdiv_(self._mean[name], scale, value=-rates[name] / first)
