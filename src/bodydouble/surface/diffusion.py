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
    anchor = known.double().numpy()
    diagonal = anchor + np.bincount(first, weight, count) + np.bincount(second, weight, count)
    own = np.arange(count, dtype=first.dtype)
    rows, columns = np.concatenate([first, second, own]), np.concatenate([second, first, own])
    system = sparse.csc_matrix((np.concatenate([-weight, -weight, diagonal]), (rows, columns)), (count, count))
    target = anchor[:, None] * value.double().numpy()
    if slope is not None:
        pull = weight[:, None] * slope.double().numpy()
        for end, sign in ((first, -1), (second, 1)):
            target += sign * np.stack([np.bincount(end, channel, count) for channel in pull.T], 1)
    return torch.from_numpy(factor_symmetric(system).solve(target)).float()
