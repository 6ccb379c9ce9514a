"""Which regions of the photo are carried things: bags that the parser takes for cloth, wholly or in parts.

chances of labels, colours -> regions of one colour (`thing_regions.py`) -> what each is like -> its score -> the best
ones that do not overlap

A bag's pixels are seldom likelier a thing than cloth. As a whole it stands out from what is around it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from bodydouble.geometry.window import photo_pixels
from bodydouble.parsing.at_photo import plane_at_photo
from bodydouble.parsing.labels import BACKGROUND, CLOTH, SKIN, THING
from bodydouble.parsing.thing_regions import RegionTree, find_superpixels, merge_regions
from bodydouble.person.landmarks import ELBOWS, HAND_ROWS, SHOULDERS, WRISTS
from bodydouble.person.matte import disc
from bodydouble.values import BODY_LANDMARKS, Person, Photo, Understanding

_PIXELS_PER_METRE = 250.0  # at which regions are told apart
_MARGIN_M = 0.12  # around what may be a thing, that is looked at
_SMOOTH_PX = 0.7  # deviation of the blur that takes off noise
_BRIGHTNESS = 0.7  # weight of brightness against tint: a thing has a light and a dark side
# CIELAB distances that count as much as a chance of 1 against one of 0, of a thing (its root) and of the others. Bags
# of their garment's colour need the first way, bags of which half is taken for a garment the second.
_WAYS = ((40.0, 40.0), (6.0, 20.0))
_AREA_M2 = (0.008, 0.16)  # of a region, the smallest and the largest
_GARMENT_M2, _MOST_OF_GARMENT = 0.1, 0.6  # area of the smallest garment, and the part of one that no thing takes
_LEAST_CHANCE = 0.06  # mean chance of a thing; a region with less is not scored
_LEAST_ON_PERSON = 0.25  # part of a region that is in the mask
_RING_M = 0.03  # width of what is around a region
_UNLIKELY = 0.1  # chance of a thing below which a pixel speaks against it
_ON_ARM_M = 0.05  # from an arm's bones: a sleeve
_FAR_M = 0.5  # from a hand; farther is as far
FEATURES = ("chance", "highest", "against ring", "edge", "solid", "from hand", "unlikely", "size", "on arm")


# What each counts for, and what is added: the logit of the share that a region and a bag have in common. Fitted to the
# labels of 66 street photographs, 34 with bags; of those left out, half of the bags' pixels are found by this alone.
_WEIGHTS = (0.09, 0.18, 0.39, 0.10, 2.63, -4.55, -1.67, 0.28, -0.61)
_ADDED = -2.21
_STRONG = 3.0  # edge that counts as much as any stronger one
_LEAST_SHARE = 0.25  # from which on a region is a thing
# A part of a thing ends where no edge is. Times its area that the whole may be large, tens of CIELAB's distances by
# which the whole's edge is stronger, and the CIELAB distance up to which both have one colour.
_GROWS, _STRONGER, _SAME_COLOUR = 6.0, 0.5, 8.0
_STRAY = 0.1  # share of the part's superpixels that need not be the whole's
_LARGER = 0.3  # power of the area by which a larger region is taken before its likelier part


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is known of a part of the photo at the working size."""

    box: tuple[slice, slice]  # rows and columns of the photo
    scale: float  # pixels a metre
    lab: np.ndarray  # h×w×3 float32, CIELAB
    chances: np.ndarray  # h×w×3 float32, of thing, background and skin
    cloth: (
        np.ndarray
    )  # h×w×C float32, of each kind of cloth, as parts of all that is worn of it: their sums are up to 1
    worn: np.ndarray  # h×w bool, in the mask
    from_hand: np.ndarray  # h×w, metres
    on_arm: np.ndarray  # h×w bool


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
            found.append(_put_back(whole.pixels, look, photo.size))
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


def _rate_regions(tree: RegionTree, look: Look) -> list[_Region]:
    regions, features = describe_regions(tree, look)
    area, edge = np.exp(features[:, FEATURES.index("size")]), features[:, FEATURES.index("edge")].copy()
    features[:, FEATURES.index("edge")] = edge.clip(max=_STRONG)
    share = 1 / (1 + np.exp(-(features @ _WEIGHTS + _ADDED)))
    return [
        _Region(tree=tree, members=tree.members[number], share=share[row], area=area[row], edge=edge[row])
        for row, number in enumerate(regions.tolist())
    ]


