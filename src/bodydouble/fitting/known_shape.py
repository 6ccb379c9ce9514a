"""What is known of a shape before the fit begins: coefficients that stay, and a height to keep to."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.traits import Traits, held_coefficients
from bodydouble.values import BodyShape, RestBody

_CROWN_M = 0.02  # vertices so near to the highest one stand for the height
_NEAR_M = 0.005  # a start may miss the height by so much
_CHILD = 0.45  # Anny's coefficient `age` from which a child's is sought, 12 years
_ROUNDS = 8  # of Newton's method; Anny's height is nearly linear in its coefficients


class KnownShape:
    """Coefficients that are held, the height that is wanted, and a shape to begin with."""

    def __init__(self, traits: Traits, body: BodyModel) -> None:
        """Raises InputError where the body model lacks a coefficient that is to be held."""
        held = held_coefficients(traits, body)
        self.height = traits.height
        self._rows = torch.tensor(list(held), dtype=torch.long)
        self._values = torch.tensor(list(held.values()))
        self.start = BodyShape(coefficients=self.hold(body.mean_shape().coefficients))
        if traits.height is not None:
            self.start = self._of_height(self.start, traits.height, body)

    def hold(self, coefficients: Tensor) -> Tensor:
        """(S,) with the held ones in their places; those get no gradient."""
        return coefficients.index_copy(0, self._rows, self._values) if len(self._rows) else coefficients

    def crown(self, body: BodyModel) -> Tensor:
        """(N,) int64: vertices from which the height is told; none where it is not known."""
        if self.height is None:
            return torch.empty(0, dtype=torch.long)
        above_ground = body.rest(self.start).vertices[:, 1]
        return (above_ground > above_ground.max() - _CROWN_M).nonzero()[:, 0]

    def height_error(self, rest: RestBody) -> Tensor:
        """Share of the height by which a body, or the rows of it that hold the crown, is too tall; 0 if unknown."""
        top = rest.vertices[:, 1].max()
        return torch.zeros_like(top) if self.height is None else top / self.height - 1

    def _of_height(self, shape: BodyShape, height: float, body: BodyModel) -> BodyShape:
        """The shape with another height, as little changed as need be: a child's where no adult is so short."""
        names = body.shape_names
        if "height" not in names:
            return _with_height(shape, height, torch.arange(len(names)), body)
        adult = _with_height(shape, height, torch.tensor([names.index("height")]), body)
        too_tall = float(body.rest(adult).vertices[:, 1].max()) - height > _NEAR_M
        age = torch.tensor([names.index("age")] if "age" in names else [], dtype=torch.long)
        if not too_tall or not len(age) or bool(torch.isin(age, self._rows)):
            return adult
        child = shape.coefficients.index_fill(0, age, _CHILD)
        return _with_height(BodyShape(coefficients=child), height, age, body)


def _with_height(shape: BodyShape, height: float, rows: Tensor, body: BodyModel) -> BodyShape:
    """The shape nearest to `shape` that has the height, by these coefficients alone and within their range."""
    low, high = body.shape_range
    coefficients = shape.coefficients.clone()
    for _ in range(_ROUNDS):
        moved = coefficients[rows].clone().requires_grad_()
        top = body.rest(BodyShape(coefficients=coefficients.index_copy(0, rows, moved))).vertices[:, 1].max()
        (slope,) = torch.autograd.grad(top, moved)
        step = slope * (height - top.detach()) / slope.square().sum().clamp_min(1e-9)
        coefficients[rows] = (coefficients[rows] + step).clamp(low[rows], high[rows])
    return BodyShape(coefficients=coefficients)
