"""The rows of MediaPipe's body and hand points: inside the body or on it, wherever MediaPipe sees them in pictures."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from scipy.optimize import nnls
from torch import Tensor

from bodydouble.person.landmarks import HEAD_ROWS, MIRRORED
from workshop.landmarks.views import BODY_POINTS, Detection

_BODY_REACH = 0.16  # metres around the present place of a landmark in which vertices may carry it
_HAND_REACH = 0.035
_CARRIERS = 120  # vertices tried for a landmark
_CLEARLY_SEEN = 0.5  # score from which a landmark counts
_STAY = 0.3  # percent of the height a row must miss by to leave its present place by a metre
_FACE = range(HEAD_ROWS.stop)  # the score of these says little: they count always


def body_rows(
    template: Tensor, vertices: Tensor, weights: Tensor, twin_vertex: Tensor, detections: Sequence[Detection]
) -> tuple[Tensor, Tensor]:
    """New rows (33×120) of vertices and weights: the mixture of vertices nearby that projects closest to it.

    Weights are not negative and sum to 1, so a landmark stays inside the body in every pose. Both sides are fitted
    together and mirror each other.

    Args:
        template: V×3, a body at rest.
        vertices, weights: 33×K, the present rows.
        twin_vertex: (V,), the vertex on the other side.
    """
    new_vertices = torch.zeros(BODY_POINTS, _CARRIERS, dtype=torch.long)
    new_weights = torch.zeros(BODY_POINTS, _CARRIERS)
    present = (template[vertices] * weights[..., None]).sum(1)
    for number, twin in enumerate(MIRRORED):
        if twin < number:
            new_vertices[number], new_weights[number] = twin_vertex[new_vertices[twin]], new_weights[twin]
            continue
        carriers = _carriers(template, present[number], _BODY_REACH)
        if twin == number:
            half = carriers[: _CARRIERS // 2]
            carriers = torch.cat([half, twin_vertex[half]])
        clear = [s for s in detections if s.score[number] >= _CLEARLY_SEEN or number in _FACE]
        misses = [s.vertices[carriers] - s.landmarks[number] for s in clear]
        clear = [s for s in detections if s.score[twin] >= _CLEARLY_SEEN or number in _FACE]
        misses += [s.vertices[twin_vertex[carriers]] - s.landmarks[twin] for s in clear]
        solution = _mixture(torch.stack(misses), template[carriers] - present[number])
        if twin == number:
            solution = (solution + solution.roll(_CARRIERS // 2)) / 2
        new_vertices[number], new_weights[number] = carriers, solution
    return new_vertices, new_weights


def hand_rows(
    template: Tensor,
    vertices: Tensor,
    weights: Tensor,
    twin_vertex: Tensor,
    left: Sequence[Detection],
    right: Sequence[Detection],
) -> tuple[Tensor, Tensor]:
    """New rows (42×120) of the left and the right hand, as `body_rows`, from pictures of either hand.

    Args:
        vertices, weights: 21×K, the present rows of the left hand.
    """
    present = (template[vertices] * weights[..., None]).sum(1)
    new_vertices, new_weights = [], []
    for number, place in enumerate(present):
        carriers = _carriers(template, place, _HAND_REACH)
        misses = [s.vertices[carriers] - s.landmarks[number] for s in left]
        misses += [s.vertices[twin_vertex[carriers]] - s.landmarks[number] for s in right]
        new_vertices.append(carriers)
        new_weights.append(_mixture(torch.stack(misses), template[carriers] - place))
    rows = torch.stack(new_vertices)
    return torch.cat([rows, twin_vertex[rows]]), torch.stack(new_weights).repeat(2, 1)


def _carriers(template: Tensor, place: Tensor, reach: float) -> Tensor:
    """(120,) vertices spread over the surroundings of `place`: every n-th of those in reach, by distance."""
    distance = (template - place).norm(dim=1)
    inside = max(int((distance < reach).sum()), _CARRIERS)
    return distance.argsort()[torch.linspace(0, inside - 1, _CARRIERS).long()]


def _mixture(misses: Tensor, offset: Tensor) -> Tensor:
    """(120,) non-negative weights that sum to 1: least squares, then twice more with far outliers weighed down.

    Args:
        misses: M×120×2, how far each carrier's projection is from what was found, percent of the height.
        offset: 120×3, how far each carrier is from the landmark's present place, metres.
    """
    system = misses.double()
    carriers = misses.shape[1]
    trust = torch.ones(len(system), dtype=torch.double)
    solution = torch.zeros(0)
    for _ in range(3):
        equations = (system * (trust / trust.sum()).sqrt()[:, None, None]).permute(0, 2, 1).reshape(-1, carriers)
        stay = _STAY * offset.T.double()
        # The carriers' weights must sum to 1: one heavy equation; a light ridge spreads them.
        equations = torch.cat([equations, stay, 1e3 * torch.ones(1, carriers), 0.3 * torch.eye(carriers)])
        right = torch.zeros(len(equations), dtype=torch.double)
        right[-carriers - 1] = 1e3
        solution = torch.from_numpy(nnls(equations.numpy(), right.numpy(), maxiter=3000)[0])
        miss = (system * solution[None, :, None]).sum(1).norm(dim=-1)
        trust = 1 / (miss / max(float(miss.median()), 1e-6)).clamp_min(1.0)
    return (solution / solution.sum()).float()