def _leaves_garments(region: _Region, look: Look) -> bool:
    """Whether enough remains of every garment: otherwise it is one."""
    return float(look.cloth[region.pixels].sum(0).max()) < _MOST_OF_GARMENT


def _complete(part: _Region, regions: list[_Region], look: Look) -> _Region:
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


def _put_back(pixels: np.ndarray, look: Look, size: tuple[int, int]) -> np.ndarray:
    """H×W bool of h×w bool pixels of the look."""
    rows, columns = look.box
    whole = np.zeros(size, bool)
    close = (columns.stop - columns.start, rows.stop - rows.start)
    whole[look.box] = cv2.resize(pixels.astype(np.float32), close, interpolation=cv2.INTER_LINEAR) > 0.5
    return whole


def look_closer(photo: Photo, person: Person, understanding: Understanding, scale: float) -> Look | None:
    """Where something may be a thing; None where nothing is.

    Args:
        scale: pixels a metre.
    """
    labels = (THING, BACKGROUND, SKIN)
    planes = [plane_at_photo(understanding, understanding.labels[label], photo.size) for label in labels]
    possible = (planes[0] > _LEAST_CHANCE) & (person.mask.numpy() > 0.5)
    possible = cv2.morphologyEx(possible.astype(np.uint8), cv2.MORPH_OPEN, disc(_RING_M / 2 * scale)) > 0
    if not possible.any():
        return None
    rows, columns = (_reach(possible.any(axis), _MARGIN_M * scale) for axis in (1, 0))
    smaller = min(1.0, _PIXELS_PER_METRE / scale)
    size = tuple(max(16, round((side.stop - side.start) * smaller)) for side in (columns, rows))

    def reduce(plane: np.ndarray) -> np.ndarray:
        return cv2.resize(plane[rows, columns], size, interpolation=cv2.INTER_AREA)

    garments = understanding.labels[list(CLOTH)]
    # Pixels of the working size that each garment has; of less than a thing's area nothing can be said.
    pixel = (understanding.side / garments.shape[-1] * smaller) ** 2
    total = (garments.sum((1, 2)) * pixel).numpy().clip(_GARMENT_M2 * (smaller * scale) ** 2)
    cloth = [reduce(plane_at_photo(understanding, plane, photo.size)) for plane in garments]
    lab = cv2.cvtColor(reduce(photo_pixels(photo)).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    points = person.landmarks[BODY_LANDMARKS].numpy().copy()
    points[:, :2] = (points[:, :2] - (columns.start, rows.start)) * smaller
    hands = [(row, row) for row in range(HAND_ROWS.start, HAND_ROWS.stop)]
    arms = [*zip(SHOULDERS, ELBOWS, strict=True), *zip(ELBOWS, WRISTS, strict=True)]
    from_hand, from_arm = (_distance_to_lines(points, lines, size) / (smaller * scale) for lines in (hands, arms))
    return Look(
        box=(rows, columns),
        scale=smaller * scale,
        lab=cv2.GaussianBlur(lab, (0, 0), _SMOOTH_PX),
        chances=np.dstack([reduce(plane) for plane in planes]),
        cloth=np.dstack(cloth) / total.astype(np.float32),
        worn=reduce(person.mask.numpy()) > 0.5,
        from_hand=from_hand,
        on_arm=from_arm < _ON_ARM_M,
    )


def _reach(places: np.ndarray, margin: float) -> slice:
    """From the first to the last of the true places of an axis, wider by a margin, within it."""
    indices = np.flatnonzero(places)
    return slice(max(0, int(indices[0] - margin)), min(len(places), int(indices[-1] + margin) + 1))


def _distance_to_lines(points: np.ndarray, lines: list[tuple[int, int]], size: tuple[int, ...]) -> np.ndarray:
    """h×w, pixels, to the nearest of the lines between points, N×3, that were seen; far where none was."""
    free = np.ones(size[::-1], np.uint8)
    for start, end in lines:
        if min(points[start, 2], points[end, 2]) > 0:
            cv2.line(free, *(tuple(int(v) for v in points[row, :2].round()) for row in (start, end)), 0, 1)
    return cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_5)


def merge_both_ways(look: Look) -> list[RegionTree]:
    """Trees of the same superpixels."""
    leaves, colour = find_superpixels(look.lab), look.lab * np.array([_BRIGHTNESS, 1, 1], np.float32)
    thing, others = np.sqrt(look.chances[..., :1].clip(0, 1)), look.chances[..., 1:]
    return [
        merge_regions(leaves, np.dstack([colour, of_thing * thing, of_others * others]))
        for of_thing, of_others in _WAYS
    ]


