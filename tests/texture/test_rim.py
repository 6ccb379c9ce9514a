"""Laws of the rim, on a photo whose truth is known."""

from dataclasses import replace

import pytest
import torch

from bodydouble.parsing.labels import SKIN, UPPER
from bodydouble.texture.project import project_photo
from bodydouble.texture.rim import fill_grazing_texels, project_rim, without_fringe
from bodydouble.texture.sight import see_texels
from bodydouble.values import Texture
from tests.texture.conftest import make_scene

SIZE = 256


@pytest.fixture(scope="module")
def guessed(scene, anny):
    """The projected texture, its unseen texels guessed as mid-grey."""
    projected = project_photo(scene.view, anny, SIZE)
    grey = torch.full_like(projected.rgb, 0.5)
    return replace(projected, rgb=torch.where(projected.confidence > 0, projected.rgb, grey))


@pytest.fixture(scope="module")
def rim(scene, anny):
    return project_rim(scene.view, anny, SIZE)


def test_seen_texels_stay_and_visible_guesses_come_nearer_to_the_truth(scene, rim, guessed):
    filled = fill_grazing_texels(guessed, rim)
    seen = guessed.confidence > 0
    assert torch.equal(filled.rgb[:, seen], guessed.rgb[:, seen])
    assert torch.equal(filled.confidence, guessed.confidence)
    changed = (filled.rgb != guessed.rgb).any(0)
    assert changed.sum() > 0.02 * SIZE * SIZE

    def error(texture):
        return (texture.rgb - scene.truth)[:, changed].square().mean()

    assert error(filled) < 0.5 * error(guessed)


def test_the_background_never_appears(rim, guessed):
    filled = fill_grazing_texels(guessed, rim)
    red, green, blue = filled.rgb
    assert not ((red > green + 0.05) & (blue > green + 0.05)).any()


def test_the_flatter_the_view_the_less_the_photo_is_trusted():
    """A guess of 0.2, a photo of 0.8, seen at growing cosines; the last is a seen texel."""
    cosine = torch.tensor([[0.0, 0.08, 0.19, 0.3, 0.9, 0.9]])
    guess = Texture(rgb=torch.full((3, 1, 6), 0.2), confidence=torch.tensor([[0.0, 0, 0, 0, 0, 0.4]]))
    filled = fill_grazing_texels(guess, Texture(rgb=torch.full((3, 1, 6), 0.8), confidence=cosine))
    assert filled.rgb[0, 0].tolist() == pytest.approx([0.2, 0.2, 0.5, 0.8, 0.8, 0.2])
    assert torch.equal(filled.confidence, guess.confidence)


def test_the_rim_holds_all_that_is_seen_and_more(rim, guessed):
    seen, more = guessed.confidence > 0, rim.confidence > 0
    assert (more >= seen).float().mean() > 0.999 and more.sum() > 1.1 * seen.sum()


def test_a_sight_is_asked_once_for_both(scene, anny, rim):
    sight = see_texels(scene.view, anny, SIZE)
    shared = project_rim(scene.view, anny, SIZE, sight=sight)
    assert torch.equal(shared.rgb, rim.rgb) and torch.equal(shared.confidence, rim.confidence)
    seen = project_photo(scene.view, anny, SIZE, sight=sight)  # its colours are still the photo's own
    assert torch.equal(seen.rgb, project_photo(scene.view, anny, SIZE).rgb)


def test_the_fringe_takes_the_nearest_inner_colour():
    mask = torch.zeros(40, 40)
    mask[10:30, 10:30] = 1
    rgb = torch.zeros(3, 40, 40)
    rgb[0] = 1
    rgb[:, 13:27, 13:27] = torch.tensor([0.0, 0.3, 0.6])[:, None, None]
    clean = without_fringe(rgb, mask)
    assert torch.equal(clean, torch.tensor([0.0, 0.3, 0.6])[:, None, None].expand(3, 40, 40))


def test_a_person_too_thin_for_an_inside_is_left_alone():
    rgb = torch.rand(3, 20, 20, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(20, 20)
    mask[:, 10] = 1
    assert torch.equal(without_fringe(rgb, mask), rgb)


def test_what_an_arms_margin_leaves_out_is_in_the_rim(anny):
    """Frontal texels close beside an arm are not trusted, yet what the photo shows of them is right."""
    scene = make_scene(anny, arms=0.7, yaw=0.6)
    seen, shown = project_photo(scene.view, anny, SIZE), project_rim(scene.view, anny, SIZE)
    beside = (seen.confidence == 0) & (shown.confidence > 0.5)
    assert beside.sum() > 1000
    assert (shown.rgb - scene.truth)[:, beside].abs().mean() < 0.03


def test_skin_does_not_take_an_outline_that_is_darker_than_itself():
    """Skin of 0.6 in shades of the photo; the same of a shirt."""
    photo = torch.tensor([0.2, 0.55, 0.7, 0.2])
    guess = Texture(
        rgb=torch.full((3, 1, 4), 0.6),
        confidence=torch.zeros(1, 4),
        labels=torch.tensor([[SKIN, SKIN, SKIN, UPPER]], dtype=torch.uint8),
    )
    rim = Texture(rgb=photo.expand(3, 1, 4), confidence=torch.ones(1, 4), labels=guess.labels)
    filled = fill_grazing_texels(guess, rim).rgb[0, 0].tolist()
    assert filled == pytest.approx([0.6, 0.6 - 0.05 * 2 / 3, 0.7, 0.2])
