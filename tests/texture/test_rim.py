from dataclasses import replace

import pytest
import torch

from bodydouble.texture.project import project_photo
from bodydouble.texture.rim import fill_grazing_texels, without_fringe

SIZE = 256


@pytest.fixture(scope="module")
def guessed(scene, anny):
    """The gathered texture, its unseen texels guessed as mid-grey."""
    gathered = project_photo(scene.photo, scene.person, scene.fit, anny, SIZE)
    grey = torch.full_like(gathered.rgb, 0.5)
    return replace(gathered, rgb=torch.where(gathered.confidence > 0, gathered.rgb, grey))


def test_seen_texels_stay_and_visible_guesses_come_nearer_to_the_truth(scene, anny, guessed):
    filled = fill_grazing_texels(guessed, scene.photo, scene.person, scene.fit, anny)
    seen = guessed.confidence > 0
    assert torch.equal(filled.rgb[:, seen], guessed.rgb[:, seen])
    assert torch.equal(filled.confidence, guessed.confidence)
    changed = (filled.rgb != guessed.rgb).any(0)
    assert changed.sum() > 0.02 * SIZE * SIZE

    def error(texture):
        return (texture.rgb - scene.truth)[:, changed].square().mean()

    assert error(filled) < 0.5 * error(guessed)


def test_the_background_never_appears(scene, anny, guessed):
    filled = fill_grazing_texels(guessed, scene.photo, scene.person, scene.fit, anny)
    red, green, blue = filled.rgb
    assert not ((red > green + 0.05) & (blue > green + 0.05)).any()


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
