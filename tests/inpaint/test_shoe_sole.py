"""Light soles are told by the lower edge of the photo's shoes, and light ground is none."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from bodydouble.geometry.camera import to_camera
from bodydouble.inpaint.shoe_sole import _find_lowest, find_light_sole
from bodydouble.values import FittedView, Person, Photo

METRE = 450  # in pixels
SIZE, RED, WHITE = 200, (0.5, 0.1, 0.1), (0.9, 0.9, 0.88)
SHOE, SOLE = (slice(100, 140), slice(60, 120)), (slice(131, 140), slice(60, 120))


def view_shoe(fit, sole: tuple[float, float, float], ground: float) -> tuple[FittedView, np.ndarray]:
    rgb = torch.full((3, SIZE, SIZE), ground)
    rgb[(slice(None), *SHOE)] = torch.tensor(RED)[:, None, None]
    rgb[(slice(None), *SOLE)] = torch.tensor(sole)[:, None, None]
    mask = torch.zeros(SIZE, SIZE)
    mask[SHOE] = 1
    intrinsics, camera = fit.camera.intrinsics.clone(), fit.camera
    intrinsics[0, 0] = METRE * float(to_camera(fit.pose.root_translation[None], camera)[0, 2])
    fit = replace(fit, camera=replace(camera, intrinsics=intrinsics))
    person = Person(mask=mask, landmarks=torch.zeros(543, 3), landmarks_world=torch.zeros(543, 3))
    return FittedView(photo=Photo(rgb=rgb), person=person, fit=fit), mask.numpy() > 0.5


@pytest.mark.parametrize(("sole", "ground", "light"), [(WHITE, 0.4, True), (RED, 0.4, False), (WHITE, 0.9, False)])
def test_a_sole_is_light_where_it_is_lighter_than_upper_and_ground(fit, sole, ground, light):
    found = find_light_sole(*view_shoe(fit, sole, ground))
    assert (found is not None) == light
    assert found is None or torch.allclose(found, torch.tensor(WHITE), atol=0.02)


def test_a_sole_that_mask_and_labels_leave_out_is_seen(fit):
    """Nothing of it is labelled shoe."""
    view, shoe = view_shoe(fit, WHITE, 0.4)
    shoe[134:] = False
    view.person.mask[134:] = 0
    view.photo.rgb[:, 131:134, 60:120] = view.photo.rgb[:, 128:131, 60:120]
    assert find_light_sole(view, shoe) is not None


def test_a_shadow_on_light_ground_does_not_make_that_a_sole(fit):
    view, shoe = view_shoe(fit, RED, 0.9)
    view.photo.rgb[:, 147:152, 60:120] = 0.2
    assert find_light_sole(view, shoe) is None


def test_no_shoes_have_no_sole(fit):
    view, shoe = view_shoe(fit, WHITE, 0.4)
    assert find_light_sole(view, shoe & False) is None


def test_below_each_part_of_the_shoes_its_own_lowest_pixel_counts():
    """A boot, whose top is higher than a shoe's, reaches under that with its tip."""
    shoe = np.zeros((12, 8), bool)
    shoe[3:6, 0:4] = True
    shoe[8:10, 3:8] = True
    shoe[0:8, 7] = True
    lowest = _find_lowest(shoe)
    assert lowest[:, 3].tolist() == [-12] * 3 + [5] * 5 + [9] * 4
    assert lowest[:, 0].tolist() == [-12] * 3 + [5] * 9 and lowest[:, 7].tolist() == [9] * 12
