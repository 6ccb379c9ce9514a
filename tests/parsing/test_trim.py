"""Pavement that the detector took for the person leaves the mask; what only the detector knows stays."""

from dataclasses import replace

import pytest
import torch

from bodydouble.parsing.cut_out import cut_out_person
from bodydouble.parsing.labels import BACKGROUND, HAIR, LABELS, LOWER, THING, UPPER
from bodydouble.parsing.mask_prior import person_without_mask, renew_mask
from bodydouble.parsing.trim import trim_mask
from bodydouble.person.landmarks import HEAD_ROWS
from bodydouble.values import BODY_LANDMARKS, LANDMARK_COUNT, Person, Photo, StyleEstimate, Understanding

HEIGHT, WIDTH, SCALE = 400, 300, 200.0  # pixels; pixels a metre
PERSON, GAP = (slice(40, 380), slice(100, 200)), (slice(240, 380), slice(140, 160))


@pytest.fixture
def scene() -> tuple[Photo, Person, Understanding]:
    """Blue trousers on a grey floor, whose gap the mask closes; the network is in doubt there."""
    rgb = torch.full((3, HEIGHT, WIDTH), 0.6)
    rgb[(slice(None), *PERSON)] = torch.tensor([0.2, 0.3, 0.8])[:, None, None]
    rgb[(slice(None), *GAP)] = 0.6
    rgb += 0.02 * torch.randn(rgb.shape, generator=torch.Generator().manual_seed(0))
    mask, labels = torch.zeros(HEIGHT, WIDTH), torch.zeros(len(LABELS), HEIGHT, HEIGHT)
    mask[PERSON] = 1
    labels[LOWER][PERSON] = 1
    labels[LOWER][GAP] = 0.85  # ten times the odds of the network alone
    labels[BACKGROUND] = 1 - labels.sum(0)
    generator = torch.Generator().manual_seed(1)
    points = torch.rand(LANDMARK_COUNT, 2, generator=generator) * torch.tensor([70.0, 180.0]) + torch.tensor([115, 50])
    landmarks = torch.cat([points, torch.ones(LANDMARK_COUNT, 1)], 1)
    world = torch.cat([(points - points.mean(0)) / SCALE, torch.zeros(LANDMARK_COUNT, 1)], 1)
    return (
        Photo(rgb=rgb.clamp(0, 1)),
        Person(mask=mask, landmarks=landmarks, landmarks_world=world),
        Understanding(labels=labels, normals=torch.zeros(3, HEIGHT, HEIGHT), left=0, top=0, side=HEIGHT),
    )


def test_the_floor_between_the_legs_is_left_out(scene):
    photo, person, understanding = scene
    trimmed = trim_mask(photo, person, understanding)
    gap = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    gap[GAP] = True
    assert float((trimmed.mask[gap] > 0.5).float().mean()) < 0.1
    legs = (person.mask > 0.5) & ~gap
    assert float((trimmed.mask[legs] > 0.5).float().mean()) > 0.97


def test_what_has_the_persons_colour_stays(scene):
    """The network's doubt alone takes nothing away."""
    photo, person, understanding = scene
    photo.rgb[(slice(None), *GAP)] = photo.rgb[:, 300, 120][:, None, None]
    trimmed = trim_mask(photo, person, understanding)
    assert float((trimmed.mask[GAP] > 0.5).float().mean()) > 0.9


def put_beside_head(scene, label):
    """A patch of the hair's colour beside the head, that the network takes for that label; its place."""
    photo, person, understanding = scene
    patch = (slice(50, 90), slice(70, 100))
    photo.rgb[(slice(None), *patch)] = photo.rgb[:, 60:100, 120:150]
    person.mask[patch] = 1
    understanding.labels[label][patch], understanding.labels[BACKGROUND][patch] = 0.91, 0.09
    person.landmarks[BODY_LANDMARKS][HEAD_ROWS, :2] = torch.tensor([110.0, 70.0])
    return patch


@pytest.mark.parametrize("hat", [0.01, 0.3, None])
def test_a_shadow_beside_a_head_is_left_out_where_no_hat_may_be_worn(scene, hat):
    """It has the hair's colour; the network alone says as much for it as against it."""
    photo, person, understanding = scene
    shadow = put_beside_head(scene, HAIR)
    style = None if hat is None else StyleEstimate(chances={"hat": {"no": 1 - hat, "yes": hat}})
    trimmed = trim_mask(photo, person, replace(understanding, style=style))
    kept = float((trimmed.mask[shadow] > 0.5).float().mean())
    assert kept < 0.2 if hat == 0.01 else kept == 1
    assert float((trimmed.mask[PERSON][:120] > 0.5).float().mean()) > 0.97


def test_a_shoulder_beside_a_head_stays_where_colours_do_not_agree(scene):
    photo, person, understanding = scene
    shoulder = put_beside_head(scene, UPPER)
    style = StyleEstimate(chances={"hat": {"no": 0.99, "yes": 0.01}})
    trimmed = trim_mask(photo, person, replace(understanding, style=style))
    assert float((trimmed.mask[shoulder] > 0.5).float().mean()) > 0.9


def test_labels_follow_the_mask(scene):
    photo, person, understanding = scene
    cut_out, labels = cut_out_person(photo, person, understanding)
    assert cut_out.things is None
    assert float((understanding.labels[BACKGROUND][GAP] > 0.5).float().mean()) == 0
    assert float((labels.labels[BACKGROUND][GAP] > 0.5).float().mean()) > 0.9
    assert torch.allclose(labels.labels.sum(0), torch.ones(HEIGHT, HEIGHT), atol=1e-4)


def test_what_is_trimmed_and_a_thing_is_known_for_one(scene):
    """Where it lay the outline of what is behind it is not known."""
    photo, person, understanding = scene
    bag = (slice(240, 300), slice(200, 260))
    photo.rgb[(slice(None), *bag)] = torch.tensor([0.4, 0.2, 0.1])[:, None, None]
    person.mask[bag] = 1
    understanding.labels[THING][bag], understanding.labels[BACKGROUND][bag] = 0.7, 0.3
    cut_out, _ = cut_out_person(photo, person, understanding)
    assert cut_out.things is not None
    assert float(cut_out.things[bag].float().mean()) > 0.8
    assert float(cut_out.mask[bag].mean()) < 0.2


def test_the_masks_say_comes_in_and_out(scene):
    _, person, understanding = scene
    nobody = replace(person, mask=torch.zeros_like(person.mask))
    without = renew_mask(understanding, person, nobody)
    middle = (100, 150)
    assert float(person_without_mask(understanding, person)[middle]) == pytest.approx(
        float(person_without_mask(without, nobody)[middle]), abs=1e-3
    )
    again = renew_mask(without, nobody, person)
    assert torch.equal(again.labels.argmax(0), understanding.labels.argmax(0))
    assert renew_mask(understanding, person, person) is understanding


def test_cut_outs_and_unknown_scales_stay_as_they_are(scene):
    photo, person, understanding = scene
    exact = replace(person, mask_is_exact=True)
    assert trim_mask(photo, exact, understanding) is exact
    unknown = replace(person, landmarks_world=torch.full_like(person.landmarks_world, float("nan")))
    assert trim_mask(photo, unknown, understanding) is unknown
    sure = replace(understanding, labels=understanding.labels.clone())
    sure.labels[LOWER][GAP], sure.labels[BACKGROUND][GAP] = 1, 0
    assert trim_mask(photo, person, sure) is person
