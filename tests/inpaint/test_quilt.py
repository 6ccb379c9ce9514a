"""Laws of quilting."""

import numpy as np
import pytest

from bodydouble.inpaint.quilt import Quilt, Sources

HEIGHT, WIDTH = 80, 160


@pytest.fixture
def checks() -> np.ndarray:
    """H×W×3: dots, 16 pixels from one to the next, which run on around."""
    row, column = np.mgrid[:HEIGHT, :WIDTH] * 2 * np.pi / 16
    return (0.3 * np.sin(row) * np.cos(column))[..., None].repeat(3, 2).astype(np.float32)


def quilted(image: np.ndarray, filled: np.ndarray, usable: np.ndarray, oddness: np.ndarray | None = None) -> Quilt:
    odd = np.zeros(filled.shape, np.float32) if oddness is None else oddness
    holed = image * filled[..., None]
    quilt = Quilt(holed, filled, Sources(image=holed, usable=usable, oddness=odd), blended=1.0)
    quilt.fill(~filled, (40, 40), 4)
    return quilt


def test_a_pattern_goes_on_around_in_phase(checks):
    filled = np.zeros((HEIGHT, WIDTH), bool)
    filled[:, 40:120] = True
    quilt = quilted(checks, filled, filled)
    assert quilt.filled.mean() > 0.97
    assert np.corrcoef(quilt.image[~filled & quilt.filled, 0], checks[~filled & quilt.filled, 0])[0, 1] > 0.95
    assert np.array_equal(quilt.image[filled], checks[filled])


def test_the_odd_is_not_taken_where_anything_else_is(checks):
    filled = np.zeros((HEIGHT, WIDTH), bool)
    filled[:, 20:140] = True
    marked = checks.copy()
    marked[:, 45:60] = 2.0
    odd = np.zeros((HEIGHT, WIDTH), np.float32)
    odd[:, 45:60] = 3.0
    quilt = quilted(marked, filled, filled, odd)
    assert quilt.image[~filled].max() < 0.5


def test_nothing_comes_from_where_nothing_may_come_again(checks):
    filled = np.zeros((HEIGHT, WIDTH), bool)
    filled[:, 40:120] = True
    quilt = quilted(checks, filled, np.zeros_like(filled))
    assert np.array_equal(quilt.filled, filled)


def test_rows_stay_near_their_height():
    """A ramp down is a ramp down all around."""
    ramp = np.linspace(-1, 1, HEIGHT, dtype=np.float32)[:, None, None].repeat(WIDTH, 1).repeat(3, 2)
    filled = np.zeros((HEIGHT, WIDTH), bool)
    filled[:, 40:120] = True
    quilt = quilted(ramp, filled, filled)
    assert np.abs(quilt.image - ramp)[quilt.filled].max() < 0.2
