"""An overcast sky's light on plates whose irradiance can be written down."""

import math

import pytest
import torch

from bodydouble.clothing.ring_grid import ring_faces, ring_layout
from bodydouble.clothing.tube import COLUMNS, RINGS
from bodydouble.geometry.mesh import join_meshes
from bodydouble.texture.sky_light import _DEEPEST, _GROUND, _bound, _light_joins, measure_sky_light
from bodydouble.values import Mesh, Surface, SurfaceKind, Texture

# Over the zenith's luminance: the integrals of (1 + 2 sin γ) / 3 and of the ground over each half of the sphere.
_LEVEL = 7 * math.pi / 9
_UPRIGHT = math.pi / 6 + 4 / 9 + _GROUND * math.pi / 2
_BELOW = _GROUND * math.pi


def plate(direction, middle=(0.0, 0.0, 0.0), side=0.4, cells=8):
    """A square that faces `direction`, one of the axes."""
    axis = int(torch.tensor(direction).abs().argmax())
    line = torch.linspace(-side / 2, side / 2, cells + 1)
    first, second = torch.meshgrid(line, line, indexing="ij")
    vertices = torch.zeros((cells + 1) ** 2, 3)
    vertices[:, (axis + 1) % 3], vertices[:, (axis + 2) % 3] = first.flatten(), second.flatten()
    at = torch.arange((cells + 1) ** 2).view(cells + 1, cells + 1)
    a, b, c, d = (part.flatten() for part in (at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]))
    faces = torch.cat([torch.stack([a, b, c], 1), torch.stack([a, c, d], 1)])
    if direction[axis] < 0:
        faces = faces.flip(1)
    return Mesh(vertices=vertices + torch.tensor(middle), faces=faces)


@pytest.mark.parametrize(
    ("direction", "expected"), [((0, 1, 0), 1.0), ((1, 0, 0), _UPRIGHT / _LEVEL), ((0, -1, 0), _BELOW / _LEVEL)]
)
def test_open_plates_get_the_sky_that_they_face(direction, expected):
    light = measure_sky_light(plate(direction))[0]
    assert light.min() == pytest.approx(expected, abs=0.04)
    assert light.max() == pytest.approx(expected, abs=0.04)


def test_what_stands_above_keeps_the_sky_off():
    floor = plate((0, 1, 0))
    roof = plate((0, 1, 0), middle=(0.0, 0.1, 0.0), side=0.8)
    light = measure_sky_light(join_meshes([floor, roof]))[0]
    below = light[: len(floor.vertices)]
    assert below.max() < 0.35
    assert below.view(9, 9)[4, 4] < below.view(9, 9)[0, 0]
    assert light[len(floor.vertices) :].min() > 0.95


def test_what_casts_no_shadow_is_lit_and_keeps_nothing_off():
    floor, roof = plate((0, 1, 0)), plate((0, 1, 0), middle=(0.0, 0.1, 0.0), side=0.8)
    light = measure_sky_light(join_meshes([floor, roof]), casting=floor.faces)[0]
    assert light.min() > 0.95


def test_several_depths_are_each_as_if_asked_alone():
    floor, lid = plate((0, 1, 0)), plate((0, 1, 0), middle=(0.0, 0.02, 0.0), side=0.8)
    mesh = join_meshes([floor, lid])
    both = measure_sky_light(mesh, (0.002, 0.05))
    assert torch.equal(both[:1], measure_sky_light(mesh, (0.002,)))
    assert both[0, :81].min() < 0.5 * both[1, :81].min()


def test_between_two_walls_it_is_dark_below_and_light_above():
    walls = [plate((1, 0, 0), middle=(-0.05, 0, 0)), plate((-1, 0, 0), middle=(0.05, 0, 0))]
    light = measure_sky_light(join_meshes(walls))[0, :81]
    height = walls[0].vertices[:, 1]
    middle = walls[0].vertices[:, 2].abs() < 0.06
    assert light[middle & (height > 0.19)].mean() > 2 * light[middle & (height.abs() < 0.06)].mean()


def test_what_an_arm_hides_is_shaded_and_no_stain():
    """Open places keep their light, hidden ones have the order that they had, within a bound."""
    light = torch.linspace(-2, 0, 41)
    bounded = _bound(light)
    assert torch.equal(bounded[light > -0.4], light[light > -0.4])
    assert bool((bounded.diff() > 0).all())
    assert float(bounded[0]) > -0.45 - _DEEPEST > float(light[0]) + 1


def test_no_dark_line_lies_above_a_skirts_waist():
    trunk = plate((0, 0, 1), side=1.6, cells=16)  # 10 cm from vertex to vertex
    turn = torch.arange(COLUMNS) / COLUMNS * math.tau
    down = torch.linspace(0, 0.5, RINGS)[:, None]
    points = torch.stack(
        [(0.3 * turn.sin()).expand(RINGS, -1), -down - 0.05 + 0 * turn, 0.02 + 0.05 * turn.cos() + down], 2
    )
    skirt = Mesh(vertices=points.reshape(-1, 3), faces=ring_faces(RINGS, COLUMNS))
    layout = ring_layout(RINGS, COLUMNS)
    blank = Texture(rgb=torch.zeros(3, 4, 4), confidence=torch.zeros(4, 4))
    surfaces = [
        Surface(
            name=name,
            kind=kind,
            vertices=mesh.vertices,
            faces=mesh.faces,
            layout=layout,
            texture=blank,
            skin_weights=torch.zeros(len(mesh.vertices), 1),
        )
        for name, kind, mesh in (("body", SurfaceKind.BODY, trunk), ("skirt", SurfaceKind.SKIRT, skirt))
    ]
    light = measure_sky_light(join_meshes([trunk, skirt]))[0].split([len(trunk.vertices), len(skirt.vertices)])
    joined = _light_joins(light, [trunk, skirt], surfaces)
    middle = trunk.vertices[:, 0].abs() < 0.01
    right_below, far_below = (middle & ((trunk.vertices[:, 1] - height).abs() < 0.01) for height in (-0.1, -0.3))
    assert float(light[0][right_below]) < 0.5 * float(light[1].max()), "it is hidden"
    assert float(joined[right_below]) > float(light[0][right_below]) + 0.05
    assert torch.equal(joined[far_below], light[0][far_below])
