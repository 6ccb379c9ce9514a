"""Light told from material (`parsing.shade`), against the true albedo of drawn people.

Everybody is another person of the test split, in one pose and one scene. Luminance is brought to the albedo's by one
gain a material, which is a row of `layers.KINDS`. Its error is told as a share of the material's albedo, in linear
light, before and after; of the contrast that cloth with a pattern has, how much is left.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.parsing import parser
from bodydouble.parsing.labels import CLOTH
from bodydouble.parsing.shade import LUMINANCE, measure_shade
from bodydouble.person import detector
from bodydouble.person.sources import find_persons, read_sources
from bodydouble.render.image import eight_bits
from bodydouble.texture.even_light import even_photo
from workshop.evaluation.benchmarks.table import Table
from workshop.synthesis.draw import to_linear
from workshop.synthesis.layers import LABEL_ROWS
from workshop.synthesis.pack.open import open_pack
from workshop.synthesis.shoot import Shot, cameras_around, sample_person, sample_person_pose, shoot

_SIZE = (768, 576)  # of the pictures, height and width
_AZIMUTH = 25.0  # degrees from straight ahead, at most
_DARKEST = 2e-3  # linear, of what is compared in logarithms
_LEAST, _LEAST_CLOTH = 150, 1500  # pixels of a material that counts
_COARSE = 25.0  # pixels, of the Gaussian beyond which contrast is no pattern's
_PATTERNED = 0.4  # deviation of the logarithm of the albedo of patterned cloth; folds that are painted on have less
_COLUMNS = {"error before": 3, "after": 3, "share left": 3, "contrast kept": 3}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `Benchmark`."""
    parser.add_argument("wardrobe", type=Path, help="folder of MakeHuman's assets, or a pack made of it")
    parser.add_argument("--people", type=int, default=24)
    parser.add_argument("--seed", type=int, default=77)


def run(options: argparse.Namespace) -> None:
    """See `Benchmark`."""
    pack, detect, parse = open_pack(options.wardrobe), detector(), parser()
    table = Table(_COLUMNS)
    for number in range(options.people):
        person = sample_person(pack, (options.seed, number), "test")
        rng = np.random.default_rng([options.seed, number, 1])
        pose = sample_person_pose(pack, person, rng, "mix", "test")
        cameras = cameras_around(pack, person, pose, [rng.uniform(-_AZIMUTH, _AZIMUTH)], _SIZE)
        shot = shoot(pack, person, pose, cameras, rng)
        try:
            photos, persons = find_persons(read_sources(eight_bits(shot.photo[0]), detect), detect)
        except InputError as error:
            table.note(f"person {number}", str(error))
            continue
        understanding = parse(photos[0], persons[0])
        even = even_photo(photos[0], measure_shade(photos[0], persons[0], understanding))
        table.add(f"person {number}", *compare_light(photos[0].rgb, even.rgb, shot))
    table.add_mean()


def compare_light(photo: Tensor, even: Tensor, shot: Shot) -> tuple[float, float, float, float]:
    """What `_COLUMNS` name, of a photo and of what became of it under even light (3×H×W), against a shot's truth."""
    albedo, inside = _luminance(shot.truth.albedo[0]), shot.rgba[0, 3].numpy() > 0.99
    kind = shot.truth.kind[0].numpy()
    # Off the borders of materials, where pixels are mixed.
    inside &= cv2.morphologyEx(kind, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) == 0
    before, after = _luminance(photo), _luminance(even)
    errors, patterns = [], []
    for material in np.unique(kind[inside & (kind > 0)]):
        here = inside & (kind == material)
        if int(here.sum()) < _LEAST:
            continue
        errors.append((_error(before, albedo, here), _error(after, albedo, here), int(here.sum())))
        if int(here.sum()) >= _LEAST_CLOTH and int(LABEL_ROWS[material]) in CLOTH:
            pattern = _fine(albedo, here)
            if float(pattern.std()) > _PATTERNED:
                patterns.append(float(pattern @ _fine(after, here)) / float(pattern @ _fine(before, here)))
    first, second = (float(np.average([row[n] for row in errors], weights=[row[2] for row in errors])) for n in (0, 1))
    return first, second, second / first, float(np.mean(patterns)) if patterns else float("nan")


def _luminance(rgb: Tensor) -> np.ndarray:
    """H×W, linear, of 3×H×W in sRGB."""
    return np.maximum(np.tensordot(LUMINANCE, to_linear(rgb).numpy(), 1), _DARKEST)


def _error(luminance: np.ndarray, albedo: np.ndarray, here: np.ndarray) -> float:
    """Mean distance from the albedo, up to one gain, as a share of the albedo's mean."""
    gain = np.median(albedo[here] / luminance[here])
    return float(np.abs(gain * luminance[here] - albedo[here]).mean() / albedo[here].mean())


def _fine(luminance: np.ndarray, here: np.ndarray) -> np.ndarray:
    """(N,): what a material's luminance has beyond its mean around, in logarithms."""
    level, weight = np.log(luminance), here.astype(np.float64)
    around = cv2.GaussianBlur(level * weight, (0, 0), _COARSE) / cv2.GaussianBlur(weight, (0, 0), _COARSE).clip(1e-3)
    fine = (level - around)[here]
    return fine - fine.mean()
