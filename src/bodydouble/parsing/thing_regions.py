"""Regions of a photo that may be one thing: superpixels, merged two by two from the most alike on.

photo around the person -> superpixels (SLIC: Achanta et al. 2012) -> a tree of merges (Ward 1963, of neighbours alone)
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import cv2
import numpy as np

_SUPERPIXEL_PX = 8  # side of a superpixel at the working size
_RULER = 12.0  # of SLIC: how much compactness counts against colour


@dataclass(frozen=True)
class RegionTree:
    """N superpixels and their M - N unions, the last of which is all of the image."""

    leaves: np.ndarray  # H×W int32, the superpixel of each pixel
    members: list[list[int]]  # M, the superpixels of each region; a union comes after its parts

    def pixels(self, members: list[int]) -> np.ndarray:
        """H×W bool, of superpixels."""
        inside = np.zeros(len(self.members[-1]), bool)
        inside[members] = True
        chosen: np.ndarray = inside[self.leaves]
        return chosen


def merge_regions(leaves: np.ndarray, planes: np.ndarray) -> RegionTree:
    """The tree of an image.

    Args:
        leaves: H×W int32, as `find_superpixels` numbers them.
        planes: H×W×C float32, of what regions are told apart by: distances of CIELAB.
    """
    count = int(leaves.max()) + 1
    size = np.bincount(leaves.ravel(), minlength=count).astype(float)
    sums = [np.bincount(leaves.ravel(), plane.ravel(), count) for plane in np.moveaxis(planes, -1, 0)]
    return _merge(leaves, np.stack(sums, 1) / size[:, None], size, _count_borders(leaves, planes))


def find_superpixels(
    lab: np.ndarray, side_px: int = _SUPERPIXEL_PX, ruler: float = _RULER, rounds: int = 6
) -> np.ndarray:
    """H×W int32, numbered from 0; small ones join another (SLIC, Achanta et al. 2012).

    Args:
        lab: H×W×3, uint8.
        side_px: of a superpixel.
        ruler: how much place counts beside colour.
    """
    slic = cv2.ximgproc.createSuperpixelSLIC(lab, cv2.ximgproc.SLIC, side_px, ruler)
    slic.iterate(rounds)
    slic.enforceLabelConnectivity(25)
    labels: np.ndarray = slic.getLabels()
    return labels


def _count_borders(leaves: np.ndarray, planes: np.ndarray) -> dict[tuple[int, int], tuple[float, float]]:
    """For neighbours i < j: how many pairs of pixels they touch in, and the sum of the pairs' distances."""
    count = int(leaves.max()) + 1
    keys, steps = [], []
    for axis in (0, 1):
        a, b = (np.take(leaves, range(s, leaves.shape[axis] - 1 + s), axis) for s in (0, 1))
        # Two pixels apart, for an edge in a photo is soft.
        near = np.roll(planes, 1, axis), np.roll(planes, -2, axis)
        step = np.linalg.norm(near[0] - near[1], axis=-1)
        step = np.take(step, range(leaves.shape[axis] - 1), axis)
        touching = a != b
        low, high = np.minimum(a, b)[touching], np.maximum(a, b)[touching]
        keys.append(low.astype(np.int64) * count + high)
        steps.append(step[touching])
    key, where = np.unique(np.concatenate(keys), return_inverse=True)
    length, total = np.bincount(where), np.bincount(where, np.concatenate(steps))
    return {(int(k // count), int(k % count)): (float(n), float(t)) for k, n, t in zip(key, length, total, strict=True)}


def _cost(size_a: float, size_b: float, mean_a: np.ndarray, mean_b: np.ndarray, border: tuple[float, float]) -> float:
    """How much is lost when two are one: Ward's, times how strong the edge between them is."""
    away = mean_a - mean_b
    return float(size_a * size_b / (size_a + size_b)) * (float(away @ away) + 1.0) * (border[1] / border[0] + 2.0)


def _merge(
    leaves: np.ndarray,
    feature: np.ndarray,
    size: np.ndarray,
    borders: dict[tuple[int, int], tuple[float, float]],
) -> RegionTree:
    """The two neighbours that lose least become one, until all are.

    Args:
        feature, size: N×C means and (N,) pixels of superpixels.
        borders: as `_count_borders` counts them.
    """
    count = len(size)
    sizes, means = list(size), list(feature)
    around: list[dict[int, tuple[float, float]]] = [{} for _ in range(count)]
    for (i, j), border in borders.items():
        around[i][j] = around[j][i] = border
    heap = [(_cost(sizes[i], sizes[j], means[i], means[j], border), i, j) for (i, j), border in borders.items()]
    heapq.heapify(heap)
    alive = [True] * count
    members = [[i] for i in range(count)]
    while heap:
        _, i, j = heapq.heappop(heap)
        if not (alive[i] and alive[j]):
            continue
        new = len(sizes)
        alive[i] = alive[j] = False
        alive.append(True)
        members.append(members[i] + members[j])
        means.append((sizes[i] * means[i] + sizes[j] * means[j]) / (sizes[i] + sizes[j]))
        sizes.append(sizes[i] + sizes[j])
        joined = dict(around[i])
        for other, border in around[j].items():
            old = joined.get(other, (0.0, 0.0))
            joined[other] = (old[0] + border[0], old[1] + border[1])
        joined = {other: border for other, border in joined.items() if alive[other]}
        around.append(joined)
        for other, border in joined.items():
            around[other][new] = border
            heapq.heappush(heap, (_cost(sizes[new], sizes[other], means[new], means[other], border), new, other))
    return RegionTree(leaves, members)
