"""How alike a drawn double and a true picture are: what needs no downloaded weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure as ms_ssim_of
from torchmetrics.functional.image import structural_similarity_index_measure as ssim_of

from bodydouble.geometry.camera import cropped, resized
from bodydouble.values import Camera
from workshop.evaluation.subjects import View

WHITE = 1.0  # what both pictures show where nobody is
PICTURE_PX = 512  # side of the pictures that are compared
_SSIM_REACH = 12  # pixels: more than the radius of its window
_MARGIN = 1.2  # the square around the person is this much longer than the person, as in the paper's own data


@dataclass(frozen=True, kw_only=True)
class Window:
    """The square of a view in which pictures are compared."""

    left: float  # pixels of the view; may lie beyond its edge
    top: float
    side: float

    def camera(self, camera: Camera, size: int = PICTURE_PX) -> Camera:
        """The part of a camera of the view that sees the window, `size` pixels a side."""
        whole = (round(self.side), round(self.side))
        return resized(cropped(camera, self.left, self.top, whole), (size, size))

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


def window_around(mask: Tensor) -> Window:
    """The square around what an H×W mask covers."""
    rows, columns = (mask > 0.5).nonzero(as_tuple=True)
    top, bottom = float(rows.min()), float(rows.max()) + 1
    left, right = float(columns.min()), float(columns.max()) + 1
    side = float(round(_MARGIN * max(bottom - top, right - left)))
    return Window(left=round((left + right - side) / 2), top=round((top + bottom - side) / 2), side=side)


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A view as it is compared: the person alone, on white, in the square around them."""

    window: Window
    picture: Tensor  # 3×S×S
    mask: Tensor  # S×S
    face_box: tuple[int, int, int, int] | None  # left, top, right, bottom in pixels of the picture


def truth_of(view: View) -> Truth:
    """Cut a view to what is compared."""
    window = window_around(view.mask)
    mask = window.take(view.mask[None])[0]
    rgb = window.take(view.rgb)
    box = None
    if view.face_box is not None:
        scale = PICTURE_PX / round(window.side)
        left, top, right, bottom = view.face_box
        edges = ((left - window.left), (top - window.top), (right - window.left), (bottom - window.top))
        box = tuple(int(min(max(edge * scale, 0), PICTURE_PX)) for edge in edges)
    return Truth(window=window, picture=laid_on_white(rgb, mask), mask=mask, face_box=box)  # type: ignore[arg-type]


def laid_on_white(rgb: Tensor, alpha: Tensor) -> Tensor:
    """A 3×H×W picture with straight H×W alpha, on white."""
    return rgb * alpha + WHITE * (1 - alpha)


def psnr(picture: Tensor, truth: Tensor, where: Tensor | None = None) -> float:
    """Decibels, over the whole picture or the pixels in `where` (H×W, bool)."""
    squared = (picture - truth).square().mean(0)
    squared = squared if where is None else squared[where]
    return float(-10 * torch.log10(squared.mean().clamp_min(1e-10)))


def iou(alpha: Tensor, mask: Tensor) -> float:
    """Overlap of two H×W coverages."""
    first, second = alpha > 0.5, mask > 0.5
    return float((first & second).sum() / (first | second).sum().clamp_min(1))


def ssim(picture: Tensor, truth: Tensor) -> float:
    """Structural similarity (Wang et al., 2004), Gaussian window, over the whole picture.

    Computed where either picture is not white; elsewhere it is 1, and three quarters of the time are saved.
    """
    person = ((picture < WHITE) | (truth < WHITE)).any(0)
    if not bool(person.any()):
        return 1.0
    rows, columns = _stretch(person.any(1), _SSIM_REACH), _stretch(person.any(0), _SSIM_REACH)
    inner = ssim_of(picture[None, :, rows, columns], truth[None, :, rows, columns], data_range=1.0)
    share = picture[0, rows, columns].numel() / picture[0].numel()
    return 1 - (1 - float(inner)) * share  # type: ignore[arg-type]


def _stretch(marked: Tensor, more: int) -> slice:
    """From the first to the last marked place of (N,), and `more` to each side."""
    places = marked.nonzero()
    return slice(max(0, int(places.min()) - more), min(len(marked), int(places.max()) + 1 + more))


def ms_ssim(picture: Tensor, truth: Tensor) -> float:
    """Multi-scale structural similarity (Wang et al., 2003), over the whole picture."""
    return float(ms_ssim_of(picture[None], truth[None], data_range=1.0))


def face_psnr(picture: Tensor, truth: Truth) -> float | None:
    """Decibels within the box of the face; None where no face is seen."""
    if truth.face_box is None:
        return None
    left, top, right, bottom = truth.face_box
    if right - left < 4 or bottom - top < 4:
        return None
    region = (slice(None), slice(top, bottom), slice(left, right))
    return psnr(picture[region], truth.picture[region])


def person_psnr(drawing: Tensor, truth: Truth) -> float:
    """Decibels over the pixels that the person covers in either picture: white background does not flatter."""
    either = (truth.mask > 0.5) | (drawing[3] > 0.5)
    return psnr(laid_on_white(drawing[:3], drawing[3]), truth.picture, either)


MEASURES = ("psnr", "person_psnr", "ssim", "ms_ssim", "iou", "face_psnr")  # what `measures` can tell


def measures(drawing: Tensor, truth: Truth, names: tuple[str, ...]) -> dict[str, float]:
    """The measures of those names that have a value: a 4×S×S drawing (straight alpha) against the truth."""
    picture = laid_on_white(drawing[:3], drawing[3])
    functions = {
        "psnr": lambda: psnr(picture, truth.picture),
        "person_psnr": lambda: person_psnr(drawing, truth),
        "ssim": lambda: ssim(picture, truth.picture),
        "ms_ssim": lambda: ms_ssim(picture, truth.picture),
        "iou": lambda: iou(drawing[3], truth.mask),
        "face_psnr": lambda: face_psnr(picture, truth),
    }
    values = {name: functions[name]() for name in names if name in functions}
    return {name: value for name, value in values.items() if value is not None}
