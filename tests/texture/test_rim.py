"""Laws of the rim, on a photo whose truth is known."""

from dataclasses import replace

import pytest
import torch

from bodydouble.geometry.distance import rough_distance_to
from bodydouble.parsing.labels import HAIR, SHOES, SKIN, UPPER
from bodydouble.texture.project import project_photo
from bodydouble.texture.rim import FLATTEST, TRUSTED, fill_grazing_texels, project_rim, without_fringe
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
    cosine = torch.tensor([[0.0, FLATTEST, (FLATTEST + TRUSTED) / 2, TRUSTED, 0.9, 0.9]])
    guess = Texture(rgb=torch.full((3, 1, 6), 0.2), confidence=torch.tensor([[0.0, 0, 0, 0, 0, 0.4]]))
    filled = fill_grazing_texels(guess, Texture(rgb=torch.full((3, 1, 6), 0.8), confidence=cosine))
    assert filled.rgb[0, 0].tolist() == pytest.approx([0.2, 0.2, 0.5, 0.8, 0.8, 0.2])
    assert torch.equal(filled.confidence, guess.confidence)


def test_the_rim_holds_all_that_is_seen_and_more(rim, guessed):
    seen, more = guessed.confidence > 0, rim.confidence > 0
    assert (more >= seen).float().mean() > 0.999 and more.sum() > 1.1 * seen.sum()


def test_beside_the_masks_edge_no_thread_is_believed(scene, anny, rim):
    """Colours there are those of the nearest pixel inside: on an arm that is frontal enough they are smeared, too."""
    sight = see_texels(scene.view, anny, SIZE)
    away = rough_distance_to(sight.crop.mask <= 0.5)
    height, width = away.shape
    x, y = sight.points.x.long().clamp(0, width - 1), sight.points.y.long().clamp(0, height - 1)
    covered = sight.texels.face[0] >= 0
    confidence, cosine = rim.confidence[covered], sight.points.cosine
    shown, near = confidence > 0, away[y, x] <= 2
    assert float(cosine[shown & near].max()) > 0.6, "else the test says nothing"
    assert float(confidence[shown & near].max()) < TRUSTED + 1e-6
    assert float(confidence[shown & ~near].max()) > 0.9


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


def fill_row(guess, photo, labels):
    """Unseen texels of one grey, seen flat on the rim in shades of the photo; what becomes of them."""
    texture = Texture(
        rgb=torch.full((3, 1, len(photo)), guess),
        confidence=torch.zeros(1, len(photo)),
        labels=torch.tensor([labels], dtype=torch.uint8),
    )
    rim = Texture(rgb=torch.tensor(photo).expand(3, 1, -1), confidence=torch.ones(1, len(photo)), labels=texture.labels)
    return fill_grazing_texels(texture, rim).rgb[0, 0].tolist()


@pytest.mark.parametrize("label", [SKIN, HAIR])
def test_skin_and_hair_take_neither_a_dark_outline_nor_a_shine(label):
    filled = fill_row(0.6, [0.2, 0.55, 0.65, 0.9], [label] * 4)
    assert filled == pytest.approx([0.6, 0.6 - 0.05 * 2 / 3, 0.6 + 0.05 * 2 / 3, 0.6])


def test_faces_may_shine():
    texture = Texture(
        rgb=torch.full((3, 1, 2), 0.6),
        confidence=torch.zeros(1, 2),
        labels=torch.full((1, 2), SKIN, dtype=torch.uint8),
    )
    rim = replace(texture, rgb=torch.full((3, 1, 2), 0.9), confidence=torch.ones(1, 2))
    filled = fill_grazing_texels(texture, rim, torch.tensor([[True, False]]))
    assert filled.rgb[0, 0].tolist() == pytest.approx([0.9, 0.6])


def test_cloth_takes_folds_and_no_shadow_of_an_arm():
    filled = fill_row(0.6, [0.5, 0.65, 0.2, 1.0], [UPPER] * 4)
    assert filled == pytest.approx([0.5, 0.65, 0.6, 0.6])


def fill_cloth(photo, cosine):
    """Unseen grey cloth on whose rim a photo shows S×S brightness at one cosine; what is drawn on its inside."""
    labels = torch.full(photo.shape, UPPER, dtype=torch.uint8)
    texture = Texture(rgb=torch.full((3, *photo.shape), 0.5), confidence=torch.zeros_like(photo), labels=labels)
    rim = Texture(rgb=photo.expand(3, -1, -1), confidence=torch.full_like(photo, cosine), labels=labels)
    return fill_grazing_texels(texture, rim).rgb[0, 10:-10, 10:-10]


def test_cloth_seen_flat_gives_its_tone_and_no_threads():
    """Threads of a pixel are smeared there; what a margin left out of a frontal view has them."""
    threads = 0.55 + 0.05 * (torch.arange(256)[:, None] % 2 * 2.0 - 1).expand(256, 256)
    flat, steep = fill_cloth(threads, TRUSTED), fill_cloth(threads, 0.8)
    assert float((flat - 0.55).abs().max()) < 0.01
    assert torch.allclose(steep, threads[10:-10, 10:-10], atol=1e-4)


def test_slivers_beside_cloth_neither_show_nor_stain_it():
    """Bright crumbs of what lies behind, every fifth row of a darker garment: the tone is the garment's."""
    crumbs = torch.full((256, 256), 0.55)
    crumbs[::5] = 1.0
    drawn = fill_cloth(crumbs, TRUSTED)
    assert float((drawn - 0.53).abs().max()) < 0.03


def test_where_most_of_the_rim_is_of_something_else_nothing_is_believed():
    """Single texels that happen to be alike are crackle."""
    photo = torch.full((256, 256), 0.95)
    photo[::2, ::2] = 0.6
    assert float((fill_cloth(photo, TRUSTED) - 0.5).abs().max()) < 0.02


def test_shoes_take_whatever_the_photo_shows_of_them():
    assert fill_row(0.6, [0.2, 1.0], [SHOES] * 2) == pytest.approx([0.2, 1.0])
