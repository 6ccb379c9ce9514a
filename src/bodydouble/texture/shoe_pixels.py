"""Which pixels show shoes: those of the label, but for ground between heel and sole, between both shoes, or below."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.spatial import cKDTree

from bodydouble.parsing.at_photo import label_map
from bodydouble.parsing.labels import SHOES
from bodydouble.values import FittedView

_LEAST = 60  # pixels of a photo's shoes, and of ground around them; fewer tell nothing
_SAMPLES = 600  # pixels of either that are compared with, at most
_NEIGHBOURS = 5  # of these, the nearest in colour
_AROUND = 0.25  # of the shoes' extent: so far around them ground is looked at
_DEEP = 0.6  # share of the shoes' pixels nearer to their edge than what is shoe for sure
_LIKE_GROUND = 6.0  # distance in Lab: what is as near may be ground
_NEARER = 0.6  # of the distance to the shoes' own colours, below which that to the ground's is ground's
_MOST = 0.4  # of the shoes' pixels; where more are like ground, both have one colour, and colours tell nothing
# Area of shoe, of the squared height of the person: less is no pair of shoes, and ground where it is like that. A wet
# street under boots that were taken for trousers had 0.0011, the barest sandals 0.002, other pairs 0.005 to 0.02.
_PAIR = 0.0018


def shoe_pixels(view: FittedView) -> np.ndarray:
    """H×W, bool: where the photo shows shoes. An understanding has to be there."""
    assert view.understanding is not None
    mask = view.person.mask.numpy() > 0.5
    shoe = (label_map(view.understanding, view.photo.size) == SHOES) & mask
    if int(shoe.sum()) < _LEAST:
        return shoe
    y, x = np.nonzero(shoe)
    margin = round(_AROUND * max(np.ptp(y), np.ptp(x))) + 1
    place = tuple(slice(max(0, line.min() - margin), line.max() + margin + 1) for line in (y, x))
    rgb = view.photo.rgb[:, place[0], place[1]].permute(1, 2, 0).numpy()
    whole = shoe.copy()
    lab = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2LAB)
    few = shoe.sum() < _PAIR * np.ptp(np.nonzero(mask.any(1))[0]) ** 2
    whole[place] &= ~_find_ground(lab, shoe[place], mask[place], bool(few))
    return whole


def _find_ground(lab: np.ndarray, shoe: np.ndarray, person: np.ndarray, few: bool) -> np.ndarray:
    """H×W, bool: pixels of what is labelled shoe that have the colours of the ground around it, and not the shoes'.

    Args:
        lab: H×W×3, the photo's colours.
        shoe: H×W, bool.
        person: H×W, bool.
        few: they are too few for a pair of shoes.
    """
    none = np.zeros_like(shoe)
    ground = ~cv2.dilate(person.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    depth = cv2.distanceTransform(shoe.astype(np.uint8), cv2.DIST_L2, 5)
    deep = shoe & (depth >= np.quantile(depth[shoe], _DEEP))
    if int(ground.sum()) < _LEAST:
        return none
    to_ground = _distance(lab[shoe], lab[ground])
    like, of_shoe = to_ground < _LIKE_GROUND, deep[shoe]
    core = of_shoe & ~like
    if float(like.mean()) > _MOST or int(core.sum()) < _LEAST:
        return shoe if few and float(like.mean()) > _MOST else none
    found = none.copy()
    found[shoe] = like & (to_ground < _NEARER * _distance(lab[shoe], lab[shoe][core]))
    return cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(bool)


def _distance(colours: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """(N,): mean distance of N×3 colours to the nearest of samples, M×3."""
    tree = cKDTree(samples[:: max(1, len(samples) // _SAMPLES)])
    return tree.query(colours, k=_NEIGHBOURS)[0].mean(1)
