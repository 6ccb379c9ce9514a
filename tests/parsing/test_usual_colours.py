"""Usual colours are those of most pixels, and the same for the same pixels."""

import cv2
import numpy as np

from bodydouble.parsing.usual_colours import find_usual_colours

COLOURS = np.array([[20, 0, 0], [60, 30, -10], [90, -5, 40]], np.float32)


def test_they_are_found_among_noise_whatever_was_drawn_before():
    random = np.random.default_rng(0)
    pixels = (COLOURS[random.integers(0, 3, 3000)] + random.normal(0, 1, (3000, 3))).astype(np.float32)
    found = []
    for seed in (1, 2):
        cv2.setRNGSeed(seed)
        found.append(find_usual_colours(pixels, 3, 500))
    assert np.array_equal(*found)
    assert np.abs(found[0][found[0][:, 0].argsort()] - COLOURS).max() < 0.5


def test_there_are_no_more_than_pixels():
    assert len(find_usual_colours(COLOURS[:2], 5, 100)) == 2
