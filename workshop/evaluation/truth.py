"""True pictures as they are compared: the person alone, on white, in a square around them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.geometry.camera import cropped, resized
from bodydouble.geometry.window import mask_box
from bodydouble.values import Camera
from workshop.evaluation.datasets import TrueView

WHITE = 1.0  # what both pictures show where nobody is
PICTURE_PX = 512  # side of the pictures that are compared
_MARGIN = 1.2  # the square around the person is this much longer than the person, as in the paper's own data


@dataclass(frozen=True, kw_only=True)
class ComparisonWindow:
    """The square of a view in which pictures are compared."""

    left: float  # pixels of the view; may lie beyond its edge
    top: float
    side: float

    def camera(self, camera: Camera, size: int = PICTURE_PX) -> Camera:
        """The part of a camera of the view that sees the window, `size` pixels a side."""
        side = round(self.side)
        return resized(cropped(camera, self.left, self.top, (side, side)), (size, size))

    def take(self, image: Tensor, size: int = PICTURE_PX, outside: float = 0.0) -> Tensor:
        """C×size×size of a C×H×W image; `outside` beyond its edge."""
        height, width = image.shape[1:]
        centres = (torch.arange(size) + 0.5) * round(self.side) / size
        y, x = torch.meshgrid(centres + self.top, centres + self.left, indexing="ij")
        grid = torch.stack([2 * x / width - 1, 2 * y / height - 1], -1)[None]
        reduced = _unaliased(image - outside, round(self.side) / size)
        return functional.grid_sample(reduced[None], grid, align_corners=False)[0] + outside


def _unaliased(image: Tensor, step: float) -> Tensor:
    """The image, averaged where one pixel in `step` is taken."""
    width = max(1, round(step)) // 2 * 2 + 1 if step > 1.5 else 1
    return functional.avg_pool2d(image[None], width, 1, width // 2, count_include_pad=False)[0] if width > 1 else image


def window_around(mask: Tensor) -> ComparisonWindow:
    """The square around what an H×W mask covers."""
    left, top, right, bottom = mask_box(mask)
    side = float(round(_MARGIN * max(bottom - top, right - left)))
    return ComparisonWindow(left=round((left + right - side) / 2), top=round((top + bottom - side) / 2), side=side)


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A view as it is compared: the person alone, on white, in the square around them."""

    window: ComparisonWindow
    picture: Tensor  # 3×S×S
    mask: Tensor  # S×S
    face_box: tuple[int, int, int, int] | None  # left, top, right, bottom in pixels of the picture


def truth_of(view: TrueView) -> Truth:
    """Cut a view to what is compared."""
    window = window_around(view.mask)
    mask = window.take(view.mask[None])[0]
    rgb = window.take(view.rgb)
    box = None if view.face_box is None else _cut_box(view.face_box, window)
    return Truth(window=window, picture=laid_on_white(rgb, mask), mask=mask, face_box=box)


def _cut_box(box: tuple[int, int, int, int], window: ComparisonWindow) -> tuple[int, int, int, int]:
    """A box of the view in pixels of the picture."""

    def place(edge: int, start: float) -> int:
        return int(min(max((edge - start) * (PICTURE_PX / round(window.side)), 0), PICTURE_PX))

    left, top, right, bottom = box
    return place(left, window.left), place(top, window.top), place(right, window.left), place(bottom, window.top)


def laid_on_white(rgb: Tensor, alpha: Tensor) -> Tensor:
    """A 3×H×W picture with straight H×W alpha, on white."""
    return rgb * alpha + WHITE * (1 - alpha)
