"""Hands do not sink into the body; hands in pockets are told by the cloth over them."""

import pytest
import torch

from bodydouble.fitting.contact import BodyRings, body_rings, hand_contact, hidden_hands, pocketed_rows
from bodydouble.parsing.labels import LABELS, LOWER, SKIN, THING
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
    distances, _ = rings.distances(front + outward, skin, *torch.zeros(2, 3, dtype=torch.bool))
    assert torch.allclose(distances, torch.tensor([-0.03, 0.0, 0.1]), atol=0.01)


def test_a_pocket_is_not_behind(standing):
    rings, skin = standing
    hip = skin[0][skin[0][:, 0].argmax()]
    places = hip + torch.tensor([[-0.02, 0.0, 0.0], [-0.02, 0.0, -0.15]])
    beside, behind = rings.distances(places, skin, *torch.tensor([[True, True], [False, False]]))[0]
    assert float(beside) == pytest.approx(-0.02, abs=0.01) and float(behind) > 0.05


def test_a_hand_in_a_pocket_is_drawn_before_the_middle_of_the_hips(standing):
    rings, skin = standing
    side, middle = skin[0][skin[0][:, 0].argmax()], skin[0].mean(0)
    slopes, costs = [], []
    for ahead in (0.03, -0.03):
        points = torch.zeros(543, 3)
        points[HANDS] = torch.stack([side[0] - 0.04, side[1], middle[2] + ahead])
        points.requires_grad_()
        cost = hand_contact(points, rings, skin, torch.ones(2), torch.zeros(2))
        costs.append(float(cost.detach()))
        slopes.append(float(torch.autograd.grad(cost, points)[0][[17, 19], 2].sum()))
    assert slopes[0] == 0 > slopes[1] and costs[1] > costs[0] + 0.5


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


def test_resting_hands_cost_nothing_and_others_are_drawn_to_the_skin(standing):
    rings, skin = standing
    seen, hidden = torch.zeros(2), torch.ones(2)
    pulls, costs = {}, {}
    for gap in (-0.03, 0.0, 0.04, 0.1, 0.4):
        for name, state in (("seen", seen), ("hidden", hidden)):
            points = hands_before_the_belly(skin, gap)
            cost = hand_contact(points, rings, skin, state, torch.zeros(2))
            (slope,) = torch.autograd.grad(cost, points)
            costs[gap, name], pulls[gap, name] = float(cost.detach()), float(slope[15, 2])
    assert costs[0.04, "seen"] == 0 < costs[0.04, "hidden"], "cloth lies over what is in a pocket"
    palm = hands_before_the_belly(skin, -0.03)
    (slope,) = torch.autograd.grad(hand_contact(palm, rings, skin, hidden, seen), palm)
    assert not slope[[17, 19]].any() and float(slope[15, 2]) < 0, "a palm may sink, a wrist may not"
    assert pulls[0.0, "seen"] < 0, "out of the body"
    assert pulls[0.4, "seen"] < 0.2 * pulls[0.1, "seen"], "a hand that reaches out is let go"
    assert pulls[0.4, "hidden"] > 0.9 * pulls[0.1, "hidden"] > 0, "one in a pocket is not"


def test_a_hand_beside_the_body_is_left_alone(standing):
    rings, skin = standing
    thigh = skin[9]
    points = torch.zeros(543, 3)
    for gap in (-0.02, 0.12):
        points[HANDS] = thigh[thigh[:, 0].argmax()] + torch.tensor([gap, 0.0, 0.0])
        before = hands_before_the_belly(skin, gap)
        beside, front = (hand_contact(each, rings, skin, torch.zeros(2), torch.zeros(2)) for each in (points, before))
        assert float(beside) < 0.05 * float(front.detach())


@pytest.mark.parametrize(
    ("label", "aside", "above", "expected"),
    [(LOWER, 20.0, 0.0, 1.0), (SKIN, 20.0, 0.0, 0.0), (LOWER, 2.0, 0.0, 0.0), (LOWER, 20.0, 30.0, 0.0)],
    ids=["pocket", "skin", "back", "folded arms"],
)
def test_hands_under_cloth_are_hidden(label, aside, above, expected):
    """A metre is a hundred pixels wide."""
    labels = torch.zeros(len(LABELS), 100, 100)
    labels[label] = 1
    understanding = Understanding(labels=labels, normals=torch.zeros(3, 100, 100), left=0, top=0, side=100)
    landmarks, metres = torch.zeros(543, 3), torch.full((543, 3), torch.nan)
    landmarks[:33] = torch.tensor([50.0, 50.0, 0.9])
    landmarks[[11, 12], 1] = 0.0
    landmarks[[17, 19], 0] += aside
    landmarks[[18, 20], 0] -= aside
    landmarks[17:21, 1] -= above
    metres[:33] = landmarks[:33] / 100
    person = Person(mask=torch.ones(100, 100), landmarks=landmarks, landmarks_world=metres)
    assert hidden_hands(person, understanding).tolist() == [expected] * 2
    assert hidden_hands(person, None).tolist() == [0.0, 0.0]
    landmarks[33:54, 2] = 1.0  # the detector has found the left hand
    assert hidden_hands(person, understanding).tolist() == [0.0, expected]


@pytest.mark.parametrize(("beside", "expected"), [(SKIN, 1.0), (THING, 0.0)], ids=["pocket's edge", "held"])
def test_a_hand_may_be_half_in_a_pocket(beside, expected):
    labels = torch.zeros(len(LABELS), 100, 100)
    labels[LOWER, 52:], labels[beside, :52] = 1, 1
    understanding = Understanding(labels=labels, normals=torch.zeros(3, 100, 100), left=0, top=0, side=100)
    landmarks, metres = torch.zeros(543, 3), torch.full((543, 3), torch.nan)
    landmarks[:33] = torch.tensor([50.0, 50.0, 0.9])
    landmarks[[11, 12], 1] = 0.0
    landmarks[17, :2], landmarks[19, :2] = torch.tensor([70.0, 55.0]), torch.tensor([70.0, 50.0])
    metres[:33] = landmarks[:33] / 100
    person = Person(mask=torch.ones(100, 100), landmarks=landmarks, landmarks_world=metres)
    assert hidden_hands(person, understanding).tolist() == [expected, 0.0]


def test_of_a_pocketed_hand_only_the_wrist_is_believed():
    assert pocketed_rows(torch.tensor([0.0, 1.0])).nonzero()[:, 0].tolist() == [18, 20, 22]


def test_a_hand_behind_the_trunk_rests_on_it(standing):
    rings, skin = standing
    back = skin[0][skin[0][:, 2].argmin()]
    costs = []
    for gap in (0.03, 0.2, -0.4):
        points = torch.zeros(543, 3)
        points[HANDS] = back - torch.tensor([0.0, 0.0, gap])
        costs += [float(hand_contact(points, rings, skin, torch.zeros(2), torch.full((2,), n))) for n in (1.0, 0.0)]
    assert costs[0] < 0.1 < 1 < costs[2] and costs[3] == 0, "only one that is hidden is drawn to the back"
    assert costs[4] > 1, "from before the belly, too"
