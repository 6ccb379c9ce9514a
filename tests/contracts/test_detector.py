"""What every detector promises, on three photos."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from bodydouble.errors import InputError, NoPersonFound
from bodydouble.person import DETECTORS, detector
from bodydouble.person.photo import read_photo
from bodydouble.values import (
    BODY_LANDMARKS,
    FACE_LANDMARKS,
    LANDMARK_COUNT,
    LEFT_HAND_LANDMARKS,
    RIGHT_HAND_LANDMARKS,
    Photo,
)

PHOTOS = {"front": "man_apose.jpg", "behind": "man_from_behind_barbell.jpg", "cut_out": "woman_seated.png"}
NOSE, LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_WRIST, RIGHT_WRIST, LEFT_ANKLE = 0, 11, 12, 15, 16, 27
MIRRORED = [0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, *(row + 1 if row % 2 else row - 1 for row in range(11, 33))]

pytestmark = pytest.mark.parametrize("name", DETECTORS)


@pytest.fixture(scope="module")
def photos(shared) -> dict[str, Photo]:
    return {kind: read_photo(shared / "photos" / file) for kind, file in PHOTOS.items()}


@pytest.fixture(scope="module")
def found(photos):
    """The person of a photo, detected once."""
    known = {}

    def find(name: str, kind: str):
        if (name, kind) not in known:
            known[name, kind] = detector(name)(photos[kind])
        return known[name, kind]

    return find


def height_px(person) -> float:
    y = person.landmarks[BODY_LANDMARKS, 1]
    return float(y.max() - y.min())


@pytest.mark.parametrize("kind", PHOTOS)
def test_shapes_and_ranges(name, kind, photos, found):
    person = found(name, kind)
    height, width = photos[kind].size
    assert person.mask.shape == (height, width) and person.mask.dtype == torch.float32
    assert person.mask.min() >= 0 and person.mask.max() <= 1 and person.mask.max() > 0.9
    assert person.landmarks.shape == (LANDMARK_COUNT, 3) and person.landmarks.isfinite().all()
    scores = person.landmarks[:, 2]
    assert scores.min() >= 0 and scores.max() <= 1
    assert person.landmarks_world.shape == (LANDMARK_COUNT, 3)
    assert person.landmarks_world[BODY_LANDMARKS].isfinite().all()
    for part in (LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS, FACE_LANDMARKS):
        assert (person.landmarks_world[part].isnan() == (scores[part] == 0)[:, None]).all()


@pytest.mark.parametrize("kind", PHOTOS)
def test_landmarks_lie_on_the_mask(name, kind, found):
    person = found(name, kind)
    seen = person.landmarks[person.landmarks[:, 2] > 0.7]
    columns, rows = seen[:, :2].int().T
    height, width = person.mask.shape
    inside = person.mask[rows.clamp(0, height - 1), columns.clamp(0, width - 1)] > 0.5
    assert inside.float().mean() > 0.9


def test_left_and_right_are_the_persons_own(name, found):
    person = found(name, "front")
    assert person.landmarks[LEFT_WRIST, 0] > person.landmarks[RIGHT_WRIST, 0]
    for hand, wrist in ((LEFT_HAND_LANDMARKS, LEFT_WRIST), (RIGHT_HAND_LANDMARKS, RIGHT_WRIST)):
        assert person.landmarks[hand, 2].min() > 0
        assert (person.landmarks[hand.start, :2] - person.landmarks[wrist, :2]).norm() < 0.05 * height_px(person)
    behind = found(name, "behind")
    assert behind.landmarks[LEFT_SHOULDER, 0] < behind.landmarks[RIGHT_SHOULDER, 0]


def test_one_hand_is_never_both(name, found):
    """The seated woman's hands lie in each other."""
    person = found(name, "cut_out")
    left, right = person.landmarks[LEFT_HAND_LANDMARKS], person.landmarks[RIGHT_HAND_LANDMARKS]
    both = left[0, 2] > 0 and right[0, 2] > 0
    assert not both or (left - right)[:, :2].norm(dim=1).mean() > 0.01 * height_px(person)


def test_world_axes_are_the_cameras(name, found):
    world = found(name, "front").landmarks_world
    assert world[LEFT_SHOULDER, 0] > world[RIGHT_SHOULDER, 0]  # x right
    assert world[NOSE, 1] < world[LEFT_ANKLE, 1]  # y down
    assert world[NOSE, 2] < world[LEFT_SHOULDER, 2]  # z away: the nose comes first
    assert 0.25 < (world[LEFT_SHOULDER] - world[RIGHT_SHOULDER]).norm() < 0.5
    thumb, little = LEFT_HAND_LANDMARKS.start + 4, LEFT_HAND_LANDMARKS.start + 20
    assert 0.05 < (world[thumb] - world[little]).norm() < 0.25


