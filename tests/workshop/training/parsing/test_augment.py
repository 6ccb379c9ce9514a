"""Augmented pictures: a person stays where the labels say, and the same seed gives the same."""

import numpy as np

from workshop.training.parsing.augment import augmented
from workshop.training.parsing.crop import cut

CENTRE = np.array([48.0, 64.0])


def test_the_same_seed_gives_the_same(corpus):
    for picture in (corpus.photos[0], corpus.drawn[0]):
        view = cut(picture, CENTRE, 128.0, 64)
        first, second = (augmented(view, corpus.backgrounds, np.random.default_rng(7)) for _ in range(2))
        assert (first.image == second.image).all() and (first.labels == second.labels).all()


def test_labels_only_vanish_and_normals_with_them(corpus):
    view = cut(corpus.drawn[0], CENTRE, 60.0, 64)
    rng, vanished = np.random.default_rng(0), 0
    for _ in range(40):
        sample = augmented(view, corpus.backgrounds, rng)
        kept = sample.labels == view.labels
        assert (sample.labels[~kept] == 0).all()
        assert ((sample.normals != 0).any(2) == (sample.labels > 0)).all()
        vanished += not kept.all()
        assert sample.image.shape == (64, 64, 3) and sample.image.dtype == np.uint8
    assert 4 < vanished < 25  # covered or cut off now and then


def test_drawn_people_stand_before_something(corpus):
    view = cut(corpus.drawn[0], CENTRE, 128.0, 64)
    sample = augmented(view, corpus.backgrounds, np.random.default_rng(3))
    assert sample.image[::2, ::2][sample.labels == 0].std() > 5
