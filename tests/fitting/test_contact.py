"""Hands do not sink into the body; hands in pockets are told by the cloth over them."""

import pytest
import torch

from bodydouble.fitting.contact import BodyRings, body_rings, hand_contact, hidden_hands
from bodydouble.parsing.labels import LABELS, LOWER, SKIN
from bodydouble.values import Person, Understanding

HANDS = [15, 17, 19, 16, 18, 20]  # wrist, little finger, index finger: left, then right


@pytest.fixture(scope="module")
def standing(anny) -> tuple[BodyRings, torch.Tensor]:
    rest = anny.rest(anny.mean_shape())
    rings = body_rings(rest, anny)
    return rings, rest.vertices[rings.vertices]


def test_distances_grow_outwards(standing):
    rings, skin = standing
    belly = skin[3]
    front = belly[belly[:, 2].argmax()]
    outward = torch.tensor([[0.0, 0.0, -0.03], [0.0, 0.0, 0.0], [0.0, 0.0, 0.1]])
    distances = rings.distances(front + outward, skin, torch.zeros(3, dtype=torch.bool))
    assert torch.allclose(distances, torch.tensor([-0.03, 0.0, 0.1]), atol=0.01)


def test_a_pocket_is_not_behind(standing):
    rings, skin = standing
    back = skin[0][skin[0][:, 2].argmin()][None] - torch.tensor([[0.0, 0.0, 0.05]])
    anywhere, ahead = (rings.distances(back, skin, torch.tensor([flag])) for flag in (False, True))
    assert float(anywhere) > 0.04 and float(ahead) < -0.05


def test_rings_are_trunk_and_thighs(anny, standing):
    rings, skin = standing
    arms = [anny.roles[f"{side}_elbow"] for side in ("left", "right")]
    assert float(anny.skin_weights[rings.vertices][..., arms].max()) == 0
    assert float(skin[..., 1].min()) > float(anny.rest(anny.mean_shape()).joints[anny.roles["left_knee"], 1]) - 0.02


def hands_before_the_belly(skin: torch.Tensor, gap: float) -> torch.Tensor:
    points = torch.zeros(543, 3)
    belly = skin[3]
    points[HANDS] = belly[belly[:, 2].argmax()] + torch.tensor([0.0, 0.0, gap])
    return points.requires_grad_()


def test_resting_hands_cost_nothing_and_hidden_ones_are_drawn_to_the_skin(standing):
    rings, skin = standing
    seen, hidden = torch.zeros(2), torch.ones(2)
    pulls, costs = {}, {}
    for gap in (0.0, 0.04, 0.1, 0.4):
        for name, state in (("seen", seen), ("hidden", hidden)):
            points = hands_before_the_belly(skin, gap)
            cost = hand_contact(points, rings, skin, state)
            (slope,) = torch.autograd.grad(cost, points)
            costs[gap, name], pulls[gap, name] = float(cost.detach()), float(slope[15, 2])
    assert costs[0.04, "seen"] == costs[0.04, "hidden"] == costs[0.1, "seen"] == 0
    assert pulls[0.0, "seen"] < 0, "out of the body"
    assert pulls[0.4, "hidden"] == pytest.approx(pulls[0.1, "hidden"], rel=0.1) and pulls[0.1, "hidden"] > 0


@pytest.mark.parametrize(("label", "expected"), [(LOWER, 1.0), (SKIN, 0.0)], ids=["cloth", "skin"])
def test_hands_under_cloth_are_hidden(label, expected):
    labels = torch.zeros(len(LABELS), 20, 20)
    labels[label] = 1
    normals = torch.zeros(3, 20, 20)
    understanding = Understanding(labels=labels, normals=normals, left=0, top=0, side=20)
    landmarks = torch.zeros(543, 3)
    landmarks[:33] = torch.tensor([10.0, 10.0, 0.9])
    person = Person(mask=torch.ones(20, 20), landmarks=landmarks, landmarks_world=torch.zeros(543, 3))
    assert hidden_hands(person, understanding).tolist() == [expected] * 2
    assert hidden_hands(person, None).tolist() == [0.0, 0.0]
    landmarks[33:54, 2] = 1.0  # the detector has found the left hand
    assert hidden_hands(person, understanding).tolist() == [0.0, expected]
