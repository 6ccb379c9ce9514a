"""Cloth of one colour that lies together has one name, and what has another colour keeps its own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from bodydouble.parsing.garments import GARMENTS
from bodydouble.parsing.labels import BACKGROUND, LABELS, LOWER, OUTER
from bodydouble.parsing.one_name import join_names

TAN, NAVY, WHITE = (165, 105, 50), (40, 45, 80), (225, 225, 220)
SIDE = 400
COAT = (slice(40, 200), slice(100, 300))
TAIL = (slice(210, 290), slice(110, 150))  # of the coat, left of what is worn beneath
BENEATH = (slice(210, 360), slice(170, 230))


def draw_person(tail: float, beneath: tuple[int, int, int]) -> tuple[Tensor, Tensor, np.ndarray]:
    """Labels, garments and pixels: a tan coat with tails on either side of cloth of another colour.

    Args:
        tail: how likely its tails are a coat's; else they are trousers.
        beneath: colour of the trousers, sRGB.
    """
    noise = np.random.default_rng(0).integers(-6, 7, (SIDE, SIDE, 1))
    pixels = np.full((SIDE, SIDE, 3), 128)
    pixels[40:300, 100:300] = TAN
    pixels[200:380, 160:240] = beneath
    labels, garments = torch.zeros(len(LABELS), SIDE, SIDE), torch.zeros(len(GARMENTS), SIDE, SIDE)
    labels[OUTER, 40:200, 100:300] = 1
    labels[LOWER, 200:300, 100:300] = 1
    labels[LOWER, 300:380, 160:240] = 1
    labels[BACKGROUND] = 1 - labels.sum(0)
    outer, trousers = GARMENTS.index("outer"), GARMENTS.index("trousers")
    garments[outer, :200] = 0.9
    garments[outer, 200:] = tail
    garments[outer, 200:380, 160:240] = 0.1
    garments[trousers] = 1 - garments[outer]
    return labels, garments, (pixels + noise).clip(0, 255).astype(np.uint8)


def name_at(garments: Tensor, place: tuple[slice, slice]) -> str:
    """The commonest name there."""
    return GARMENTS[int(garments[:, *place].flatten(1).mean(1).argmax())]


def test_a_coats_tails_that_are_named_trousers_are_the_coats() -> None:
    labels, garments, pixels = draw_person(0.3, NAVY)
    joined = join_names(labels, garments, pixels)
    assert name_at(garments, TAIL) == "trousers"
    assert name_at(joined, TAIL) == "outer"
    assert name_at(joined, COAT) == "outer"
    assert name_at(joined, BENEATH) == "trousers"
    assert torch.allclose(joined.sum(0), torch.ones(SIDE, SIDE), atol=1e-4)


@pytest.mark.parametrize("beneath", [NAVY, WHITE])
def test_cloth_of_another_colour_that_is_named_a_coats_is_no_coat(beneath: tuple[int, int, int]) -> None:
    labels, garments, pixels = draw_person(0.9, beneath)
    patch = (slice(210, 260), slice(165, 235))
    garments[:, *patch] = 0
    garments[GARMENTS.index("outer"), *patch] = 0.6
    garments[GARMENTS.index("trousers"), *patch] = 0.4
    assert name_at(join_names(labels, garments, pixels), patch) == "trousers"


def test_sure_names_of_a_suit_of_one_colour_stay() -> None:
    labels, garments, pixels = draw_person(0.02, TAN)
    garments[GARMENTS.index("outer"), :200] = 0.98
    garments[GARMENTS.index("trousers")] = 1 - garments[GARMENTS.index("outer")]
    joined = join_names(labels, garments, pixels)
    assert name_at(joined, (slice(60, 180), slice(110, 290))) == "outer"
    assert name_at(joined, (slice(220, 370), slice(165, 235))) == "trousers"


def test_a_coat_over_trousers_of_its_colour_keeps_its_border_though_names_are_less_sure() -> None:
    labels, garments, pixels = draw_person(0.65, TAN)
    garments[GARMENTS.index("outer"), :200] = 0.65
    garments[GARMENTS.index("outer"), 200:380, 160:240] = 0.02
    garments[GARMENTS.index("trousers")] = 1 - garments[GARMENTS.index("outer")]
    joined = join_names(labels, garments, pixels)
    assert name_at(joined, TAIL) == name_at(joined, COAT) == "outer"
    assert name_at(joined, BENEATH) == "trousers"


def test_names_of_which_only_one_is_worn_are_one_within_one_cloth() -> None:
    labels, garments, pixels = draw_person(0.65, TAN)
    garments[:] = 0
    garments[GARMENTS.index("dress")] = 0.7
    garments[GARMENTS.index("jumpsuit")] = 0.3
    patch = (slice(200, 300), slice(150, 250))
    garments[GARMENTS.index("dress"), *patch], garments[GARMENTS.index("jumpsuit"), *patch] = 0.4, 0.6
    assert name_at(join_names(labels, garments, pixels), patch) == "dress"


def test_hardly_any_cloth_keeps_its_names() -> None:
    labels, garments, pixels = draw_person(0.3, NAVY)
    nothing = torch.zeros_like(labels)
    nothing[BACKGROUND] = 1
    assert torch.equal(join_names(nothing, garments, pixels), garments)
