"""Bodies with a fit's errors lie over the true ones, not quite."""

import dataclasses

import numpy as np
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.values import BodyFit
from workshop.synthesis.scene.truth import uv_render
from workshop.training.fit_errors import FitErrors, perturb_person, perturb_photo

_NONE = FitErrors(aside_rad=0, depth_rad=0, aside_m=0, size=0, shape=0, cloth_m=0, cloth_share=0)


def _overlap(fit: BodyFit, body: AnnyBody, errors: FitErrors, seed: int) -> float:
    rng = np.random.default_rng(seed)
    other = perturb_photo(perturb_person(fit, body, rng, errors), fit, body, rng, errors)
    first, second = (uv_render(each, body, [fit.camera]).uv[0, 0] >= 0 for each in (fit, other))
    return float((first & second).sum() / (first | second).sum())


@torch.no_grad()
def test_fits_are_nearly_right(anny, fit):
    assert _overlap(fit, anny, _NONE, 0) > 0.995
    overlaps = [_overlap(fit, anny, FitErrors(), seed) for seed in range(6)]
    assert 0.75 < min(overlaps) and 0.85 < sum(overlaps) / 6 < 0.985


@torch.no_grad()
def test_a_persons_shape_and_clothes_are_one_in_all_photos(anny, fit):
    rng = np.random.default_rng(0)
    shared = perturb_person(fit, anny, rng, FitErrors())
    photos = [perturb_photo(shared, fit, anny, rng, FitErrors()) for _ in range(2)]
    assert torch.equal(photos[0].shape.coefficients, photos[1].shape.coefficients)
    assert torch.equal(photos[0].clothing.offsets, photos[1].clothing.offsets)
    assert not torch.equal(photos[0].pose.joints, photos[1].pose.joints)
    lowest, highest = anny.shape_range
    wild = perturb_person(fit, anny, rng, dataclasses.replace(FitErrors(), shape=5.0)).shape.coefficients
    assert (wild >= lowest).all() and (wild <= highest).all()
