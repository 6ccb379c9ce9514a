"""Legs that no photo shows go on in what was seen of trousers or dress, else in quiet trousers, and wear quiet shoes.

An inpainter copies what it saw, and of a person seen from the hip upwards that is mostly the shirt.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.parsing.labels import DRESS, LABELS, LOWER, SKIN
from bodydouble.surface.lowest_seen import lowest_seen, trunk_and_leg_heights
from bodydouble.surface.regions import Region, anatomy
from bodydouble.values import RestBody, Texture

_TROUSERS, QUIET_SHOES = (0.22, 0.24, 0.28), (0.17, 0.15, 0.14)  # sRGB: blue-grey cloth, dark leather
_LIGHT_SHOES = (0.4, 0.37, 0.34)  # where the trousers are as dark as the others
_DIFFERENT = 0.12  # distance of colour from which shoes are told from trousers
_FEW = 40  # texels of a 1024² texture; fewer tell nothing
_BIN_M = 0.02  # heights are judged in steps of this
_WAIST_M = 0.15  # above the hip joints: from there down, what lies in front lies behind
_BELOW_KNEE_M = 0.02  # from the joint to a dress's hem
_ANKLE_M = 0.04  # above the joint: a level below that leaves no leg to dress


def dress_unseen_legs(
    base: Tensor, partial: Texture, rest: RestBody, body: BodyModel, whole_labels: bool = False
) -> Tensor:
    """Colours of every texel, with legs and feet dressed below the level at which the photos end.

    Above it, up to the waist, the back is dressed as the front: of people cut off at the hip the front shows little of
    the trousers, and the rest would become shirt. Where labels of all texels tell what is behind, that stays: an open
    jacket hides behind the trousers that it shows in front.

    Args:
        base: 3×S×S, completed colours; the same come back where feet were seen.
        partial: what was seen, S×S, with labels; without, nothing changes.
        rest: the body at rest.
        whole_labels: the colours are already those of what each texel is.
    """
    size = base.shape[-1]
    heights, feet = trunk_and_leg_heights(rest, body, size), anatomy(body).regions(size) == Region.FOOT
    level = lowest_seen(partial.confidence, heights, feet)
    if partial.labels is None or level == 0:
        return base
    joints = {name: float(rest.joints[body.roles[f"left_{name}"], 1]) for name in ("hip", "knee", "ankle")}
    unseen = partial.confidence == 0
    shoes, dressed = _column(QUIET_SHOES), base
    if level > joints["ankle"] + _ANKLE_M:
        below_waist = heights < (level if whole_labels else joints["hip"] + _WAIST_M)
        label = _label_by_height(partial, heights, level, joints)
        colours = _leg_colours(partial, (heights < joints["hip"] + _WAIST_M) & ~unseen)
        for kind, colour in colours.items():
            dressed = torch.where(unseen & below_waist & ~feet & (label == kind), colour, dressed)
        if float((colours[LOWER] - shoes).norm()) < _DIFFERENT:
            shoes = _column(_LIGHT_SHOES)
    return torch.where(feet & unseen, shoes, dressed)


def _label_by_height(partial: Texture, heights: Tensor, level: float, joints: dict[str, float]) -> Tensor:
    """S×S, int64: the label that most seen texels at a height have; below the level, what goes on from there."""
    assert partial.labels is not None
    observed = (partial.confidence > 0) & heights.isfinite() & (partial.labels > 0)
    bins = (heights.nan_to_num(0) / _BIN_M).long().clamp_min(0)
    votes, here = torch.zeros(int(bins.max()) + 1, len(LABELS)), (bins[observed], partial.labels[observed].long())
    votes.index_put_(here, torch.ones(len(here[0])), accumulate=True)
    label, lowest = votes.argmax(1), round(level / _BIN_M)
    last = int(votes[lowest : lowest + 2].sum(0).argmax())
    if last not in (SKIN, LOWER, DRESS):  # a shirt ends at the hip
        last, lowest = LOWER, min(lowest, round(joints["hip"] / _BIN_M))
    label[:lowest] = last
    if last == DRESS:
        label[: round((joints["knee"] - _BELOW_KNEE_M) / _BIN_M)] = SKIN
    return label[bins]


def _leg_colours(partial: Texture, legs: Tensor) -> dict[int, Tensor]:
    """Colours (3×1×1) of trousers, dress and skin, as seen on the legs (S×S, bool); quiet ones where they were not."""
    assert partial.labels is not None
    few = _FEW * (len(legs) / 1024) ** 2
    colours = {}
    for label in (LOWER, DRESS, SKIN):
        chosen = legs & (partial.labels == label)
        if label == SKIN and int(chosen.sum()) <= few:  # a face's skin is better than none
            chosen = (partial.confidence > 0) & (partial.labels == SKIN)
        enough = int(chosen.sum()) > few
        colours[label] = partial.rgb[:, chosen].median(1).values[:, None, None] if enough else _column(_TROUSERS)
    return colours


def _column(colour: tuple[float, float, float]) -> Tensor:
    return torch.tensor(colour)[:, None, None]
