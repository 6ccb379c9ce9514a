"""Drawn people with both sides, decoded once, and squares of them to learn from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bodydouble.parsing.far_body import CHANNELS
from bodydouble.parsing.labels import BACKGROUND
from workshop.synthesis.records.png import decode_png
from workshop.synthesis.records.shards import Shards
from workshop.training.parsing.augment import augmented
from workshop.training.parsing.crop import View, cut, place_square, turn_normals, warp_square
from workshop.training.parsing.pictures import Picture, new_picture, premultiplied

_SIDE, _SIDE_SPREAD = 1.2, 0.1  # of the longer side of the person's box: median, as at run time; spread (logarithm)
_SHIFT = 0.03  # of the square's side, standard deviation
_TILT_DEG, _STRETCH = 5.0, 0.04  # standard deviations; of the logarithm of width by height
_BODILESS = 0.08  # share of samples without a body, so that the rest of the picture says something, too
_ALIKE = 0.15  # of a channel's range: colours of one cloth differ by less
_NEIGHBOURS_PX = range(-6, 7, 2)  # in which the far side is looked for the same colour, 4 cm of a whole person
_GAMMA = 2.2  # of sRGB, nearly


@dataclass(frozen=True, kw_only=True)
class FarPicture:
    """One view with both sides of every pixel."""

    near: Picture  # its normals are the far side's
    labels: np.ndarray  # H×W, uint8, rows of LABELS: the far side's
    colour: np.ndarray  # H×W×3, uint8: its colours in the picture's light, without shade
    front_only: np.ndarray  # H×W, uint8: 1 where what the near side shows is not on the far side
    body: np.ndarray  # H/2×W/2×4, uint8, see `people`
    traits: np.ndarray  # (6,), float32: the body's phenotypes, in the order of `bodydouble.parsing.shape.TRAITS`


@dataclass(frozen=True, kw_only=True)
class FarSample:
    """One square to learn from; planes have half the image's size."""

    image: np.ndarray  # S×S×3, uint8
    labels: np.ndarray  # uint8: the far side's; background where nothing is to be learned
    normals: np.ndarray  # 3 channels, float32
    colour: np.ndarray  # 3 channels, uint8
    front_only: np.ndarray  # uint8, 0 or 1
    body: np.ndarray  # 5 channels, float32, as `draw_far_body` draws it


def read_far_pictures(folders: Sequence[Path]) -> list[FarPicture]:
    """All views in folders of shards that `people` made."""
    pictures = []
    for folder in folders:
        shards = Shards(folder)
        for number in shards.persons:
            record = shards.person(number)
            for view in range(sum(name.endswith("/rgba") for name in record)):
                planes = {
                    name.split("/")[1]: decode_png(record[name]) for name in record if name.startswith(f"{view}/")
                }
                if planes["labels"].any():
                    pictures.append(_new_far_picture(planes, record["shape"].numpy(), f"{number}/{view}"))
    return pictures


def _new_far_picture(planes: dict[str, np.ndarray], traits: np.ndarray, name: str) -> FarPicture:
    rgba, near, far = planes["rgba"], planes["labels"][..., 0], planes["far_labels"][..., 0]
    gain = _light_gain(rgba, planes["albedo"], near)
    curves = (255 * ((np.arange(256) / 255) ** _GAMMA * gain[:, None]).clip(0, 1) ** (1 / _GAMMA)).round()
    picture = new_picture(premultiplied(rgba), near, planes["far_normals"], name=name)
    left, top, right, bottom = picture.box
    box = (slice(top, bottom), slice(left, right))
    front_only = np.zeros_like(near)
    front_only[box] = find_front_only(near[box], planes["albedo"][box], far[box], planes["far_albedo"][box])
    return FarPicture(
        near=picture,
        labels=far,
        colour=cv2.LUT(planes["far_albedo"], curves.T.astype(np.uint8)[None]),
        front_only=front_only,
        body=planes["body"],
        traits=traits,
    )


