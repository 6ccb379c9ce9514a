"""The scene a synthetic person is photographed in: light, camera, lens and sensor."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.geometry.camera import orbit_camera, project, to_camera
from bodydouble.geometry.harmonics import harmonic_basis
from bodydouble.values import Camera
from workshop.synthesis.scene.cast import sample_cast_shadow
from workshop.synthesis.scene.light import Lights

SENSOR_MM = 36.0  # the longer side of the film that focal lengths are told for
DISTANCES_M = (2.2, 6.0)

_FACING = 0.85  # light, by albedo, on what faces the camera, before exposure


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One way to take a picture. Directions are the world's; the person faces +z."""

    lights: Lights  # at most 8 directions
    sky: Tensor  # 3×9 spherical harmonics of what the lights give a surface, by its normal; see `harmonics`
    exposure: float  # stops, within ±0.7
    white_balance: Tensor  # (3,), factors on linear red, green and blue, 0.8 to 1.25
    focal_mm: float  # 26 to 85, for a longer side of 36 mm; longer where the picture is a part of the film
    elevation: float  # degrees, -10 to 25
    roll: float  # degrees, within ±5; positive leans the picture to the right
    margin: float  # share of the picture's half sides that stays free, 0.03 to 0.2
    shift: tuple[float, float]  # how far to the right and down of the middle the person is, share of half sides, ±0.08
    noise: float  # standard deviation of mid grey, 0 to 0.03 of full scale
    blur: float  # Gaussian, pixels at a picture height of 512, 0 to 1.2
    vignette: float  # light lost in the corners, 0 to 0.35
    contrast: float  # exponent around mid grey, 0.9 to 1.15
    jpeg_quality: int  # 55 to 97


def sample_scene(rng: np.random.Generator, test: bool = False) -> Scene:
    """A random scene; those for testing are drawn alike, but are not those of the same generator for training."""
    if test:
        rng = np.random.default_rng(rng.integers(2**32, 2**63))
    kind = str(rng.choice(list(_KINDS), p=list(_KIND_SHARES)))
    lights = _normalise_exposure(_KINDS[kind](rng))
    warmth, tint = rng.normal(0, 0.06), rng.normal(0, 0.02)
    balance = np.clip([1 + warmth, 1 + tint, 1 - warmth], 0.8, 1.25)
    # A stream of its own: what else is drawn of a scene stays the same with a shadow and without.
    shade = np.random.default_rng(rng.integers(1 << 62))
    if shade.random() < _SHADOWED[kind]:
        brightest = int(lights.colours.sum(1).argmax())
        lights = replace(lights, cast=sample_cast_shadow(shade, brightest))
    return Scene(
        lights=lights,
        sky=harmonics(lights),
        exposure=float(np.clip(rng.normal(0, 0.25), -0.7, 0.7)),
        white_balance=torch.from_numpy(balance).float(),
        focal_mm=float(np.exp(rng.uniform(np.log(26), np.log(85)))),
        elevation=float(rng.triangular(-10, 3, 25)),
        roll=float(np.clip(rng.normal(0, 1.2), -5, 5)),
        margin=float(rng.uniform(0.03, 0.2)),
        shift=(float(rng.uniform(-0.08, 0.08)), float(rng.uniform(-0.06, 0.06))),
        noise=float(0.03 * rng.beta(1, 3)),
        blur=float(1.2 * rng.beta(1.2, 2)),
        vignette=float(0.35 * rng.beta(1, 2.5)),
        contrast=float(rng.uniform(0.9, 1.15)),
        jpeg_quality=int(rng.integers(55, 98)),
    )


