"""The figures of a drawing against the truth."""

import torch

from workshop.evaluation.measures.pictures import measures
from workshop.evaluation.truth import ComparisonWindow, Truth


def _figure(left: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """A picture with a noisy rectangle on white, and its mask."""
    picture, mask = torch.ones(3, 512, 512), torch.zeros(512, 512)
    noise = torch.rand(3, 300, 100, generator=torch.Generator().manual_seed(seed))
    picture[:, 100:400, left : left + 100] = noise
    mask[100:400, left : left + 100] = 1
    return picture, mask


def test_white_background_does_not_flatter_the_person() -> None:
    picture, mask = _figure(200)
    truth = Truth(
        window=ComparisonWindow(left=0, top=0, side=512), picture=picture, mask=mask, face_box=(220, 100, 280, 160)
    )
    drawing = torch.cat([(picture - 0.1).clamp(0, 1), mask[None]])
    drawing[:, 100:160, 220:280] = torch.cat([picture, mask[None]])[:, 100:160, 220:280]
    values = measures(drawing, truth, ("psnr", "person_psnr", "face_psnr", "iou"))
    assert values["psnr"] > values["person_psnr"] + 5
    assert values["face_psnr"] > 90 and values["iou"] == 1
    assert "ssim" not in values
