"""Light is told from material: slopes, sun patches and tints go; prints, hair and what lies off the person stay."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import Tensor

from bodydouble.parsing.harmonic_light import fit_light
from bodydouble.parsing.labels import BACKGROUND, HAIR, LABELS, LOWER, UPPER
from bodydouble.parsing.shade import BOUNDS, GAMMA, measure_shade, shade_at
from bodydouble.values import Person, Photo, Shade, Understanding

SIZE = 384  # pixels a side of the photo, all of which the understanding covers
LEFT, RIGHT, TOP, WAIST, BOTTOM = 110, 270, 20, 190, 370
SHIRT, TROUSERS = torch.tensor([0.2, 0.25, 0.5]), torch.tensor([0.35, 0.3, 0.2])  # linear


@dataclass(frozen=True)
class Column:
    """A person who is a column: a shirt above trousers."""

    albedo: Tensor  # 3×H×W, linear
    normals: Tensor  # 3×H×W
    labels: Tensor  # H×W, int64

    @property
    def mask(self) -> Tensor:
        return (self.labels != BACKGROUND).float()

    def measure(self, light: Tensor) -> Shade:
        """The shade that is told of the column under that light (H×W, or 3×H×W)."""
        photo = Photo(rgb=(self.albedo * light).clamp(0, 1) ** (1 / GAMMA))
        chances = torch.nn.functional.one_hot(self.labels, len(LABELS)).permute(2, 0, 1).float()
        person = Person(mask=self.mask, landmarks=torch.zeros(543, 3), landmarks_world=torch.zeros(543, 3))
        seen = Understanding(labels=chances, normals=self.normals, left=0, top=0, side=SIZE)
        return measure_shade(photo, person, seen)


@pytest.fixture
def column() -> Column:
    across = ((torch.arange(SIZE) + 0.5 - LEFT) / (RIGHT - LEFT) * 2 - 1).clamp(-0.98, 0.98).expand(SIZE, -1)
    normals = torch.stack([across, torch.zeros_like(across), -(1 - across**2).sqrt()])
    labels = torch.full((SIZE, SIZE), BACKGROUND)
    labels[TOP:WAIST, LEFT:RIGHT], labels[WAIST:BOTTOM, LEFT:RIGHT] = UPPER, LOWER
    albedo = torch.full((3, SIZE, SIZE), 0.3)
    albedo[:, TOP:WAIST], albedo[:, WAIST:] = SHIRT[:, None, None], TROUSERS[:, None, None]
    return Column(albedo=albedo, normals=normals, labels=labels)


def enlarged(shade: Shade) -> Tensor:
    """3×H×W."""
    y, x = torch.meshgrid(*(torch.arange(SIZE) + 0.5,) * 2, indexing="ij")
    return shade_at(shade, x.flatten(), y.flatten()).unflatten(1, (SIZE, SIZE))


def unevenness(gain: Tensor, column: Column) -> float:
    """Mean, over both garments, of how far the logarithm of a gain (H×W) is from the garment's usual one."""
    values = [gain[column.labels == label].log() for label in (UPPER, LOWER)]
    return float(torch.cat([(value - value.median()).abs() for value in values]).mean())


def side_light(column: Column) -> Tensor:
    """H×W: a lamp to the right, and some light from everywhere."""
    return 0.3 + 0.9 * (column.normals * torch.tensor([0.8, 0.0, -0.6])[:, None, None]).sum(0).clamp_min(0)


def test_what_follows_the_normals_is_light(column):
    light = side_light(column)
    left = unevenness(light / enlarged(column.measure(light))[1], column)
    assert left < 0.3 * unevenness(light, column)


def test_a_shadow_across_both_garments_is_light(column):
    light = side_light(column).clone()
    light[120:260] *= 0.5
    left = unevenness(light / enlarged(column.measure(light))[1], column)
    assert left < 0.5 * unevenness(light, column)


def test_a_print_is_material(column):
    checks = (torch.arange(SIZE)[:, None] // 8 + torch.arange(SIZE) // 8) % 2
    contrast = torch.where((column.labels == UPPER) & (checks == 1), 0.2, 1.0)
    light = side_light(column)
    gain = enlarged(replace(column, albedo=column.albedo * contrast).measure(light))[1]
    inside = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    inside[TOP + 20 : WAIST - 20, LEFT + 20 : RIGHT - 20] = True
    kept = [(light / gain)[inside & (checks == number)].log().mean() for number in (0, 1)]
    assert abs(float(kept[0] - kept[1])) < 0.1 * abs(np.log(0.2)), "a tenth of its contrast at most is lost"


def test_a_blue_sky_is_seen_in_the_shade(column):
    light = side_light(column)
    share = (light - light.min()) / (light.max() - light.min())
    tinted = light * (1 + (1 - share) * torch.tensor([-0.3, 0.0, 0.4])[:, None, None])
    gain = enlarged(column.measure(tinted))
    inside = column.labels == UPPER
    before, after = ((value[2] / value[0])[inside].log() for value in (tinted, tinted / gain))
    assert (after - after.median()).abs().mean() < 0.5 * (before - before.median()).abs().mean()


def test_hair_and_what_lies_off_the_person_keep_their_light(column):
    labels = column.labels.clone()
    labels[TOP:60, LEFT:RIGHT] = HAIR
    shade = column.measure(side_light(column))
    assert torch.equal(shade.gain[:, :, :40], torch.ones_like(shade.gain[:, :, :40]))
    of_hair = enlarged(replace(column, labels=labels).measure(side_light(column)))[:, 30:50, LEFT:RIGHT]
    assert (of_hair - 1).abs().max() < 0.01


def test_it_is_bounded_and_the_usual_is_1(column):
    light = side_light(column) ** 4
    gain = column.measure(light).gain[1, 20:180, 60:130]
    assert BOUNDS[0] ** 1.5 <= gain.min() and gain.max() <= BOUNDS[1] ** 1.5
    assert 0.7 < float(gain.median()) < 1.4


def test_of_a_person_who_is_hardly_there_nothing_is_told(column):
    nobody = replace(column, labels=torch.full_like(column.labels, BACKGROUND))
    assert torch.equal(nobody.measure(side_light(column)).gain, torch.ones(3, 192, 192))


def test_outside_the_square_the_gain_is_1():
    shade = Shade(gain=torch.full((3, 8, 8), 2.0), left=10, top=20, side=16)
    gain = shade_at(shade, torch.tensor([18.0, 2.0]), torch.tensor([28.0, 28.0]))
    assert torch.equal(gain, torch.tensor([[2.0, 1.0]] * 3))


def test_prints_do_not_change_the_light_that_is_fitted():
    generator = np.random.default_rng(0)
    normals = generator.normal(size=(2000, 3))
    basis = np.concatenate([np.ones((2000, 1)), normals / np.linalg.norm(normals, axis=1, keepdims=True)], 1)
    level = np.log(basis @ np.array([1.0, 0.5, 0.2, 0.0]))
    printed = level - 1.5 * (generator.random(2000) < 0.25)
    labels, weight = np.zeros(2000, np.int64), np.ones(2000)
    explained, rest = fit_light(printed, basis, labels, weight)
    assert np.abs((explained - level) - np.median(explained - level)).max() < 0.05
    assert np.abs(rest[printed == level]).max() < 0.05
