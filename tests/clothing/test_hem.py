"""A skirt and the tights below it are both cloth: their colours say where the hem is."""

import types
from dataclasses import replace

import pytest
import torch

from bodydouble.clothing.hem import is_level
from bodydouble.clothing.loose import find_loose
from bodydouble.parsing.labels import LABELS
from tests.garments import PIXELS_PER_METRE, paint_skirt

YELLOW, NAVY, SHADE = (0.8, 0.6, 0.1), (0.1, 0.1, 0.2), (0.72, 0.55, 0.1)


@pytest.fixture
def scene(anny, draw_scene):
    """A skirt over tights."""

    def paint(labels, joints, covered):
        below = torch.arange(len(labels))[:, None] > float(joints[0, 1]) + 0.1 * PIXELS_PER_METRE
        return paint_skirt("dress", 0.3, 0.2)(
            torch.where(covered & below, LABELS.index("lower"), labels), joints, covered
        )

    return draw_scene(paint)


def coloured(scene, hem: float, below: tuple[float, float, float]):
    """The scene with a yellow skirt down to a row of the photo."""
    rows = torch.arange(scene.photo.size[0])[:, None] + 0.5
    rgb = torch.where(rows < hem, torch.tensor(YELLOW)[:, None, None], torch.tensor(below)[:, None, None])
    return replace(scene, photo=replace(scene.photo, rgb=rgb.expand(3, *scene.photo.size).contiguous()))


def found_hem(scene, anny) -> float:
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    view = loose.view.camera
    scale = view.intrinsics[1, 1] / scene.fit.camera.intrinsics[1, 1]
    return float((loose.skirt.hem.median() - view.intrinsics[1, 2]) / scale + scene.fit.camera.intrinsics[1, 2])


@pytest.mark.parametrize("lower_by", [0.05, -0.05])
def test_the_hem_is_where_the_colour_ends(scene, anny, lower_by):
    plain = found_hem(coloured(scene, 1e9, NAVY), anny)
    hem = plain + lower_by * PIXELS_PER_METRE
    assert found_hem(coloured(scene, hem, NAVY), anny) == pytest.approx(hem, abs=0.012 * PIXELS_PER_METRE)


def test_a_shade_moves_no_hem(scene, anny):
    plain = found_hem(coloured(scene, 1e9, NAVY), anny)
    assert found_hem(coloured(scene, plain + 0.05 * PIXELS_PER_METRE, SHADE), anny) == pytest.approx(plain, abs=1)


@pytest.mark.parametrize(("notch", "slant", "level"), [(0, 0, True), (8, 0, False), (0, 8, False), (0, 2, True)])
def test_a_level_hem_has_no_notch_and_runs_level(notch, slant, level):
    view = types.SimpleNamespace(pixels=lambda metres: 160 * metres)
    rows = torch.arange(100)[:, None]
    lowest = 80 + slant * torch.linspace(-0.5, 0.5, 60)
    lowest[28:32] -= notch
    lowest[:3], lowest[-3:] = 70, 70  # its corners are round
    garment = (rows > 20) & (rows < lowest)
    assert is_level(garment, 80, view) == level
