"""Where a hat is worn, labels and mask follow the hat head; else nothing changes."""

import pytest
import torch

from bodydouble.errors import InputError
from bodydouble.parsing.hat_network import HatHead, read_hat_head
from bodydouble.parsing.hats import doubt_hat, keep_hat, put_on_hat, wears_hat
from bodydouble.parsing.labels import BACKGROUND, HAIR, HAT, LABELS, SKIN
from bodydouble.parsing.network import TAP_CHANNELS
from bodydouble.person.landmarks import BELOW_HEAD_ROWS, HAND_ROWS, HEAD_ROWS
from bodydouble.values import BODY_LANDMARKS, LANDMARK_COUNT, Person, StyleEstimate, Understanding

SIZE = 100  # pixels


def head() -> torch.Tensor:
    """Hair over all of a head, with a face in it, and some of it taken for a hat."""
    labels = torch.zeros(len(LABELS), SIZE, SIZE)
    labels[BACKGROUND] = 1
    for label, rows, columns in (
        (HAIR, slice(30, 70), slice(35, 65)),
        (SKIN, slice(40, 65), slice(42, 58)),
        (HAT, slice(60, 65), slice(35, 42)),
    ):
        labels[:, rows, columns] = 0
        labels[label, rows, columns] = 1
    return labels


def brimmed() -> torch.Tensor:
    """S×S chances of a hat on that head whose brim stands out on both sides."""
    worn = torch.zeros(SIZE, SIZE)
    worn[25:40, 35:65] = 1
    worn[38:42, 20:80] = 1
    return worn


def style(chance: float) -> StyleEstimate:
    return StyleEstimate(chances={"hat": {"no": 1 - chance, "yes": chance}})


def test_labels_follow_the_hat():
    changed = put_on_hat(head(), brimmed())
    assert torch.equal(changed[HAT] > 0.5, brimmed() > 0.5)
    assert bool((changed[HAIR, 60:65, 35:42] == 1).all()), "what is not the hat is hair"
    assert bool((changed[SKIN, 43:60, 45:55] == 1).all())
    assert torch.allclose(changed.sum(0), torch.ones(SIZE, SIZE))


def test_a_crown_is_of_its_hat_though_it_looks_like_hair():
    band = torch.zeros(SIZE, SIZE)
    band[34:40, 30:70] = 1
    band[80:82, 50:52] = 1  # a speck on the chest, above which hair stays
    changed = put_on_hat(head(), band)
    assert bool((changed[HAT, 30:34, 35:65] == 1).all()), "the crown"
    assert bool((changed[HAIR, 40:60, 35:42] == 1).all()), "hair below the band"
    assert float(changed[HAT, :30].max()) == 0, "there is nothing above"


def person(labels: torch.Tensor, chance: float) -> tuple[Person, Understanding]:
    """Somebody whose mask ends beside the head."""
    mask = torch.zeros(SIZE, SIZE)
    mask[25:, 35:65] = 1
    points = torch.zeros(LANDMARK_COUNT, 3)
    understanding = Understanding(
        labels=labels, normals=torch.zeros(3, SIZE, SIZE), left=0, top=0, side=SIZE, style=style(chance)
    )
    return Person(mask=mask, landmarks=points, landmarks_world=points), understanding


def test_the_mask_grows_by_the_brim():
    someone, understanding = person(put_on_hat(head(), brimmed()), 0.9)
    grown = keep_hat(someone, understanding).mask
    assert bool((grown[39:41, 22:78] > 0.5).all())
    assert torch.equal(grown[45:], someone.mask[45:]) and float(grown[:30, :30].max()) == 0


@pytest.mark.parametrize("chance", [0.3, 0.9])
def test_without_a_hat_the_mask_stays(chance):
    labels = head()
    if chance < 0.5:
        labels = put_on_hat(labels, brimmed())
    someone, understanding = person(labels, chance)
    assert keep_hat(someone, understanding) is someone


def test_only_a_style_that_is_sure_puts_one_on():
    assert wears_hat(style(0.47)) and not wears_hat(style(0.3)), "caps are half sure"
    assert not wears_hat(None) and not wears_hat(StyleEstimate(chances={}))


def reaching(hand: tuple[float, float]) -> Person:
    """Somebody 100 px a metre large, with the head at (50, 20) and both hands at one place."""
    points = torch.zeros(LANDMARK_COUNT, 3)
    metres = points.clone()
    body = points[BODY_LANDMARKS]
    body[HEAD_ROWS] = torch.tensor([50.0, 20.0, 1.0])
    body[BELOW_HEAD_ROWS] = torch.cat(
        [100 * torch.rand(22, 2, generator=torch.Generator().manual_seed(0)), torch.ones(22, 1)], 1
    )
    body[HAND_ROWS] = torch.tensor([*hand, 1.0])
    metres[BODY_LANDMARKS] = body / 100
    return Person(mask=torch.zeros(SIZE, SIZE), landmarks=points, landmarks_world=metres)


@pytest.mark.parametrize(
    ("hand", "chance", "worn"), [((60, 8), 0.52, False), ((60, 8), 0.9, True), ((60, 80), 0.52, True)]
)
def test_a_hand_on_the_head_is_no_hat(hand, chance, worn):
    assert wears_hat(doubt_hat(style(chance), reaching(hand))) == worn


def test_the_shipped_head_reads_features_of_every_stride(tmp_path):
    shipped = read_hat_head()
    taps = [torch.zeros(2, channels, 80 >> level, 80 >> level) for level, channels in enumerate(TAP_CHANNELS)]
    logits = shipped(taps)
    assert logits.shape == (2, 80, 80)
    assert float(logits[0, :20, 30:50].mean()) > float(logits[0, -20:].mean()), "hats are above"
    assert sum(value.numel() for value in HatHead().state_dict().values()) < 40_000
    with pytest.raises(InputError, match="holds no hat head"):
        read_hat_head("style")
