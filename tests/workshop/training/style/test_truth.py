"""What names of pixels tell of clothes, on a figure of rectangles."""

import numpy as np
import pytest
import torch

from bodydouble.parsing.style import ATTRIBUTES
from bodydouble.values import Person
from tests.standing import SCALE, stand_upright
from tests.workshop.training.pixel_names import NAMES
from workshop.training.style.gather import correct_by_eye
from workshop.training.style.truth import read_truth

SIZE = 400


@pytest.fixture
def standing() -> Person:
    return stand_upright(torch.ones(SIZE, SIZE))


def dressed(*garments: tuple[str, float, float, float, float]) -> np.ndarray:
    """A figure in skin with rectangles: name, and metres from the left, the top, to the right, to the bottom."""
    labels = np.zeros((SIZE, SIZE), np.uint8)
    for name, left, top, right, bottom in (("skin", -0.3, 0.2, 0.3, 2.0), *garments):
        x = [round(SIZE / 2 + edge * SCALE) for edge in (left, right)]
        labels[round(top * SCALE) : round(bottom * SCALE), x[0] : x[1]] = NAMES.index(name)
    return labels


def test_a_skirt_bridges_the_legs_and_has_a_length(standing):
    truth = read_truth(dressed(("top", -0.3, 0.5, 0.3, 1.0), ("skirt", -0.3, 1.0, 0.3, 1.5)), NAMES, standing)
    assert truth["legs"] == "bridged" and truth["length"] == "knee" and truth["beneath"] == "nothing"
    assert truth["outer"] == "none" and truth["sleeves"] == "long"


def test_trousers_do_not_even_under_a_coat(standing):
    trousers = dressed(("pants", -0.3, 1.0, 0.3, 1.9))
    assert read_truth(trousers, NAMES, standing)["legs"] == "apart"
    coated = dressed(("pants", -0.3, 1.0, 0.3, 1.9), ("coat", -0.3, 0.5, 0.3, 1.3))
    truth = read_truth(coated, NAMES, standing)
    assert truth["legs"] == "apart" and truth["beneath"] == "trousers" and truth["outer"] == "closed"


def test_a_dress_over_trousers_is_both(standing):
    tunic = dressed(("dress", -0.3, 0.5, 0.3, 1.5), ("jeans", -0.3, 1.5, 0.3, 1.9))
    truth = read_truth(tunic, NAMES, standing)
    assert truth["legs"] == "bridged" and truth["beneath"] == "trousers"


def test_a_coat_with_a_shirt_in_it_is_open(standing):
    open_coat = dressed(("coat", -0.3, 0.5, 0.3, 1.4), ("shirt", -0.08, 0.5, 0.08, 1.0))
    assert read_truth(open_coat, NAMES, standing)["outer"] == "open"


def test_a_hat_is_on_the_head(standing):
    assert read_truth(dressed(("hat", -0.15, 0.08, 0.15, 0.25)), NAMES, standing)["hat"] == "yes"
    assert read_truth(dressed(("hat", 0.25, 1.0, 0.3, 1.1)), NAMES, standing)["hat"] == "no"


@pytest.mark.parametrize(
    ("name", "kind", "heel"), [("boots", "boot", None), ("heels", "pump", "high"), ("shoes", None, None)]
)
def test_shoes_are_what_their_name_tells(standing, name, kind, heel):
    truth = read_truth(dressed((name, -0.2, 1.85, 0.2, 2.0)), NAMES, standing)
    assert (truth.get("shoes"), truth.get("heel")) == (kind, heel)


def test_what_was_seen_overrules_names_and_is_an_option():
    truth = {"0001": {"shoes": "low", "heel": "flat"}, "0003": {"heel": "high"}, "9999": {"shoes": "low"}}
    correct_by_eye(truth)
    assert truth["0001"] == {"shoes": "boot", "heel": "high"}
    assert truth["0003"] == {"shoes": "boot"}, "what is silent is left out"
    assert truth["9999"] == {"shoes": "low"}
    every = {f"{number:04d}": {} for number in range(1005)}
    correct_by_eye(every)
    assert all(option in ATTRIBUTES[name] for options in every.values() for name, option in options.items())
