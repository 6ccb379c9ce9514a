"""What cloth looks like before it is on a garment: kinds, colours, motifs, words, drawn as people's wardrobes are.

Training and test draw from `TRAIN` and `TEST`: some kinds, motifs and syllables belong to one of them alone, and what
both have (plain cloth, denim, stripes) comes in colours and with seeds that the other never sees.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Colour = tuple[float, float, float]  # sRGB, [0, 1]

_BOTH = ("solid", "heather", "stripes", "denim", "original", "recoloured")
TRAIN_KINDS = (
    *_BOTH,
    "vertical_stripes",
    "pinstripe",
    "windowpane",
    "gingham",
    "plaid",
    "dots",
    "print",
    "floral",
    "knit",
    "leather",
    "colour_block",
    "gradient",
)
TEST_KINDS = (*_BOTH, "knit", "plaid", "print", "houndstooth", "argyle", "camouflage", "zigzag", "raglan")

# How often each kind is worn, by role; kinds that are not named are not worn there.
_PLAIN = {"solid": 8, "heather": 3, "original": 1.5, "recoloured": 2}
_WORN: dict[str, dict[str, float]] = {
    "upper": {**_PLAIN, "stripes": 2, "vertical_stripes": 1, "windowpane": 0.5, "gingham": 0.8, "plaid": 1.5}
    | {"dots": 0.7, "print": 1, "floral": 1, "knit": 2, "leather": 0.4, "colour_block": 1, "gradient": 0.4}
    | {"denim": 0.6, "houndstooth": 0.7, "argyle": 0.7, "camouflage": 0.5, "zigzag": 0.7, "raglan": 1.5},
    "lower": {"denim": 7, "solid": 6, "original": 1.5, "recoloured": 2, "heather": 1.2, "pinstripe": 0.5}
    | {"plaid": 0.4, "leather": 0.4, "knit": 0.3, "camouflage": 0.6, "houndstooth": 0.3, "print": 0.2},
    "skirt": {"solid": 5, "denim": 1.2, "plaid": 1, "dots": 0.8, "floral": 1.5, "print": 0.6, "gradient": 0.3}
    | {"leather": 0.5, "stripes": 0.5, "houndstooth": 0.8, "zigzag": 0.6, "argyle": 0.4, "gingham": 0.6},
    "whole": {"solid": 5, "floral": 2, "print": 1, "dots": 1, "stripes": 1, "denim": 1, "gradient": 0.4, "knit": 0.7}
    | {"recoloured": 1, "original": 0.5, "plaid": 0.5, "colour_block": 0.5, "zigzag": 0.6, "houndstooth": 0.4},
    "under": {"solid": 5, "original": 2, "recoloured": 2},
    "shoes": {"original": 5, "recoloured": 5, "solid": 1, "leather": 2},
    "hat": {"original": 3, "recoloured": 3, "solid": 1, "knit": 0.5},
}
_WORN |= {
    "scarf": {
        "solid": 5,
        "knit": 3,
        "plaid": 2,
        "stripes": 1,
        "floral": 1,
        "dots": 0.5,
        "houndstooth": 1,
        "zigzag": 0.5,
    },
    "bag": {"leather": 5, "solid": 4, "denim": 0.5, "camouflage": 0.3},
    "glasses": {"solid": 1},
    "held": {"solid": 3, "print": 1},
}
_WORN["shirt"] = _WORN["upper"] | {"knit": 0, "argyle": 0, "raglan": 0, "colour_block": 0.2, "heather": 0.5}
_WORN["coat"] = {**_PLAIN, "leather": 1.5, "denim": 1, "houndstooth": 1, "plaid": 0.5, "pinstripe": 0.4}

# Hue in degrees, saturation, value: middle and spread of each, and how much of people's clothing it is.
_COLOURS: tuple[tuple[float, float, float, float, float, float, float], ...] = (
    (0, 180, 0.06, 0.05, 0.10, 0.05, 0.17),  # black
    (40, 60, 0.04, 0.03, 0.92, 0.05, 0.13),  # white
    (210, 90, 0.05, 0.04, 0.45, 0.20, 0.15),  # grey
    (222, 10, 0.60, 0.15, 0.25, 0.07, 0.13),  # navy
    (212, 10, 0.50, 0.15, 0.55, 0.15, 0.08),  # blue
    (38, 8, 0.30, 0.10, 0.70, 0.12, 0.07),  # beige
    (26, 8, 0.50, 0.15, 0.35, 0.12, 0.05),  # brown
    (80, 20, 0.35, 0.12, 0.33, 0.10, 0.05),  # olive
    (350, 8, 0.70, 0.12, 0.38, 0.10, 0.05),  # burgundy
    (180, 180, 0.25, 0.10, 0.85, 0.07, 0.06),  # pastel
    (180, 180, 0.66, 0.14, 0.62, 0.14, 0.06),  # loud
)
_SYLLABLES = {0: "ba de ki lo mu na po ri so ta ve zu", 1: "fa ge hi jo cu wa xe yi qo pla stri bro"}


@dataclass(frozen=True, kw_only=True)
class Split:
    """What one side of training and test may use."""

    kinds: tuple[str, ...]
    motifs: tuple[str, ...]  # of prints and logos, see `prints.MOTIFS`
    side: int  # 0 or 1: parity of seeds and of the colours' cells, and which syllables words are made of


TRAIN = Split(kinds=TRAIN_KINDS, motifs=("dot", "flower5", "star5", "triangle", "leaf", "ring"), side=0)
TEST = Split(kinds=TEST_KINDS, motifs=("flower6", "star4", "cross", "drop", "crescent", "square"), side=1)


@dataclass(frozen=True, kw_only=True)
class Cloth:
    """A cloth, cut and decorated; the same on every garment and device."""

    kind: str  # one of TRAIN_KINDS or TEST_KINDS
    colours: tuple[Colour, Colour, Colour]  # ground first
    scale: float  # metres after which a pattern repeats
    seed: int
    motifs: tuple[str, ...]  # of prints and the logo
    details: tuple[str, ...] = ()  # any of "logo", "lettering", "placket", "zip", "chest_pocket", "front_pocket", "fly"
    word: str = ""  # of the lettering
    trim: bool = False  # borders in the second colour
    shading: float = 1.0  # how much of the original's folds and seams is kept


def sample_cloth(
    rng: np.random.Generator, role: str, split: Split = TRAIN, kinds: Sequence[str] | None = None
) -> Cloth:
    """A random cloth for a garment.

    Args:
        role: "upper" (T-shirts and pullovers), "shirt" (with a placket of its own), "coat", "lower", "skirt", "whole",
            "under", "shoes" or "hat".
        kinds: those to choose from; by default what the split has.
    """
    weights = {kind: _WORN[role].get(kind, 0.0) for kind in kinds or split.kinds}
    if not any(weights.values()):
        weights = dict.fromkeys(weights, 1.0)
    total = sum(weights.values())
    kind = str(rng.choice(list(weights), p=[weight / total for weight in weights.values()]))
    colours = _colours(rng, kind, role, split.side)
    return Cloth(
        kind=kind,
        colours=colours,
        scale=_scale(rng, kind),
        seed=2 * int(rng.integers(1 << 30)) + split.side,
        motifs=tuple(str(m) for m in rng.choice(split.motifs, int(rng.integers(1, 3)), replace=False)),
        details=_details(rng, kind, role),
        word=_word(rng, split.side),
        trim=role == "upper" and kind in ("solid", "heather", "knit", "stripes") and rng.random() < 0.2,
        shading=float(rng.uniform(0.7, 1.1)),
    )


def sample_colour(rng: np.random.Generator, side: int) -> Colour:
    """A colour of ordinary clothing, from the cells of colour space that belong to a side."""
    shares = np.array([row[-1] for row in _COLOURS])
    while True:
        hue, hue_spread, saturation, s_spread, value, v_spread, _ = _COLOURS[rng.choice(len(shares), p=shares)]
        h = (hue + rng.uniform(-hue_spread, hue_spread)) % 360 / 360
        s = min(max(saturation + rng.uniform(-1.5, 1.5) * s_spread, 0), 1)
        v = min(max(value + rng.uniform(-1.5, 1.5) * v_spread, 0.03), 0.97)
        if colour_side(h, s, v) == side:
            return colorsys.hsv_to_rgb(h, s, v)


def colour_side(hue: float, saturation: float, value: float) -> int:
    """0 or 1: to which side a colour belongs; the two share HSV space like the fields of a chessboard."""
    return (int(hue * 24) + int(saturation * 8) + int(value * 16)) % 2


def _colours(rng: np.random.Generator, kind: str, role: str, side: int) -> tuple[Colour, Colour, Colour]:
    ground = sample_colour(rng, side)
    if kind == "denim":
        wash = rng.uniform(0, 1) ** 1.3
        while colour_side(h := rng.uniform(0.575, 0.625), s := 0.62 - 0.35 * wash, v := 0.22 + 0.5 * wash) != side:
            wash = rng.uniform(0, 1)
        ground = colorsys.hsv_to_rgb(h, s, v)
    elif role in ("lower", "skirt"):  # legs are dressed less loudly than torsos
        ground = min((sample_colour(rng, side) for _ in range(2)), key=lambda c: max(c) - min(c))
    elif role == "shoes":
        ground = min((sample_colour(rng, side) for _ in range(4)), key=lambda c: max(c) - min(c))
    elif kind == "leather" or (kind == "solid" and role == "coat"):
        candidates = [sample_colour(rng, side) for _ in range(3)]
        ground = min(candidates, key=luma)
    accents = [sample_colour(rng, side) for _ in range(2)]
    for number, accent in enumerate(accents):  # a pattern must be seen on its ground
        tries = 0
        while abs(luma(accent) - luma(ground)) < 0.18 and tries < 20:
            accent, tries = sample_colour(rng, side), tries + 1
        accents[number] = accent
    return ground, accents[0], accents[1]


def luma(colour: Colour) -> float:
    """Brightness of an sRGB colour, [0, 1]."""
    return 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]


_SCALES_M = {
    "stripes": (0.02, 0.11),
    "vertical_stripes": (0.015, 0.06),
    "pinstripe": (0.018, 0.03),
    "windowpane": (0.04, 0.09),
    "gingham": (0.014, 0.04),
    "plaid": (0.06, 0.14),
    "dots": (0.018, 0.06),
    "print": (0.05, 0.12),
    "floral": (0.05, 0.11),
    "knit": (0.012, 0.022),
    "houndstooth": (0.02, 0.06),
    "argyle": (0.06, 0.11),
    "camouflage": (0.12, 0.25),
    "zigzag": (0.03, 0.09),
}


def _scale(rng: np.random.Generator, kind: str) -> float:
    low, high = _SCALES_M.get(kind, (0.05, 0.1))
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _details(rng: np.random.Generator, kind: str, role: str) -> tuple[str, ...]:
    draw = rng.random()
    quiet = kind in ("solid", "heather", "colour_block", "gradient", "raglan", "stripes")
    if role == "upper" and kind not in ("original", "recoloured"):
        if quiet and draw < 0.35:
            return ("lettering",) if draw < 0.15 else ("logo",) if draw < 0.28 else ("logo", "lettering")
        if draw < 0.43:
            return ("placket",)
        if draw < 0.5:
            return ("zip", "front_pocket") if quiet and draw < 0.47 else ("zip",)
        if draw < 0.58:
            return ("chest_pocket",) if draw < 0.55 else ("front_pocket",)
    if role == "shirt" and kind not in ("original", "recoloured"):
        return ("placket", "chest_pocket") if draw < 0.35 else ("placket",)
    if role == "whole" and draw < 0.15:
        return ("placket",)
    return ("fly",) if role == "lower" and kind not in ("original", "recoloured", "knit") and draw < 0.8 else ()


def _word(rng: np.random.Generator, side: int) -> str:
    syllables = _SYLLABLES[side].split()
    word = "".join(syllables[n] for n in rng.integers(len(syllables), size=int(rng.integers(2, 4))))
    return (word.upper(), word.capitalize(), word)[int(rng.integers(3))]
