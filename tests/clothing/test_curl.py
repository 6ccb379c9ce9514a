"""Curls are told from straight hair by the directions of their strands."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from bodydouble.clothing.curl import measure_curl
from tests.garments import SIDE, paint_hair


@pytest.mark.parametrize(("strand_px", "curl"), [((9.0, 1.0), 0.0), ((1.0, 1.0), 1.0)])
def test_strands_that_run_one_way_are_straight(anny, draw_scene, strand_px, curl):
    scene = draw_scene(paint_hair(0.4, half_width_m=0.25))
    noise = gaussian_filter(np.random.default_rng(0).standard_normal((SIDE, SIDE)), strand_px)
    photo = replace(scene.photo, rgb=torch.from_numpy(0.4 + 0.1 * noise / noise.std()).float().expand(3, -1, -1))
    measured = measure_curl(photo, scene.person, scene.understanding, scene.fit, anny)
    assert measured == pytest.approx(curl, abs=0.2)


def test_a_little_hair_tells_nothing(anny, draw_scene):
    scene = draw_scene(paint_hair(-0.15, half_width_m=0.07))
    assert measure_curl(scene.photo, scene.person, scene.understanding, scene.fit, anny) == 0
    assert measure_curl(scene.photo, scene.person, None, scene.fit, anny) == 0
