"""The blur is SciPy's."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from bodydouble.geometry.blur import blur_plane


@pytest.mark.parametrize(
    ("sigma", "mode"),
    [(1.5, "nearest"), ((6.0, 0.7), "wrap"), ((0.7, 12.0), "wrap"), (9.0, "nearest"), ((2.0, 9.0), "reflect")],
)
def test_it_is_scipys_but_for_rounding(sigma, mode):
    plane = np.random.default_rng(0).standard_normal((60, 70))
    wanted = gaussian_filter(plane, sigma, mode=("nearest" if mode == "wrap" else mode, mode))
    blurred = blur_plane(plane, sigma, mode=mode)
    assert blurred.dtype == np.float32
    assert np.abs(blurred - wanted).max() < 2e-6
