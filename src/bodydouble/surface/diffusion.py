"""Diffusion over the body's surface: what is known at some texels spreads to the others."""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from bodydouble.geometry.linear_systems import factor_symmetric
from bodydouble.surface.graph import Edges


def diffuse(edges: Edges, known: Tensor, value: Tensor, slope: Tensor | None = None) -> Tensor:
    """Colours that keep to what is known and change from texel to texel as `slope` says.

    The x that minimises Σ known_i (x_i - value_i)² + Σ conductance (x_second - x_first - slope)²: gradient-domain
    blending (Pérez, Gangnet and Blake, "Poisson image editing", 2003) on the surface instead of an image.

    Args:
        known: (N,), weight of each texel's value; above 0 in at least one texel of each piece that conductances
            above 0 connect, or the system is singular (RuntimeError).
        value: N×C.
        slope: M×C, wanted difference along each edge; none gives plain diffusion.
    """
    count = len(known)
    first, second = edges.first.numpy(), edges.second.numpy()
    weight = edges.conductance.double().numpy()
    incidence = sparse.coo_matrix(
        (
            np.concatenate([-np.ones(len(first)), np.ones(len(first))]),
            (np.tile(np.arange(len(first)), 2), np.concatenate([first, second])),
        ),
        shape=(len(first), count),
    ).tocsr()
    weighted = incidence.T @ sparse.diags(weight)
    anchor = known.double().numpy()
    system = weighted @ incidence + sparse.diags(anchor)
    target = anchor[:, None] * value.double().numpy()
    if slope is not None:
        target += weighted @ slope.double().numpy()
    return torch.from_numpy(factor_symmetric(system).solve(target)).float()
