"""A region is made up anew; everything else stays to the last bit."""

from dataclasses import replace

import pytest
import torch

from bodydouble.editing.renew import renew_region
from bodydouble.editing.wear import WEARS
from bodydouble.errors import InputError
from bodydouble.parsing.labels import LABELS, UPPER
from bodydouble.pipeline import Pipeline
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from tests.sample import SAMPLE, quick


@pytest.fixture(scope="module")
def pipeline():
    return Pipeline(quick())


@pytest.fixture(scope="module")
def double(pipeline):
    return pipeline.create(SAMPLE)


@pytest.fixture(scope="module")
def region(double):
    """A part of the shirt that the photo shows."""
    texture = double.texture
    body = anatomy(double.body).regions(texture.rgb.shape[-1]) == Region.BODY
    return {"body": ((texture.labels == UPPER) & (texture.confidence > 0) & body).float()}


def test_a_painted_label_is_completed_as_such(double, region, pipeline):
    result = renew_region(double, region, SAMPLE, pipeline, label="skin")
    inside = region["body"] > 0
    skin, shirt = result.texture.rgb[:, inside].mean(1), double.texture.rgb[:, inside].mean(1)
    assert skin[0] - skin[2] > 0.1 > shirt[0] - shirt[2], "skin is red, this shirt is blue"
    assert (result.texture.labels[inside] == LABELS.index("skin")).float().mean() > 0.9
    assert (result.texture.confidence[inside] == 0).float().mean() > 0.9
    covered = texel_map(double.body.layout, len(inside)).face[0] >= 0
    outside = covered & (torch.nn.functional.max_pool2d(region["body"][None], 9, 1, 4)[0] == 0)
    assert torch.equal(result.texture.rgb[:, outside], double.texture.rgb[:, outside])
    assert pipeline.config.repaint is None


def test_without_a_label_it_is_made_up_as_if_it_was_not_seen(double, region, pipeline):
    result = renew_region(double, region, SAMPLE, pipeline, seed=3)
    inside = region["body"] > 0
    assert (result.texture.rgb - double.texture.rgb)[:, inside].abs().mean() > 0.003
    assert (result.texture.confidence[inside] == 0).float().mean() > 0.9


def test_what_cannot_be_painted_is_told(double, region, pipeline):
    with pytest.raises(InputError, match="'eyes' cannot be painted"):
        renew_region(double, region, SAMPLE, pipeline, label="eyes")


def test_clothes_that_no_photo_shows_are_not_made_up_again(double, region, pipeline):
    dressed = replace(double, metadata=replace(double.metadata, warnings=(f"{WEARS} you.jpg",)))
    with pytest.raises(InputError, match="wears another one's clothes"):
        renew_region(dressed, region, SAMPLE, pipeline, seed=1)
