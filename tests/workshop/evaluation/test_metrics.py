"""Measures agree with their definitions, and pictures are cut where the person is."""

import pytest
import torch
from torchmetrics.functional.image import structural_similarity_index_measure

from bodydouble.geometry.camera import orbit_camera, project
from workshop.evaluation.metrics import (
    PICTURE_PX,
    Truth,
    Window,
    iou,
    measures,
    ms_ssim,
    psnr,
    ssim,
    truth_of,
    window_around,
)
from workshop.evaluation.subjects import View


def _figure(left: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """A picture with a noisy rectangle on white, and its mask."""
    picture, mask = torch.ones(3, 512, 512), torch.zeros(512, 512)
    noise = torch.rand(3, 300, 100, generator=torch.Generator().manual_seed(seed))
    picture[:, 100:400, left : left + 100] = noise
    mask[100:400, left : left + 100] = 1
    return picture, mask


def test_psnr_of_a_known_error() -> None:
    black = torch.zeros(3, 8, 8)
    assert psnr(black + 0.1, black) == pytest.approx(20, abs=1e-3)
    where = torch.zeros(8, 8, dtype=torch.bool)
    where[:2] = True
    half = black.clone()
    half[:, 2:] = 1
    assert psnr(half + 0.1, half, where) == pytest.approx(20, abs=1e-3)


@pytest.mark.parametrize("left", [195, 0, 412])
def test_ssim_is_the_librarys(left: int) -> None:
    first, second = _figure(200)[0], _figure(left, 1)[0]
    library = float(structural_similarity_index_measure(first[None], second[None], data_range=1.0))
    assert ssim(first, second) == pytest.approx(library, abs=1e-5)


def test_equal_pictures_are_equal() -> None:
    picture, mask = _figure(200)
    assert ssim(picture, picture) == pytest.approx(1) and ms_ssim(picture, picture) == pytest.approx(1, abs=1e-5)
    assert iou(mask, mask) == 1


def test_overlap_of_shifted_masks() -> None:
    assert iou(_figure(200)[1], _figure(250)[1]) == pytest.approx(1 / 3)


def test_white_background_does_not_flatter_the_person() -> None:
    picture, mask = _figure(200)
    truth = Truth(window=Window(left=0, top=0, side=512), picture=picture, mask=mask, face_box=(220, 100, 280, 160))
    drawing = torch.cat([(picture - 0.1).clamp(0, 1), mask[None]])
    drawing[:, 100:160, 220:280] = torch.cat([picture, mask[None]])[:, 100:160, 220:280]
    values = measures(drawing, truth, ("psnr", "person_psnr", "face_psnr", "iou"))
    assert values["psnr"] > values["person_psnr"] + 5
    assert values["face_psnr"] > 90 and values["iou"] == 1
    assert "ssim" not in values


def test_the_window_cuts_picture_and_camera_alike() -> None:
    camera = orbit_camera(20, 5, torch.zeros(3), 4.0, 300.0, (160, 240))
    point = torch.tensor([[0.1, 0.3, -0.1]])
    x, y = project(point, camera)[0, :2].tolist()
    mask = torch.zeros(160, 240)
    mask[int(y), int(x)] = 1
    window = Window(left=round(x) - 20, top=round(y) - 30, side=60)
    seen = project(point, window.camera(camera))[0, :2]
    rows, columns = (window.take(mask[None])[0] > 0.5).nonzero(as_tuple=True)
    middle = torch.stack([columns.float().mean(), rows.float().mean()]) + 0.5
    assert (seen - middle).abs().max() < PICTURE_PX / 60


def test_the_truth_is_the_person_on_white_at_one_size() -> None:
    mask = torch.zeros(200, 100)
    mask[20:180, 40:70] = 1
    rgb = torch.full((3, 200, 100), 0.25)
    truth = truth_of(View(rgb=rgb, mask=mask, azimuth_deg=0.0, face_box=(45, 20, 65, 40)))
    assert window_around(mask).side == 192
    rows = (truth.mask > 0.5).any(1).nonzero()[:, 0]
    assert rows.max() - rows.min() + 1 == pytest.approx(PICTURE_PX / 1.2, abs=4)
    assert torch.allclose(truth.picture[:, truth.mask > 0.99], torch.tensor(0.25), atol=1e-3)
    assert torch.allclose(truth.picture[:, truth.mask == 0], torch.tensor(1.0))
    assert truth.face_box is not None and abs(truth.face_box[1] - int(rows.min())) <= 1
