"""Laws of scenes: light and its harmonics, cameras that frame, the way through lens and sensor, backgrounds."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from bodydouble.geometry.camera import camera_position, orbit_camera, project
from bodydouble.geometry.harmonics import harmonic_basis
from workshop.synthesis.draw import to_linear, to_srgb
from workshop.synthesis.scene.backgrounds import background
from workshop.synthesis.scene.light import Lights
from workshop.synthesis.scene.photograph import blur, ground_shadow, photograph
from workshop.synthesis.scene.scenes import (
    SENSOR_MM,
    Scene,
    floor_row,
    harmonics,
    sample_scene,
    scene_camera,
)
from workshop.synthesis.scene.wall_patterns import FLOORS, WALLS, PatternPainter


@pytest.fixture
def plain() -> Scene:
    """A scene whose camera changes nothing."""
    return replace(
        sample_scene(np.random.default_rng(0)),
        exposure=0.0,
        white_balance=torch.ones(3),
        noise=0.0,
        blur=0.0,
        vignette=0.0,
        contrast=1.0,
    )


def sphere(count: int = 4000) -> Tensor:
    """N×3 evenly spread directions (Fibonacci's spiral)."""
    n = torch.arange(count) + 0.5
    y, angle = 1 - 2 * n / count, n * 2.399963
    radius = (1 - y * y).sqrt()
    return torch.stack([radius * angle.cos(), y, radius * angle.sin()], -1)


def person() -> Tensor:
    """Points on a box of a person's size with an arm out to the left."""
    points = torch.rand(3000, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([0.5, 1.75, 0.3])
    return torch.cat([points - torch.tensor([0.25, 0.0, 0.15]), torch.tensor([[0.8, 1.4, 0.0], [0.3, 0.0, 0.2]])])


@pytest.mark.parametrize("seed", range(6))
def test_the_sky_is_what_the_lights_give(seed: int) -> None:
    scene = sample_scene(np.random.default_rng(seed))
    normals = sphere(1000)
    lights = scene.lights
    exact = (normals @ lights.directions.T).clamp_min(0) @ lights.colours + lights.ambient
    found = harmonic_basis(normals) @ scene.sky.T
    assert (found - exact).abs().max() < 0.08 * lights.colours.sum(0).max()
    torch.testing.assert_close(found.mean(0), exact.mean(0), atol=0.01, rtol=0)


def test_one_light_shines_from_where_it_is() -> None:
    lights = Lights(directions=torch.tensor([[0.6, 0.8, 0.0]]), colours=torch.ones(1, 3), ambient=torch.zeros(3))
    normals = sphere(1000)
    brightest = normals[(harmonic_basis(normals) @ harmonics(lights)[0]).argmax()]
    assert brightest @ lights.directions[0] > 0.99


def test_scenes_keep_their_ranges_and_repeat() -> None:
    scenes = [sample_scene(np.random.default_rng(seed)) for seed in range(60)]
    for scene in scenes:
        assert scene.sky.shape == (3, 9) and 1 <= len(scene.lights.directions) <= 8
        torch.testing.assert_close(scene.lights.directions.norm(dim=1), torch.ones(len(scene.lights.directions)))
        assert scene.lights.colours.min() >= 0 and scene.lights.ambient.min() > 0
        assert 26 <= scene.focal_mm <= 85 and -10 <= scene.elevation <= 25 and 0.03 <= scene.margin <= 0.2
        front = float((harmonic_basis(torch.tensor([0.0, 0.0, 1.0])) @ scene.sky.T).mean())
        assert 0.25 < front < 1.4
    assert torch.equal(scenes[3].sky, sample_scene(np.random.default_rng(3)).sky)
    assert not torch.equal(scenes[3].sky, sample_scene(np.random.default_rng(3), test=True).sky)
    above = [float((s.lights.colours.mean(1) * s.lights.directions[:, 1]).sum()) for s in scenes]
    assert np.mean(above) > 0.2  # light comes from above
    hard = [float(s.lights.colours.mean(1).max() / s.lights.colours.mean(1).sum()) for s in scenes]
    assert min(hard) < 0.3 and max(hard) > 0.5  # some flat, some with a hard sun


@pytest.mark.parametrize("size", [(512, 512), (400, 300), (200, 320)])
def test_the_person_fills_the_picture_and_stays_in_it(size: tuple[int, int]) -> None:
    points = person()
    for seed in range(12):
        scene = sample_scene(np.random.default_rng(seed))
        camera = scene_camera(scene, points, 40.0 * seed, size)
        place = project(points, camera)[:, :2] / torch.tensor([size[1] / 2, size[0] / 2]) - 1
        assert place.abs().max() == pytest.approx(1 - scene.margin, abs=0.01)
        turn = camera.camera_from_world[:3, :3]
        torch.testing.assert_close(turn @ turn.T, torch.eye(3), atol=1e-5, rtol=0)
        distance = float((camera_position(camera) - torch.tensor([0.2, 0.87, 0.0])).norm())
        assert 2.0 < distance < 6.3 and 20 < float(camera.intrinsics[0, 0]) / max(size) * SENSOR_MM < 140


def test_roll_and_shift_do_what_they_say() -> None:
    scene = replace(sample_scene(np.random.default_rng(1)), roll=0.0, shift=(0.0, 0.0))
    axis = torch.tensor([[0.0, 0.4, 0.0], [0.0, 1.4, 0.0]])

    def seen(**changes: object) -> tuple[float, float]:
        points = project(axis, scene_camera(replace(scene, **changes), person(), 0.0, (400, 400)))
        across, up = (points[1, :2] - points[0, :2]).tolist()
        return float(np.degrees(np.arctan2(across, -up))), float(points[:, 0].mean())

    straight, middle = seen()
    assert straight == pytest.approx(0, abs=0.5)
    assert seen(roll=5.0)[0] == pytest.approx(5, abs=0.7)
    assert seen(shift=(0.08, 0.0))[1] > middle + 5


def test_the_floor_begins_lower_the_nearer_the_wall() -> None:
    camera = orbit_camera(30.0, 8.0, torch.tensor([0.0, 0.9, 0.0]), 3.0, 600.0, (512, 512))
    near, far = floor_row(camera, 0.5), floor_row(camera, 4.0)
    assert 0.3 < far < near < 0.9


def test_a_plain_camera_shows_person_over_background(plain: Scene) -> None:
    rgba = torch.zeros(4, 20, 30)
    rgba[0], rgba[3, :, :10], rgba[3, :, 10:20] = 0.8, 1.0, 0.5
    behind = torch.full((3, 20, 30), 0.4)
    picture = photograph(rgba, behind, plain, np.random.default_rng(0))
    torch.testing.assert_close(picture[:, 0, 5], torch.tensor([0.8, 0.0, 0.0]), atol=2e-3, rtol=0)
    torch.testing.assert_close(picture[:, 0, 25], torch.full((3,), 0.4), atol=2e-3, rtol=0)
    mixed = to_srgb((to_linear(torch.tensor([0.8, 0.0, 0.0])) + to_linear(torch.full((3,), 0.4))) / 2)
    torch.testing.assert_close(picture[:, 0, 15], mixed, atol=2e-3, rtol=0)


def test_lens_and_sensor(plain: Scene) -> None:
    rgba, grey = torch.zeros(4, 64, 64), torch.full((3, 64, 64), 0.4)

    def taken(seed: int = 0, **changes: object) -> Tensor:
        return photograph(rgba, grey, replace(plain, **changes), np.random.default_rng(seed))

    before = taken()
    torch.testing.assert_close(to_linear(taken(exposure=1.0)), 2 * to_linear(before), atol=1e-4, rtol=1e-3)
    warm = taken(white_balance=torch.tensor([1.2, 1.0, 0.8]))
    assert (warm[0] > before[0]).all() and (warm[2] < before[2]).all()
    dark = taken(vignette=0.3)
    assert dark[0, 0, 0] < before[0, 0, 0] - 0.03 and dark[0, 32, 32] == pytest.approx(0.4, abs=2e-3)
    noisy = taken(noise=0.03)
    assert 0.01 < noisy.std() < 0.05 and torch.equal(noisy, taken(noise=0.03))
    assert not torch.equal(noisy, taken(seed=1, noise=0.03))


def test_jpeg_changes_a_little(plain: Scene) -> None:
    behind = background(np.random.default_rng(2), (64, 64))
    arguments = torch.zeros(4, 64, 64), behind, replace(plain, jpeg_quality=60), np.random.default_rng(0)
    raw, compressed = photograph(*arguments), photograph(*arguments, jpeg=True)
    assert 0 < (raw - compressed).abs().mean() < 0.05


def test_a_blur_keeps_what_is_even_and_spreads_what_is_not() -> None:
    image = torch.zeros(1, 21, 21)
    image[0, 10, 10] = 1
    soft = blur(image, 1.5)
    assert soft.sum() == pytest.approx(1, abs=1e-4) and soft[0, 10, 10] < 0.1 and soft[0, 10, 12] > 0.01
    torch.testing.assert_close(blur(torch.ones(2, 9, 9), 2.0), torch.ones(2, 9, 9))


def test_a_shadow_lies_under_the_feet_and_away_from_the_light() -> None:
    points = person()
    camera = orbit_camera(0.0, 20.0, torch.tensor([0.0, 0.6, 0.0]), 4.0, 350.0, (256, 256))
    lights = Lights(directions=torch.tensor([[0.8, 0.6, 0.0]]), colours=torch.ones(1, 3), ambient=torch.full((3,), 0.2))
    left = ground_shadow(points, lights, camera)
    assert left.shape == (256, 256) and left.min() >= 0 and left.max() <= 1

    def at(x: float, z: float) -> float:
        column, row = project(torch.tensor([x, 0.0, z]), camera)[:2].long().tolist()
        return float(left[row, column])

    assert at(0.0, 0.0) < 0.3 and at(-0.8, 0.0) < 0.6  # the light comes from the person's left
    assert at(0.9, 0.0) > 0.95 and at(0.0, 0.9) > 0.95


def test_backgrounds_differ_and_repeat() -> None:
    size = (96, 64)
    found = torch.stack([background(np.random.default_rng(seed), size) for seed in range(40)])
    assert found.shape == (40, 3, 96, 64) and found.min() >= 0 and found.max() <= 1 and found.isfinite().all()
    assert torch.equal(found[7], background(np.random.default_rng(7), size))
    difference = (found[:, None] - found[None]).abs().mean((2, 3, 4)) + torch.eye(40)
    assert difference.min() > 0.01
    busy = found.flatten(2).std(2).mean(1)
    assert (busy < 0.06).sum() >= 2 and (busy > 0.12).sum() >= 5  # some even, some not


@pytest.mark.parametrize("floor", [-0.5, 0.0, 0.5, 1.0, 1.7])
def test_a_floor_may_begin_anywhere(floor: float) -> None:
    for seed in range(30):
        assert background(np.random.default_rng(seed), (40, 30), floor=floor).shape == (3, 40, 30)


@pytest.mark.parametrize("pattern", sorted({*WALLS, *FLOORS, "grass", "gravel"}))
def test_every_surface_can_be_painted(pattern: str) -> None:
    u, v = torch.meshgrid(torch.linspace(1, 4, 40), torch.linspace(1, 3, 30), indexing="xy")
    painted = PatternPainter(np.random.default_rng(0), torch.device("cpu")).paint(pattern, u, v)
    assert painted.shape == (3, 30, 40) and painted.isfinite().all()
