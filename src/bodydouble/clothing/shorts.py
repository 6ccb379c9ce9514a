"""Shorts: where their legs end above bare thighs or shins, and hems that stand off these."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import subtree_weight
from bodydouble.clothing.garment_view import GarmentView
from bodydouble.clothing.hem_step import step_hem
from bodydouble.parsing.labels import CLOTH, SKIN
from bodydouble.person.landmarks import SIDES
from bodydouble.values import RestBody

# Of the way from the hip joint to the knee, and from 1 on to the ankle at 2: where hems are looked for, and in how many
# steps; what reaches farther down than the longest is no pair of shorts.
_FIRST, _LAST, _STEPS, _LONGEST = 0.15, 1.6, 88, 1.5
_NEAR_LINE_M = 0.03  # beside the line from joint to joint, where cloth and skin are looked for
_ACROSS = 7  # places looked at across it
_CLEAR = 6  # steps above and below a hem that must be cloth and skin
_PURE = 0.8  # share of them that must be
_UNEVEN = 0.12  # of that way, by which both legs' hems may differ
_GAP_M = 0.012  # by which the hem stands off


def find_shorts(view: GarmentView, body: BodyModel) -> float | None:
    """Where both legs of shorts end: of the way from the hip joint, 1 at the knee, 2 at the ankle; or None."""
    cloth = view.labels[list(CLOTH)].sum(0)
    if (tights := view.worn("tights")) is not None:
        cloth = cloth - tights
    ends = [_find_end(view, cloth, body, side) for side in SIDES]
    places = [end for end in ends if end is not None]
    if not places or max(places) - min(places) > _UNEVEN:
        return None
    return float(np.mean(places))


def _find_end(view: GarmentView, cloth: Tensor, body: BodyModel, side: str) -> float | None:
    """The same of one leg; None where it does not show its hem."""
    hip, knee, ankle = (view.joints[body.roles[f"{side}_{joint}"], :2] for joint in ("hip", "knee", "ankle"))
    places = torch.linspace(_FIRST, _LAST, _STEPS)[:, None]
    line = torch.where(places < 1, hip + places * (knee - hip), knee + (places - 1) * (ankle - knee))
    aside = torch.linspace(-1, 1, _ACROSS) * view.pixels(_NEAR_LINE_M)
    column = (line[:, :1] + aside).long().clamp(0, len(cloth) - 1)
    row = line[:, 1:].long().clamp(0, len(cloth) - 1).expand_as(column)
    visible = ~view.cover[row, column]
    cloths, skins = (((plane[row, column] > 0.5) & visible).sum(1) for plane in (cloth, view.labels[SKIN]))
    clear, of_cloth = (cloths + skins > 0).numpy(), (cloths > skins).numpy()
    last = np.flatnonzero(of_cloth)
    if not len(last):
        return None
    end = int(last[-1]) + 1
    above, below = slice(max(0, end - _CLEAR), end), slice(end, end + _CLEAR)
    shows_hem = clear[above].all() and clear[below].all() and of_cloth[:end][clear[:end]].mean() > _PURE
    place = _FIRST + (_LAST - _FIRST) * (end - 0.5) / (_STEPS - 1)
    return place if shows_hem and end + _CLEAR <= _STEPS and place < _LONGEST else None


def hem_shorts(vertices: Tensor, rest: RestBody, end: float, body: BodyModel) -> Tensor:
    """V×3: clothed body vertices at rest, whose shorts end in level hems that stand off the leg.

    Args:
        vertices: V×3, metres.
        rest: the bare body.
        end: of the way from the hip joint, 1 at the knee, 2 at the ankle.
    """
    for side in SIDES:
        along, hem, down, limb = _measure_leg(rest, end, body, side)
        vertices = step_hem(vertices, rest.vertices, along, hem, down, limb, _GAP_M, body.faces)
    return vertices


def split_shorts(rest: RestBody, end: float, body: BodyModel) -> tuple[Tensor, Tensor]:
    """(V,), bool, each: the vertices of both legs that are shorts', and those below. Arguments as of `hem_shorts`."""
    legs = [_measure_leg(rest, end, body, side) for side in SIDES]
    cloth = torch.stack([limb & (along < hem) for along, hem, _, limb in legs]).any(0)
    return cloth, torch.stack([limb & (along >= hem) for along, hem, _, limb in legs]).any(0)


def _measure_leg(rest: RestBody, end: float, body: BodyModel, side: str) -> tuple[Tensor, float, Tensor, Tensor]:
    """(V,) metres along a leg's (3,) unit direction, where on that way its shorts end, that way, and its (V,) bool."""
    hip, knee, ankle = (rest.joints[body.roles[f"{side}_{joint}"]] for joint in ("hip", "knee", "ankle"))
    leg, shin = (subtree_weight(rest, body.roles[f"{side}_{joint}"]) > 0.5 for joint in ("hip", "knee"))
    first, last = (knee, ankle) if end > 1 else (hip, knee)
    length = (last - first).norm()
    down = (last - first) / length
    along = (rest.vertices - first) @ down
    hem = float((end - (end > 1)) * length)
    return along, hem, down, leg & (shin | (along < hem)) if end > 1 else leg
