"""Several photos: each adds what the others do not show, and none changes what one shows alone."""

import math
from dataclasses import replace
from functools import partial

import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.texture.merge import match_colours, merge_views
from bodydouble.texture.multi_view import fill_rims, fill_unseen, project_and_merge, refine_to_photos
from bodydouble.texture.project import project_photo
from bodydouble.texture.rim import TRUSTED
from bodydouble.values import Texture
from tests.texture.conftest import SIZE, Scene, make_scene


@pytest.fixture(scope="module")
def behind(anny: AnnyBody) -> Scene:
    return make_scene(anny, yaw=math.pi + 0.2)


def test_one_photo_is_what_it_was(scene: Scene, anny: AnnyBody) -> None:
    merged = project_and_merge([scene.view], anny, SIZE)
    alone = project_photo(scene.view, anny, SIZE)
    assert torch.equal(merged.texture.rgb, alone.rgb) and torch.equal(merged.texture.confidence, alone.confidence)
    assert torch.equal(merged.best_view >= 0, alone.confidence > 0)


@pytest.mark.parametrize("blending", ["pyramid", "softmax"])
def test_a_photo_from_behind_adds_the_back(scene: Scene, behind: Scene, anny: AnnyBody, blending: str) -> None:
    one = project_and_merge([scene.view], anny, SIZE).texture
    merge = partial(merge_views, blending=blending)  # type: ignore[arg-type]
    merged = project_and_merge([scene.view, behind.view], anny, SIZE, merge)
    two = merged.texture
    assert (two.confidence > 0).sum() > 1.7 * (one.confidence > 0).sum()
    for best in (merged.best_view == 0, merged.best_view == 1):
        assert (two.rgb - scene.truth).abs().mean(0)[best].mean() < 0.05
    assert not two.rgb[:, two.confidence == 0].any()


def test_refinement_moves_what_the_first_photo_shows_best_and_nothing_else(
    scene: Scene, behind: Scene, anny: AnnyBody
) -> None:
    views = [scene.view, behind.view]
    merged = project_and_merge(views, anny, SIZE)
    refined = refine_to_photos(merged, views, anny, 2)
    assert torch.equal(refined.confidence, merged.texture.confidence)
    changed = (refined.rgb != merged.texture.rgb).any(0)
    assert changed[merged.best_view == 0].float().mean() > 0.5 and not changed[merged.best_view != 0].any()
    assert refine_to_photos(merged, views, anny, 0) is merged.texture


def test_refinement_knows_nothing_of_what_completion_will_invent(scene: Scene, anny: AnnyBody) -> None:
    """It sees the surroundings' colours in holes: what lies there in the partial texture does not matter."""
    merged = project_and_merge([scene.view], anny, SIZE)
    texture = merged.texture
    painted = replace(texture, rgb=torch.where(texture.confidence > 0, texture.rgb, torch.rand(3, SIZE, SIZE)))
    first, other = (
        refine_to_photos(replace(merged, texture=each), [scene.view], anny, 2) for each in (texture, painted)
    )
    assert torch.equal(first.rgb, other.rgb) and not first.rgb[:, first.confidence == 0].any()


def test_the_rims_of_all_photos_are_drawn_in(scene: Scene, behind: Scene, anny: AnnyBody) -> None:
    merged = project_and_merge([scene.view, behind.view], anny, SIZE)
    guess = Texture(
        rgb=torch.where(merged.texture.confidence > 0, merged.texture.rgb, torch.tensor(0.9)),
        confidence=merged.texture.confidence,
    )
    filled = fill_rims(guess, merged)
    changed = (filled.rgb != guess.rgb).any(0)
    assert changed.sum() > 0.02 * SIZE * SIZE and not changed[guess.confidence > 0].any()
    for rim in merged.rims:
        sure = changed & (rim.confidence > TRUSTED)
        assert sure.sum() > 100 and (filled.rgb - scene.truth)[:, sure].abs().mean() < 0.1


def test_unseen_texels_take_their_surroundings_colours() -> None:
    confidence = torch.zeros(64, 64)
    confidence[:, :32] = 0.5
    seen = Texture(rgb=torch.full((3, 64, 64), 0.3) * (confidence > 0), confidence=confidence)
    assert torch.allclose(fill_unseen(seen).rgb, torch.tensor(0.3), atol=1e-3)
    assert torch.equal(fill_unseen(seen).confidence, confidence)
    nothing = Texture(rgb=torch.zeros(3, 64, 64), confidence=torch.zeros(64, 64))
    assert (fill_unseen(nothing).rgb == 0.5).all()


def test_the_first_photo_s_light_is_the_measure() -> None:
    generator = torch.Generator().manual_seed(2)
    rgb, seen = 0.2 + 0.4 * torch.rand(3, 32, 32, generator=generator), torch.full((32, 32), 0.9)
    darker = Texture(rgb=rgb * torch.tensor([0.7, 0.8, 0.9])[:, None, None], confidence=seen)
    assert (match_colours(darker, Texture(rgb=rgb, confidence=seen)) - rgb).abs().max() < 0.03
    apart = Texture(rgb=rgb, confidence=torch.zeros(32, 32))
    assert torch.equal(match_colours(darker, apart), darker.rgb)


def test_equal_views_merge_into_themselves() -> None:
    generator = torch.Generator().manual_seed(3)
    view = Texture(rgb=torch.rand(3, 64, 64, generator=generator), confidence=torch.full((64, 64), 0.8))
    for blending in ("pyramid", "softmax"):
        merged = merge_views([view, view], blending)  # type: ignore[arg-type]
        assert torch.allclose(merged.rgb, view.rgb, atol=1e-4)


def test_what_the_first_photo_denies_is_not_taken_from_the_second(scene: Scene, anny: AnnyBody) -> None:
    """Nor by way of the rim, which is taken from photos after completion."""
    turned = make_scene(anny, yaw=-0.3).view
    red = replace(turned, photo=replace(turned.photo, rgb=turned.photo.rgb[[1, 0, 2]]))
    merged = project_and_merge([scene.view, red], anny, SIZE)
    assert len(merged.inconsistent) == 1 and merged.inconsistent[0].any()
    shown = merged.texture.confidence > 0
    assert (merged.texture.rgb[0] > 0.5)[shown].float().mean() < 0.02
    filled = fill_rims(merged.texture, merged)
    assert not (filled.rgb[0] > 0.5)[merged.inconsistent[0]].any()


def test_the_first_photo_counts_more() -> None:
    level = torch.full((8, 8), 0.6)
    first, second = (Texture(rgb=torch.full((3, 8, 8), shade), confidence=level) for shade in (0.2, 0.8))
    assert merge_views([first, second], "softmax").rgb.max() < 0.3
