"""The oldest trick: from the front the photo itself, from behind its mirror image."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from bodydouble.geometry.window import mask_box
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
    own_left, own_top, own_right, own_bottom = mask_box(mask)
    true_left, true_top, true_right, true_bottom = mask_box(truth.mask)
    ratio = (own_bottom - own_top) / (true_bottom - true_top)  # ours per true pixel
    pixel = round(window.side) / size  # photo pixels in one of the window
    left = window.left + (own_left + own_right) / 2 * pixel - (true_left + true_right) / 2 * ratio * pixel
    top = window.top + own_bottom * pixel - true_bottom * ratio * pixel
    return ComparisonWindow(left=left, top=top, side=size * ratio * pixel).take(rgba, size)