def scene_camera(scene: Scene, vertices: Tensor, azimuth: float, size: tuple[int, int]) -> Camera:
    """The camera with the scene's lens that stands so that the person fills the picture, 2.2 to 6 m away.

    Nearer or farther than that it stays, and shows a part of what the lens would: the focal length grows or shrinks.

    Args:
        vertices: V×3, metres; all of them come into the picture.
        azimuth: degrees; 0 looks at the front.
        size: (height, width) in pixels.
    """
    middle = (vertices.amin(0) + vertices.amax(0)) / 2
    focal_px = scene.focal_mm / SENSOR_MM * max(size)
    offset, half = _offsets(scene, vertices, middle, azimuth, size)
    # A point at x, y, z from the target is inside while |x| focal / (z + distance) is within the half width.
    distance = float((offset[:, :2].abs() * focal_px / half - offset[:, 2:]).max())
    distance = float(np.clip(distance, *DISTANCES_M))
    # The shift is a share of the picture, whose width in metres depends on the distance: settle it twice.
    for _ in range(2):
        room = half * (offset[:, 2:] + distance) / offset[:, :2].abs().clamp_min(1e-6)
        focal_px = float(room.min())
        picture_m = torch.tensor([size[1], size[0]], device=vertices.device) / 2 / focal_px * distance
        moved = offset.clone()
        moved[:, :2] += torch.tensor(scene.shift, device=vertices.device) * picture_m
        room = half * (moved[:, 2:] + distance) / moved[:, :2].abs().clamp_min(1e-6)
        focal_px = float(room.min())
    camera = _roll(orbit_camera(azimuth, scene.elevation, middle, distance, focal_px, size), scene.roll)
    shift = torch.zeros(4, 4, device=vertices.device)
    shift[:2, 3] = torch.tensor(scene.shift, device=vertices.device) * picture_m
    return replace(camera, camera_from_world=camera.camera_from_world + shift)


def floor_row(camera: Camera, behind_m: float) -> float:
    """Where the ground that far behind the origin is in the picture: share of the height from the top.

    Behind is away from the camera; nothing where that ground is at or above the horizon.
    """
    backward = -camera.camera_from_world[:3, :3].T[:, 2]
    level = normalize(backward * torch.tensor([1.0, 0.0, 1.0], device=backward.device), dim=0)
    return float(project(-behind_m * level, camera)[1]) / camera.size[0]


def harmonics(lights: Lights) -> Tensor:
    """3×9: what `lights` give a surface without shadows, as spherical harmonics of its unit normal (`harmonic_basis`).

    A clamped cosine keeps its first three bands scaled by π, 2π/3 and π/4 (Ramamoorthi and Hanrahan, An efficient
    representation for irradiance environment maps, 2001).
    """
    bands = torch.tensor([np.pi] + [2 * np.pi / 3] * 3 + [np.pi / 4] * 5).to(lights.colours)
    sky = lights.colours.T @ (harmonic_basis(lights.directions) * bands)
    sky[:, 0] += lights.ambient / harmonic_basis(lights.directions[:1])[0, 0]
    return sky


def _offsets(
    scene: Scene, vertices: Tensor, middle: Tensor, azimuth: float, size: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """V×3 metres in camera axes from the middle, and the picture's half sides within the margin, pixels."""
    camera = _roll(orbit_camera(azimuth, scene.elevation, middle, 0.0, 1.0, size), scene.roll)
    half = torch.tensor([size[1] / 2, size[0] / 2], device=vertices.device) * (1 - scene.margin)
    return to_camera(vertices, camera), half


def _roll(camera: Camera, degrees: float) -> Camera:
    """The camera turned about its optical axis."""
    angle = np.deg2rad(degrees)
    turn = torch.eye(4).to(camera.camera_from_world)
    turn[0, 0] = turn[1, 1] = float(np.cos(angle))
    turn[0, 1], turn[1, 0] = -float(np.sin(angle)), float(np.sin(angle))
    return replace(camera, camera_from_world=turn @ camera.camera_from_world)


def _direction(azimuth: float, elevation: float) -> np.ndarray:
    """Unit vector towards a light; azimuth and elevation in degrees as a camera's."""
    a, e = np.deg2rad(azimuth), np.deg2rad(elevation)
    return np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])


def _tone(rng: np.random.Generator, warmth: float) -> np.ndarray:
    """A light's colour: warm above 0, cold below; brightness 1."""
    w = rng.normal(warmth, 0.05)
    return np.array([1 + w, 1.0, 1 - 1.2 * w]).clip(0.4, 1.6)


def _lights(lamps: list[tuple[np.ndarray, np.ndarray]], ambient: np.ndarray) -> Lights:
    assert 1 <= len(lamps) <= 8
    return Lights(
        directions=normalize(torch.from_numpy(np.stack([direction for direction, _ in lamps])).float(), dim=1),
        colours=torch.from_numpy(np.stack([colour for _, colour in lamps])).float(),
        ambient=torch.from_numpy(ambient).float(),
    )


