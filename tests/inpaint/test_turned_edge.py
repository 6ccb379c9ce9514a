"""At the edge of what was seen plain cloth goes on, turned over, and fades."""

import numpy as np
import pytest

from bodydouble.inpaint.cloth_layer import ClothLayer
from bodydouble.inpaint.turned_edge import turn_at_edge
from bodydouble.surface.around import TRUNK

SCALE = 300.0  # pixels a metre
HEIGHT, WIDTH = 120, 300


def lay(source: np.ndarray) -> ClothLayer:
    rgb = np.full((*source.shape, 3), 0.5, np.float32)
    return ClothLayer(limb=TRUNK, top=0, scale=SCALE, observed=source, gaps=~source, source=source, rgb=rgb)


@pytest.fixture
def front() -> np.ndarray:
    return np.broadcast_to(np.abs(np.arange(WIDTH) - 150) <= 75, (HEIGHT, WIDTH)).copy()


@pytest.fixture
def detail() -> np.ndarray:
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    drawn = np.sin(across / 7) + 0.3 * np.sin(down / 5)
    return drawn[..., None].repeat(3, 2).astype(np.float32)


def test_what_was_seen_comes_again_turned_over_and_fades(front, detail):
    turned, left = turn_at_edge(lay(front), detail)
    for away in (8, 12, 18):
        assert np.allclose(turned[20:-20, 225 + away], detail[20:-20, 225 - away], atol=0.02)
        assert np.allclose(turned[20:-20, 75 - away], detail[20:-20, 75 + away], atol=0.02)
    across = left[60]
    assert across[226] > 0.9 and (np.diff(across[226:280]) <= 1e-6).all() and across[260:].max() == 0


def test_it_goes_on_across_the_last_column(detail):
    """The canvas runs on around: an edge at its last column is turned over into the first ones."""
    source = np.broadcast_to(np.arange(WIDTH) >= WIDTH - 100, (HEIGHT, WIDTH)).copy()
    turned, left = turn_at_edge(lay(source), detail)
    assert np.allclose(turned[20:-20, 4], detail[20:-20, WIDTH - 6], atol=0.05)
    assert left[60, 4] > 0.8


def test_a_ragged_edge_tears_nothing(front):
    """Teeth of 4 mm, from row to row, move what is turned over by less than they are deep."""
    teeth = front & (np.arange(WIDTH)[None] < 225 - 3 * (np.arange(HEIGHT)[:, None] // 2 % 2))
    slope = np.broadcast_to(np.arange(WIDTH, dtype=np.float32)[None, :, None], (HEIGHT, WIDTH, 3))
    turned, _ = turn_at_edge(lay(teeth), slope)
    steps = np.abs(np.diff(turned[20:-20, 238, 0]))
    assert steps.max() < 1.5, "6 where each row is turned over at its own edge"


def test_nothing_goes_on_where_nothing_may_come_again(front, detail):
    turned, left = turn_at_edge(lay(front & False), detail)
    assert not turned.any() and not left.any()
