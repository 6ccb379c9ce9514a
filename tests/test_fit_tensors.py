"""A fit survives as tensors."""

import pytest
import torch

from bodydouble.fit_tensors import fit_from_tensors, fit_to_tensors
from bodydouble.values import BodyFit


def test_a_fit_comes_back(fit: BodyFit) -> None:
    tensors = fit_to_tensors(fit)
    again = fit_from_tensors({**tensors, "another.tensor": torch.zeros(1)})
    assert again.camera.size == fit.camera.size
    for before, after in (
        (fit.shape, again.shape),
        (fit.pose, again.pose),
        (fit.clothing, again.clothing),
    ):
        kept = {name: value for name, value in vars(before).items() if value is not None}  # hems are in no file
        assert all(torch.equal(value, getattr(after, name)) for name, value in kept.items())
    assert torch.equal(again.camera.intrinsics, fit.camera.intrinsics)
    assert torch.equal(again.camera.camera_from_world, fit.camera.camera_from_world)


@pytest.mark.parametrize("name", ["pose.joints", "camera.size", "clothing.leg_blend"])
def test_nothing_stands_in_for_what_is_missing(fit: BodyFit, name: str) -> None:
    tensors = fit_to_tensors(fit)
    del tensors[name]
    with pytest.raises(KeyError, match=name):
        fit_from_tensors(tensors)
