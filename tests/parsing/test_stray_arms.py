"""An arm that the detector sees on a passer-by comes back to the person; one that lies on them stays as it was."""

from dataclasses import replace

import pytest
import torch

from bodydouble.errors import NoPersonFound
from bodydouble.fitting.unseen import unseen_points
from bodydouble.geometry.window import Window
from bodydouble.parsing.labels import BACKGROUND, LABELS, UPPER
from bodydouble.parsing.mask_prior import with_mask
from bodydouble.parsing.stray_arms import find_stray_arms
from bodydouble.person.landmarks import side_point
from bodydouble.values import LANDMARK_COUNT, LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS, Person, Photo, Understanding

SIZE, SCALE = 400, 200.0  # pixels; pixels a metre
BODY, PASSER_BY = (slice(40, 380), slice(100, 180)), (slice(60, 380), slice(260, 300))
ON_BODY, ON_PASSER_BY = (150.0, 200.0), (280.0, 120.0)
ARM = [side_point("left", part) for part in ("elbow", "wrist", "pinky", "index", "thumb")]


def person_with_arm(place, hand=0.0) -> Person:
    """Somebody whose left arm ends at that place, in pixels; the mask has the passer-by in it."""
    generator = torch.Generator().manual_seed(1)
    points = torch.rand(LANDMARK_COUNT, 2, generator=generator) * torch.tensor([60.0, 200.0]) + torch.tensor([110, 50])
    world = torch.cat([(points - points.mean(0)) / SCALE, torch.zeros(LANDMARK_COUNT, 1)], 1)
    landmarks = torch.cat([points, torch.ones(LANDMARK_COUNT, 1)], 1)
    landmarks[ARM, :2] = torch.tensor(place) + torch.arange(5)[:, None]  # the wrist below the elbow
    landmarks[LEFT_HAND_LANDMARKS, 2], landmarks[RIGHT_HAND_LANDMARKS, 2] = hand, 0
    mask = torch.zeros(SIZE, SIZE)
    mask[BODY], mask[PASSER_BY] = 1, 1
    return Person(mask=mask, landmarks=landmarks, landmarks_world=world)


@pytest.fixture
def photo() -> Photo:
    return Photo(rgb=torch.full((3, SIZE, SIZE), 0.3))


def understand(person: Person) -> Understanding:
    """The network alone takes the passer-by for background."""
    chances = torch.full((len(LABELS), SIZE, SIZE), 1e-4)
    chances[BACKGROUND] = 1 - 1e-3
    chances[BACKGROUND][BODY], chances[UPPER][BODY] = 1e-4, 1 - 1e-3
    labels = with_mask(chances, person, Window(0, 0, SIZE))
    return Understanding(labels=labels, normals=torch.zeros(3, SIZE, SIZE), left=0, top=0, side=SIZE)


def test_an_arm_on_a_passer_by_is_found_where_the_person_is_alone(photo):
    stray, there = person_with_arm(ON_PASSER_BY), person_with_arm(ON_BODY, hand=0.9)
    shown = []

    def detect(alone):
        shown.append(alone)
        return there

    found, labels = find_stray_arms(photo, stray, understand(stray), detect)
    assert torch.equal(found.landmarks[ARM], there.landmarks[ARM])
    assert torch.equal(found.landmarks[LEFT_HAND_LANDMARKS], there.landmarks[LEFT_HAND_LANDMARKS])
    assert float((shown[0].rgb[(slice(None), *PASSER_BY)] - 0.8).abs().max()) < 1e-3  # nobody else is shown
    assert float((shown[0].rgb[(slice(None), *BODY)] - 0.3).abs().max()) < 1e-3
    assert not bool(found.mask[PASSER_BY].any()) and bool((found.mask[BODY] == 1).all())
    assert float(labels.labels[BACKGROUND][PASSER_BY].min()) > 0.99


@pytest.mark.parametrize("again", ["astray", "raised", "nobody"])
def test_an_arm_that_is_nowhere_on_the_person_was_not_seen(photo, again):
    stray = person_with_arm(ON_PASSER_BY)
    raised = person_with_arm(ON_BODY)
    raised.landmarks[side_point("left", "wrist"), 1] -= 60

    def detect(alone):
        if again == "nobody":
            raise NoPersonFound("nobody")
        return stray if again == "astray" else raised

    found, _ = find_stray_arms(photo, stray, understand(stray), detect)
    assert bool(unseen_points(found)[ARM].all())
    others = torch.ones(LANDMARK_COUNT, dtype=torch.bool)
    others[ARM] = False
    others[LEFT_HAND_LANDMARKS] = False
    assert torch.equal(found.landmarks[others], stray.landmarks[others])


@pytest.mark.parametrize(
    ("place", "hand"), [(ON_BODY, 0.0), (ON_PASSER_BY, 0.9), ((-20.0, 120.0), 0.0)], ids=["on them", "hand", "cut off"]
)
def test_an_arm_that_may_be_theirs_is_not_looked_for_again(photo, place, hand):
    person = person_with_arm(place, hand)

    def detect(alone):
        raise AssertionError

    understanding = understand(person)
    found, labels = find_stray_arms(photo, person, understanding, detect)
    assert found is person and labels is understanding


def test_who_saw_nobody_tells_of_no_arm(photo):
    person = person_with_arm(ON_BODY)
    labels = torch.zeros(len(LABELS), SIZE, SIZE)
    labels[BACKGROUND] = 1
    nobody = replace(understand(person), labels=labels)
    assert find_stray_arms(photo, person, nobody, lambda alone: person)[0] is person


def test_a_cut_out_keeps_its_outline(photo):
    stray = replace(person_with_arm(ON_PASSER_BY), mask_is_exact=True)
    found, _ = find_stray_arms(photo, stray, understand(stray), lambda alone: person_with_arm(ON_BODY))
    assert torch.equal(found.mask, stray.mask)
