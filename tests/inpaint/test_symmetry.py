"""Laws of completion by symmetry, on a dressed body of which only the front was seen."""

import pytest
import torch

from bodydouble.errors import InputError
from bodydouble.inpaint.symmetry import SymmetryInpainter
from bodydouble.surface.regions import Region


@pytest.fixture(scope="module")
def complete(scene, anny):
    """Completes a partial texture; N×3 colours of the surface's texels."""

    def run(truth=None, seen=None):
        texture = SymmetryInpainter().complete_body(scene.partial(truth, seen), [scene.view], anny)
        return scene.surface.take(texture.rgb)

    return run


@pytest.fixture(scope="module")
def from_the_front(complete):
    return complete()


def test_the_back_is_dressed_like_the_front(scene, from_the_front):
    surface, truth = scene.surface, scene.surface.take(scene.truth)
    back = (surface.normal[:, 2] < -0.3) & (surface.region == Region.BODY) & ~surface.arm
    back &= (surface.position[:, 1] < 1.35) & ((surface.position[:, 1] - 1.0).abs() > 0.03)
    error = (from_the_front - truth)[back].abs().amax(1)
    assert error.mean() < 0.03
    assert (error > 0.15).float().mean() < 0.03


def test_the_back_of_the_head_takes_hair_and_the_ears_skin(scene, from_the_front):
    surface, truth = scene.surface, scene.surface.take(scene.truth)
    behind = surface.normal[:, 2] < 0
    for region in (Region.SCALP, Region.FACE):
        error = (from_the_front - truth)[behind & (surface.region == region)].abs().mean()
        assert error < 0.08, region


def test_hands_that_were_not_seen_are_skin(scene, complete):
    surface = scene.surface
    hands = surface.region == Region.HAND
    seen = scene.front & (surface.put(hands[:, None].float())[0] == 0)
    dark = surface.put(torch.where((surface.region == Region.BODY)[:, None], 0.1, surface.take(scene.truth)))
    error = (complete(dark, seen)[hands] - surface.take(scene.truth)[hands]).abs()
    assert error.mean() < 0.05


def test_a_logo_on_the_chest_is_not_copied_to_the_back(scene, complete, from_the_front):
    surface = scene.surface
    x, y, _ = surface.position.T
    spot = (x.abs() < 0.06) & ((y - 1.25).abs() < 0.06) & (surface.normal[:, 2] > 0) & surface.trunk
    truth = surface.take(scene.truth).clone()
    truth[spot] = torch.tensor([0.9, 0.0, 0.0])
    back = (surface.normal[:, 2] < -0.3) & (x.abs() < 0.1) & ((y - 1.25).abs() < 0.1) & surface.trunk
    change = complete(surface.put(truth))[back] - from_the_front[back]
    assert spot.sum() > 20 and change.abs().amax() < 0.1


def test_what_the_other_side_shows_is_mirrored(scene, complete):
    surface = scene.surface
    x, y, z = surface.position.T
    # Stripes that nothing but the twin can tell, and a left half that the photo does not show.
    stripes = 0.5 + 0.3 * torch.sin(40 * y + 25 * z)
    truth = torch.stack([stripes, stripes, 0.5 + 0 * x], 1)
    seen = surface.put((x < 0.03)[:, None].float())[0] > 0
    cloth = (surface.region == Region.BODY) & (x > 0.06)
    assert (complete(surface.put(truth), seen) - truth)[cloth].abs().mean() < 0.05


def test_the_mirrored_side_meets_the_seen_one_without_a_step(scene, complete):
    surface = scene.surface
    x = surface.position[:, 0]
    trunk = surface.trunk & (surface.region == Region.BODY) & (surface.position[:, 1] < 1.3)
    # Light from one side: the middle is brighter than the twins on the far side tell.
    shade = (0.7 + 30 * x).clamp(0.4, 0.7)
    colours = complete(surface.put(shade[:, None].expand(-1, 3)), surface.put((x < 0.04)[:, None].float())[0] > 0)
    band = trunk & (x > 0.04) & (x < 0.055)
    far = trunk & (x > 0.12)
    assert (colours[band, 0] - 0.7).abs().mean() < 0.05
    assert 0.4 < colours[far, 0].mean() < 0.7


def test_one_arm_takes_the_other_ones_sleeve(scene, complete):
    surface = scene.surface
    left = surface.arm & (surface.position[:, 0] > 0)
    truth = surface.take(scene.truth).clone()
    sleeve = surface.arm & (surface.along < 0.2) & (surface.region == Region.BODY)
    truth[surface.arm & (surface.region == Region.BODY)] = torch.tensor([0.8, 0.6, 0.5])
    truth[sleeve] = torch.tensor([0.2, 0.6, 0.2])
    seen = scene.front & (surface.put(left[:, None].float())[0] == 0)
    colours = complete(surface.put(truth), seen)
    sure = left & (surface.region == Region.BODY) & ((surface.along - 0.2).abs() > 0.03) & (surface.along > 0.05)
    error = (colours - truth)[sure].abs().amax(1)
    assert (error > 0.2).float().mean() < 0.06


def test_eyes_that_were_not_seen_look_like_eyes(scene, from_the_front):
    surface = scene.surface
    eye = surface.region == Region.EYE
    brightness = from_the_front.mean(1)
    ahead = eye & (surface.normal[:, 2] > 0.93)
    sideways = eye & (surface.normal[:, 2] < 0.7) & (surface.normal[:, 2] > 0)
    assert brightness[ahead].mean() < 0.4 < 0.6 < brightness[sideways].mean()
    assert brightness[surface.region == Region.INSIDE].mean() < 0.3


def test_it_takes_no_weights():
    with pytest.raises(InputError, match="takes no weights.*exemplar or dinar"):
        SymmetryInpainter(weights="lite")
