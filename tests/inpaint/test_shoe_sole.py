"""Light soles are told by the lower edge of the photo's shoes, and light ground is none."""

import numpy as np
import pytest
import torch

from bodydouble.inpaint.shoe_sole import find_light_sole
from bodydouble.values import FittedView, Person, Photo

SIZE, RED, WHITE = 200, (0.5, 0.1, 0.1), (0.9, 0.9, 0.88)
SHOE, SOLE = (slice(100, 140), slice(60, 120)), (slice(131, 140), slice(60, 120))


def view_shoe(fit, sole: tuple[float, float, float], ground: float) -> tuple[FittedView, np.ndarray]:
    rgb = torch.full((3, SIZE, SIZE), ground)
    rgb[(slice(None), *SHOE)] = torch.tensor(RED)[:, None, None]
    rgb[(slice(None), *SOLE)] = torch.tensor(sole)[:, None, None]
    mask = torch.zeros(SIZE, SIZE)
    mask[SHOE] = 1
    person = Person(mask=mask, landmarks=torch.zeros(543, 3), landmarks_world=torch.zeros(543, 3))
    return FittedView(photo=Photo(rgb=rgb), person=person, fit=fit), mask.numpy() > 0.5


@pytest.mark.parametrize(("sole", "ground", "light"), [(WHITE, 0.4, True), (RED, 0.4, False), (WHITE, 0.9, False)])
def test_a_sole_is_light_where_it_is_lighter_than_upper_and_ground(fit, sole, ground, light):
    found = find_light_sole(*view_shoe(fit, sole, ground))
    assert (found is not None) == light
    assert found is None or torch.allclose(found, torch.tensor(WHITE), atol=0.02)


def test_no_shoes_have_no_sole(fit):
    view, shoe = view_shoe(fit, WHITE, 0.4)
    assert find_light_sole(view, shoe & False) is None
