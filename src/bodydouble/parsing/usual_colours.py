"""The few colours that most of some pixels have, or nearly have."""

from __future__ import annotations

import cv2
import numpy as np

_ROUNDS, _LEAST_MOVE = 10, 0.5  # of k-means, at most, and CIELAB, of a colour that still moves


def find_usual_colours(colours: np.ndarray, count: int, samples: int) -> np.ndarray:
    """K×3, float32, by k-means, the same for the same pixels; fewer than `count` where there are fewer pixels.

    Args:
        colours: N×3, float32, CIELAB; N is at least 1.
        samples: about how many pixels they are learned from, evenly spread.
    """
    cv2.setRNGSeed(0)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, _ROUNDS, _LEAST_MOVE)
    chosen = colours[:: max(1, len(colours) // samples)]
    usual: np.ndarray = cv2.kmeans(chosen, min(count, len(chosen)), None, criteria, 1, cv2.KMEANS_PP_CENTERS)[2]
    return usual
