"""Several photos: each adds what the others do not show, and none changes what one shows alone."""

import math
from dataclasses import replace
from functools import partial

import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.texture.merge import match_colours, merge_views
from bodydouble.texture.multi_view import FittedView, project_and_merge, refine_to_photos
from bodydouble.texture.project import project_photo
from bodydouble.values import Texture
from tests.texture.conftest import SIZE, Scene, make_scene


@pytest.fixture(scope="module")
def behind(anny: AnnyBody) -> Scene:
    return make_scene(anny, yaw=math.pi + 0.2)


def sighting(scene: Scene) -> FittedView:
    return FittedView(photo=scene.photo, person=scene.person, fit=scene.fit)


def test_one_photo_is_what_it_was(scene: Scene, anny: AnnyBody) -> None:
    gathered = project_and_merge([sighting(scene)], anny, SIZE)
    alone = project_photo(scene.photo, scene.person, scene.fit, anny, SIZE)
    assert torch.equal(gathered.merged.rgb, alone.rgb) and torch.equal(gathered.merged.confidence, alone.confidence)
    assert torch.equal(gathered.owner >= 0, alone.confidence > 0)


@pytest.mark.parametrize("blending", ["pyramid", "softmax"])
def test_a_photo_from_behind_adds_the_back(scene: Scene, behind: Scene, anny: AnnyBody, blending: str) -> None:
    one = project_and_merge([sighting(scene)], anny, SIZE).merged
    merge = partial(merge_views, blending=blending)  # type: ignore[arg-type]
    gathered = project_and_merge([sighting(scene), sighting(behind)], anny, SIZE, merge)
    two = gathered.merged
    assert (two.confidence > 0).sum() > 1.7 * (one.confidence > 0).sum()
    for seen in (gathered.owner == 0, gathered.owner == 1):
        assert (two.rgb - scene.truth).abs().mean(0)[seen].mean() < 0.05
    assert not two.rgb[:, two.confidence == 0].any()


def test_unseen_texels_are_left_when_finished(scene: Scene, behind: Scene, anny: AnnyBody) -> None:
    sightings = [sighting(scene), sighting(behind)]
    gathered = project_and_merge(sightings, anny, SIZE)
    finished = refine_to_photos(gathered.merged, gathered, sightings, anny, 2)
    assert torch.equal(finished.confidence, gathered.merged.confidence)
    of_second = gathered.owner == 1
    assert torch.equal(finished.rgb[:, of_second], gathered.merged.rgb[:, of_second])


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
    turned = make_scene(anny, yaw=-0.3)
    red = replace(turned.photo, rgb=turned.photo.rgb[[1, 0, 2]])
    sightings = [sighting(scene), FittedView(photo=red, person=turned.person, fit=turned.fit)]
    gathered = project_and_merge(sightings, anny, SIZE)
    assert len(gathered.inconsistent) == 1 and gathered.inconsistent[0].any()
    shown = gathered.merged.confidence > 0
    assert (gathered.merged.rgb[0] > 0.5)[shown].float().mean() < 0.02
    finished = refine_to_photos(replace(gathered.merged), gathered, sightings, anny, 0)
    assert not (finished.rgb[0] > 0.5)[gathered.inconsistent[0]].any()


def test_the_first_photo_counts_more() -> None:
    level = torch.full((8, 8), 0.6)
    first, second = (Texture(rgb=torch.full((3, 8, 8), shade), confidence=level) for shade in (0.2, 0.8))
    assert merge_views([first, second], "softmax").rgb.max() < 0.3