def _soft(
    rng: np.random.Generator, azimuth: float, elevation: float, colour: np.ndarray, spread: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """One broad light: three directions around its middle."""
    start = rng.uniform(0, 2 * np.pi)
    lamps = []
    for n in range(3):
        angle = start + n * 2 * np.pi / 3
        place = _direction(azimuth + spread * np.cos(angle), np.clip(elevation + spread * np.sin(angle), 3, 88))
        lamps.append((place, colour / 3))
    return lamps


def _ring_of_lights(
    rng: np.random.Generator, count: int, elevation: float, colour: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weak lights all around, together of one colour: the sky near the horizon."""
    start = rng.uniform(0, 360)
    return [
        (_direction(start + 360 * n / count, elevation), colour / count * rng.uniform(0.7, 1.3)) for n in range(count)
    ]


def _studio(rng: np.random.Generator) -> Lights:
    """Flat: two broad lamps in front and much from everywhere."""
    tone = _tone(rng, 0.02)
    lamps = _soft(rng, rng.uniform(20, 60), rng.uniform(15, 50), 0.5 * rng.uniform(0.6, 1.4) * tone, 12)
    lamps += _soft(rng, rng.uniform(-60, -20), rng.uniform(15, 50), 0.5 * rng.uniform(0.4, 1.2) * tone, 12)
    return _lights(lamps, rng.uniform(0.25, 0.6) * tone)


def _overcast(rng: np.random.Generator) -> Lights:
    """A bright sky overhead, a brighter side."""
    tone = _tone(rng, -0.05)
    lamps = [(_direction(rng.uniform(-180, 180), rng.uniform(60, 85)), rng.uniform(0.3, 0.6) * tone)]
    lamps += _ring_of_lights(rng, 4, rng.uniform(20, 40), 0.8 * tone)
    lamps += _soft(rng, rng.uniform(-110, 110), rng.uniform(20, 60), rng.uniform(0.1, 0.5) * tone, 20)
    return _lights(lamps, rng.uniform(0.1, 0.25) * tone)


def _sun(rng: np.random.Generator) -> Lights:
    """One hard warm light, a blue sky, light from the ground."""
    height = rng.uniform(12, 70)
    sun, sky = _tone(rng, 0.18 - 0.0022 * height), _tone(rng, -0.16)
    lamps = [(_direction(rng.normal(0, 70), height), rng.uniform(0.7, 1.5) * sun)]
    lamps += [(_direction(0, 85), 0.2 * sky), *_ring_of_lights(rng, 5, 30, rng.uniform(0.3, 0.7) * sky)]
    return _lights(lamps, rng.uniform(0.08, 0.2) * (sun + sky) / 2)


def _indoors(rng: np.random.Generator) -> Lights:
    """A window on one side, a lamp above or on the other."""
    warm = _tone(rng, rng.choice([0.16, 0.0, -0.05]))
    side = rng.choice([-1.0, 1.0])
    lamps = _soft(rng, side * rng.uniform(10, 110), rng.uniform(8, 45), rng.uniform(0.5, 1.1) * _tone(rng, -0.03), 15)
    lamps += _soft(rng, -side * rng.uniform(0, 90), rng.uniform(35, 75), rng.uniform(0.1, 0.5) * warm, 15)
    return _lights(lamps, rng.uniform(0.12, 0.35) * warm)


_KINDS = {"studio": _studio, "overcast": _overcast, "sun": _sun, "indoors": _indoors}
_KIND_SHARES = (0.25, 0.25, 0.25, 0.25)
_SHADOWED = {"studio": 0.0, "overcast": 0.05, "sun": 0.5, "indoors": 0.2}  # chance that something casts a shadow


def _normalise_exposure(lights: Lights) -> Lights:
    """The lights scaled so that what faces the camera, on average, is as bright as in a well exposed photo."""
    normals = normalize(torch.tensor([[0.0, 0.2, 1.0], [0.5, 0.1, 0.9], [-0.5, 0.1, 0.9]]), dim=1)
    facing = (normals @ lights.directions.T).clamp_min(0) @ lights.colours + lights.ambient
    scale = _FACING / float(facing.mean())
    # Light from behind must not burn what it falls on.
    scale = min(scale, 1.9 / float((lights.colours.amax(0) + lights.ambient).max()))
    return Lights(directions=lights.directions, colours=scale * lights.colours, ambient=scale * lights.ambient)
