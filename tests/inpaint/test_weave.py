"""Plain cloth behind is calm: its weave without what lies in one place, and few long folds."""

from dataclasses import replace

import numpy as np
import pytest

from bodydouble.inpaint.cloth_layer import ClothLayer
from bodydouble.inpaint.cloth_quilt import quilt_garment
from bodydouble.inpaint.cloth_structure import measure_structure
from bodydouble.inpaint.folds import draw_folds, measure_away
from bodydouble.inpaint.weave import draw_weave, measure_weave
from bodydouble.surface.around import TRUNK

SCALE = 300.0  # pixels a metre
HEIGHT, WIDTH = 180, 300


def lay(brightness: np.ndarray, observed: np.ndarray) -> ClothLayer:
    rgb = np.where(observed, brightness, 0.5)[..., None].repeat(3, 2).astype(np.float32)
    return ClothLayer(
        limb=TRUNK, top=0, scale=SCALE, observed=observed, gaps=~observed, source=observed, rgb=rgb, behind=0.0
    )


@pytest.fixture
def front() -> np.ndarray:
    """The middle of the canvas; its first and last columns are behind."""
    return np.broadcast_to(np.abs(np.arange(WIDTH) - WIDTH / 2) < WIDTH / 4, (HEIGHT, WIDTH)).copy()


def weave(deviation: float) -> np.ndarray:
    return 0.5 + deviation * np.random.default_rng(0).standard_normal((HEIGHT, WIDTH))


def jacket() -> np.ndarray:
    """Zips, pockets and seams on plain cloth."""
    worn = weave(0.01)
    for row, column, angle in np.random.default_rng(1).uniform(0, 1, (200, 3)):
        steps = np.arange(25)
        down = (row * HEIGHT + steps * np.sin(angle * np.pi)).astype(int) % HEIGHT
        across = (column * WIDTH + steps * np.cos(angle * np.pi)).astype(int) % WIDTH
        worn[down, across] = 0.78
        worn[(down + 1) % HEIGHT, across] = 0.22
    return worn


def test_a_jackets_zips_and_seams_are_not_behind(front):
    """Where the front is full of them, most of the back is calm, and nothing there stands out as they do."""
    cloth = lay(jacket(), front)
    assert measure_structure([cloth]).plain == 1
    (quilted,) = quilt_garment([cloth])
    behind = np.abs(quilted[1].mean(2)[measure_away(cloth, 0.06) == 1])
    shown = np.abs(cloth.rgb.mean(2)[front] - 0.5) / 0.7
    assert float(np.quantile(behind, 0.9)) < 0.2 * float(np.quantile(shown, 0.9)), "0.4 where the front's are quilted"


def draw_like(worn: np.ndarray, front: np.ndarray, seed: int = 0) -> np.ndarray:
    """The weave, HEIGHT×WIDTH, of cloth of that brightness, drawn anew."""
    cloth = lay(worn, front)
    amplitude = measure_weave([cloth], [(cloth.rgb - 0.5) * front[..., None]])
    assert amplitude is not None
    return draw_weave(amplitude, (HEIGHT, WIDTH), seed)[..., 0]


def share_of_ribs(drawn: np.ndarray, period: int) -> float:
    """Of a drawn weave's energy, what lies in ribs down it, so many pixels apart."""
    energy = np.abs(np.fft.rfft2(drawn)) ** 2
    column = round(WIDTH / period)
    near = slice(column - 15, column + 16)
    return float((energy[:12, near].sum() + energy[-11:, near].sum()) / energy.sum())


def test_what_is_too_strong_for_a_weave_is_drawn_no_stronger_than_calm_cloth_is(front):
    """Stripes on trousers are not all over the back."""
    stripes = weave(0.01) + 0.3 * (np.arange(WIDTH) % 20 < 6)
    assert float(draw_like(stripes, front).std()) < 0.03


def test_a_drawn_weave_is_nearly_as_strong_as_the_photos(front):
    """And a few zips make it no stronger."""
    plain = draw_like(weave(0.02), front)
    assert 0.6 < float(plain.std()) / 0.02 < 1
    zips = weave(0.02)
    zips[:, 120:130] += 0.4 * (np.arange(HEIGHT)[:, None] % 2)
    assert float(draw_like(zips, front).std() / plain.std()) < 1.15


def test_ribs_are_drawn_where_all_of_the_cloth_has_them(front):
    """What a fold, a zip or a seam draws in some places is no rib of the cloth."""
    ribs = 0.03 * np.sin(2 * np.pi * np.arange(WIDTH) / 6)
    everywhere, folded = weave(0.01), weave(0.01)
    everywhere += ribs
    folded[:60] += 2 * ribs
    assert share_of_ribs(draw_like(everywhere, front), 6) > 0.5
    assert share_of_ribs(draw_like(folded, front), 6) < 0.15


def test_too_little_cloth_tells_no_weave(front):
    cloth = lay(weave(0.02), front)
    little = cloth.source & (np.arange(HEIGHT)[:, None] < 5)
    assert measure_weave([replace(cloth, source=little)], [cloth.rgb - 0.5]) is None


def test_nothing_of_a_drawn_weave_comes_twice(front):
    drawn = draw_like(weave(0.02), front)
    spectrum = np.abs(np.fft.rfft2(drawn)) ** 2
    correlation = np.fft.irfft2(spectrum, drawn.shape) / spectrum.shape[0] / spectrum.shape[1]
    correlation /= correlation[0, 0]
    near = np.minimum(
        *np.broadcast_arrays(
            *(np.minimum(i, n - i) for i, n in zip(np.ogrid[:HEIGHT, :WIDTH], drawn.shape, strict=True))
        )
    )
    assert float(correlation[near > 6].max()) < 0.15


def test_folds_are_few_and_behind(front):
    cloth = lay(weave(0.0), front)
    folds = draw_folds(cloth, 0.1)
    assert not folds[front].any()
    assert 0.05 < float(np.abs(folds).max()) < 0.4
    calm = np.abs(folds[~front]) < 0.02
    assert 0.4 < float(calm.mean()) < 0.9
    assert not np.array_equal(folds, draw_folds(cloth, 0.1, seed=1))


def test_a_texture_too_coarse_for_threads_tells_no_weave():
    """The least size that can be asked for has 36 pixels a metre."""
    cloth = replace(lay(weave(0.02), np.ones((HEIGHT, WIDTH), bool)), scale=36.0)
    assert measure_weave([cloth], [cloth.rgb - 0.5]) is None
    assert quilt_garment([cloth], False, 0.0) is not None
