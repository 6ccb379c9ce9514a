"""Distances are those of SciPy."""

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt

from bodydouble.geometry.distance import distance_to, rough_distance_to


def test_it_is_the_distance_to_the_nearest_place():
    places = torch.rand(90, 120, generator=torch.Generator().manual_seed(0)) > 0.995
    wanted = distance_transform_edt(~places.numpy())
    assert np.abs(distance_to(places).numpy() - wanted).max() < 1e-5
    assert np.allclose(rough_distance_to(places).numpy(), wanted, rtol=0.025)
