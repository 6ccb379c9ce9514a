"""The refined mask follows the colours of the image where the coarse one is vague."""

import cv2
import numpy as np
import pytest

from bodydouble.person.matte import refine

PIXELS_PER_METRE = 200.0
NO_BONES = np.zeros((0, 5), np.float32)


def scene(size: int = 300, contrast: float = 60.0) -> tuple[np.ndarray, np.ndarray]:
    """A noisy figure (a disc with two legs) before a noisy background of another colour, and its true mask."""
    truth = np.zeros((size, size), np.uint8)
    cv2.circle(truth, (size // 2, size // 3), size // 5, 1, -1)
    for x in (0.42, 0.58):
        cv2.line(truth, (int(x * size), size // 3), (int(x * size), int(0.9 * size)), 1, size // 20)
    noise = np.random.default_rng(0).normal(0, 4, (size, size, 3))
    image = 110 + contrast * truth[..., None] * (1, 0.4, -0.6) + noise
    return image.clip(0, 255).astype(np.uint8), truth > 0


def blurred(mask: np.ndarray, pixels: float) -> np.ndarray:
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), pixels)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return (a & b).sum() / (a | b).sum()


def soft_share(mask: np.ndarray) -> float:
    return ((mask > 0.05) & (mask < 0.95)).sum() / (mask > 0.5).sum()


@pytest.mark.parametrize("contrast", [60, -60, 25])
def test_a_vague_mask_becomes_the_true_one(contrast):
    image, truth = scene(contrast=contrast)
    coarse = blurred(truth, 6)
    refined = refine(image, coarse, NO_BONES, PIXELS_PER_METRE)
    assert refined.shape == truth.shape and refined.min() >= 0 and refined.max() <= 1
    assert iou(refined > 0.5, truth) > max(0.97, iou(coarse > 0.5, truth))
    assert soft_share(refined) < 0.5 * soft_share(coarse)


def test_a_shifted_mask_is_put_right():
    image, truth = scene()
    coarse = blurred(np.roll(truth, 4, axis=1), 4)
    assert iou(coarse > 0.5, truth) < 0.9
    assert iou(refine(image, coarse, NO_BONES, PIXELS_PER_METRE) > 0.5, truth) > 0.96


def test_without_contrast_the_coarse_outline_stays():
    image, truth = scene(contrast=0)
    assert iou(refine(image, blurred(truth, 3), NO_BONES, PIXELS_PER_METRE) > 0.5, truth) > 0.93


def test_large_images_are_refined_at_their_own_size():
    image, truth = scene(1200)
    refined = refine(image, blurred(truth, 20), NO_BONES, 1600.0)
    assert refined.shape == truth.shape
    assert iou(refined > 0.5, truth) > 0.97
    assert soft_share(refined) < 0.05


def test_the_same_result_twice():
    image, truth = scene()
    first, second = (refine(image, blurred(truth, 6), NO_BONES, PIXELS_PER_METRE) for _ in range(2))
    assert np.array_equal(first, second)


def test_islands_go_unless_a_bone_lies_in_them():
    image, truth = scene()
    island = np.zeros_like(truth)
    island[20:50, 10:40] = True
    image[island] = image[truth].mean(0)
    coarse = blurred(truth | island, 2)
    bone = np.array([[15, 35, 35, 35, 0.01]], np.float32)
    assert refine(image, coarse, NO_BONES, PIXELS_PER_METRE)[island].max() < 0.5
    assert refine(image, coarse, bone, PIXELS_PER_METRE)[25:45, 15:35].min() > 0.5


def test_pinholes_are_filled_and_gaps_are_kept():
    image, truth = scene()
    refined = refine(image, blurred(truth, 6), NO_BONES, PIXELS_PER_METRE)
    assert refined[230, 150] < 0.05  # between the legs
    pricked = truth.copy()
    pricked[99:101, 149:151] = False
    assert refine(image, blurred(pricked, 0.5), NO_BONES, PIXELS_PER_METRE)[99:101, 149:151].min() > 0.9


def test_nobody_stays_nobody():
    image, truth = scene()
    assert refine(image, np.zeros(truth.shape, np.float32), NO_BONES, PIXELS_PER_METRE).max() == 0
