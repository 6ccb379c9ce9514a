"""Below the photo's edge legs wear what was seen of trousers, or quiet ones: never the shirt."""

from dataclasses import replace

import pytest
import torch

from bodydouble.inpaint.unseen_legs import _LIGHT_SHOES, _TROUSERS, QUIET_SHOES, dress_unseen_legs
from bodydouble.parsing.labels import LABELS
from bodydouble.surface.lowest_seen import lowest_seen, trunk_and_leg_heights
from bodydouble.surface.regions import Region, anatomy
from bodydouble.values import Texture

SIZE = 256
SHIRT, SKIN, RED = (0.9, 0.2, 0.9), (0.8, 0.6, 0.5), (0.8, 0.1, 0.1)


@pytest.fixture(scope="module")
def body(anny):
    rest = anny.rest(anny.mean_shape())
    feet = anatomy(anny).regions(SIZE) == Region.FOOT
    return rest, trunk_and_leg_heights(rest, anny, SIZE), feet


def seen_down_to(scene, heights, level: float, *bands: tuple[float, str, tuple[float, float, float]]) -> Texture:
    """What the front shows above a level: a shirt, and from each height down another label and colour."""
    confidence = (scene.front & (heights > level)).float()
    rgb, labels = torch.tensor(SHIRT)[:, None, None].expand(3, SIZE, SIZE).clone(), torch.full((SIZE, SIZE), 2)
    for top, label, colour in bands:
        here = heights < top
        rgb, labels = (
            torch.where(here, torch.tensor(colour)[:, None, None], rgb),
            labels.masked_fill(here, LABELS.index(label)),
        )
    seen = confidence > 0
    return Texture(rgb=rgb * seen, confidence=confidence, labels=(labels * seen).to(torch.uint8))


def colour_of(image: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    colours = image[:, where].T
    assert torch.allclose(colours, colours[:1].expand_as(colours)), "one colour"
    return colours[0]


def dress(anny, body, partial) -> torch.Tensor:
    base = torch.tensor(SHIRT)[:, None, None].expand(3, SIZE, SIZE).clone()
    return dress_unseen_legs(base, partial, body[0], anny)


def test_the_level_is_where_the_photo_ends(scene, body):
    _, heights, feet = body
    assert lowest_seen(seen_down_to(scene, heights, 0.8).confidence, heights, feet) == pytest.approx(0.8, abs=0.03)
    assert lowest_seen(seen_down_to(scene, heights, -1.0).confidence, heights, feet) == 0


@pytest.mark.parametrize("level", [0.75, 1.1])
def test_shirts_end_at_the_hip_and_quiet_trousers_begin(anny, scene, body, level):
    _, heights, feet = body
    dressed = dress(anny, body, seen_down_to(scene, heights, level))
    assert torch.allclose(colour_of(dressed, (heights < 0.7) & ~feet), torch.tensor(_TROUSERS))
    assert torch.allclose(colour_of(dressed, feet), torch.tensor(QUIET_SHOES))
    assert torch.allclose(colour_of(dressed, heights > 1.1), torch.tensor(SHIRT))


def test_trousers_go_on_behind_and_below(anny, scene, body):
    _, heights, feet = body
    dressed = dress(anny, body, seen_down_to(scene, heights, 0.7, (0.9, "lower", RED)))
    assert torch.allclose(colour_of(dressed, (heights < 0.7) & ~feet), torch.tensor(RED))
    behind = (heights < 0.86) & (heights > 0.7) & ~scene.front
    assert torch.allclose(colour_of(dressed, behind), torch.tensor(RED))
    assert torch.allclose(colour_of(dressed, feet), torch.tensor(QUIET_SHOES))


def test_what_is_known_to_be_behind_stays_above_the_photos_edge(anny, scene, body):
    """In front trousers are seen up to the waist; behind, a jacket hides them. Below, legs are dressed all the same."""
    rest, heights, feet = body
    partial = seen_down_to(scene, heights, 0.4, (1.0, "lower", RED))
    base = torch.tensor(SHIRT)[:, None, None].expand(3, SIZE, SIZE).clone()
    dressed = dress_unseen_legs(base, partial, rest, anny, whole_labels=True)
    assert torch.allclose(colour_of(dressed, (heights > 0.5) & ~scene.front), torch.tensor(SHIRT))
    assert torch.allclose(colour_of(dressed, (heights < 0.37) & ~feet), torch.tensor(RED))


def test_shoes_differ_from_dark_trousers(anny, scene, body):
    dressed = dress(anny, body, seen_down_to(scene, body[1], 0.7, (0.9, "lower", (0.15, 0.15, 0.15))))
    assert torch.allclose(colour_of(dressed, body[2]), torch.tensor(_LIGHT_SHOES))


def test_below_shorts_legs_are_bare(anny, scene, body):
    _, heights, feet = body
    dressed = dress(anny, body, seen_down_to(scene, heights, 0.55, (0.9, "lower", RED), (0.65, "skin", SKIN)))
    assert torch.allclose(colour_of(dressed, (heights < 0.6) & ~feet & ~scene.front), torch.tensor(SKIN))


def test_a_dress_ends_at_the_knee(anny, scene, body):
    rest, heights, feet = body
    dressed = dress(anny, body, seen_down_to(scene, heights, 0.7, (1.2, "dress", RED)))
    knee = float(rest.joints[anny.roles["left_knee"], 1])
    assert torch.allclose(colour_of(dressed, (heights < 0.7) & (heights > knee + 0.02)), torch.tensor(RED))
    below = dressed[:, (heights < knee - 0.06) & ~feet]
    assert not bool((below == torch.tensor(RED)[:, None]).all(0).any())


def test_who_shows_the_feet_is_left_alone(anny, scene, body):
    partial = seen_down_to(scene, body[1], -1.0)
    base = torch.rand(3, SIZE, SIZE)
    assert dress_unseen_legs(base, partial, body[0], anny) is base
    unlabelled = replace(seen_down_to(scene, body[1], 0.8), labels=None)
    assert dress_unseen_legs(base, unlabelled, body[0], anny) is base


@pytest.mark.parametrize(("share", "level"), [(0.08, 0.0), (0.02, 0.4)])
def test_a_shin_behind_the_other_is_seen_though_little_of_it_is(share, level):
    """Sandals hide the feet. Above 0.4 m a third is seen, below it so much down to the ankle."""
    heights = (torch.arange(1000.0) / 1000)[:, None].expand(1000, 100)
    shown = torch.where(heights < 0.4, share, 0.33) * (heights > 0.1)
    confidence = (torch.arange(100)[None] < 100 * shown).float()
    assert lowest_seen(confidence, heights, heights < 0.06) == pytest.approx(level, abs=0.021)
