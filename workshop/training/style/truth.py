"""What photographs with a name for every pixel tell of the clothes in them, by rules: the truth for the style's head.

Names are noisy: jeans are called shirt, jackets dress. So rules have a range between yes and no where they are silent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bodydouble.geometry.window import Window
from bodydouble.parsing.body_regions import draw_regions, head_regions, trunk_regions
from bodydouble.parsing.windows import pixels_per_metre
from bodydouble.person.landmarks import ANKLES, HEAD_ROWS, HIPS, KNEES, SHOULDERS
from bodydouble.values import BODY_LANDMARKS, Person

Where = Callable[[Sequence[str]], np.ndarray]  # H×W, bool: the pixels of any of some names

SKIRTS = ("skirt", "dress")
TROUSERS = ("pants", "jeans", "shorts", "romper", "jumper", "bodysuit")
LEGWEAR = ("leggings",)
OUTERS = ("coat", "jacket", "blazer", "cardigan", "cape", "suit")
BENEATH = (
    "blouse",
    "shirt",
    "t-shirt",
    "top",
    "sweater",
    "dress",
    "skin",
    "sweatshirt",
    "bra",
    "bodysuit",
    "romper",
    "tie",
    "jumper",
    "vest",
)
SLEEVED = (*OUTERS, *BENEATH[:6], "sweatshirt", "hoodie", "bodysuit", "romper", "jumper", "swimwear")
# By the shoe's name: kind and heel; of the rest the name says too little.
SHOES = {
    "boots": ("boot", None), "pumps": ("pump", "high"), "heels": ("pump", "high"), "sandals": ("sandal", None),
    "sneakers": ("low", "flat"), "loafers": ("low", "flat"), "flats": (None, "flat"), "wedges": (None, "high"),
}  # fmt: skip

_CROTCH = 0.2  # of the way from the hips to the knees
_COVERED = 0.3  # of a row's pixels of the person: as many and a garment reaches down to it
# Shares: at most the first one where there is none, at least the second one where there is; silent between.
_SKIRT = (0.05, 0.15)  # of the rows from crotch to ankles
_TROUSERS = (0.05, 0.12)  # the same of trousers
_OUTER = (0.03, 0.3)  # of the trunk
_OPEN = (0.12, 0.4)  # of the trunk's rows with a gap
_GAP_M = 0.03
_LENGTHS = (0.36, 0.6, 0.85)  # of the way from crotch to ankles; knees are at 0.45
_BARE = (0.25, 0.6)  # of an arm in skin
_HAT = (0.02, 0.3)  # of the place above the face
_LONG_M = (0.0, 0.06)  # of hair below the shoulders
_HALF_M = 0.22  # beside the middle of the face, where hair is looked for


def read_truth(labels: np.ndarray, names: Sequence[str], person: Person) -> dict[str, str]:
    """Options by attribute of `parsing.style`, without those that are in doubt.

    Args:
        labels: H×W, rows of `names`.
    """
    scale = pixels_per_metre(person)
    if scale is None:
        return {}
    rows = {name: number for number, name in enumerate(names)}

    def where(chosen: Sequence[str]) -> np.ndarray:
        return np.isin(labels, [rows[name] for name in chosen])

    points = person.landmarks[BODY_LANDMARKS, :2].numpy()
    side = max(labels.shape)
    places = {
        name: plane.numpy()[: labels.shape[0], : labels.shape[1]] > 0
        for regions in (trunk_regions(person, scale), head_regions(person, scale))
        for name, plane in zip(regions, draw_regions(list(regions.values()), Window(0, 0, side), side), strict=True)
    }
    truth = _read_legs(where, labels > 0, points)
    truth |= _read_outer(where, places["trunk"], points, scale)
    truth |= _read_sleeves(where, places)
    truth |= _graded("hat", where(["hat"])[places["crown"]].mean() if places["crown"].any() else 0.0, _HAT)
    truth |= _read_hair(where(["hair"]), points, scale)
    truth |= _read_shoes(where)
    return truth


def _graded(
    attribute: str, share: float, limits: tuple[float, float], options: tuple[str, str] = ("no", "yes")
) -> dict[str, str]:
    """The first option up to the lower limit, the second one from the upper one on, silent between."""
    return {attribute: options[0]} if share <= limits[0] else {attribute: options[1]} if share >= limits[1] else {}


def _read_legs(where: Where, person: np.ndarray, points: np.ndarray) -> dict[str, str]:
    hip, knee, ankle = (points[each, 1].mean() for each in (HIPS, KNEES, ANKLES))
    first, last = round(hip + _CROTCH * (knee - hip)), min(round(ankle), len(person))
    if last - first < 40:
        return {}
    width = person[first:last].sum(1).clip(1)

    def covers(chosen: Sequence[str]) -> np.ndarray:
        return where(chosen)[first:last].sum(1) / width > _COVERED

    skirt, trousers, legwear, coat = (covers(each) for each in (SKIRTS, TROUSERS, LEGWEAR, OUTERS))
    truth: dict[str, str] = {}
    if skirt.mean() >= _SKIRT[1] and skirt[: len(skirt) // 3].any():
        truth["legs"] = "bridged"
    elif skirt.mean() <= _SKIRT[0] and (trousers | legwear).mean() >= _TROUSERS[1]:
        truth["legs"] = "apart"
    over = skirt | coat
    if over.mean() >= _SKIRT[1]:
        below = slice(int(np.flatnonzero(over)[-1]) + 1, len(over))
        if below.stop - below.start > 0.12 * len(over):
            share = trousers[below].mean()
            truth |= _graded("beneath", share, (0.1, 0.5), ("nothing", "trousers"))
    if "legs" in truth:
        worn = np.flatnonzero(skirt if truth["legs"] == "bridged" else trousers | legwear)
        end = (worn[-1] + 1) / len(skirt)
        truth["length"] = ("thigh", "knee", "calf", "ankle")[int(np.searchsorted(_LENGTHS, end))]
    return truth


def _read_outer(where: Where, trunk: np.ndarray, points: np.ndarray, scale: float) -> dict[str, str]:
    outer = where(OUTERS)
    share = outer[trunk].mean() if trunk.any() else 0.0
    if share <= _OUTER[0]:
        return {"outer": "none"}
    if share < _OUTER[1]:
        return {}
    shoulder, hip = points[SHOULDERS, 1].mean(), points[HIPS, 1].mean()
    first, last = round(shoulder + 0.3 * (hip - shoulder)), round(hip)
    beneath = where(BENEATH) & trunk
    gaps = []
    for row in range(max(0, first), min(last, len(outer))):
        columns = np.flatnonzero(outer[row])
        if len(columns):
            inside = beneath[row, columns[0] : columns[-1]]
            gaps.append(inside.sum() >= _GAP_M * scale)
    return _graded("outer", float(np.mean(gaps)) if gaps else 0.2, _OPEN, ("closed", "open"))


def _read_sleeves(where: Where, places: dict[str, np.ndarray]) -> dict[str, str]:
    skin, cloth = where(["skin"]), where(SLEEVED)
    bare = []
    for name in ("upper arms", "forearms"):
        shown = int((skin & places[name]).sum()), int((cloth & places[name]).sum())
        if sum(shown) < 60:
            return {}
        bare.append(shown[0] / sum(shown))
    upper, fore = bare
    if fore <= _BARE[0]:
        return {"sleeves": "long"} if upper <= _BARE[0] else {}
    if fore >= _BARE[1]:
        return {"sleeves": "none"} if upper >= _BARE[1] else {"sleeves": "short"} if upper <= 0.45 else {}
    return {}


def _read_hair(hair: np.ndarray, points: np.ndarray, scale: float) -> dict[str, str]:
    middle, shoulder = points[HEAD_ROWS, 0].mean(), points[SHOULDERS, 1].mean()
    beside = slice(max(0, round(middle - _HALF_M * scale)), max(0, round(middle + _HALF_M * scale)))
    rows = np.flatnonzero(hair[:, beside].sum(1) > 2)
    if not len(rows):
        return {}
    return _graded("hair", (rows[-1] - shoulder) / scale, _LONG_M, ("short", "long"))


def _read_shoes(where: Where) -> dict[str, str]:
    counts = {name: int(where([name]).sum()) for name in SHOES}
    name = max(counts, key=counts.__getitem__)
    if counts[name] < 30:
        return {}
    kind, heel = SHOES[name]
    return ({"shoes": kind} if kind else {}) | ({"heel": heel} if heel else {})
