"""One double's clothes on another: cloth, its shape and its skirt go over; head and person stay."""

from dataclasses import replace

import pytest
import torch

from bodydouble.double import Double
from bodydouble.editing.wear import WEARS, wear_clothes
from bodydouble.errors import InputError
from bodydouble.parsing.labels import LOWER, SKIN, UPPER
from bodydouble.surface.regions import Region, anatomy
from bodydouble.values import Clothing
from tests.attached import hair_cap, tube_skirt

SIZE = 256
SKIN_RGB, RED, BLUE = (0.8, 0.6, 0.5), (0.7, 0.1, 0.1), (0.1, 0.1, 0.7)


def dressed(anny, fit, texture, metadata, cloth_rows, rgb, label, offset):
    """A double whose body is cloth in those rows of its texture, and skin elsewhere."""
    labels = torch.full((SIZE, SIZE), SKIN, dtype=torch.uint8)
    labels[cloth_rows] = label
    colours = torch.tensor(SKIN_RGB)[:, None, None].expand(3, SIZE, SIZE).clone()
    colours[:, cloth_rows] = torch.tensor(rgb)[:, None, None]
    clothing = Clothing(offsets=torch.full_like(fit.clothing.offsets, offset), leg_blend=fit.clothing.leg_blend)
    worn = replace(texture, rgb=colours, confidence=torch.ones(SIZE, SIZE), labels=labels)
    return Double(fit=replace(fit, clothing=clothing), texture=worn, body=anny, metadata=metadata)


@pytest.fixture
def wearer(anny, fit, texture, metadata):
    double = dressed(anny, fit, texture, metadata, slice(0, 256), BLUE, LOWER, 0.001)
    return replace(double, attached=(hair_cap(anny, double.rest),))


@pytest.fixture
def giver(anny, fit, texture, metadata):
    """Of another shape."""
    coefficients = fit.shape.coefficients.clone()
    coefficients[:2] += 0.2
    other = replace(fit, shape=replace(fit.shape, coefficients=coefficients.clamp(0, 1)))
    double = dressed(anny, other, texture, metadata, slice(0, 128), RED, UPPER, 0.01)
    return replace(double, attached=(tube_skirt(anny, double.rest),))


def test_cloth_goes_over_and_skin_lies_where_the_giver_is_bare(anny, wearer, giver):
    result = wear_clothes(wearer, giver)
    regions = anatomy(anny).regions(SIZE)
    body = (regions == Region.BODY) | (regions == Region.FOOT)
    cloth, bare = body.clone(), body.clone()
    cloth[120:], bare[:136] = False, False
    assert (result.texture.rgb[:, cloth] - torch.tensor(RED)[:, None]).abs().max() < 0.02
    assert (result.texture.labels[bare] == SKIN).all()
    assert (result.texture.confidence[bare] == 0).all(), "what lies beneath the clothes was not seen"
    head = regions == Region.FACE
    assert torch.equal(result.texture.rgb[:, head], wearer.texture.rgb[:, head])


def test_shape_is_the_giver_s_below_the_neck(anny, wearer, giver):
    result = wear_clothes(wearer, giver)
    offsets = result.fit.clothing.offsets[:, 0]
    region = anatomy(anny).score.argmax(1)
    assert (offsets[region == Region.SCALP] - 0.001).abs().median() < 1e-5
    assert (offsets[region == Region.BODY] - 0.01).abs().median() < 1e-5
    assert torch.equal(result.fit.shape.coefficients, wearer.fit.shape.coefficients)


def test_a_skirt_comes_along_and_hair_stays(wearer, giver):
    result = wear_clothes(wearer, giver)
    assert [surface.kind.value for surface in result.attached] == ["hair", "skirt"]
    skirt, before = result.attached[1], giver.attached[0]
    waist = skirt.vertices[:, 1].max() - result.rest.vertices[:, 1].max()
    assert abs(waist - (before.vertices[:, 1].max() - giver.rest.vertices[:, 1].max())) < 0.08
    assert not torch.equal(skirt.vertices, before.vertices)
    assert result.pose_surfaces(result.standing_pose())[2].mesh.vertices.isfinite().all()


def test_its_own_clothes_are_its_own(wearer):
    result = wear_clothes(wearer, wearer)
    assert result.metadata.warnings[-1].startswith(WEARS)
    assert torch.allclose(result.rest.vertices, wearer.rest.vertices, atol=1e-6)


def test_doubles_that_do_not_tell_their_clothes_are_refused(wearer, giver):
    old = replace(giver, texture=replace(giver.texture, labels=None))
    with pytest.raises(InputError, match="make it again from its photo"):
        wear_clothes(wearer, old)
