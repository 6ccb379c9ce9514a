"""Scores of tables worked out by hand."""

import numpy as np

from bodydouble.parsing.labels import LABELS
from workshop.training.parsing.pictures import GROUPS
from workshop.training.parsing.score import confusion, group_of_label, overlap


def test_confusion_counts_pairs():
    truth, predicted = np.array([[0, 0, 1], [1, 2, 2]], np.uint8), np.array([[0, 1, 1], [1, 2, 0]], np.uint8)
    assert confusion(truth, predicted, 3).tolist() == [[1, 1, 0], [0, 2, 0], [1, 0, 1]]


def test_overlap_is_intersection_over_union():
    iou = overlap(np.array([[1, 1, 0], [0, 2, 0], [1, 0, 1]]))
    assert np.allclose(iou, [1 / 3, 2 / 3, 1 / 2])


def test_labels_are_scored_in_groups():
    groups = {name: GROUPS[row] for name, row in zip(LABELS, group_of_label(), strict=True)}
    assert groups["dress"] == groups["outer"] == groups["under"] == "cloth"
    assert groups["eyes"] == groups["facial hair"] == "skin"
    assert groups["hat"] == groups["thing"] == "other" and groups["hair"] == "hair"
