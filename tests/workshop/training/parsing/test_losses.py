"""What is wrong costs more, and only what is known counts."""

import pytest
import torch

from bodydouble.parsing.labels import LABELS
from workshop.training.parsing.losses import LossWeights, parsing_loss

WEIGHTS = LossWeights()


def terms(predicted: str, true: str, drawn: bool, sure: float = 8.0) -> dict[str, float]:
    """Half of a picture is background, half of it `true`, taken for `predicted`."""
    logits, labels = torch.zeros(1, len(LABELS), 8, 8), torch.zeros(1, 8, 8, dtype=torch.int64)
    logits[:, 0, :4] = sure
    logits[:, LABELS.index(predicted), 4:] = sure
    labels[:, 4:] = LABELS.index(true)
    normals = torch.zeros(1, 3, 8, 8)
    found = parsing_loss(logits, normals, labels, normals, torch.tensor([drawn]), WEIGHTS)
    return {name: float(value) for name, value in found.items()}


@pytest.mark.parametrize("true", ["skin", "upper", "shoes", "hair", "thing"])
def test_right_costs_little_and_wrong_much(true):
    wrong = "shoes" if true != "shoes" else "hair"
    for name in ("group", "overlap"):
        assert terms(true, true, False)[name] <= terms(wrong, true, False)[name]
    assert terms(true, true, False)["group"] < 0.02 < 1 < terms(wrong, true, False)["group"]


def test_photographs_say_nothing_of_eyes():
    assert terms("eyes", "skin", False)["label"] == pytest.approx(0, abs=1e-6)
    assert terms("eyes", "skin", True)["label"] > 1


def test_a_garments_name_counts_and_its_group_is_right_all_the_same():
    found = terms("dress", "upper", False)
    assert found["label"] > 1 and found["group"] < 0.02


def test_normals_count_where_they_are_known():
    normals = torch.zeros(1, 3, 8, 8)
    normals[:, 2] = -1
    true = torch.zeros_like(normals)
    logits, labels = torch.zeros(1, len(LABELS), 8, 8), torch.zeros(1, 8, 8, dtype=torch.int64)
    drawn = torch.tensor([True])
    assert "normals" not in parsing_loss(logits, normals, labels, true, drawn, WEIGHTS)
    true[:, 2, :2] = -1
    assert float(parsing_loss(logits, normals, labels, true, drawn, WEIGHTS)["normals"]) == pytest.approx(0)
    true[:, 2, :2], true[:, 0, :2] = 0, 1
    assert float(parsing_loss(logits, normals, labels, true, drawn, WEIGHTS)["normals"]) == pytest.approx(1)
