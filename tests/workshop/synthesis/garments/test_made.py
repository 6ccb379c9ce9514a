"""What is sewn and shaped for people is where it shall be, and truth calls it what it is."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from bodydouble.body.skinning import skin
from bodydouble.values import Camera, Pose
from tests.workshop.synthesis.conftest import Look, Stand
from workshop.synthesis.body import SKIN_VERTICES
from workshop.synthesis.garments.outerwear import heel_pitch
from workshop.synthesis.garments.worn import Worn, fit_clothes, pose_layers
from workshop.synthesis.identities import TEST_MADE, sample_identity
from workshop.synthesis.layers import KINDS, LABEL_OF_KIND, Layer
from workshop.synthesis.pack.contents import Pack
from workshop.synthesis.pack.wardrobe import HEELS
from workshop.synthesis.poses.heels import raise_heels
from workshop.synthesis.scene.truth import view_truth

GREY = torch.tensor([0.5, 0.5, 0.5, 1.0])[:, None, None].expand(4, 4, 4)
LOOSE = ("made/scarf", "made/hijab", "made/shoulder_bag", "made/backpack")


def wear(pack: Pack, *names: str) -> list[Worn]:
    articles = {name: pack.articles[name] for name in names}
    return [
        Worn(garment=article.garment, kind=article.kind, texture=GREY, loose=name.startswith(LOOSE))
        for name, article in articles.items()
    ]


def labels(layers: Sequence[Layer], camera: Camera) -> np.ndarray:
    """H×W names of labels; rows 5 mm high, the neck joint in row 56, the middle between columns 79 and 80."""
    names = np.array([LABEL_OF_KIND[kind] for kind in KINDS])
    return names[view_truth(layers, [camera]).kind[0].long().numpy()]


def pose_of(pack: Pack, joints: torch.Tensor) -> Pose:
    nothing = torch.zeros(3)
    expression = torch.zeros(len(pack.body.expression_names))
    return Pose(joints=joints, root_rotation=nothing, root_translation=nothing, expression=expression)


@pytest.mark.parametrize("coat", ["made/jacket_open", "made/coat_long", "made/coat_knee"])
def test_an_open_coat_shows_the_top_between_its_edges_alone(pack: Pack, stand: Stand, look: Look, coat: str) -> None:
    layers = stand(wear(pack, coat, "made/top_short", "made/leggings"))
    front, back = labels(layers, look(0)), labels(layers, look(180))
    for row in (90, 110, 140):
        inside = np.flatnonzero(front[row] == "upper")
        assert 8 <= len(inside) <= 60 and inside[0] < 79 < inside[-1]
        assert (front[row, inside[0] : inside[-1] + 1] == "upper").mean() > 0.95
        assert front[row, inside[0] - 8] == "outer" == front[row, inside[-1] + 8]
    assert (back[70:150, 60:100] == "outer").mean() > 0.97


@pytest.mark.parametrize(
    ("name", "label", "azimuth", "row", "column"),
    [
        ("made/scarf_loop", "outer", 0, 66, 80),
        ("made/scarf_ends", "outer", 0, 100, 84),
        ("made/hijab", "hat", 180, 20, 80),
        ("made/hijab", "hat", 0, 65, 80),
        ("made/beanie", "hat", 0, 9, 80),
        ("made/cap", "hat", 0, 9, 80),
        ("made/hat_brimmed", "hat", 180, 12, 80),
        ("made/sunglasses", "thing", 0, 26, 86),
        ("made/shoulder_bag", "thing", 90, 180, 80),
        ("made/backpack", "thing", 180, 100, 80),
    ],
)
def test_it_is_called_what_it_is(
    pack: Pack, stand: Stand, look: Look, name: str, label: str, azimuth: float, row: int, column: int
) -> None:
    clothes = wear(pack, "made/top_long", "made/leggings")
    there = labels(stand([*clothes, *wear(pack, name)]), look(azimuth))
    without = labels(stand(clothes), look(azimuth))
    assert there[row, column] == label != without[row, column]


def test_a_hijab_leaves_the_face_free(pack: Pack, stand: Stand, look: Look) -> None:
    front = labels(stand(wear(pack, "made/hijab")), look(0))
    assert (front[24:44, 74:86] == "skin").all()
    assert "skin" not in labels(stand(wear(pack, "made/top_long", "made/hijab")), look(180))[:80, 60:100]


def test_a_dress_is_a_dress_and_a_skirt_with_a_top_is_two_things(pack: Pack, stand: Stand, look: Look) -> None:
    dress = labels(stand(wear(pack, "made/dress_midi")), look(0))
    parts = labels(stand(wear(pack, "made/top_short", "made/skirt_knee")), look(0))
    assert (dress[100:195, 70:90] == "dress").all()
    assert (parts[80:140, 70:90] == "upper").all() and (parts[190:198, 70:90] == "lower").all()
    assert not {"upper", "lower"} & set(dress.flat) and "dress" not in parts


def test_boots_end_below_bare_knees(pack: Pack) -> None:
    rest = pack.body.base_rest(pack.body.mean_shape())
    for name, height in (("made/boots_high", 0.42), ("made/boots_ankle", 0.17), ("made/flats", 0.055)):
        fitted = fit_clothes(pack.body, rest, GREY, wear(pack, name))
        shoe = fitted.items[0][1].vertices
        assert float(shoe[:, 1].max()) == pytest.approx(height, abs=0.02)
        bare = rest.vertices[pack.body.base_faces[fitted.skin_faces].unique()]
        assert int(((bare[:, 1] > height + 0.01) & (bare[:, 1] < 0.5)).sum()) > 20  # skin is drawn right above


@pytest.mark.parametrize("name", list(HEELS))
def test_heels_raise_the_heel_and_keep_the_toes_down(pack: Pack, name: str) -> None:
    height = HEELS[name][0]
    roles, parents = pack.body.roles, pack.body.parents
    joints = raise_heels(torch.zeros(len(parents), 3), roles, parents, heel_pitch(height))
    sole = pack.mean.vertices[:SKIN_VERTICES, 1] < 0.02
    stiff = joints.clone()
    stiff[[joint for joint, parent in enumerate(parents) if parent in (roles["left_ankle"], roles["right_ankle"])]] = 0
    flat, raised, tipped = (
        skin(pack.mean, pose_of(pack, turned))[:SKIN_VERTICES][sole]
        for turned in (torch.zeros_like(joints), joints, stiff)
    )
    heel, toes = flat[:, 2] < -0.03, flat[:, 2] > 0.13
    assert float(raised[heel, 1].mean() - raised[toes, 1].mean()) == pytest.approx(height, abs=0.02)
    tall, taller, tallest = (points[toes, 1].max() - points[toes, 1].min() for points in (flat, raised, tipped))
    assert tall < taller < tall + 0.5 * (tallest - tall)


def test_a_handbag_hangs_plumb_below_a_raised_hand(pack: Pack) -> None:
    rest = pack.body.base_rest(pack.body.mean_shape())
    (bag,) = wear(pack, "made/handbag")
    fitted = fit_clothes(pack.body, rest, GREY, [replace(bag, upright=True)])
    joints = torch.zeros(len(pack.body.parents), 3)
    joints[pack.body.roles["left_shoulder"]] = torch.tensor([0.0, 0.0, math.radians(60)])
    body, hung = (layer.vertices for layer in pose_layers(pack.body, fitted, pose_of(pack, joints)))
    wrist = pack.body.roles["left_wrist"]
    hand = body[rest.skin_weights[:, wrist].argmax()]
    still = fitted.items[0][1].vertices
    assert hand[1] > rest.joints[wrist, 1] + 0.3
    assert torch.allclose(hung - hung[:1], still - still[:1], atol=1e-5)
    assert 0.1 < float(hand[1] - hung[:, 1].mean()) < 0.35


def test_training_never_draws_what_is_kept_for_testing(pack: Pack) -> None:
    drawn = {
        split: {c.article for _ in range(250) for c in sample_identity(pack, rng, split).choices}
        for split, rng in (("train", np.random.default_rng(3)), ("test", np.random.default_rng(3)))
    }
    assert set(TEST_MADE) <= drawn["test"] and not set(TEST_MADE) & drawn["train"]
    for word in ("dress", "coat", "scarf", "backpack", "hat"):
        assert any(word in name for name in TEST_MADE)
    made = {name for name in pack.articles if name.startswith("made/")}
    assert made - drawn["train"] == set(TEST_MADE)  # and everything else is drawn
