"""Photos of one person in the same clothes are alike in any pose and light; those of others are not."""

import cv2
import numpy as np
import pytest
import torch

from bodydouble.person import detector
from bodydouble.person.landmarks import ARMS, LEGS, TOES, TORSO, BodyPoint
from bodydouble.person.likeness import are_unlike, describe_look
from bodydouble.person.photo import read_photo
from bodydouble.values import LANDMARK_COUNT, Person, Photo

PLACES = {
    **{BodyPoint.LEFT_SHOULDER: (240, 120), BodyPoint.RIGHT_SHOULDER: (160, 120)},
    **{BodyPoint.LEFT_ELBOW: (275, 200), BodyPoint.RIGHT_ELBOW: (125, 200)},
    **{BodyPoint.LEFT_WRIST: (295, 275), BodyPoint.RIGHT_WRIST: (105, 275)},
    **{BodyPoint.LEFT_HIP: (225, 280), BodyPoint.RIGHT_HIP: (175, 280)},
    **{BodyPoint.LEFT_KNEE: (230, 390), BodyPoint.RIGHT_KNEE: (170, 390)},
    **{BodyPoint.LEFT_ANKLE: (232, 490), BodyPoint.RIGHT_ANKLE: (168, 490)},
    **{BodyPoint.LEFT_FOOT_INDEX: (250, 520), BodyPoint.RIGHT_FOOT_INDEX: (150, 520)},
}
RED, BLUE, GREY, SKIN = (0.6, 0.15, 0.15), (0.15, 0.2, 0.5), (0.4, 0.4, 0.42), (0.75, 0.55, 0.45)


def drawn(shirt, trousers, light=(1.0, 1.0, 1.0), mirrored=False) -> tuple[Photo, Person]:
    """A person of sticks and patches before a white wall."""
    image, mask = np.ones((560, 400, 3), np.float32), np.zeros((560, 400), np.uint8)

    def draw(lines, colour, width):
        for start, end in lines:
            for canvas, value in ((image, colour), (mask, 1)):
                cv2.line(canvas, PLACES[start], PLACES[end], value, width)

    draw([*LEGS, *TOES], trousers, 36)
    draw(ARMS[::2], shirt, 28)
    draw(ARMS[1::2], SKIN, 24)
    trunk = np.array([PLACES[point] for point in (TORSO[0], TORSO[1], TORSO[3], TORSO[2])])
    cv2.fillPoly(image, [trunk], shirt)
    cv2.fillPoly(mask, [trunk], 1)
    landmarks = torch.zeros(LANDMARK_COUNT, 3)
    for point, place in PLACES.items():
        landmarks[point] = torch.tensor([*place, 1.0])
    rgb = torch.from_numpy(image * np.array(light, np.float32)).permute(2, 0, 1).clamp(0, 1)
    solid = torch.from_numpy(mask).float()
    if mirrored:
        rgb, solid, landmarks[:, 0] = rgb.flip(2), solid.flip(1), 400 - landmarks[:, 0]
    person = Person(mask=solid, landmarks=landmarks, landmarks_world=torch.full((LANDMARK_COUNT, 3), torch.nan))
    return Photo(rgb=rgb.contiguous()), person


def look(*clothes, **options):
    return describe_look(*drawn(*clothes, **options))


@pytest.mark.parametrize("light", [(1, 1, 1), (0.75, 0.75, 0.75), (1.0, 0.95, 0.85)])
def test_the_same_clothes_in_another_light_are_alike(light):
    assert not are_unlike(look(RED, BLUE), look(RED, BLUE, light=light, mirrored=True))


@pytest.mark.parametrize("clothes", [(BLUE, BLUE), (RED, GREY), (BLUE, RED), ((0.9, 0.9, 0.9), BLUE)])
def test_other_clothes_are_unlike(clothes):
    assert are_unlike(look(RED, BLUE), look(*clothes))
    assert are_unlike(look(*clothes), look(RED, BLUE))


def test_where_no_torso_is_in_sight_nothing_is_said():
    photo, person = drawn(BLUE, GREY)
    landmarks = person.landmarks.clone()
    landmarks[TORSO, 2] = 0.1
    hidden = Person(mask=person.mask, landmarks=landmarks, landmarks_world=person.landmarks_world)
    assert not are_unlike(look(RED, BLUE), describe_look(photo, hidden))


def test_real_people(shared):
    def seen(name: str):
        photo = read_photo(shared / name)
        return describe_look(photo, detector()(photo))

    man = seen("photos/man_apose.jpg")
    assert not are_unlike(man, seen("photos/test_m.jpg"))
    assert are_unlike(man, seen("photos/woman_dungarees.png"))
    front, back = (seen(f"frontback/mj07-red_{side}.jpg") for side in ("front", "back"))
    assert not are_unlike(front, back) and are_unlike(front, seen("frontback/ws01-black_back.jpg"))
