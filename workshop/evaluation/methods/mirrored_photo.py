"""The oldest trick: from the front the photo itself, from behind its mirror image."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from workshop.evaluation.cases import Case
from workshop.evaluation.datasets import between_deg
from workshop.evaluation.methods import TargetView
from workshop.evaluation.truth import ComparisonWindow, Truth, window_around


@dataclass(frozen=True)
class MirroredPhoto:
    """A cut-out that always faces the camera. It has no place in the world, so the true mask's box places it."""

    case: Case

    def draw(self, target: TargetView) -> Tensor:
        """See `Drawable`. Height and middle are those of the true mask."""
        rgba = torch.cat([self.case.photo.rgb, self.case.person.mask[None]])
        size = target.truth.mask.shape[-1]
        window = window_around(self.case.person.mask)
        if between_deg(target.azimuth_deg, 0) > 90:
            rgba = rgba.flip(-1)
            left = self.case.photo.size[1] - window.left - round(window.side)
            window = ComparisonWindow(left=left, top=window.top, side=window.side)
        # Both squares are 1.2 times the longer side around the middle: equally high people come to lie alike.
        return _at_height(window, rgba, target.truth, size)


def _at_height(window: ComparisonWindow, rgba: Tensor, truth: Truth, size: int) -> Tensor:
    """4×size×size: the photo, scaled so that the person is as tall as in the truth and stands where they do.

    Args:
        window: of the person in the photo.
        rgba: 4×H×W, the photo with the person's mask.
    """
    mask = window.take(rgba, size)[3]
    rows, columns = (mask > 0.5).nonzero(as_tuple=True)
    true_rows, true_columns = (truth.mask > 0.5).nonzero(as_tuple=True)
    ratio = float(rows.max() - rows.min() + 1) / float(true_rows.max() - true_rows.min() + 1)  # ours per true pixel
    pixel = round(window.side) / size  # photo pixels in one of the window
    middle_x = window.left + (float(columns.min() + columns.max()) / 2 + 0.5) * pixel
    bottom = window.top + (float(rows.max()) + 1) * pixel
    left = middle_x - (float(true_columns.min() + true_columns.max()) / 2 + 0.5) * ratio * pixel
    top = bottom - (float(true_rows.max()) + 1) * ratio * pixel
    return ComparisonWindow(left=left, top=top, side=size * ratio * pixel).take(rgba, size)
