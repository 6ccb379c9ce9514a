"""Hoods and collars beside a bare neck: their outline is not the neck's, and says nothing about the body."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.clothing.garment_view import GarmentView
from bodydouble.parsing.labels import CLOTH, SKIN

_NEAR_LINE_M = 0.03  # beside the line from the neck's joint to the head's, where skin is looked for
_BARE = 0.5  # share of skin there, from which on a neck is bare; in polo-necks and scarves there is next to none


def find_collar(view: GarmentView, body: BodyModel) -> Tensor:
    """S×S, bool: cloth above the neck's joint where the neck shows skin; empty where it shows none, or too little."""
    neck, head = (view.joints[body.roles[role], :2] for role in ("neck", "head"))
    cloth = view.labels[list(CLOTH)].sum(0) > 0.5
    row, column = torch.arange(len(cloth))[:, None], torch.arange(len(cloth))[None]
    line = neck[0] + (head[0] - neck[0]) * (row - neck[1]) / (head[1] - neck[1]).clamp_max(-1)
    throat = (row < neck[1]) & (row > head[1]) & ((column - line).abs() < view.pixels(_NEAR_LINE_M)) & view.person
    if not bool(throat.any()) or float((view.labels[SKIN] > 0.5)[throat].float().mean()) < _BARE:
        return torch.zeros_like(cloth)
    return cloth & (row < neck[1])
