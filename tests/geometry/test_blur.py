"""The blur is SciPy's."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from bodydouble.geometry.blur import blur_plane


@pytest.mark.parametrize(("sigma", "wrap"), [(1.5, False), ((6.0, 0.7), True), ((0.7, 12.0), True), (9.0, False)])
def test_it_is_scipys_but_for_rounding(sigma, wrap):
    plane = np.random.default_rng(0).standard_normal((60, 70))
    wanted = gaussian_filter(plane, sigma, mode=("nearest", "wrap" if wrap else "nearest"))
    blurred = blur_plane(plane, sigma, wrap=wrap)
    assert blurred.dtype == np.float32
    assert np.abs(blurred - wanted).max() < 2e-6