def test_a_face_is_seen_from_the_front_alone(name, found):
    assert found(name, "behind").landmarks[FACE_LANDMARKS, 2].max() == 0
    person = found(name, "front")
    face = person.landmarks[FACE_LANDMARKS]
    assert face[:, 2].min() > 0.5
    assert (face[:, :2].mean(0) - person.landmarks[NOSE, :2]).norm() < 0.04 * height_px(person)


def test_a_mirrored_photo_swaps_left_and_right(name, photos, found):
    photo, person = photos["front"], found(name, "front")
    mirrored = detector(name)(replace(photo, rgb=photo.rgb.flip(2)))
    width, tolerance = photo.size[1], 0.02 * height_px(person)
    body = mirrored.landmarks[BODY_LANDMARKS][MIRRORED]
    expected = person.landmarks[BODY_LANDMARKS]
    assert torch.hypot(width - body[:, 0] - expected[:, 0], body[:, 1] - expected[:, 1]).max() < tolerance
    for here, there in ((LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS), (RIGHT_HAND_LANDMARKS, LEFT_HAND_LANDMARKS)):
        hand = mirrored.landmarks[here]
        assert hand[:, 2].min() > 0
        assert (width - hand[:, 0] - person.landmarks[there, 0]).abs().mean() < tolerance
    agree = (mirrored.mask.flip(1) > 0.5) == (person.mask > 0.5)
    assert agree.sum() > agree.numel() - 0.03 * (person.mask > 0.5).sum()


def test_pixels_are_those_of_the_photo(name, photos, found):
    """Grey on the left and above moves everything by as much."""
    photo, person = photos["front"], found(name, "front")
    padded = torch.nn.functional.pad(photo.rgb, (200, 0, 120, 0), value=0.5)
    moved = detector(name)(replace(photo, rgb=padded))
    distance = moved.landmarks[BODY_LANDMARKS, :2] - torch.tensor([200, 120]) - person.landmarks[BODY_LANDMARKS, :2]
    assert distance.norm(dim=1).max() < 0.03 * height_px(person)
    agree = (moved.mask[120:, 200:] > 0.5) == (person.mask > 0.5)
    assert agree.sum() > agree.numel() - 0.03 * (person.mask > 0.5).sum()


def test_alpha_is_the_mask(name, photos, found):
    person = found(name, "cut_out")
    assert torch.equal(person.mask, photos["cut_out"].alpha) and person.mask_is_exact and person.warnings == ()


def test_colours_under_alpha_do_not_matter(name, photos, found):
    photo = photos["cut_out"]
    noise = torch.rand(photo.rgb.shape, generator=torch.Generator().manual_seed(0))
    other = replace(photo, rgb=torch.where(photo.alpha > 0, photo.rgb, noise))
    assert torch.equal(detector(name)(other).landmarks, found(name, "cut_out").landmarks)


def test_the_mask_is_clean(name, found):
    mask = found(name, "front").mask
    soft = ((mask > 0.05) & (mask < 0.95)).sum() / (mask > 0.5).sum()
    assert soft < 0.08


def test_the_same_result_twice(name, photos, found):
    first, second = found(name, "front"), detector(name)(photos["front"])
    assert torch.equal(first.mask, second.mask)
    assert torch.equal(first.landmarks, second.landmarks)
    assert torch.equal(first.landmarks_world.nan_to_num(9), second.landmarks_world.nan_to_num(9))


def test_a_small_person_in_a_wide_photo(name, photos, found):
    """200 pixels tall in 12 megapixels, away from the middle."""
    scale = 200 / height_px(found(name, "front"))
    small = torch.nn.functional.interpolate(photos["front"].rgb[None], scale_factor=scale, mode="area")[0]
    wide = torch.full((3, 3000, 4000), 0.55)
    wide[:, 1900 : 1900 + small.shape[1], 700 : 700 + small.shape[2]] = small
    person = detector(name)(Photo(rgb=wide))
    expected = found(name, "front").landmarks[BODY_LANDMARKS, :2] * scale + torch.tensor([700.0, 1900.0])
    assert (person.landmarks[BODY_LANDMARKS, :2] - expected).norm(dim=1).max() < 0.06 * 200
    inside = person.mask[1900 : 1900 + small.shape[1], 700 : 700 + small.shape[2]].sum()
    assert inside > 2000 and inside > 0.999 * person.mask.sum()


def test_boxes_are_told_in_pixels_of_the_file(name, photos):
    """A photo that was reduced when it was read tells of places as whoever gave the file knows them."""
    photo = two_people(photos)
    (told,) = detector(name)(photo).warnings
    (of_file,) = detector(name)(replace(photo, file_scale=0.5)).warnings
    places = [[int(edge) for edge in re.findall(r"(\d+),(\d+),(\d+),(\d+)", text)[1]] for text in (told, of_file)]
    assert places[1] == pytest.approx([2 * edge for edge in places[0]], abs=2)


