"""Which square of a picture is shown, and the picture, labels and normals in it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from bodydouble.parsing.labels import HAIR, SKIN
from workshop.training.parsing.pictures import Picture

GREY = 127  # what lies outside a photograph

_CLOSE, _HEAD = 0.12, 0.28  # shares of pictures of whole people shown closely, and at the head
_BODY_SIDE = (1.2, 0.16)  # of the longer side of the person's box: median and spread (natural logarithm)
_CLOSE_SIDE, _HEAD_SIDE = (0.3, 0.9), (0.22, 0.6)
_TILT_DEG, _FAR_TILT_DEG, _FAR = 7.0, 45.0, 0.06  # standard deviation; limits of a share of tilts
_STRETCH = 0.06  # standard deviation of the logarithm of width by height


@dataclass(frozen=True, kw_only=True)
class View:
    """A square of a picture."""

    image: np.ndarray  # S×S×3 or S×S×4, uint8
    inside: np.ndarray  # S×S, uint8, 255 where the picture is
    labels: np.ndarray  # S/2×S/2, uint8
    normals: np.ndarray | None  # S/2×S/2×3, float32; 0 where nothing is


def sample_view(picture: Picture, size: int, rng: np.random.Generator) -> View:
    """A random square of the picture at size×size: the person, a part, or the head; tilted, stretched, mirrored."""
    centre, side = _sample_square(picture, rng)
    tilt = rng.uniform(-_FAR_TILT_DEG, _FAR_TILT_DEG) if rng.random() < _FAR else rng.normal(0, _TILT_DEG)
    return cut(picture, centre, side, size, tilt=tilt, stretch=rng.normal(0, _STRETCH), mirrored=rng.random() < 0.5)


def _sample_square(picture: Picture, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Centre in pixels, and side."""
    left, top, right, bottom = picture.box
    extent, middle = float(max(right - left, bottom - top)), np.array([left + right, top + bottom]) / 2
    if picture.close:
        side = len(picture.labels) * math.exp(rng.normal(-0.05, 0.2))
        return np.full(2, len(picture.labels) / 2) + rng.normal(0, 0.06, 2) * side, side
    kind = rng.random()
    if kind < _CLOSE:
        rows, columns = np.nonzero(picture.labels)
        place = rng.integers(len(rows))
        return np.array([columns[place], rows[place]]), extent * rng.uniform(*_CLOSE_SIDE)
    head = head_centre(picture) if kind < _CLOSE + _HEAD else None
    if head is not None:
        side = extent * math.exp(rng.uniform(*np.log(_HEAD_SIDE)))
        return head + rng.normal(0, 0.08, 2) * side + (0, 0.08 * side), side
    side = extent * _BODY_SIDE[0] * math.exp(rng.normal(0, _BODY_SIDE[1]))
    return middle + rng.normal(0, 0.05, 2) * side, side


def head_centre(picture: Picture) -> np.ndarray | None:
    """The middle of the hair and skin in the upper sixth of the person's box; None where there is none."""
    left, top, right, bottom = picture.box
    part = picture.labels[top : top + max((bottom - top) // 6, 1), left:right]
    rows, columns = np.nonzero((part == HAIR) | (part == SKIN))
    return np.array([columns.mean() + left, rows.mean() + top]) if len(rows) > 20 else None


def cut(
    picture: Picture,
    centre: np.ndarray,
    side: float,
    size: int,
    *,
    tilt: float = 0.0,
    stretch: float = 0.0,
    mirrored: bool = False,
) -> View:
    """The square of that centre and side, both in pixels, at size×size.

    Args:
        tilt: degrees by which the picture is turned.
        stretch: logarithm of width by height.
    """
    matrix, rotation = place_square(side, size, tilt, stretch, mirrored)
    level = min(max(int(math.log2(max(side / size, 1.0)) + 0.3), 0), len(picture.levels) - 1)
    image = warp_square(picture.levels[level], matrix / 2**level, centre / 2**level, size, cv2.INTER_LINEAR, GREY)
    inside = warp_square(np.full(picture.labels.shape, 255, np.uint8), matrix, centre, size, cv2.INTER_NEAREST, 0)
    labels = warp_square(picture.labels, matrix * 2, centre, size // 2, cv2.INTER_NEAREST, 0)
    if picture.normals is None:
        return View(image=image, inside=inside, labels=labels, normals=None)
    packed = warp_square(picture.normals, matrix * 2, centre, size // 2, cv2.INTER_NEAREST, 0)
    normals = turn_normals(packed, rotation, mirrored)
    return View(image=image, inside=inside, labels=labels, normals=normals)


def place_square(side: float, size: int, tilt: float, stretch: float, mirrored: bool) -> tuple[np.ndarray, np.ndarray]:
    """2×2 from pixels of the square to pixels of the picture, and 2×2 by which directions turn; as `cut` takes them."""
    turn = math.radians(tilt)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    scales = np.diag([math.exp(-stretch / 2) * (-1 if mirrored else 1), math.exp(stretch / 2)]) * side / size
    return rotation.T @ scales, rotation


def turn_normals(packed: np.ndarray, rotation: np.ndarray, mirrored: bool) -> np.ndarray:
    """S×S×3 float32 of S×S×3 uint8 (-1 to 1 as 0 to 254), turned and mirrored with the picture; 0 where nothing is."""
    normals = (packed.astype(np.float32) - 127) / 127 * (packed.max(2, keepdims=True) > 0)
    turned = normals[..., :2] @ rotation.T.astype(np.float32)
    return np.concatenate([turned * np.array([-1 if mirrored else 1, 1], np.float32), normals[..., 2:]], 2)


def warp_square(
    image: np.ndarray, matrix: np.ndarray, centre: np.ndarray, size: int, interpolation: int, fill: int
) -> np.ndarray:
    """The square whose pixels `matrix` (2×2) takes to offsets from `centre` in the image; `fill` outside."""
    middle = np.full(2, (size - 1) / 2)
    shift = centre - 0.5 - matrix @ middle
    four = image.ndim == 3 and image.shape[2] == 4  # premultiplied: nothing is black
    border = (0, 0, 0, 0) if four else (fill, fill, fill)
    return cv2.warpAffine(
        image,
        np.column_stack([matrix, shift]),
        (size, size),
        flags=interpolation | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=border,
    )
