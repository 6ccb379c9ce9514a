"""The part of a large photo that holds the person, at the resolution that a texture can hold.

A phone's photo has 12 to 50 megapixels, of which the texture of 1024² takes in fewer than one: what comes after the
detector works on this part alone. Smaller photos stay as they are.
"""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.geometry.camera import unwindowed
from bodydouble.geometry.window import mask_box
from bodydouble.values import BodyFit, Person, Photo, PhotoWindow

_LARGE = 4_000_000  # pixels of a photo, up to which it stays as it is if the person is not too tall
_AROUND = 1.25  # side of the part, in longer extents of the person: outlines are compared within 1.2
_PIXELS_PER_TEXEL = 2.0  # of the person's longer extent, for one of the texture's side: what a face has there
_LEAST_TALL = 2048  # pixels of the person's longer extent to which photos are reduced, however small the texture


def part_with_person(photo: Photo, person: Person, texels: int) -> tuple[Photo, Person]:
    """Photo and person cut to the square around the person, and reduced to what a texture can hold.

    Args:
        texels: of the texture, a side.

    Returns:
        Both in pixels of the part; both as they came where nothing is to be gained. `Photo.window` says where it lies.
    """
    left, top, right, bottom = mask_box(person.mask)
    tall = max(right - left, bottom - top)
    most = max(_PIXELS_PER_TEXEL * texels, _LEAST_TALL)
    height, width = photo.size
    if photo.window is not None or (height * width <= _LARGE and tall <= most):
        return photo, person
    side = math.ceil(_AROUND * tall)
    x, y = (left + right - side) // 2, (top + bottom - side) // 2
    x0, y0, x1, y1 = max(0, x), max(0, y), min(width, x + side), min(height, y + side)
    scale = min(1.0, most / tall)
    size = (max(1, round((y1 - y0) * scale)), max(1, round((x1 - x0) * scale)))
    across, down = size[1] / (x1 - x0), size[0] / (y1 - y0)
    landmarks = person.landmarks.clone()
    landmarks[:, :2] = (landmarks[:, :2] - torch.tensor([x0, y0])) * torch.tensor([across, down])
    rgb, mask = photo.rgb[:, y0:y1, x0:x1], person.mask[y0:y1, x0:x1]
    alpha = None if photo.alpha is None else photo.alpha[y0:y1, x0:x1]
    part = replace(
        photo,
        rgb=_reduced_colours(rgb, alpha, size),
        alpha=None if alpha is None else _reduced(alpha[None], size)[0],
        focal_px=None if photo.focal_px is None else photo.focal_px * down,
        window=PhotoWindow(left=x0, top=y0, size=(y1 - y0, x1 - x0), whole=photo.size),
    )
    return part, replace(person, mask=_reduced(mask[None], size)[0], landmarks=landmarks)


def in_whole_photo(fit: BodyFit, photo: Photo) -> BodyFit:
    """A fit to a part of a photo as a fit to all of it."""
    return fit if photo.window is None else replace(fit, camera=unwindowed(fit.camera, photo.window))


def _reduced_colours(rgb: Tensor, alpha: Tensor | None, size: tuple[int, int]) -> Tensor:
    """Weighted by alpha: what lies under 0 is no colour."""
    if alpha is None:
        return _reduced(rgb, size)
    return (_reduced(rgb * alpha, size) / _reduced(alpha[None], size).clamp_min(1e-4)).clamp(0, 1)


def _reduced(image: Tensor, size: tuple[int, int]) -> Tensor:
    """C×H×W, a copy: the whole photo need not be kept for it. A pixel is the mean over its area, as in `refine`."""
    if image.shape[1:] == size:
        return image.clone()
    planes = [cv2.resize(plane.contiguous().numpy(), size[::-1], interpolation=cv2.INTER_AREA) for plane in image]
    return torch.from_numpy(np.stack(planes))
