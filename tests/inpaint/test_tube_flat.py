"""A tube is laid flat so that equal lengths of its cloth are equal, and comes back from there as it was."""

import numpy as np
import pytest
import torch

from bodydouble.clothing.ring_grid import ring_faces, ring_layout
from bodydouble.inpaint.tube_flat import TubeShape, measure_tube
from bodydouble.inpaint.tube_sheet import complete_tube
from bodydouble.values import Surface, SurfaceKind, Texture

SIZE, RINGS, COLUMNS = 128, 4, 64
GIRTH_M, LENGTH_M = 1.0, 0.5
PLACE = (np.arange(SIZE) + 0.5) / SIZE


def share_of_way() -> np.ndarray:
    """(COLUMNS + 1,): how far around a tube each column of its vertices lies; at both flanks these are wide apart."""
    place = (np.arange(COLUMNS) + 0.5) / COLUMNS
    step = np.where(np.minimum(np.abs(place - 0.25), np.abs(place - 0.75)) < 0.08, 3.0, 1.0)
    return np.concatenate([[0], step.cumsum() / step.sum()])


def draw_tube() -> Surface:
    angle = 2 * np.pi * share_of_way()[:-1]
    ring = np.stack([-np.sin(angle), 0 * angle, -np.cos(angle)], 1) * GIRTH_M / (2 * np.pi)
    points = np.stack([ring + (0, height, 0) for height in np.linspace(LENGTH_M, 0, RINGS)])
    nothing = torch.zeros(3, SIZE, SIZE)
    return Surface(
        name="skirt",
        kind=SurfaceKind.SKIRT,
        vertices=torch.from_numpy(points.reshape(-1, 3)).float(),
        faces=ring_faces(RINGS, COLUMNS),
        layout=ring_layout(RINGS, COLUMNS),
        texture=Texture(rgb=nothing, confidence=nothing[0]),
        skin_weights=torch.ones(RINGS * COLUMNS, 1),
    )


TRUE_SHARE = np.interp(PLACE * COLUMNS, np.arange(COLUMNS + 1), share_of_way())  # of each column of texels


def test_a_tube_is_as_long_and_as_wide_as_its_cloth():
    shape = measure_tube(draw_tube())
    assert (shape.length_m, shape.girth_m) == pytest.approx((LENGTH_M, GIRTH_M), rel=0.02)
    assert shape.around == pytest.approx(np.broadcast_to(TRUE_SHARE, (SIZE, SIZE)), abs=0.01)


def test_cloth_is_laid_flat_at_its_own_scale():
    """A wave of one length on the cloth has one length on what is laid flat, and comes back as it was."""
    wave = np.sin(2 * np.pi * 12 * TRUE_SHARE)
    image = np.broadcast_to(wave[None, :, None], (SIZE, SIZE, 3)).astype(np.float32)
    shape = measure_tube(draw_tube())
    flat = shape.lay(image)
    assert flat.shape[:2] == (SIZE // 2, SIZE)
    assert flat[..., 0] == pytest.approx(np.broadcast_to(np.sin(2 * np.pi * 12 * PLACE), flat.shape[:2]), abs=0.25)
    assert shape.draw(flat, SIZE) == pytest.approx(image, abs=0.35)
    mask = np.broadcast_to(TRUE_SHARE > 0.5, (SIZE, SIZE))
    assert float((shape.lay(mask) == (PLACE > 0.5)).mean()) > 0.98


def test_a_print_is_not_drawn_out_at_a_tubes_flanks():
    """As many edges lie on so much cloth beside what was seen of it as there."""
    blotches = np.random.default_rng(0).uniform(0, 1, (16, 32)) > 0.5
    cloth = np.kron(blotches, np.ones((8, 16)))  # 512 around
    row = np.arange(SIZE)[:, None]
    drawn = cloth[row, np.floor(TRUE_SHARE * 512).astype(int)]
    rgb = torch.from_numpy(0.2 + 0.6 * drawn).float().expand(3, SIZE, SIZE)
    seen = torch.from_numpy(np.abs(TRUE_SHARE - 0.5) < 0.2).expand(SIZE, -1)
    shown = Texture(rgb=rgb * seen, confidence=0.8 * seen.float())
    grey = {
        name: complete_tube(shown, shape=shape).rgb.mean(0).numpy()
        for name, shape in {"flat": measure_tube(draw_tube()), "even": TubeShape(length_m=LENGTH_M)}.items()
    }

    def edges(image: np.ndarray, chosen: np.ndarray) -> float:
        """Of so much of a row's cloth."""
        change = np.abs(np.diff(image, axis=1)).mean(0)[chosen[1:]].sum()
        return float(change / np.diff(TRUE_SHARE)[chosen[1:]].sum())

    flank = (np.abs(TRUE_SHARE - 0.75) < 0.1) & (np.abs(TRUE_SHARE - 0.5) > 0.22)
    front = np.abs(TRUE_SHARE - 0.5) < 0.18
    flat, even = (edges(grey[name], flank) / edges(grey[name], front) for name in ("flat", "even"))
    assert flat > 0.8 > 0.7 > even, "by columns it is drawn out"
