"""Several views' textures made one: DINAR section 3.2, Eq. 5.

| paper | here |
|---|---|
| T_i, λ_i | `textures`, `cosines`: one of each a view |
| w_i = softmax(λ / τ) | `view_weights` |
"""

from __future__ import annotations

import torch
from torch import Tensor

TEMPERATURE = 0.1  # τ, as published with the paper


def view_weights(cosines: Tensor, filled: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """N×S×S: how much each view counts at each texel; sums to 1 over the views, 0 where none sees the texel.

    A view that does not see a texel has λ = −∞ there, not 0: otherwise its emptiness would take part.

    Args:
        cosines: N×S×S, λ, between the surface normal and the direction to the camera.
        filled: N×S×S, bool, whether the view shows the texel.
    """
    weight = torch.where(filled, cosines / temperature, -torch.inf).softmax(0)
    return weight.nan_to_num(0.0)  # no view at all


def merge_textures(textures: Tensor, cosines: Tensor, filled: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """C×S×S: the weighted mean of N×C×S×S textures (Eq. 5); 0 where no view sees the texel."""
    weights = view_weights(cosines, filled, temperature)
    return (textures * weights[:, None]).sum(0)
