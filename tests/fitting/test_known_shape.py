"""What is known of a body holds: the height within millimetres, the other coefficients to the bit."""

import pytest
import torch

from bodydouble.body.smplx import SmplxBody
from bodydouble.body.traits import Traits
from bodydouble.errors import InputError
from bodydouble.fitting.fit import fit_body
from bodydouble.fitting.fit_config import FitConfig
from bodydouble.fitting.known_shape import KnownShape
from bodydouble.values import Photo
from tests.fitting.test_fit import SIZE, _seen, _truth
from workshop.smplx_stand_in import write_stand_in


def height_of(body, shape) -> float:
    return float(body.rest(shape).vertices[:, 1].max())


def named(body, shape, name) -> float:
    return float(shape.coefficients[body.shape_names.index(name)])


@pytest.mark.parametrize("height", [1.5, 1.83, 2.1])
def test_an_adult_of_that_height_stays_an_adult(anny, height):
    start = KnownShape(Traits(height=height), anny).start
    assert height_of(anny, start) == pytest.approx(height, abs=0.002)
    changed = (start.coefficients != anny.mean_shape().coefficients).nonzero()[:, 0].tolist()
    assert [anny.shape_names[row] for row in changed] == ["height"]


def test_where_no_adult_is_so_short_it_is_a_child(anny):
    start = KnownShape(Traits(height=1.05), anny).start
    assert height_of(anny, start) == pytest.approx(1.05, abs=0.01)
    assert named(anny, start, "age") < 0.6


def test_an_age_that_is_known_stays(anny):
    start = KnownShape(Traits(height=1.05, age=4), anny).start
    assert height_of(anny, start) == pytest.approx(1.05, abs=0.002)
    assert named(anny, start, "age") == pytest.approx(0.215)


def test_nothing_known_is_the_mean(anny):
    known = KnownShape(Traits(), anny)
    assert (known.start.coefficients == anny.mean_shape().coefficients).all()
    assert not len(known.crown(anny)) and float(known.height_error(anny.rest(known.start))) == 0


def test_the_fit_keeps_to_what_is_known(anny):
    """The truth is 1.84 m tall; who says 1.60 m gets 1.60 m at another distance, in the same picture."""
    truth = _truth(anny, 0.3)
    person, photo = _seen(anny, truth), Photo(rgb=torch.zeros(3, *SIZE), focal_px=600.0)
    traits = Traits(height=1.6, gender=1.0)
    config = FitConfig(torso_steps=10, limb_steps=40, full_steps=20, silhouette_every=1)
    fit = fit_body(person, photo, anny, config, traits=traits)
    assert height_of(anny, fit.shape) == pytest.approx(1.6, abs=0.005)
    assert named(anny, fit.shape, "gender") == 1.0
    ratio = float(fit.camera.camera_from_world[2, 3].abs()) / 3.6
    assert ratio == pytest.approx(1.6 / height_of(anny, truth.shape), rel=0.06)


def test_a_body_without_named_coefficients_takes_the_nearest_shape(tmp_path):
    body = SmplxBody(write_stand_in(tmp_path / "SMPLX_NEUTRAL.npz"))
    average = height_of(body, body.mean_shape())
    start = KnownShape(Traits(height=1.02 * average), body).start
    assert height_of(body, start) == pytest.approx(1.02 * average, abs=0.002)
    with pytest.raises(InputError, match="smplx has no age"):
        KnownShape(Traits(age=30), body)
