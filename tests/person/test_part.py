"""Of a large photo the part with the person is taken, no coarser than the texture; the camera knows where it lay."""

from dataclasses import replace

import pytest
import torch

from bodydouble.fitting.fit import photo_camera_of
from bodydouble.fitting.fit_config import FitConfig
from bodydouble.geometry.camera import photo_camera, project, unwindowed, windowed
from bodydouble.person.part import in_whole_photo, part_with_person
from bodydouble.values import LANDMARK_COUNT, BodyFit, BodyShape, Clothing, Person, Photo, PhotoWindow, Pose

LARGE = (2400, 3000)  # height, width; 7.2 megapixels


def sighting(size=LARGE, rows=slice(300, 2300), columns=slice(700, 1500), alpha=False) -> tuple[Photo, Person]:
    """A person as a rectangle; colours tell the place: red grows to the right, green downwards."""
    height, width = size
    x, y = torch.linspace(0, 1, width).expand(size), torch.linspace(0, 1, height)[:, None].expand(size)
    mask = torch.zeros(size)
    mask[rows, columns] = 1
    landmarks = torch.rand(LANDMARK_COUNT, 3, generator=torch.Generator().manual_seed(0))
    landmarks[:, 0] = columns.start + landmarks[:, 0] * (columns.stop - columns.start)
    landmarks[:, 1] = rows.start + landmarks[:, 1] * (rows.stop - rows.start)
    photo = Photo(rgb=torch.stack([x, y, 0.5 * mask]), alpha=mask if alpha else None, focal_px=2500.0)
    world = torch.full((LANDMARK_COUNT, 3), torch.nan)
    return photo, Person(mask=mask, landmarks=landmarks, landmarks_world=world, mask_is_exact=alpha)


def test_smaller_photos_stay_as_they_are():
    photo, person = sighting((1600, 1400), slice(20, 1500), slice(300, 800))
    part, same = part_with_person(photo, person, 1024)
    assert part is photo and same is person


@pytest.mark.parametrize("texels", [256, 1024, 2048])
def test_the_part_is_as_fine_as_the_texture_needs_and_no_finer(texels):
    photo, person = sighting((4600, 4000), slice(200, 4400), slice(1000, 2200))
    part, reduced = part_with_person(photo, person, texels)
    tall = float((reduced.mask > 0.5).any(1).sum())
    assert tall == pytest.approx(max(2 * texels, 2048), abs=2)
    assert part.reduction == pytest.approx(tall / 4200, rel=1e-3) and reduced.mask.shape == part.size


def test_a_small_person_in_a_wide_photo_is_not_enlarged():
    photo, person = sighting((3000, 4000), slice(1500, 1700), slice(3900, 3990))
    part, cut = part_with_person(photo, person, 1024)
    assert part.reduction == 1 and max(part.size) <= 260
    assert torch.equal(part.rgb, photo.rgb[:, part.window.top :, part.window.left :][:, : part.size[0], : part.size[1]])
    assert cut.mask.sum() == person.mask.sum()


@pytest.mark.parametrize("alpha", [False, True])
def test_pixels_landmarks_and_mask_move_together(alpha):
    photo, person = sighting(alpha=alpha)
    part, moved = part_with_person(photo, person, 256)
    assert part.size != photo.size and part.whole_size == photo.size == (2400, 3000)
    assert (part.alpha is not None) is alpha and moved.mask_is_exact is alpha
    for row in range(0, LANDMARK_COUNT, 40):
        before, after = person.landmarks[row].tolist(), moved.landmarks[row].tolist()
        assert after[2] == before[2]
        colour = photo.rgb[:2, int(before[1]), int(before[0])]
        assert (part.rgb[:2, int(after[1]), int(after[0])] - colour).abs().max() < 2e-3
    assert float(moved.mask.sum()) / part.reduction**2 == pytest.approx(float(person.mask.sum()), rel=1e-3)


def test_colours_under_alpha_do_not_bleed():
    photo, person = sighting((4600, 4000), slice(200, 4401), slice(1000, 2200), alpha=True)
    photo = replace(photo, rgb=torch.where(person.mask > 0, torch.tensor(0.25), torch.tensor(1.0)).expand(3, -1, -1))
    part, _ = part_with_person(photo, person, 1024)
    assert (part.rgb[:, part.alpha > 0.01] - 0.25).abs().max() < 1e-3


def test_a_camera_there_and_back():
    window = PhotoWindow(left=300, top=120, size=(900, 700), whole=(2400, 3000))
    camera = photo_camera(2500.0, (2400, 3000))
    part = windowed(camera, window, (450, 350))
    points = torch.tensor([[0.1, 0.2, -3.0], [-0.4, -0.5, -2.5]])
    whole_xy, part_xy = project(points, camera)[:, :2], project(points, part)[:, :2]
    torch.testing.assert_close(part_xy, (whole_xy - torch.tensor([300.0, 120.0])) / 2, atol=1e-3, rtol=0)
    back = unwindowed(part, window)
    assert back.size == camera.size
    torch.testing.assert_close(back.intrinsics, camera.intrinsics, atol=1e-2, rtol=0)


@pytest.mark.parametrize("focal", [2500.0, None])
def test_a_fit_begins_with_the_whole_photo_s_camera(focal):
    photo, person = sighting()
    photo = replace(photo, focal_px=focal)
    whole = photo_camera_of(photo, FitConfig())
    part, _ = part_with_person(photo, person, 256)
    camera = photo_camera_of(part, FitConfig())
    assert camera.size == part.size
    pose = Pose(
        joints=torch.zeros(3, 3),
        root_rotation=torch.zeros(3),
        root_translation=torch.zeros(3),
        expression=torch.zeros(1),
    )
    nothing = Clothing(offsets=torch.zeros(1, 3), leg_blend=torch.zeros(1))
    fit = BodyFit(shape=BodyShape(coefficients=torch.zeros(1)), pose=pose, camera=camera, clothing=nothing)
    back = in_whole_photo(fit, part).camera
    assert back.size == whole.size
    torch.testing.assert_close(back.intrinsics, whole.intrinsics, atol=1e-2, rtol=1e-5)
    assert in_whole_photo(fit, photo) is fit
