"""What regions of the photo are like that may be carried things, and what is around them.

chances of labels, colours, where hands and arms are -> a closer look -> regions of one colour (`thing_regions.py`)
-> their features
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from bodydouble.geometry.window import photo_pixels
from bodydouble.parsing.at_photo import plane_at_photo
from bodydouble.parsing.labels import BACKGROUND, CLOTH, SKIN, THING
from bodydouble.parsing.thing_regions import RegionTree, find_superpixels, merge_regions
from bodydouble.parsing.windows import span_around
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
_GARMENT_M2 = 0.1  # area of the smallest garment
_LEAST_CHANCE = 0.06  # mean chance of a thing; a region with less is not scored
_LEAST_ON_PERSON = 0.25  # part of a region that is in the mask
_RING_M = 0.03  # width of what is around a region
_UNLIKELY = 0.1  # chance of a thing below which a pixel speaks against it
_ON_ARM_M = 0.05  # from an arm's bones: a sleeve
_FAR_M = 0.5  # from a hand; farther is as far
FEATURES = ("chance", "highest", "against ring", "edge", "solid", "from hand", "unlikely", "size", "on arm", "garment")


@dataclass(frozen=True, kw_only=True)
class CloseLook:
    """What is known of a part of the photo at the working size."""

    box: tuple[slice, slice]  # rows and columns of the photo
    scale: float  # pixels a metre
    lab: np.ndarray  # h×w×3 float32, CIELAB
    chances: np.ndarray  # h×w×3 float32, of thing, background and skin
    cloth: np.ndarray  # h×w×C float32, of each kind of cloth; the sum of all that is worn of a kind is 1 at most
    worn: np.ndarray  # h×w bool, in the mask
    from_hand: np.ndarray  # h×w, metres
    on_arm: np.ndarray  # h×w bool


def look_closer(photo: Photo, person: Person, understanding: Understanding, scale: float) -> CloseLook | None:
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
    rows, columns = (span_around(possible.any(axis), _MARGIN_M * scale) for axis in (1, 0))
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
    return CloseLook(
        box=(rows, columns),
        scale=smaller * scale,
        lab=cv2.GaussianBlur(lab, (0, 0), _SMOOTH_PX),
        chances=np.dstack([reduce(plane) for plane in planes]),
        cloth=np.dstack(cloth) / total.astype(np.float32),
        worn=reduce(person.mask.numpy()) > 0.5,
        from_hand=from_hand,
        on_arm=from_arm < _ON_ARM_M,
    )


def _distance_to_lines(points: np.ndarray, lines: Sequence[tuple[int, int]], size: tuple[int, ...]) -> np.ndarray:
    """h×w, pixels, to the nearest of the lines between points, N×3, that were seen; far where none was."""
    free = np.ones(size[::-1], np.uint8)
    for start, end in lines:
        if min(points[start, 2], points[end, 2]) > 0:
            cv2.line(free, *(tuple(int(v) for v in points[row, :2].round()) for row in (start, end)), 0, 1)
    return cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_5)


def merge_both_ways(look: CloseLook) -> list[RegionTree]:
    """Trees of the same superpixels."""
    leaves, colour = find_superpixels(look.lab), look.lab * np.array([_BRIGHTNESS, 1, 1], np.float32)
    thing, others = np.sqrt(look.chances[..., :1].clip(0, 1)), look.chances[..., 1:]
    return [
        merge_regions(leaves, np.dstack([colour, of_thing * thing, of_others * others]))
        for of_thing, of_others in _WAYS
    ]


def describe_regions(tree: RegionTree, look: CloseLook) -> tuple[np.ndarray, np.ndarray]:
    """(R,) int, the regions that may be things, and R×F, their `FEATURES`."""
    leaves, count = tree.leaves, len(tree.members[-1])

    def total(plane: np.ndarray) -> np.ndarray:
        return np.bincount(leaves.ravel(), plane.ravel(), count)

    thing = look.chances[..., 0]
    size = total(np.ones(leaves.shape))
    planes = {"chance": thing, "unlikely": thing < _UNLIKELY, "worn": look.worn, "on arm": look.on_arm}
    sums = {name: total(plane) for name, plane in planes.items()}
    kinds = np.stack([total(look.cloth[..., kind]) for kind in range(look.cloth.shape[-1])])
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
        row = [logit, _logit(outline[0]), logit - _logit(outline[1]), *outline[2:], float(nearest[members].min())]
        whole = float(kinds[:, members].sum(1).max())  # part of the garment of which it takes most
        rows.append([*row, mean["unlikely"], float(np.log(area / look.scale**2)), mean["on arm"], whole])
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
    picks: tuple[np.ufunc, ...] = (np.minimum, np.maximum) * 2
    for line, pick, place in zip(corners, picks, (rows, rows, columns, columns), strict=True):
        pick.at(line, leaves.ravel(), place.ravel())
    return corners


def _describe_outline(
    tree: RegionTree, region: int, look: CloseLook, steps: np.ndarray, corners: np.ndarray
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
