"""The square part of a photo that holds the person."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.geometry.camera import cropped, resized
from bodydouble.values import Camera, Person, Photo

GREY = 0.5  # outside the photo


def square_crop(
    photo: Photo, person: Person, margin: float = 0.1, size: int | None = None
) -> tuple[Photo, Person, float, float, float]:
    """Crop to the smallest square around mask and landmarks, plus a margin; it may reach outside the photo.

    Args:
        photo: what the person was found in.
        margin: added on every side, as a share of the person's longer extent.
        size: side of the result in pixels; the crop's own where None.

    Returns:
        (photo, person, left, top, scale): the crop, grey and without mask where it lies outside; the person in the
        crop's pixels; and where the crop's top left corner lies in the photo's pixels, and how many of its pixels
        are one of the photo's, see `cropped_camera`. `focal_px` is scaled along.
    """
    left, top, side = _square(person, margin)
    scale = 1.0 if size is None else size / side
    out = side if size is None else size

    def cut(image: Tensor, fill: float) -> Tensor:
        part = _padded_window(image, left, top, side, fill)
        if out == side:
            return part
        return torch.nn.functional.interpolate(part[None], (out, out), mode="bilinear", antialias=True)[0].clamp(0, 1)

    landmarks = person.landmarks.clone()
    landmarks[:, :2] = (landmarks[:, :2] - torch.tensor([left, top])) * scale
    crop = replace(
        photo,
        rgb=cut(photo.rgb, GREY),
        alpha=None if photo.alpha is None else cut(photo.alpha[None], 0.0)[0],
        focal_px=None if photo.focal_px is None else photo.focal_px * scale,
    )
    return crop, replace(person, mask=cut(person.mask[None], 0.0)[0], landmarks=landmarks), left, top, scale


def cropped_camera(camera: Camera, left: float, top: float, scale: float, size: tuple[int, int]) -> Camera:
    """The photo's camera as the camera of a crop of (height, width) from `square_crop`."""
    height, width = size
    return resized(cropped(camera, left, top, (round(height / scale), round(width / scale))), size)


def _square(person: Person, margin: float) -> tuple[int, int, int]:
    """Left, top and side in whole pixels."""
    rows, columns = (person.mask > 0.5).nonzero(as_tuple=True)
    seen = person.landmarks[person.landmarks[:, 2] > 0.5, :2]
    points = torch.cat([seen, torch.stack([columns, rows], 1).float(), torch.stack([columns, rows], 1) + 1.0])
    low, high = points.amin(0), points.amax(0)
    side = max(1, math.ceil(float((high - low).max()) * (1 + 2 * margin)))
    left, top = ((low + high - side) / 2).floor().int().tolist()
    return left, top, side


def _padded_window(image: Tensor, left: int, top: int, side: int, fill: float) -> Tensor:
    """C×side×side part of a C×H×W image."""
    height, width = image.shape[-2:]
    window = image.new_full((image.shape[0], side, side), fill)
    x0, x1 = max(0, left), min(width, left + side)
    y0, y1 = max(0, top), min(height, top + side)
    if x1 > x0 and y1 > y0:
        window[:, y0 - top : y1 - top, x0 - left : x1 - left] = image[:, y0:y1, x0:x1]
    return window
