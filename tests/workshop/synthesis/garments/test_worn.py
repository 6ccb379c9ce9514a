"""Dressing: cloth keeps clear of skin that is seen, and what is worn below stays below."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from workshop.synthesis.garments.worn import lift_from_skin, pose_layers, tuck_under
from workshop.synthesis.identities import sample_identity
from workshop.synthesis.layers import KINDS
from workshop.synthesis.outfitting import outfit
from workshop.synthesis.pack.contents import Pack
from workshop.synthesis.scene.truth import view_truth
from workshop.synthesis.shoot import cameras_around, sample_person, sample_person_pose

UP = torch.tensor([0.0, 1.0, 0.0])
CLOTH = [KINDS.index(kind) for kind in ("upper", "lower", "whole", "under", "outer")]


def test_sunken_points_are_lifted_and_others_stay() -> None:
    points = torch.tensor([[0.0, -0.005, 0], [0, 0.02, 0], [0, -0.2, 0], [0, -0.005, 0]])
    moved = lift_from_skin(points, torch.zeros(4, 3), UP.expand(4, 3), torch.tensor([True, True, True, False]))
    assert 0 < moved[0, 1] < 0.01
    assert torch.equal(moved[1:], points[1:])  # well above, too deep, and over skin that is not drawn


def test_what_stands_out_is_tucked_under() -> None:
    outer = torch.tensor([[0.0, 0, 0], [0.02, 0, 0], [0, 0, -0.02]])  # faces up
    points = torch.tensor([[0.0, 0.01, 0], [0, -0.03, 0], [0.3, 0.01, 0]])
    moved = tuck_under(points, outer, torch.tensor([[0, 1, 2]]))
    assert moved[0, 1] < 0
    assert torch.equal(moved[1:], points[1:])  # well below, and beside


def poking(kind: np.ndarray) -> int:
    """Pixels of skin in small spots that nothing but cloth surrounds."""
    labels, count = ndimage.label(kind == KINDS.index("skin"))
    pixels = 0
    for number in range(1, count + 1):
        spot = labels == number
        around = kind[ndimage.binary_dilation(spot) & ~spot]
        if spot.sum() < 80 and np.isin(around, CLOTH).mean() > 0.95:
            pixels += int(spot.sum())
    return pixels


def test_a_spot_of_skin_in_cloth_counts_as_poking() -> None:
    kind = np.full((20, 20), KINDS.index("upper"))
    kind[5:8, 5:8] = KINDS.index("skin")
    kind[15:, :] = KINDS.index("skin")
    assert poking(kind) == 9


@pytest.mark.parametrize("split", ["train", "test"])
def test_no_skin_pokes_through(pack: Pack, split: str) -> None:
    seen = covered = 0
    for number in range(3):
        person = sample_person(pack, (5, number), split)
        pose = sample_person_pose(pack, person, np.random.default_rng(number), "mix", split)
        cameras = cameras_around(pack, person, pose, (0, 180), (384, 384))
        for kind in view_truth(pose_layers(pack.body, person.fitted, pose), cameras).kind.numpy():
            seen += poking(kind)
            covered += int(np.isin(kind, CLOTH).sum())
    assert covered > 20000
    assert seen < 0.001 * covered


def test_train_and_test_share_nothing_that_is_kept_apart(pack: Pack) -> None:
    used: dict[str, set[str]] = {}
    for split in ("train", "test"):
        rng = np.random.default_rng(0)
        people = [sample_identity(pack, rng, split) for _ in range(150)]
        hair = {c.article for p in people for c in p.choices if c.article.startswith("hair/")}
        clothes = {p.outfit for p in people} | {
            pack.articles[c.article].source
            for p in people
            for c in p.choices
            if c.cloth and c.role not in ("shoes", "hat", "glasses", "held") and c.article != "made/hijab"
        }
        cloths = {str(c.cloth) for p in people for c in p.choices if c.cloth}
        used[split] = hair | clothes | cloths | {p.skin for p in people}
    assert not used["train"] & used["test"]
    assert len({p for p in used["test"] if p.startswith("clothes/")}) == 3


def test_the_same_identity_is_the_same_clothes(pack: Pack) -> None:
    first, second = (outfit(pack, sample_identity(pack, np.random.default_rng(8))) for _ in range(2))
    assert torch.equal(first.skin_faces, second.skin_faces)
    for (item, hung, *_), (other, hung_too, *_) in zip(first.items, second.items, strict=True):
        assert torch.equal(item.texture, other.texture) and torch.equal(hung.vertices, hung_too.vertices)


@pytest.mark.parametrize("split", ["train", "test"])
def test_whatever_is_chosen_can_be_worn(pack: Pack, split: str) -> None:
    rng = np.random.default_rng(1)
    for _ in range(300):
        for choice in sample_identity(pack, rng, split).choices:
            if choice.beard is not None:  # its texture is made with it
                continue
            as_it_came = choice.cloth is None or choice.cloth.kind in ("original", "recoloured")
            assert choice.image in pack.images or (not choice.image and not as_it_came)