def describe_regions(tree: RegionTree, look: Look) -> tuple[np.ndarray, np.ndarray]:
    """(R,) int, the regions that may be things, and R×F, their `FEATURES`."""
    leaves, count = tree.leaves, len(tree.members[-1])

    def total(plane: np.ndarray) -> np.ndarray:
        return np.bincount(leaves.ravel(), plane.ravel(), count)

    thing = look.chances[..., 0]
    size, sums = (
        total(np.ones(leaves.shape)),
        {
            "chance": total(thing),
            "unlikely": total(thing < _UNLIKELY),
            "worn": total(look.worn),
            "on arm": total(look.on_arm),
        },
    )
    nearest = np.full(count, _FAR_M)
    np.minimum.at(nearest, leaves.ravel(), look.from_hand.ravel())
    steps = _edge_strength(look.lab)
    corners = _corners(leaves, count)
    regions, rows = [], []
    for region, members in enumerate(tree.members):
        area = float(size[members].sum())
        mean = {name: float(plane[members].sum()) / area for name, plane in sums.items()}
        fits = _AREA_M2[0] < area / look.scale**2 < _AREA_M2[1]
        if not fits or mean["chance"] < _LEAST_CHANCE or mean["worn"] < _LEAST_ON_PERSON:
            continue
        outline = _describe_outline(tree, region, look, steps, corners[:, members])
        logit = _logit(mean["chance"])
        regions.append(region)
        rows.append(
            [
                logit,
                _logit(outline[0]),
                logit - _logit(outline[1]),
                outline[2],
                outline[3],
                float(nearest[members].min()),
                mean["unlikely"],
                float(np.log(area / look.scale**2)),
                mean["on arm"],
            ]
        )
    return np.array(regions, int), np.array(rows).reshape(-1, len(FEATURES))


def _logit(chance: float) -> float:
    chance = min(0.99, max(0.01, chance))
    return float(np.log(chance / (1 - chance)))


def _edge_strength(lab: np.ndarray) -> np.ndarray:
    """h×w, tens of CIELAB's distances from pixel to pixel, the largest nearby."""
    across, down = cv2.Sobel(lab, -1, 1, 0, scale=1 / 40), cv2.Sobel(lab, -1, 0, 1, scale=1 / 40)
    return cv2.dilate(np.sqrt((across**2 + down**2).sum(-1)), np.ones((3, 3)))


def _corners(leaves: np.ndarray, count: int) -> np.ndarray:
    """4×N: first row, last row, first column and last column of each superpixel."""
    rows, columns = np.indices(leaves.shape)
    corners = np.array([[leaves.shape[0]] * count, [0] * count, [leaves.shape[1]] * count, [0] * count])
    for line, pick, place in zip(corners, (np.minimum, np.maximum) * 2, (rows, rows, columns, columns), strict=True):
        pick.at(line, leaves.ravel(), place.ravel())
    return corners


def _describe_outline(
    tree: RegionTree, region: int, look: Look, steps: np.ndarray, corners: np.ndarray
) -> tuple[float, float, float, float]:
    """A region's highest chance of a thing, the chance in the ring around, its edge's strength, and how solid it is."""
    reach = max(2, round(_RING_M * look.scale))
    top, bottom = max(0, int(corners[0].min()) - reach - 2), int(corners[1].max()) + reach + 3
    left, right = max(0, int(corners[2].min()) - reach - 2), int(corners[3].max()) + reach + 3
    near = slice(top, bottom), slice(left, right)
    inside = np.zeros(len(tree.members[-1]), np.uint8)
    inside[tree.members[region]] = 1
    pixels, thing = inside[tree.leaves[near]], look.chances[near][..., 0]
    ring = (cv2.dilate(pixels, disc(reach)) > pixels) & look.worn[near]
    rim = pixels > cv2.erode(pixels, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    points = np.concatenate(cv2.findContours(pixels, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0])
    hull = max(1.0, cv2.contourArea(cv2.convexHull(points)))
    return (
        float(np.quantile(thing[pixels > 0], 0.9)),
        float(thing[ring].mean()) if ring.any() else 0.0,
        float(steps[near][rim].mean()),
        min(1.0, float(pixels.sum()) / hull),
    )
