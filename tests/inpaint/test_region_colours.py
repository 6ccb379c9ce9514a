"""Laws of what the seen texels tell about materials."""

import torch

from bodydouble.inpaint.region_colours import along_limbs, region_prior_colours
from bodydouble.surface.regions import Region
from bodydouble.values import Texture


def seen(scene, texture: Texture):
    return scene.surface.take(texture.rgb), scene.surface.take(texture.confidence)


def test_rows_above_and_below_the_hem_have_their_own_colours(scene):
    surface = scene.surface
    usual = along_limbs(surface, *seen(scene, scene.partial()))
    truth = surface.take(scene.truth)
    cloth = (surface.region == Region.BODY) & ~surface.arm & (surface.position[:, 1] < 1.3)
    sure = cloth & ((surface.position[:, 1] - 1.0).abs() > 0.02)
    assert ((usual - truth)[sure].abs().amax(1) < 0.1).float().mean() > 0.97
    assert usual[surface.region != Region.BODY].isnan().all()


def test_a_limb_that_was_not_seen_has_no_usual_colour(scene):
    surface = scene.surface
    rgb, known = seen(scene, scene.partial())
    usual = along_limbs(surface, rgb, torch.where(surface.arm, 0, known))
    assert usual[surface.arm].isnan().all()


def test_regions_fall_back_on_what_they_showed(scene):
    surface = scene.surface
    colour, weight = region_prior_colours(surface, *seen(scene, scene.partial()))
    truth = surface.take(scene.truth)
    for region in (Region.FACE, Region.SCALP):
        here = surface.region == region
        assert torch.allclose(colour[here], truth[here].median(0).values, atol=0.02), region
    assert (weight > 0).all()


def test_with_no_face_the_hands_tell_the_skin(scene):
    surface = scene.surface
    rgb, known = seen(scene, scene.partial())
    rgb = torch.where((surface.region == Region.HAND)[:, None], torch.tensor([0.4, 0.3, 0.2]), rgb)
    colour, _ = region_prior_colours(surface, rgb, torch.where(surface.region == Region.FACE, 0, known))
    face = colour[surface.region == Region.FACE]
    assert torch.allclose(face.median(0).values, torch.tensor([0.4, 0.3, 0.2]))
    assert (face < torch.tensor([0.3, 0.25, 0.15])).all(1).any(), "lips and eyebrows"


def test_nothing_seen_still_gives_every_texel_a_colour(scene):
    surface = scene.surface
    colour, weight = region_prior_colours(surface, torch.zeros(len(surface), 3), torch.zeros(len(surface)))
    assert colour.isfinite().all() and (weight > 0).all()
    assert (colour[surface.region == Region.SCALP] < 0.3).all()