def two_people(photos: dict[str, Photo]) -> Photo:
    half = photos["front"].rgb[:, :, 190:890]
    return Photo(rgb=torch.cat([half, half.flip(2)], 2), name="two.png")


def test_several_people_are_told_of_and_a_box_picks(name, photos, found):
    photo = two_people(photos)
    (warning,) = detector(name)(photo).warnings
    assert "--box" in warning and "--person" in warning and " 2 at " in warning and " 3 at " not in warning
    for left in (0, 700):
        person = detector(name)(photo, (left, 0, 700, 720))
        assert person.warnings == ()
        assert left < person.landmarks[NOSE, 0] < left + 700
        assert person.mask.shape == photo.size
        assert person.mask[:, :left].sum() + person.mask[:, left + 700 :].sum() == 0
    assert found(name, "front").warnings == ()


def test_a_number_picks_from_left_to_right(name, photos):
    photo = two_people(photos)
    for number, left in ((1, 0), (2, 700)):
        person = detector(name)(photo, None, number)
        assert left < person.landmarks[NOSE, 0] < left + 700
        (warning,) = person.warnings
        assert f"took {number};" in warning
    with pytest.raises(InputError, match="no person 3"):
        detector(name)(photo, None, 3)


def test_one_person_is_not_several(name, photos):
    """Colour is no part of it: the same photo turned grey."""
    photo = photos["front"]
    grey = (photo.rgb * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(0, keepdim=True).expand(3, -1, -1)
    assert detector(name)(replace(photo, rgb=grey)).warnings == ()


def transparencies(size: tuple[int, int]) -> dict[str, torch.Tensor]:
    """Alpha channels that say nothing of a person."""
    height, width = size
    pixel, corners, shadow = torch.ones(size), torch.ones(size), torch.ones(size)
    pixel[0, 0] = 0
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    from_corner = torch.hypot(torch.minimum(x, width - 1 - x) - 60.0, torch.minimum(y, height - 1 - y) - 60.0)
    corners[(from_corner > 60) & (torch.minimum(x, width - 1 - x) < 60) & (torch.minimum(y, height - 1 - y) < 60)] = 0
    shadow[:, -40:] = torch.linspace(0.6, 0, 40)
    return {"pixel": pixel, "corners": corners, "shadow": shadow, "glass": torch.full(size, 0.9)}


@pytest.mark.parametrize("kind", transparencies((200, 200)))
def test_transparency_that_is_no_outline_is_passed_over(name, kind, photos, found):
    photo, opaque = photos["front"], found(name, "front")
    person = detector(name)(replace(photo, alpha=transparencies(photo.size)[kind]))
    assert torch.equal(person.mask, opaque.mask) and torch.equal(person.landmarks, opaque.landmarks)
    assert not person.mask_is_exact
    (warning,) = person.warnings
    assert "transparency" in warning and photo.name in warning


@pytest.mark.parametrize(("turns", "words"), [(2, "upside down.*180°"), (1, "lies on the side.*90°"), (3, "90°")])
def test_who_is_not_upright_is_told_of(name, turns, words, photos):
    photo = photos["front"]
    (warning,) = detector(name)(replace(photo, rgb=photo.rgb.rot90(turns, (1, 2)).contiguous())).warnings
    assert re.search(words, warning)


def test_what_is_cut_off_is_named(name, photos):
    photo = photos["front"]
    above_the_knees = replace(photo, rgb=photo.rgb[:, :400])
    (warning,) = detector(name)(above_the_knees).warnings
    assert "left leg" in warning and "right leg" in warning and "hand" not in warning


@pytest.mark.parametrize("box", [(0, 0, 0, 0), (5000, 0, 50, 50), (0, -90, 50, 50), (0, 0, math.nan, 9)])
def test_a_box_beside_the_photo_is_refused(name, box):
    with pytest.raises(InputError, match="box"):
        detector(name)(Photo(rgb=torch.zeros(3, 100, 100)), box)


NOISE = torch.from_numpy(np.random.default_rng(0).random((3, 240, 320), dtype=np.float32))
NOBODY = {"black": torch.zeros(3, 200, 200), "white": torch.ones(3, 90, 300), "noise": NOISE}


@pytest.mark.parametrize("kind", NOBODY)
def test_nobody(name, kind):
    with pytest.raises(NoPersonFound, match="empty.png.*--box"):
        detector(name)(Photo(rgb=NOBODY[kind], name="empty.png"))


def test_nothing_is_written_to_the_terminal(name, photos, capfd):
    detector(name)(photos["front"])
    assert capfd.readouterr() == ("", "")
