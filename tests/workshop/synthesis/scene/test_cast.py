"""A cast shadow takes its light away where it falls, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from bodydouble.geometry.camera import orbit_camera
from workshop.synthesis.draw import draw
from workshop.synthesis.layers import Layer
from workshop.synthesis.scene.cast import KINDS, CastShadow, sample_cast_shadow
from workshop.synthesis.scene.light import Lights, light_vertices
from workshop.synthesis.scene.scenes import sample_scene

SUN = Lights(
    directions=torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.6, 0.8]]),
    colours=torch.tensor([[0.5, 0.5, 0.5], [0.1, 0.1, 0.1]]),
    ambient=torch.full((3,), 0.1),
)
WALL = Layer(
    vertices=torch.tensor([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]),
    faces=torch.tensor([[0, 1, 2], [0, 2, 3]]),
    uv=torch.zeros(1, 2),
    uv_faces=torch.zeros(2, 3, dtype=torch.int64),
    texture=torch.ones(4, 2, 2),
    transparent=False,
)
CAMERA = orbit_camera(0.0, 0.0, torch.zeros(3), 10.0, 320.0, (64, 64))  # 2 m across; the person's left is on the right


def picture(lights: Lights) -> torch.Tensor:
    return draw([WALL], light_vertices([WALL], lights), CAMERA)


def test_half_a_pattern_darkens_half_a_wall() -> None:
    half = torch.zeros(64, 64)
    half[:, 32:] = 1
    lit = picture(SUN)
    cast = picture(replace(SUN, cast=CastShadow(pattern=half, light=0, middle=(0.0, 0.0, 0.0))))
    assert torch.equal(cast[3], lit[3])
    sides = cast[:3, 8:-8, 4:28], cast[:3, 8:-8, 36:-4]
    same = [
        torch.allclose(side, lit[:3, 8:-8, at], atol=1e-4)
        for side, at in zip(sides, (slice(4, 28), slice(36, -4)), strict=True)
    ]
    assert sorted(same) == [False, True]
    dark = sides[same.index(False)]
    assert 0 < float(dark.max()) < float(lit[:3].mean()) - 0.2  # the other light and the ambient part remain


def test_an_open_pattern_changes_nothing() -> None:
    everything = CastShadow(pattern=torch.ones(8, 8), light=0, middle=(0.0, 1.0, 0.0))
    assert torch.allclose(picture(replace(SUN, cast=everything)), picture(SUN), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_patterns_have_light_and_shade(kind: str) -> None:
    shadows = [sample_cast_shadow(np.random.default_rng(seed), 0, kind) for seed in range(8)]
    shares = torch.stack([shadow.pattern for shadow in shadows])
    assert float(shares.min()) >= 0 and float(shares.max()) <= 1
    assert sum(float(s.max() - s.min()) > 0.5 for s in shares) >= 6
    again = sample_cast_shadow(np.random.default_rng(0), 0, kind)
    assert torch.equal(again.pattern, shadows[0].pattern) and again.middle == shadows[0].middle


def test_some_scenes_have_one_before_their_brightest_light() -> None:
    scenes = [sample_scene(np.random.default_rng(seed)) for seed in range(60)]
    cast = [scene.lights for scene in scenes if scene.lights.cast is not None]
    assert 4 <= len(cast) <= 30
    assert all(lights.cast is not None and lights.cast.light == int(lights.colours.sum(1).argmax()) for lights in cast)
