"""What cloth can be, finer than `labels`: the kinds of garment that a parser tells apart, and how they are asked for."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from bodydouble.geometry.window import Size
from bodydouble.parsing.at_photo import plane_at_photo
from bodydouble.parsing.labels import CLOTH, DRESS, LOWER, OUTER, UPPER
from bodydouble.values import Understanding

# The index is the channel of `Understanding.garments`. Tights are stockings and leggings, too; a jumpsuit has legs.
GARMENTS = ("upper", "outer", "scarf", "dress", "jumpsuit", "skirt", "trousers", "shorts", "tights")
# The label that each garment has.
LABEL_OF_GARMENT = (UPPER, OUTER, OUTER, DRESS, DRESS, LOWER, LOWER, LOWER, LOWER)


def garment_plane(understanding: Understanding, name: str, size: Size) -> np.ndarray | None:
    """H×W float32 in [0, 1]: how likely each pixel of a photo is that garment's; 0 off the cloth.

    Args:
        name: one of `GARMENTS`.
        size: (height, width) of the photo.

    Returns:
        None where the parser tells no garments.
    """
    if understanding.garments is None:
        return None
    plane = cloth_chance(understanding) * understanding.garments[GARMENTS.index(name)]
    return plane_at_photo(understanding, plane, size)


def garment_shares(understanding: Understanding, region: np.ndarray) -> dict[str, float]:
    """What share of the cloth in a region is which of `GARMENTS`; they sum to 1.

    Args:
        region: H×W, bool or weights in [0, 1], of the photo.

    Returns:
        Empty where the parser tells no garments, or no cloth is in the region.
    """
    if understanding.garments is None:
        return {}
    size = region.shape[0], region.shape[1]
    amounts = {}
    for name in GARMENTS:
        plane = garment_plane(understanding, name, size)
        assert plane is not None
        amounts[name] = float((plane * region).sum())
    total = sum(amounts.values())
    return {name: amount / total for name, amount in amounts.items()} if total > 1 else {}


def cloth_chance(understanding: Understanding) -> Tensor:
    """S×S in [0, 1]: how likely each pixel is cloth of any kind."""
    return understanding.labels[list(CLOTH)].sum(0)


def label_chances(garments: Tensor, cloth: Tensor) -> Tensor:
    """5×S×S chances of the labels of `CLOTH`, in its order, which sum to that of cloth.

    Args:
        garments: G×S×S, chances of `GARMENTS` where there is cloth.
        cloth: S×S, that of cloth.
    """
    planes = torch.zeros(len(CLOTH), *cloth.shape, dtype=cloth.dtype)
    for row, label in enumerate(LABEL_OF_GARMENT):
        planes[CLOTH.index(label)] += garments[row] * cloth
    return planes
