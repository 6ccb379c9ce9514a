"""Names become objects, and a name nobody knows is told so."""

import pytest
import torch

from bodydouble import plugins
from bodydouble.body import BODY_MODELS, _share_model, body_model
from bodydouble.errors import InputError
from bodydouble.inpaint import INPAINTERS
from bodydouble.person import DETECTORS
from bodydouble.raster import RASTERISERS

TABLE = {"square": "math:sqrt"}


def test_a_name_of_the_table():
    assert plugins.resolve("square", TABLE, "function")(9) == 3


def test_module_and_attribute():
    assert plugins.resolve("math:hypot", TABLE, "function")(3, 4) == 5


@pytest.mark.parametrize("name", ["cube", "", "math.sqrt"])
def test_an_unknown_name_lists_the_known_ones(name):
    with pytest.raises(InputError, match="unknown function .*square"):
        plugins.resolve(name, TABLE, "function")


@pytest.mark.parametrize("name", ["no_such_module:thing", "math:no_such_thing", ":x", "math:", "math:pi", ".math:sqrt"])
def test_what_cannot_be_loaded(name):
    with pytest.raises(InputError, match="cannot be loaded|unknown|name a class"):
        plugins.resolve(name, TABLE, "function")


@pytest.mark.parametrize(
    "table", [BODY_MODELS, DETECTORS, INPAINTERS, RASTERISERS], ids=lambda table: next(iter(table))
)
def test_every_built_in_name_resolves(table):
    for name in set(table) - {"numba"}:  # an extra: tests/contracts/test_rasteriser.py
        assert callable(plugins.resolve(name, table, "part"))


def test_bodies_by_name_are_one_and_those_of_a_user_are_built_as_asked() -> None:
    """What is computed from a body is kept under it: each new one kept 300 MB more."""
    assert body_model() is body_model("anny")
    assert body_model("bodydouble.body.anny:AnnyBody") is not body_model("anny")


def test_a_body_that_is_first_asked_for_in_inference_mode_can_be_fitted_later() -> None:
    with torch.inference_mode():
        body = _share_model.__wrapped__("anny")
    assert not body.skin_weights.is_inference()
