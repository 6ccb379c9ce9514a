"""Plain cloth behind is calm: its weave without what lies in one place, and few long folds."""

import numpy as np
import pytest

from bodydouble.inpaint.cloth_layer import ClothLayer
from bodydouble.inpaint.cloth_quilt import quilt_garment
from bodydouble.inpaint.cloth_structure import measure_structure
from bodydouble.inpaint.folds import draw_folds, measure_away
from bodydouble.inpaint.weave import draw_weave, match_bands, measure_bands, take_samples
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


def test_the_samples_of_a_weave_lie_where_it_is_calm(front):
    worn = weave(0.02)
    worn[:90] += 0.2 * np.sin(np.arange(WIDTH) / 2)
    cloth = lay(worn, front)
    detail = cloth.rgb - 0.5
    samples = take_samples([cloth], [detail], [detail])
    assert samples and max(float(sample.std()) for sample in samples) < 0.04
    drawn = draw_weave(samples, (HEIGHT, WIDTH))
    assert drawn.shape == (HEIGHT, WIDTH, 3) and 0.3 < float(drawn.std()) / 0.02 < 1.1


def test_a_drawn_weave_is_nearly_as_strong_as_the_photos(front):
    """Though its samples, from where it is calmest, are far weaker; a few zips make it no stronger."""
    cloth, calm = lay(weave(0.02), front), 0.3 * (weave(0.02)[..., None].repeat(3, 2) - 0.5)
    wanted = measure_bands([cloth], [(cloth.rgb - 0.5) * front[..., None]])
    drawn = match_bands(draw_weave([calm[:30, :30]], (HEIGHT, WIDTH)), wanted, SCALE)
    assert 0.5 < float(measure_bands([cloth], [drawn])[0] / wanted[0]) < 1
    zips = cloth.rgb - 0.5
    zips[:, 120:130] += 0.4 * (np.arange(HEIGHT)[:, None, None] % 2)
    assert float((measure_bands([cloth], [zips]) / wanted).max()) < 1.3


def test_nothing_of_a_drawn_weave_comes_twice(front):
    detail = lay(weave(0.02), front).rgb - 0.5
    cloth = lay(weave(0.02), front)
    drawn = draw_weave(take_samples([cloth], [detail], [detail]), (HEIGHT, WIDTH))[..., 0]
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
