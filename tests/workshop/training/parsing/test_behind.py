"""What stands behind people: it reaches up to them in their own colours, and never over them."""

import numpy as np

from workshop.training.parsing.augment import placed
from workshop.training.parsing.behind import furnish
from workshop.training.parsing.crop import cut

CENTRE = np.array([48.0, 64.0])
PAINT = (200, 30, 60)  # of a person of one colour


def person(size=64) -> tuple[np.ndarray, np.ndarray]:
    """A bar of one colour in the middle."""
    alpha = np.zeros((size, size), np.float32)
    alpha[10:54, 26:38] = 1
    return (alpha[..., None] * PAINT).astype(np.uint8), alpha


def test_furniture_touches_the_person_in_their_colour():
    image, alpha = person()
    behind, touching = np.full((64, 64, 3), 230, np.uint8), 0
    for seed in range(40):
        picture = furnish(behind, image, alpha, [behind], np.random.default_rng(seed))
        alike = np.abs(picture.astype(int) - PAINT).sum(2) < 70
        touching += bool((alike & (alpha == 0)).any())
    assert 5 < touching < 30  # a share of the pictures
    assert (behind == 230).all()  # the background is shared: it stays


def test_shadows_darken_and_nothing_brightens_a_white_wall():
    image, alpha = person()
    behind = np.full((64, 64, 3), 255, np.uint8)
    means = [furnish(behind, image, alpha, [behind], np.random.default_rng(seed)).mean() for seed in range(20)]
    assert min(means) < 250 and max(means) == 255


def test_the_person_is_in_front(corpus):
    view = cut(corpus.drawn[0], CENTRE, 128.0, 64)
    covered = view.image[..., 3] == 255
    for seed in range(10):
        image = placed(view, corpus.backgrounds, np.random.default_rng(seed), furnished=True)
        assert (image[covered] == view.image[..., :3][covered]).all()


def test_nobody_has_no_furniture():
    behind = np.full((64, 64, 3), 90, np.uint8)
    assert furnish(behind, behind, np.zeros((64, 64), np.float32), [behind], np.random.default_rng(0)) is behind
