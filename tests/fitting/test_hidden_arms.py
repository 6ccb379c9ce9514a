"""Forearms that the trunk hides point away from the camera; those that are seen, or in pockets, do not."""

import pytest
import torch

from bodydouble.fitting.hidden_arms import arms_behind, behind_rows, forget_false_arms, turn_behind
from bodydouble.fitting.unseen import unseen_points
from bodydouble.parsing.labels import HAIR, LABELS, LOWER, OUTER, SKIN
from bodydouble.values import Person, Understanding

ELBOW, WRIST, HAND = 13, 15, slice(33, 54)


def person_before(label: int, wrist: float, elbow: float = 0.3) -> tuple[Person, Understanding]:
    labels = torch.zeros(len(LABELS), 100, 100)
    labels[label] = 1
    understanding = Understanding(labels=labels, normals=torch.zeros(3, 100, 100), left=0, top=0, side=100)
    landmarks, metres = torch.zeros(543, 3), torch.full((543, 3), torch.nan)
    landmarks[:33] = torch.tensor([50.0, 50.0, 0.9])
    landmarks[[WRIST, 17, 19, 21], 2], landmarks[ELBOW, 2] = wrist, elbow
    metres[:33] = torch.tensor([0.0, 0.0, 0.0])
    metres[[WRIST, 17, 19, 21]] = torch.tensor([0.05, 0.2, -0.1])
    return Person(mask=torch.ones(100, 100), landmarks=landmarks, landmarks_world=metres), understanding


@pytest.mark.parametrize(
    ("label", "wrist", "elbow", "expected"),
    [(LOWER, 0.1, 0.3, 1.0), (LOWER, 0.5, 0.3, 0.0), (LOWER, 0.1, 0.9, 0.0), (SKIN, 0.1, 0.3, 0.0)],
    ids=["behind", "pocket", "elbow seen", "skin"],
)
def test_hidden_forearms_are_behind(label, wrist, elbow, expected):
    person, understanding = person_before(label, wrist, elbow)
    assert arms_behind(person, understanding).tolist() == [expected, 0.0]
    assert not arms_behind(person, None).any()
    person.landmarks[HAND, 2] = 1.0
    assert not arms_behind(person, understanding).any(), "the detector has found the hand"


def test_they_point_away_and_are_as_long():
    person, _ = person_before(LOWER, 0.1)
    turned = turn_behind(person, torch.tensor([1.0, 0.0])).landmarks_world
    before, after = (metres[WRIST] - metres[ELBOW] for metres in (person.landmarks_world, turned))
    assert float(after[2]) > 0.09 and float(after.norm()) == pytest.approx(float(before.norm()))
    assert float(after[0] / after[1]) == pytest.approx(float(before[0] / before[1])), "the same way in the picture"
    same = [row for row in range(33) if row not in (WRIST, 17, 19, 21)]
    assert torch.equal(turned[same], person.landmarks_world[same])


def test_such_an_arm_is_believed_in_metres():
    assert behind_rows(torch.tensor([1.0, 0.0])).nonzero()[:, 0].tolist() == [ELBOW, WRIST, 17, 19, 21]
    assert not behind_rows(torch.zeros(2)).any()


@pytest.mark.parametrize(
    ("label", "height", "found", "forgotten"),
    [(OUTER, 20.0, 0.0, True), (OUTER, 80.0, 0.0, False), (OUTER, 20.0, 0.8, False), (HAIR, 20.0, 0.0, False)],
    ids=["a hood's flap", "a hand in a pocket", "a glove", "a hand in the hair"],
)
def test_an_arm_that_is_raised_to_cloth_alone_is_none(label, height, found, forgotten):
    person, understanding = person_before(label, 0.8, 0.9)
    person.landmarks[[WRIST, 17, 19, 21], 1] = height
    person.landmarks[HAND, 2] = found
    after = forget_false_arms(person, understanding)
    assert unseen_points(after)[[ELBOW, WRIST, 17, 19, 21]].tolist() == [forgotten] * 5
    same = [row for row in range(33) if not forgotten or row not in (ELBOW, WRIST, 17, 19, 21)]
    assert torch.equal(after.landmarks[same], person.landmarks[same])
    assert forget_false_arms(person, None) is person
