"""A bag of which the parser is not sure is found whole; a garment is no thing."""

import numpy as np
import pytest
import torch

from bodydouble.parsing.labels import BACKGROUND, LABELS, LOWER, SKIN, THING
from bodydouble.parsing.thing_features import CloseLook
from bodydouble.parsing.thing_scores import find_regions, leave_out_garments
from bodydouble.person.landmarks import HAND_ROWS
from bodydouble.values import BODY_LANDMARKS, LANDMARK_COUNT, Person, Photo, Understanding

HEIGHT, WIDTH, SCALE = 400, 300, 200.0  # pixels; pixels a metre
BODY, BAG = (slice(20, 390), slice(100, 180)), (slice(200, 260), slice(150, 215))
SHORTS = (slice(180, 270), slice(100, 180))


@pytest.fixture
def scene() -> tuple[Photo, Person, Understanding]:
    """Bare skin, black shorts and, half before them, a red bag that is shorts, rather than a thing, to the parser."""
    rgb, mask, labels = (
        torch.full((3, HEIGHT, WIDTH), 0.6),
        torch.zeros(HEIGHT, WIDTH),
        torch.zeros(len(LABELS), HEIGHT, HEIGHT),
    )
    for place, colour, thing, label in (
        (BODY, (0.8, 0.6, 0.5), 0.02, SKIN),
        (SHORTS, (0.1, 0.1, 0.1), 0.05, LOWER),
        (BAG, (0.7, 0.1, 0.1), 0.4, LOWER),
    ):
        rgb[(slice(None), *place)] = torch.tensor(colour)[:, None, None]
        mask[place] = 1
        labels[(slice(None), *place)] = 0
        labels[THING][place], labels[label][place] = thing, 1 - thing
    labels[BACKGROUND] = 1 - labels.sum(0)
    landmarks = torch.tensor([140.0, 60.0, 1.0]).repeat(LANDMARK_COUNT, 1)
    landmarks[BODY_LANDMARKS][HAND_ROWS, :2] = torch.tensor([180.0, 196.0])
    return (
        Photo(rgb=rgb),
        Person(mask=mask, landmarks=landmarks, landmarks_world=landmarks / SCALE),
        Understanding(labels=labels, normals=torch.zeros(3, HEIGHT, HEIGHT), left=0, top=0, side=HEIGHT),
    )


def overlap(regions, place) -> float:
    found, wanted = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool), torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    wanted[place] = True
    for region in regions:
        found |= torch.from_numpy(region)
    return float((found & wanted).sum() / (found | wanted).sum())


def test_what_stands_out_is_a_thing_though_no_pixel_of_it_is_sure(scene):
    assert overlap(find_regions(*scene, SCALE), BAG) > 0.85


def test_the_whole_bag_is_found_where_half_of_it_is_cloth_to_the_parser(scene):
    photo, person, understanding = scene
    half = (slice(200, 260), slice(180, 215))
    understanding.labels[THING][half], understanding.labels[LOWER][half] = 0.08, 0.92
    assert overlap(find_regions(photo, person, understanding, SCALE), BAG) > 0.85


def test_all_of_a_garment_is_no_thing(scene):
    """With nothing else left of the shorts, they are what stands out."""
    photo, person, understanding = scene
    photo.rgb[(slice(None), *SHORTS)] = torch.tensor([0.7, 0.1, 0.1])[:, None, None]
    understanding.labels[THING][SHORTS], understanding.labels[LOWER][SHORTS] = 0.4, 0.6
    assert overlap(find_regions(photo, person, understanding, SCALE), SHORTS) < 0.3


def test_where_nothing_may_be_a_thing_nothing_is_found(scene):
    photo, person, understanding = scene
    understanding.labels[LOWER] += understanding.labels[THING]
    understanding.labels[THING] = 0
    assert find_regions(photo, person, understanding, SCALE) == []


@pytest.mark.parametrize(("chance", "colour", "stays"), [(0.02, 30.0, False), (0.3, 30.0, True), (0.02, 4.0, True)])
def test_a_garment_of_another_colour_does_not_go_with_the_thing(chance, colour, stays):
    lab, chances = np.zeros((120, 120, 3), np.float32), np.zeros((120, 120, 3), np.float32)
    region = np.zeros((120, 120), bool)
    region[20:100, 20:100] = True
    chances[..., 0], chances[20:100, 70:100, 0] = 0.8, chance
    lab[20:100, 70:100, 1] = colour
    look = CloseLook(
        box=(slice(0, 120), slice(0, 120)),
        scale=SCALE,
        lab=lab,
        chances=chances,
        cloth=chances,
        worn=region,
        from_hand=np.zeros((120, 120)),
        on_arm=~region,
    )
    left = leave_out_garments(region, look)
    assert left[20:100, 20:70].all()
    assert left[20:100, 70:100].all() == stays and (stays or not left[20:100, 70:100].any())
