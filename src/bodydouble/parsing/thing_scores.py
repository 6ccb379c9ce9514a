"""Which regions of the photo are carried things: bags that the parser takes for cloth, wholly or in parts.

regions and what they are like (`thing_features.py`) -> a score of each -> the best ones that do not overlap, completed

A bag's pixels are seldom likelier a thing than cloth. As a whole it stands out from what is around it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from bodydouble.parsing.thing_features import FEATURES, CloseLook, describe_regions, look_closer, merge_both_ways
from bodydouble.parsing.thing_regions import RegionTree
from bodydouble.values import Person, Photo, Understanding

# What each counts for, and what is added: the logit of the share that a region and a bag have in common. Fitted to the
# labels of 202 street photographs, 133 with bags: of regions that are more than half a bag's, average precision 0.73 on
# those left out.
_WEIGHTS = (-0.05, 0.17, 0.40, 0.15, 1.31, -2.87, -1.94, 0.77, 0.28, -2.16)
_ADDED = 0.15
_STRONG = 3.0  # edge that counts as much as any stronger one
_LEAST_SHARE = 0.3  # from which on a region is a thing; with 0.25 a hand and a red print became one
# A part of a thing ends where no edge is. Times its area that the whole may be large, tens of CIELAB's distances by
# which the whole's edge is stronger, and the CIELAB distance up to which both have one colour.
_GROWS, _STRONGER, _SAME_COLOUR = 6.0, 0.5, 8.0
_STRAY = 0.1  # share of the part's superpixels that need not be the whole's
_LARGER = 0.3  # power of the area by which a larger region is taken before its likelier part
_MOST_OF_GARMENT = 0.6  # part of a garment that no thing takes
# A garment beside a thing that is merged with it: chance of a thing below which pixels are the garment's, square metres
# from which they are more than noise, and the CIELAB distance from which their colour is another one than the thing's.
_UNLIKELY, _PIECE_M2, _OTHER_COLOUR = 0.1, 0.008, 12.0
_KNOWN = 0.4  # mean chance of the region from which the parser knows the thing, and so what is none of it


def find_regions(photo: Photo, person: Person, understanding: Understanding, scale: float) -> list[np.ndarray]:
    """H×W bool of each carried thing; hands that hold them are to be kept by the caller.

    Args:
        scale: pixels a metre.
    """
    look = look_closer(photo, person, understanding, scale)
    if look is None:
        return []
    regions = [region for tree in merge_both_ways(look) for region in _rate_regions(tree, look)]
    likely = [region for region in regions if region.share > _LEAST_SHARE]
    likely.sort(key=lambda region: -region.share * region.area**_LARGER)
    taken: set[int] = set()
    found = []
    for region in likely:
        if taken.isdisjoint(region.members) and _leaves_garments(region, look):
            whole = _complete(region, regions, look)
            taken.update(whole.members)
            found.append(_put_back(leave_out_garments(whole.pixels, look), look, photo.size))
    return found


@dataclass(frozen=True, kw_only=True)
class _Region:
    tree: RegionTree
    members: list[int]  # its superpixels
    share: float  # 0 to 1, that it and a thing are likely to have in common
    area: float  # square metres
    edge: float  # as in `FEATURES`

    @property
    def pixels(self) -> np.ndarray:
        """h×w bool."""
        return self.tree.pixels(self.members)


def _rate_regions(tree: RegionTree, look: CloseLook) -> list[_Region]:
    regions, features = describe_regions(tree, look)
    area, edge = np.exp(features[:, FEATURES.index("size")]), features[:, FEATURES.index("edge")].copy()
    features[:, FEATURES.index("edge")] = edge.clip(max=_STRONG)
    share = 1 / (1 + np.exp(-(features @ _WEIGHTS + _ADDED)))
    return [
        _Region(tree=tree, members=tree.members[number], share=share[row], area=area[row], edge=edge[row])
        for row, number in enumerate(regions.tolist())
    ]


def _leaves_garments(region: _Region, look: CloseLook) -> bool:
    """Whether enough remains of every garment: otherwise it is one."""
    return float(look.cloth[region.pixels].sum(0).max()) < _MOST_OF_GARMENT


def leave_out_garments(region: np.ndarray, look: CloseLook) -> np.ndarray:
    """h×w bool: the region without large pieces of another colour that the parser does not take for a thing at all."""
    chance = look.chances[..., 0]
    if float(chance[region].mean()) < _KNOWN:
        return region
    unlikely = region & (chance < _UNLIKELY)
    colour = np.median(look.lab[region & ~unlikely], 0)
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(unlikely.astype(np.uint8), connectivity=4)
    kept = region.copy()
    for number in range(1, count):
        piece = numbers == number
        away = np.linalg.norm(np.median(look.lab[piece], 0) - colour)
        if stats[number, cv2.CC_STAT_AREA] > _PIECE_M2 * look.scale**2 and away > _OTHER_COLOUR:
            kept &= ~piece
    return kept


def _complete(part: _Region, regions: list[_Region], look: CloseLook) -> _Region:
    """The likeliest region around a part that has its colour and ends at a stronger edge; the part where none does."""
    best, inside = part, set(part.members)
    for region in regions:
        larger = part.area < region.area < _GROWS * part.area and region.edge > part.edge + _STRONGER
        if (
            larger
            and (best is part or region.share > best.share)
            and len(inside.difference(region.members)) < _STRAY * len(inside)
        ):
            colours = (np.median(look.lab[each.pixels], 0) for each in (part, region))
            if np.linalg.norm(np.subtract(*colours)) < _SAME_COLOUR and _leaves_garments(region, look):
                best = region
    return best


def _put_back(pixels: np.ndarray, look: CloseLook, size: tuple[int, int]) -> np.ndarray:
    """H×W bool of h×w bool pixels of the look."""
    rows, columns = look.box
    whole = np.zeros(size, bool)
    close = (columns.stop - columns.start, rows.stop - rows.start)
    whole[look.box] = cv2.resize(pixels.astype(np.float32), close, interpolation=cv2.INTER_LINEAR) > 0.5
    return whole
