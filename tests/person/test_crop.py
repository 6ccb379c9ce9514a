"""The square crop shows the person whole, and its camera projects to the crop's pixels."""

import pytest
import torch

from bodydouble.geometry.camera import photo_camera, project
from bodydouble.person.crop import cropped_camera, square_crop
from bodydouble.values import LANDMARK_COUNT, Person, Photo


def photo_and_person(rows: slice, columns: slice, size: tuple[int, int] = (80, 120)) -> tuple[Photo, Person]:
    generator = torch.Generator().manual_seed(0)
    photo = Photo(rgb=torch.rand(3, *size, generator=generator), alpha=torch.ones(size), focal_px=100.0)
    mask = torch.zeros(size)
    mask[rows, columns] = 1
    landmarks = torch.zeros(LANDMARK_COUNT, 3)
    landmarks[0] = torch.tensor([columns.start + 1.25, rows.start + 1.75, 1.0])
    world = torch.full((LANDMARK_COUNT, 3), torch.nan)
    return photo, Person(mask=mask, landmarks=landmarks, landmarks_world=world)


PLACES = [(slice(20, 60), slice(50, 70)), (slice(0, 80), slice(0, 10)), (slice(70, 80), slice(30, 110))]


@pytest.mark.parametrize("rows, columns", PLACES)
def test_the_crop_is_square_and_holds_the_person_with_its_margin(rows, columns):
    photo, person = photo_and_person(rows, columns)
    crop, cropped, left, top, scale = square_crop(photo, person, margin=0.1)
    extent = max(rows.stop - rows.start, columns.stop - columns.start)
    side = crop.size[0]
    assert crop.size == (side, side) and cropped.mask.shape == (side, side)
    assert 1.2 * extent <= side < 1.2 * extent + 1
    assert scale == 1 and crop.focal_px == photo.focal_px
    assert cropped.mask.sum() == person.mask.sum()
    assert min(columns.start - left, left + side - columns.stop) >= 0.1 * extent - 1


@pytest.mark.parametrize("rows, columns", PLACES)
def test_pixels_and_landmarks_move_together(rows, columns):
    photo, person = photo_and_person(rows, columns)
    crop, cropped, left, top, _ = square_crop(photo, person)
    x, y = (person.landmarks[0, :2]).int().tolist()
    new_x, new_y = cropped.landmarks[0, :2].int().tolist()
    assert (new_x, new_y) == (x - left, y - top)
    assert torch.equal(crop.rgb[:, new_y, new_x], photo.rgb[:, y, x])


def test_outside_the_photo_is_nobody():
    photo, person = photo_and_person(slice(0, 80), slice(0, 10))
    crop, cropped, left, top, _ = square_crop(photo, person)
    assert left < 0 and top < 0
    assert crop.alpha[:, : -int(left)].max() == 0 and cropped.mask[: -int(top)].max() == 0
    assert torch.all(crop.rgb[:, : -int(top)] == 0.5)


def test_a_landmark_outside_the_mask_is_inside_the_crop():
    photo, person = photo_and_person(slice(20, 40), slice(50, 60))
    person.landmarks[5] = torch.tensor([5.0, 30.0, 0.9])
    person.landmarks[6] = torch.tensor([-500.0, 30.0, 0.0])
    _, cropped, left, _, _ = square_crop(photo, person)
    assert -15 < left < 5 and cropped.landmarks[5, 0] > 0


@pytest.mark.parametrize("size", [None, 32, 200])
def test_the_camera_of_the_crop_projects_to_the_pixels_of_the_crop(size):
    photo, person = photo_and_person(slice(20, 60), slice(50, 70))
    camera = photo_camera(photo.focal_px, photo.size)
    crop, cropped, left, top, scale = square_crop(photo, person, size=size)
    points = torch.tensor([[0.1, 0.2, -3.0], [-0.5, -0.1, -2.0]])
    expected = (project(points, camera)[:, :2] - torch.tensor([left, top])) * scale
    found = project(points, cropped_camera(camera, left, top, scale, crop.size))[:, :2]
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)
    assert crop.focal_px == pytest.approx(photo.focal_px * scale)
    torch.testing.assert_close(
        cropped.landmarks[0, :2], (person.landmarks[0, :2] - torch.tensor([left, top])) * scale, atol=1e-3, rtol=0
    )
