"""Attributes of clothes: where they are looked for, what is pooled there, and what the shipped head says."""

from dataclasses import replace

import pytest
import torch

from bodydouble.errors import InputError
from bodydouble.geometry.window import Window
from bodydouble.parsing.body_regions import draw_regions, foot_window, leg_regions
from bodydouble.parsing.builtin import read_parser
from bodydouble.parsing.labels import BACKGROUND, LABELS, LOWER, SKIN
from bodydouble.parsing.network import TAP_CHANNELS
from bodydouble.parsing.style import ATTRIBUTES, REGION_CHANNELS, VIEWS, StyleHead, pool_regions, read_style_head
from bodydouble.parsing.style_views import look_at, pool_views
from bodydouble.person.landmarks import MIRRORED, BodyPoint
from bodydouble.values import Person
from bodydouble.weights import find_weights
from tests.standing import SCALE, stand_upright

SIZE = 384  # pixels


@pytest.fixture
def standing() -> Person:
    mask = torch.zeros(SIZE, SIZE)
    mask[40:370, 140:240] = 1
    return stand_upright(mask)


def mirrored(person: Person) -> Person:
    landmarks, world = person.landmarks.clone(), person.landmarks_world.clone()
    landmarks[:33], world[:33] = landmarks[MIRRORED], world[MIRRORED]
    landmarks[:33, 0], world[:33, 0] = SIZE - landmarks[:33, 0], -world[:33, 0]
    return replace(person, landmarks=landmarks, landmarks_world=world, mask=person.mask.flip(1))


def test_legs_and_the_gap_between_them_are_different_places(standing):
    regions = leg_regions(standing, SCALE)
    window = Window(0, 0, SIZE)
    leg, gap, hull = draw_regions([regions[name] for name in ("leg 2", "gap 2", "legs")], window, SIZE)
    x, y = standing.landmarks[BodyPoint.LEFT_KNEE, :2].long().tolist()
    assert leg[y + 20, x] and not gap[y + 20, x]
    assert gap[y + 20, SIZE // 2] and not leg[y + 20, SIZE // 2]
    assert hull[y + 20, x] and hull[y + 20, SIZE // 2]
    assert not leg[: y - 15].any(), "the third stretch begins at the knees"


def test_a_means_weights_are_the_labels(standing):
    """Where a place asks for trousers, the features of skin beside them do not count."""
    chances = torch.zeros(1, len(LABELS), 32, 32)
    chances[:, LOWER, :, :16], chances[:, SKIN, :, 16:] = 1, 1
    taps = [torch.zeros(1, width, 16, 16) for width in TAP_CHANNELS]
    taps[2][..., :8], taps[2][..., 8:] = 1, 5
    pooled = pool_regions(taps, chances, torch.ones(1, 3, 8, 8), [(), (LOWER,), (SKIN,)]).view(3, REGION_CHANNELS)
    assert torch.allclose(pooled[:, LOWER], torch.full((3,), 0.5)), "a label's mean is the region's"
    assert pooled[:, len(LABELS)].tolist() == pytest.approx([3, 1, 5])


def test_what_is_not_there_has_no_features():
    chances = torch.zeros(1, len(LABELS), 8, 8)
    chances[:, BACKGROUND] = 1
    taps = [torch.ones(1, width, 4, 4) for width in TAP_CHANNELS]
    pooled = pool_regions(taps, chances, torch.ones(1, 1, 8, 8), [(LOWER,)])
    assert float(pooled[:, len(LABELS) :].abs().max()) == 0


def test_a_mirrored_photo_has_the_same_features(standing):
    near = read_parser()
    image = torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    square = Window(0, 0, SIZE)

    def features(person, picture):
        def view(window, size):
            part = Window(window.left, window.top, window.side).view(
                (picture[0] * 255).byte().permute(1, 2, 0).numpy(), size
            )
            return torch.from_numpy(part).permute(2, 0, 1)[None].float() / 255

        with torch.no_grad():
            body = look_at(near, torch.cat([picture, picture.flip(3)]), square)
            return pool_views(near, person, body, body, view)

    one, other = features(standing, image), features(mirrored(standing), image.flip(3))
    assert set(one) == set(VIEWS)
    for name in ("legs", "trunk", "head"):
        scale = float(one[name].abs().mean())
        assert float((one[name] - other[name].flip(0)).abs().mean()) < 0.1 * scale, name
    assert one["foot"].shape == (2, len(VIEWS["foot"].places) * REGION_CHANNELS)


def test_what_the_photo_cuts_off_has_no_attributes(standing):
    low = replace(standing, mask=standing.mask[:230])  # down to below the hips
    near = read_parser()
    picture = torch.zeros(2, 3, 128, 128)
    with torch.no_grad():
        body = look_at(near, picture, Window(0, 0, SIZE))
        features = pool_views(near, low, body, None, lambda window, size: torch.zeros(1, 3, size, size))
    assert set(features) == {"trunk"}
    estimate = read_style_head().estimate(features)
    assert set(estimate.chances) == set(VIEWS["trunk"].attributes)
    assert estimate.chance("shoes", "boot") is None
    assert sum(estimate.chances["outer"].values()) == pytest.approx(1)


def test_the_foots_square_holds_the_foot(standing):
    window = foot_window(standing, SCALE, "left")
    for point in (BodyPoint.LEFT_ANKLE, BodyPoint.LEFT_HEEL, BodyPoint.LEFT_FOOT_INDEX):
        x, y = standing.landmarks[point, :2].tolist()
        assert window.left < x < window.left + window.side and window.top < y < window.top + window.side


def test_untrained_all_options_are_alike():
    head = StyleHead()
    features = {name: torch.randn(2, len(view.places) * REGION_CHANNELS) for name, view in VIEWS.items()}
    for name, chances in head(features).items():
        assert torch.allclose(chances, torch.full((len(ATTRIBUTES[name]),), 1 / len(ATTRIBUTES[name])))


def test_other_weights_are_refused():
    with pytest.raises(InputError, match="holds no style head"):
        read_style_head("parser")


def test_it_is_small():
    assert find_weights("style").path.stat().st_size < 200_000
