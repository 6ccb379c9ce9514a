"""A painted region gets another colour on average, with its folds; nothing else changes."""

from dataclasses import replace

import pytest
import torch

from bodydouble.double import Double
from bodydouble.editing.recolour import recolour_region
from bodydouble.errors import InputError


@pytest.fixture
def double(anny, fit, texture, metadata):
    """In blue cloth whose folds are stripes."""
    size = 256
    stripes = (torch.arange(size) // 8 % 2).float()[:, None].expand(size, size)
    rgb = torch.stack([0.1 + 0.05 * stripes, 0.15 + 0.08 * stripes, 0.4 + 0.2 * stripes])
    return Double(
        fit=fit, texture=replace(texture, rgb=rgb, confidence=torch.ones(size, size)), body=anny, metadata=metadata
    )


@pytest.fixture
def region():
    mask = torch.zeros(128, 128)
    mask[40:80, 30:90] = 1
    return {"body": mask}


def test_it_is_that_colour_with_its_folds(double, region):
    red = recolour_region(double, region, (0.8, 0.2, 0.15)).texture
    inside = red.rgb[:, 100:140, 80:160]
    assert (inside.mean((1, 2)) - torch.tensor([0.8, 0.2, 0.15])).abs().max() < 0.12
    rows = inside.mean((0, 2))
    assert rows.max() - rows.min() > 0.05, "stripes stay"
    assert (red.confidence[100:140, 80:160] == 0).all(), "it was made up"


def test_the_rest_stays_to_the_last_bit(double, region):
    red = recolour_region(double, region, (0.8, 0.2, 0.15))
    assert torch.equal(red.texture.rgb[:, :70], double.texture.rgb[:, :70])
    assert torch.equal(red.texture.rgb[:, :, 200:], double.texture.rgb[:, :, 200:])
    assert red.metadata.warnings[-1] == "a region was painted in another colour by hand"
    assert red.metadata.coverage.seen_fraction < 1
    assert double.texture.confidence.min() == 1, "it is a copy"


@pytest.mark.parametrize(
    ("painted", "message"),
    [
        ({}, "nothing was painted"),
        ({"body": torch.zeros(8, 8)}, "nothing was painted"),
        ({"wings": torch.ones(8, 8)}, "there is no surface 'wings'"),
    ],
)
def test_what_is_no_region_is_told(double, painted, message):
    with pytest.raises(InputError, match=message):
        recolour_region(double, painted, (1, 0, 0))
