from dataclasses import replace

import torch

from bodydouble.fitting.outline import MaskView, mask_view, outline_errors
from bodydouble.geometry.camera import photo_camera, project
from bodydouble.values import Person


def _disc(radius, side=128, centre=(64, 64)):
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return ((y - centre[0]) ** 2 + (x - centre[1]) ** 2) < radius**2


def _view(mask):
    side = mask.shape[0]
    return MaskView(camera=photo_camera(100.0, (side, side)), mask=mask.float(), inside=torch.ones_like(mask.float()))


def test_a_smaller_disc_must_grow_by_the_difference_of_radii():
    errors = outline_errors(_disc(30), _view(_disc(40)), reach=30)
    assert (errors.distance - 10).abs().median() <= 1
    assert not errors.met.any()


def test_a_larger_disc_must_shrink():
    errors = outline_errors(_disc(40), _view(_disc(34)), reach=30)
    assert (errors.distance + 6).abs().median() <= 1


def test_normals_point_outwards():
    errors = outline_errors(_disc(30), _view(_disc(40)), reach=30)
    outward = torch.stack([errors.x - 64, errors.y - 64], -1).float()
    cosine = torch.nn.functional.cosine_similarity(errors.normal, outward, dim=-1)
    assert cosine.min() > 0.9


def test_two_parts_meet_in_the_middle_of_a_filled_gap():
    covered = torch.zeros(128, 128, dtype=torch.bool)
    covered[20:100, 30:50] = covered[20:100, 70:90] = True
    mask = torch.zeros(128, 128)
    mask[20:100, 30:90] = 1
    errors = outline_errors(covered, _view(mask > 0), reach=40)
    facing = (errors.x == 49) & (errors.y > 40) & (errors.y < 80)
    assert errors.met[facing].all()
    assert (errors.distance[facing] - 10).abs().max() <= 1


def test_an_outline_without_mask_in_reach_has_nothing_to_hold_on():
    errors = outline_errors(_disc(10, centre=(20, 20)), _view(_disc(10, centre=(100, 100))), reach=15)
    assert (errors.distance == 0).all()


def test_the_view_shows_the_person_where_its_camera_says():
    mask = torch.zeros(200, 300)
    mask[50:150, 120:160] = 1
    person = Person(mask=mask, landmarks=torch.zeros(543, 3), landmarks_world=torch.full((543, 3), torch.nan))
    camera = photo_camera(250.0, (200, 300))
    view = mask_view(person, camera, 128)
    # The photo's pixel (120, 50), the mask's corner, as a ray; in the view it must be the mask's corner again.
    ray = torch.linalg.inv(camera.intrinsics) @ torch.tensor([120.0, 50.0, 1.0])
    point = torch.linalg.inv(camera.camera_from_world) @ torch.cat([ray, torch.ones(1)])
    x, y, _ = project(point[:3], view.camera).tolist()
    rows, columns = (view.mask > 0.5).nonzero(as_tuple=True)
    assert abs(rows.min().item() - y) < 1.5
    assert abs(columns.min().item() - x) < 1.5


def test_where_a_held_thing_begins_the_outline_says_nothing():
    """A body of radius 30 in a mask of radius 40, of which a thing covers the right side from x = 84 on."""
    view = _view(_disc(40))
    hidden = torch.zeros(128, 128, dtype=torch.bool)
    hidden[:, 84:] = True
    mask = view.mask * ~hidden
    with_thing = outline_errors(_disc(30), replace(view, mask=mask, inside=(~hidden).float(), hidden=hidden), reach=30)
    assert (with_thing.distance - 10).abs().max() <= 2  # none is told to stop at the thing
    assert not ((with_thing.x > 80) & ((with_thing.y - 64).abs() < 15)).any()
    assert (with_thing.x < 50).any()
    taken_for_background = outline_errors(_disc(30), replace(view, mask=mask), reach=30)
    assert taken_for_background.distance.min() < 0
