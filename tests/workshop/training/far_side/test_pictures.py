"""What is learned of both sides lies over what is shown."""

import cv2
import numpy as np

from bodydouble.parsing.labels import HAIR, LABELS, SKIN
from workshop.training.far_side.pictures import cut_far, find_front_only, sample_far


def test_a_print_is_in_front_alone_and_a_stripe_that_goes_around_is_not():
    upper = np.full((40, 40), LABELS.index("upper"), np.uint8)
    cloth = np.full((40, 40, 3), 60, np.uint8)
    cloth[10:12] = 200  # a stripe
    printed = cloth.copy()
    printed[22:30, 12:24] = (250, 40, 40)
    lower_stripe = np.roll(cloth, 3, 0)  # it does not meet itself quite
    only = find_front_only(upper, printed, upper, lower_stripe)
    assert only[22:30, 12:24].all() and only.sum() == 8 * 12
    hair = np.full_like(upper, HAIR)
    assert find_front_only(upper, cloth, hair, cloth).all(), "another label, of whatever colour"


def test_planes_follow_the_picture(picture):
    """Mirrored, tilted and moved: the far side's labels lie over the near side's, and so does the body."""
    street = np.zeros((64, 64, 3), np.uint8)
    for seed in range(6):
        sample = sample_far(picture, 128, [street], np.random.default_rng(seed))
        hair = sample.labels == HAIR
        assert sample.labels.shape == sample.front_only.shape == (64, 64) and hair.sum() > 50
        inner = cv2.erode((sample.labels > 0).astype(np.uint8), np.ones((5, 5))) > 0
        assert sample.normals[inner][:, 2].min() > 0.9
        if sample.body.any():
            assert (sample.body[..., 0][inner] > 0).mean() > 0.95
            assert np.allclose(sample.body[..., 3][inner & (sample.body[..., 0] > 0)], 1)
        assert sample.front_only[inner & ~cv2.dilate(hair.astype(np.uint8), np.ones((5, 5))).astype(bool)].mean() < 0.05
        assert 0.1 < sample.front_only[hair].mean() < 0.8


def test_as_at_run_time_the_person_stands_in_the_middle(picture):
    view, sample = cut_far(picture, 128)
    rows, columns = np.nonzero(sample.labels)
    assert abs(rows.mean() - 31.5) < 1 and abs(columns.mean() - 31.5) < 1
    assert ((view.labels == SKIN) & (sample.labels == HAIR)).sum() > 30