def _light_gain(rgba: np.ndarray, albedo: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(3,): how much brighter the near side is in its light than without, on average, in linear light."""
    there = (labels != BACKGROUND) & (rgba[..., 3] > 250)
    lit, unlit = ((image[there][:, :3] / 255) ** _GAMMA for image in (rgba, albedo))
    return np.asarray((lit.mean(0) + 1e-3) / (unlit.mean(0) + 1e-3)) if there.any() else np.ones(3)


def find_front_only(near: np.ndarray, albedo: np.ndarray, far: np.ndarray, far_albedo: np.ndarray) -> np.ndarray:
    """H×W uint8: 1 where the far side has nothing near by of the same label and about the same colour.

    Args:
        near, far: H×W, labels of both sides.
        albedo, far_albedo: H×W×3, uint8, their colours without light.
    """
    alike = np.zeros(near.shape, bool)
    colours = albedo.astype(np.int16)
    for down in _NEIGHBOURS_PX:
        for right in _NEIGHBOURS_PX:
            moved = np.roll(far_albedo, (down, right), (0, 1))
            close = np.abs(colours - moved).max(2) < _ALIKE * 255
            alike |= close & (np.roll(far, (down, right), (0, 1)) == near)
    return ((near != BACKGROUND) & ~alike).astype(np.uint8)


def sample_far(
    picture: FarPicture, size: int, backgrounds: Sequence[np.ndarray], rng: np.random.Generator
) -> FarSample:
    """The whole person in a random square at size×size, in another place, light and camera."""
    left, top, right, bottom = picture.near.box
    side = max(right - left, bottom - top) * _SIDE * math.exp(rng.normal(0, _SIDE_SPREAD))
    centre = np.array([left + right, top + bottom]) / 2 + rng.normal(0, _SHIFT, 2) * side
    tilt, stretch, mirrored = rng.normal(0, _TILT_DEG), rng.normal(0, _STRETCH), bool(rng.integers(2))
    shown = augmented(
        cut(picture.near, centre, side, size, tilt=tilt, stretch=stretch, mirrored=mirrored), backgrounds, rng
    )
    matrix, rotation = place_square(side, size, tilt, stretch, mirrored)

    def planes_at(planes: np.ndarray) -> np.ndarray:
        return warp_square(planes, matrix * 2, centre, size // 2, cv2.INTER_NEAREST, 0)

    labels = planes_at(picture.labels)
    labels[shown.labels == BACKGROUND] = BACKGROUND  # nothing is said of what is covered or cut off
    body = warp_square(picture.body, matrix, centre / 2, size // 2, cv2.INTER_NEAREST, 0)
    return FarSample(
        image=shown.image,
        labels=labels,
        normals=shown.normals,
        colour=shown.tone.apply(planes_at(picture.colour)),
        front_only=planes_at(picture.front_only),
        body=unpack_body(body, rotation, mirrored) * (rng.random() >= _BODILESS),
    )


def cut_far(picture: FarPicture, size: int) -> tuple[View, FarSample]:
    """The person as at run time, upright and in the middle: what is shown, on nothing and as lit, and the truth."""
    left, top, right, bottom = picture.near.box
    side, centre = max(right - left, bottom - top) * _SIDE, np.array([left + right, top + bottom]) / 2
    view = cut(picture.near, centre, side, size)
    matrix, rotation = place_square(side, size, 0.0, 0.0, False)
    labels, colour, front_only = (
        warp_square(planes, matrix * 2, centre, size // 2, cv2.INTER_NEAREST, 0)
        for planes in (picture.labels, picture.colour, picture.front_only)
    )
    labels[view.labels == BACKGROUND] = BACKGROUND
    body = warp_square(picture.body, matrix, centre / 2, size // 2, cv2.INTER_NEAREST, 0)
    assert view.normals is not None
    return view, FarSample(
        image=view.image,
        labels=labels,
        normals=view.normals,
        colour=colour,
        front_only=front_only,
        body=unpack_body(body, rotation, False),
    )


def unpack_body(packed: np.ndarray, rotation: np.ndarray, mirrored: bool) -> np.ndarray:
    """S×S×5 float32, as `draw_far_body` draws it, of four packed channels, turned with the picture."""
    there = packed.max(2, keepdims=True) > 0
    planes = np.zeros((*packed.shape[:2], CHANNELS), np.float32)
    planes[..., :1] = there
    planes[..., 1:4] = turn_normals(packed[..., :3], rotation, mirrored)
    planes[..., 4:] = (packed[..., 3:].astype(np.float32) - 127) / 63.5 * there
    return planes
