"""A hat's crown goes on around, its brim has what was seen of it, and seen texels stay."""

from dataclasses import replace

import pytest
import torch

from bodydouble.clothing.hat_surface import BRIM_STEPS, COLUMNS, CROWN_STEPS
from bodydouble.clothing.ring_grid import ring_angles, ring_faces, ring_layout
from bodydouble.inpaint.hats import complete_hat
from bodydouble.inpaint.level_rows import measure_lean
from bodydouble.inpaint.tube_flat import TubeShape
from bodydouble.values import Surface, SurfaceKind, Texture

SIZE = 64
RED, STRAW = torch.tensor([0.7, 0.1, 0.1]), torch.tensor([0.8, 0.7, 0.4])
BRIMMED = CROWN_STEPS + 2 * (BRIM_STEPS - 1)


def rings_of(count: int) -> torch.Tensor:
    """(count·C)×3, metres: a crown's level rings, and those of a brim twice as wide."""
    step = torch.arange(count) - (CROWN_STEPS - 1)
    out = torch.where(step > BRIM_STEPS - 1, 2 * (BRIM_STEPS - 1) - step, step).clamp_min(0) / (BRIM_STEPS - 1)
    radius, angle = 0.1 * (1 + out)[:, None], ring_angles(COLUMNS)
    return torch.stack([radius * angle.sin(), torch.zeros(count, COLUMNS), radius * angle.cos()], -1).view(-1, 3)


def hat(rings: int, brim_seen: bool) -> Surface:
    """A red crown of which the front was seen, and a brim of straw whose near edge was."""
    rim = (CROWN_STEPS - 1) / (rings - 1)
    v, u = torch.meshgrid(*((torch.arange(SIZE) + 0.5) / SIZE for _ in range(2)), indexing="ij")
    of_crown, front = v < rim, (u - 0.5).abs() < 0.24
    seen = front & (of_crown | ((v < (1 + rim) / 2) & brim_seen))
    rgb = torch.where(of_crown, RED[:, None, None], STRAW[:, None, None]) * seen
    return Surface(
        name="hat",
        kind=SurfaceKind.HAT,
        vertices=rings_of(rings),
        faces=ring_faces(rings, COLUMNS),
        layout=ring_layout(rings, COLUMNS),
        texture=Texture(rgb=rgb, confidence=0.8 * seen),
        skin_weights=torch.ones(rings * COLUMNS, 1),
    )


def test_the_crown_is_the_same_all_around():
    surface = hat(CROWN_STEPS, False)
    completed = complete_hat(surface, TubeShape(length_m=0.2, girth_m=0.6))
    assert float((completed.rgb - RED[:, None, None]).abs().max()) < 0.05


@pytest.mark.parametrize(("brim_seen", "colour"), [(True, STRAW), (False, RED)])
def test_a_brim_has_its_own_colour_where_that_was_seen_else_the_crown_s(brim_seen, colour):
    surface = hat(BRIMMED, brim_seen)
    completed = complete_hat(surface, TubeShape(length_m=0.4, girth_m=0.6))
    seen = surface.texture.confidence > 0
    assert torch.equal(completed.rgb[:, seen], surface.texture.rgb[:, seen])
    above, beneath = completed.rgb[:, 38, 2], completed.rgb[:, -2, 2]
    assert float((above - colour).abs().max()) < 0.05
    assert float((beneath / above).mean()) == pytest.approx(0.7, abs=0.1), "its underside lies in the shade"
    assert float((completed.rgb[:, 20, 2] - RED).abs().max()) < 0.05


def test_a_band_around_the_crown_colours_no_brim():
    surface = hat(BRIMMED, True)
    place = (torch.arange(SIZE) + 0.5) / SIZE
    rim = (CROWN_STEPS - 1) / (BRIMMED - 1)
    of_brim = (place > rim)[:, None] & (place < (1 + rim) / 2)[:, None]
    band = of_brim & ((place - 0.5).abs() < 0.08)  # before the crown, as far as the brim's edge
    rgb = surface.texture.rgb * ~band  # black
    completed = complete_hat(
        replace(surface, texture=replace(surface.texture, rgb=rgb)), TubeShape(length_m=0.4, girth_m=0.6)
    )
    unseen = of_brim & (surface.texture.confidence == 0)
    assert float((completed.rgb[:, unseen] - STRAW[:, None]).abs().max()) < 0.05


@pytest.mark.parametrize("lean", [-0.2, 0.0, 0.1, 0.2])
def test_a_band_that_leans_goes_around_without_a_step(lean):
    surface, size = hat(CROWN_STEPS, False), 128
    v, u = torch.meshgrid(*((torch.arange(size) + 0.5) / size for _ in range(2)), indexing="ij")
    seen, middle = (u - 0.5).abs() < 0.2, 0.7 + lean * (u - 0.5) / 0.4
    band = (v - middle).abs() < 0.1
    rgb = torch.where(band, 0.1, RED[:, None, None]) * seen
    noise = 0.02 * torch.randn(size, size, generator=torch.Generator().manual_seed(0))
    partial = Texture(rgb=(rgb + noise * seen).clamp(0, 1), confidence=0.8 * seen)
    completed = complete_hat(replace(surface, texture=partial), TubeShape(length_m=0.2, girth_m=0.6))
    dark = completed.rgb[0] < 0.4
    assert bool((dark.sum(0) > 0.1 * size).all()), "it goes all around"
    height = (v * dark).sum(0) / dark.sum(0)
    step = (height - height.roll(1)).abs().max()
    assert float(step) < 0.05


def test_a_turban_s_folds_are_no_bands():
    v, u = torch.meshgrid(*((torch.arange(SIZE) + 0.5) / SIZE for _ in range(2)), indexing="ij")
    folds = 0.5 + 0.3 * (60 * u).sin()
    seen = (u - 0.5).abs() < 0.24
    assert measure_lean(Texture(rgb=folds.expand(3, -1, -1) * seen, confidence=0.8 * seen)) is None


def test_a_hat_of_which_nothing_was_seen_is_left_to_spread():
    surface = hat(BRIMMED, True)
    empty = replace(surface.texture, confidence=torch.zeros(SIZE, SIZE), rgb=torch.zeros(3, SIZE, SIZE))
    completed = complete_hat(replace(surface, texture=empty), TubeShape(length_m=0.4, girth_m=0.6))
    assert bool(completed.rgb.isfinite().all())
