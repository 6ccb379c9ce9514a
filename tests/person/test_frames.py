"""The frames taken of a video are sharp, show the person from all sides, and begin with the front."""

import cv2
import numpy as np
import pytest
import torch

from bodydouble.errors import NoPersonFound
from bodydouble.person.frames import (
    FramesConfig,
    FrameScore,
    azimuth_of,
    choose_frames,
    pick_frames,
    sharpest_of_stretches,
    side_of,
)
from bodydouble.values import LANDMARK_COUNT, Person
from tests.person.test_video import write_video


def look(azimuth: float, sharpness: float = 1.0, whole: float = 1.0) -> FrameScore:
    return FrameScore(azimuth_deg=azimuth, sharpness=sharpness, whole=whole)


def person_from(azimuth_deg: float, mask: torch.Tensor) -> Person:
    """Shoulders and hips as a camera at that azimuth sees them."""
    angle = np.deg2rad(azimuth_deg)
    world = torch.full((LANDMARK_COUNT, 3), torch.nan)
    across = torch.tensor([np.cos(angle), 0.0, -np.sin(angle)], dtype=torch.float32)
    for left, right, half in ((11, 12, 0.2), (23, 24, 0.1)):
        world[left], world[right] = half * across, -half * across
    landmarks = torch.zeros(LANDMARK_COUNT, 3)
    landmarks[:, 0], landmarks[:, 1] = mask.shape[1] / 2, mask.shape[0] / 2
    return Person(mask=mask, landmarks=landmarks, landmarks_world=world)


@pytest.mark.parametrize("azimuth", [0, 40, 90, 170, -90, -135])
def test_shoulders_and_hips_tell_the_side(azimuth):
    assert azimuth_of(person_from(azimuth, torch.ones(8, 8))) == pytest.approx(azimuth, abs=0.1)


def test_sides_in_words():
    assert [side_of(azimuth) for azimuth in (0, 50, 90, -90, 179, -179, -20)] == [
        "front", "front left", "left", "right", "back", "back", "front",
    ]  # fmt: skip


def test_the_front_comes_first_and_the_back_next():
    taken = pick_frames([look(azimuth) for azimuth in (60, 20, -5, -60, -120, 176, 120)])
    assert taken[:2] == [2, 5]
    assert len(set(taken)) == len(taken)


def test_a_whole_turn_gives_every_side_and_standing_still_one_frame():
    turn = [look(azimuth) for azimuth in range(0, 360, 15)]
    azimuths = sorted(turn[number].azimuth_deg for number in pick_frames(turn))
    assert 6 <= len(azimuths) <= 8
    assert max(np.diff([*azimuths, azimuths[0] + 360])) <= 75
    assert len(pick_frames([look(0.5 * number) for number in range(20)])) == 1


def test_no_more_than_were_asked_for():
    turn = [look(azimuth) for azimuth in range(0, 360, 15)]
    assert [len(pick_frames(turn, FramesConfig(most=most))) for most in (1, 3)] == [1, 3]


@pytest.mark.parametrize("worse", [{"sharpness": 0.5}, {"whole": 0.6}])
def test_of_two_like_frames_the_better_one_is_taken(worse):
    taken = pick_frames([look(2, **worse), look(8), look(180, **worse), look(175)], FramesConfig(most=2))
    assert taken == [1, 3]


def test_every_stretch_gives_its_sharpest():
    assert sharpest_of_stretches([1, 5, 2, 9, 3, 4], 3) == [1, 3, 5]
    assert sharpest_of_stretches([1, 2], 24) == [0, 1]


class TurningDetector:
    """Sees a person who turns from frame to frame, whose number a grey level tells; every third frame shows nobody."""

    def __init__(self):
        self.boxes = []

    def __call__(self, photo, box=None):
        self.boxes.append(box)
        number = round(float(photo.rgb[:, :8, :8].mean()) * 255 / 10) - 1
        if number % 3 == 1:
            raise NoPersonFound("nobody")
        mask = torch.zeros(photo.size)
        mask[20:-20, 20:-20] = 1
        return person_from(number * 30.0 - 60, mask)


def turning_frames(blurred=()):
    """Twelve frames, thirty degrees apart, that start at -60."""
    pattern = np.random.default_rng(0).integers(0, 255, (128, 96, 3)).astype(np.uint8)
    for number in range(12):
        frame = cv2.GaussianBlur(pattern, (0, 0), 3 if number in blurred else 1)
        frame[:16, :16] = 10 * (number + 1)
        yield frame


def test_a_video_becomes_a_few_photos(tmp_path):
    path, find, told = write_video(tmp_path / "turn.mp4", list(turning_frames())), TurningDetector(), []
    chosen = choose_frames(
        path, find, FramesConfig(most=4), box=(8, 8, 80, 100), progress=lambda *one: told.append(one)
    )
    assert [photo.name for photo in chosen.photos][0] == "turn.mp4 at 0.20 s", "the front stands there"
    assert len(chosen.photos) == 4 and chosen.photos[0].size == (128, 96)
    assert "took 4 of 12 frames" in chosen.note and "0.2 s (front)" in chosen.note
    assert chosen.box == find.boxes[0] == (8, 8, 80, 100)
    assert told[-1] == (chosen.note, 1.0)
    shares = [done for _, done in told]
    assert shares == sorted(shares)


def test_a_blurred_frame_loses_to_its_neighbour(tmp_path):
    path = write_video(tmp_path / "turn.mp4", list(turning_frames(blurred=(2,))))
    (photo,) = choose_frames(path, TurningDetector(), FramesConfig(most=1)).photos
    assert photo.name == "turn.mp4 at 0.30 s", "not the front, at 0.2 s, which is blurred"


def test_a_video_of_nobody_says_so(tmp_path):
    def nobody(photo, box=None):
        raise NoPersonFound("nobody")

    path = write_video(tmp_path / "empty_room.mp4", list(turning_frames()))
    with pytest.raises(NoPersonFound, match="no person was found in 12 of its frames"):
        choose_frames(path, nobody)
