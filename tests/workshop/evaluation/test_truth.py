"""True pictures are cut where the person is."""

import pytest
import torch

from bodydouble.geometry.camera import orbit_camera, project
from workshop.evaluation.datasets import TrueView
from workshop.evaluation.truth import PICTURE_PX, ComparisonWindow, truth_of, window_around


def test_the_window_cuts_picture_and_camera_alike() -> None:
    camera = orbit_camera(20, 5, torch.zeros(3), 4.0, 300.0, (160, 240))
    point = torch.tensor([[0.1, 0.3, -0.1]])
    x, y = project(point, camera)[0, :2].tolist()
    mask = torch.zeros(160, 240)
    mask[int(y), int(x)] = 1
    window = ComparisonWindow(left=round(x) - 20, top=round(y) - 30, side=60)
    seen = project(point, window.camera(camera))[0, :2]
    rows, columns = (window.take(mask[None])[0] > 0.5).nonzero(as_tuple=True)
    middle = torch.stack([columns.float().mean(), rows.float().mean()]) + 0.5
    assert (seen - middle).abs().max() < PICTURE_PX / 60


def test_the_truth_is_the_person_on_white_at_one_size() -> None:
    mask = torch.zeros(200, 100)
    mask[20:180, 40:70] = 1
    rgb = torch.full((3, 200, 100), 0.25)
    truth = truth_of(TrueView(rgb=rgb, mask=mask, azimuth_deg=0.0, face_box=(45, 20, 65, 40)))
    assert window_around(mask).side == 192
    rows = (truth.mask > 0.5).any(1).nonzero()[:, 0]
    assert rows.max() - rows.min() + 1 == pytest.approx(PICTURE_PX / 1.2, abs=4)
    assert torch.allclose(truth.picture[:, truth.mask > 0.99], torch.tensor(0.25), atol=1e-3)
    assert torch.allclose(truth.picture[:, truth.mask == 0], torch.tensor(1.0))
    assert truth.face_box is not None and abs(truth.face_box[1] - int(rows.min())) <= 1
