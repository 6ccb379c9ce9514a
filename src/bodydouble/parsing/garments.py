"""What cloth can be, finer than `labels`: the garments that a parser tells apart, and their labels."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from bodydouble.parsing.labels import CLOTH, DRESS, LOWER, OUTER, THING, UPPER
from bodydouble.values import Understanding

# The index is the channel of `Understanding.garments`. Tights are stockings and leggings, too; a jumpsuit has legs.
GARMENTS = ("upper", "outer", "scarf", "dress", "jumpsuit", "skirt", "trousers", "shorts", "tights")
# The label that each garment has.
LABEL_OF_GARMENT = (UPPER, OUTER, OUTER, DRESS, DRESS, LOWER, LOWER, LOWER, LOWER)
# Chance of being carried up to which cloth stays cloth, and from which all of it is a thing.
_DOUBTED, _SURE = 0.4, 0.7


def cloth_chance(understanding: Understanding) -> Tensor:
    """S×S in [0, 1]: how likely each pixel is cloth of any kind."""
    return understanding.labels[list(CLOTH)].sum(0)


def share_name(understanding: Understanding | None, label: int, name: str, others: Sequence[str]) -> float:
    """[0, 1]: how much of what is one garment or others in a label's cloth is the one; 0 where nothing tells names."""
    if understanding is None or understanding.garments is None:
        return 0.0
    amounts = (understanding.garments * understanding.labels[label]).sum((1, 2))
    one, *rest = (float(amounts[GARMENTS.index(each)]) for each in (name, *others))
    return one / max(1e-6, one + sum(rest))


def name_cloth(labels: Tensor, garments: Tensor, carried: Tensor) -> Tensor:
    """L×S×S chances of `LABELS` whose cloth has the names of its garments, and is a thing where it is carried.

    How likely a pixel is cloth or carried stays the parser's say, and so does what is no cloth.

    Args:
        labels: L×S×S, chances.
        garments: G×S×S, chances of `GARMENTS` where there is cloth.
        carried: S×S, how likely a pixel is a bag's.
    """
    cloth = labels[list(CLOTH)].sum(0)
    things = cloth * ((carried - _DOUBTED) / (_SURE - _DOUBTED)).clamp(0, 1)
    named = labels.clone()
    named[list(CLOTH)] = 0
    for row, label in enumerate(LABEL_OF_GARMENT):
        named[label] += garments[row] * (cloth - things)
    named[THING] += things
    return named
