"""Views of labelled photographs, and what the parser makes of each: computed once, learned from many times.

photograph -> a garment recoloured, a bag pasted on -> a square of the person -> another light, camera and place
-> the parser's features, which stay as they are -> VIEWS/NN/NNNN.safetensors
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import avg_pool2d
from tqdm import tqdm

from bodydouble.files import whole_file
from bodydouble.parsing.builtin import BODY_PX
from bodydouble.parsing.network import ParserNetwork
from workshop.training.garments.names import bag_rows, cloth_rows
from workshop.training.parsing.augment import augmented
from workshop.training.parsing.batches import make_backgrounds
from workshop.training.parsing.crop import View, cut
from workshop.training.parsing.pictures import Picture, new_picture, photo_numbers, read_photo, read_pixel_names

Shown = tuple[np.ndarray, np.ndarray]  # S×S×3 image and S/2×S/2 rows of names, uint8
MEASURED = "measured"  # folder of views of photographs that are never trained on
_SIDE = (1.2, 0.12)  # of the longer side of the person's box: median and spread (natural logarithm)
_PART, _PART_SIDE = 0.15, (0.5, 0.9)  # share of views that show a part of the person; their sides
_TILT_DEG, _STRETCH = 4.0, 0.06  # standard deviations: degrees, logarithm of width by height
_RECOLOURED, _BAGGED = 0.4, 0.3  # shares of views with a garment in other colours, and with a bag pasted on
_LEAST_BAG, _LEAST_GARMENT = 0.015, 0.01  # shares of a person's pixels
_STREETS = 4  # photographs for one whose street is a background
_BAG_PLACE = (0.3, 0.75)  # of the person's height, from above


@dataclass(frozen=True, kw_only=True)
class Bag:
    """A bag cut out of a photograph."""

    image: np.ndarray  # H×W×3, uint8
    mask: np.ndarray  # H×W, uint8, 255 where it is
    height: float  # of the person's


def read_picture(folder: Path, number: str) -> Picture:
    """A photograph whose `labels` are its bytes, rows of `labels.txt`."""
    image, labels = read_photo(folder, number)
    return new_picture(image, labels, name=number)


def cut_out_bags(pictures: Iterable[Picture], rows: Sequence[int]) -> list[Bag]:
    """The bags of photographs that are large enough to be seen; `rows` are their names'."""
    bags = []
    for picture in pictures:
        mask = np.isin(picture.labels, rows)
        if mask.sum() < _LEAST_BAG * (picture.labels > 0).sum():
            continue
        down, across = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
        part = np.s_[down[0] : down[-1] + 1, across[0] : across[-1] + 1]
        height = (down[-1] + 1 - down[0]) / (picture.box[3] - picture.box[1])
        alpha = mask[part].astype(np.uint8) * 255
        bags.append(Bag(image=picture.levels[0][part], mask=alpha, height=float(height)))
    return bags


def sample_square(picture: Picture, size: int, rng: np.random.Generator, share: float = _SIDE[0]) -> View:
    """A random square that holds the person, or a part; tilted, stretched, mirrored.

    Args:
        share: its side, median, of the longer side of the person's box.
    """
    left, top, right, bottom = picture.box
    extent, middle = float(max(right - left, bottom - top)), np.array([left + right, top + bottom]) / 2
    side = extent * share * float(np.exp(rng.normal(0, _SIDE[1])))
    if rng.random() < _PART:
        side = extent * rng.uniform(*_PART_SIDE)
        middle = middle + np.array([0.1, 1]) * rng.uniform(-0.5, 0.5, 2) * (extent - side)
    middle = middle + rng.normal(0, 0.04, 2) * side
    tilt, stretch = rng.normal(0, _TILT_DEG), rng.normal(0, _STRETCH)
    return cut(picture, middle, side, size, tilt=tilt, stretch=stretch, mirrored=rng.random() < 0.5)


def plain_square(picture: Picture, size: int) -> View:
    """The square around the whole person."""
    left, top, right, bottom = picture.box
    side = _SIDE[0] * float(max(right - left, bottom - top))
    return cut(picture, np.array([left + right, top + bottom]) / 2, side, size)


def recolour(view: View, cloth: Collection[int], rng: np.random.Generator) -> View:
    """One of the person's garments (`cloth`: their rows) in another hue and brightness, for its form names it."""
    names = [name for name in np.unique(view.labels) if name in cloth]
    names = [name for name in names if (view.labels == name).sum() > _LEAST_GARMENT * (view.labels > 0).sum()]
    if not names:
        return view
    chosen = (view.labels == rng.choice(names)).astype(np.float32)
    weight = cv2.GaussianBlur(cv2.resize(chosen, view.image.shape[1::-1]), (0, 0), 1.5)[..., None]
    hsv = cv2.cvtColor(view.image, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + rng.uniform(0, 180)) % 180
    hsv[..., 1] = (hsv[..., 1] * np.exp(rng.normal(0, 0.5)) + rng.uniform(-20, 60)).clip(0, 255)
    hsv[..., 2] = (255 * (hsv[..., 2] / 255) ** np.exp(rng.normal(0, 0.5))).clip(0, 255)
    other = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)
    return replace(view, image=(view.image * (1 - weight) + other * weight).astype(np.uint8))


def paste_bag(view: View, bags: Sequence[Bag], row: int, rng: np.random.Generator) -> View:
    """Somebody's bag at the person's trunk or legs, with that row of names."""
    rows, columns = np.nonzero(view.labels)
    if not len(rows) or not bags:
        return view
    bag, size = bags[int(rng.integers(len(bags)))], len(view.image)
    top, bottom = 2 * int(rows.min()), 2 * int(rows.max()) + 2
    height = max(4, round(bag.height * (bottom - top) * np.exp(rng.normal(0, 0.2))))
    width = max(4, round(height * bag.mask.shape[1] / bag.mask.shape[0]))
    flipped = slice(None, None, -1 if rng.random() < 0.5 else 1)
    image, mask = (cv2.resize(each, (width, height), interpolation=cv2.INTER_AREA) for each in (bag.image, bag.mask))
    image, mask = image[:, flipped], mask[:, flipped]
    y = round(top + rng.uniform(*_BAG_PLACE) * (bottom - top) - height / 2)
    x = round(2 * float(np.quantile(columns, rng.uniform(0.02, 0.98))) - width / 2)
    shift = np.array([[1, 0, x], [0, 1, y]], np.float32)
    alpha = cv2.GaussianBlur(cv2.warpAffine(mask, shift, (size, size)), (0, 0), 0.7).astype(np.float32)[..., None] / 255
    pasted = cv2.warpAffine(np.ascontiguousarray(image), shift, (size, size))
    labels = np.where(alpha[::2, ::2, 0] > 0.5, np.uint8(row), view.labels)
    return replace(view, image=(view.image * (1 - alpha) + pasted * alpha).astype(np.uint8), labels=labels)


@torch.no_grad()
def look_frozen(near: ParserNetwork, images: Tensor) -> dict[str, Tensor]:
    """What the garment head takes of B×3×S×S images, by name: as small as it can be kept."""
    taps = near.encoder(images)
    pyramid = near.pyramid(taps)
    chances = avg_pool2d(near.heads(pyramid)[0].softmax(1), 2)
    planes = {f"tap{number}": tap.half() for number, tap in enumerate(taps) if number}
    return planes | {"pyramid": pyramid.to(torch.float8_e4m3fn), "chances": chances.half()}


def gather_views(photos: Path, near: ParserNetwork, out: Path, rounds: int, seed: int = 0) -> None:
    """Write the views of all photographs that may be trained on: plain ones, then `rounds - 1` changed ones.

    What is there already stays. Of photographs to measure with and to look at there are plain views only.
    """
    numbers, others = photo_numbers(photos), measured_numbers(photos)
    write_round(near, out / MEASURED, photos, others, _plain)
    names = read_pixel_names(photos)
    cloth, rows = cloth_rows(names), bag_rows(names)
    backgrounds = make_backgrounds([read_picture(photos, number) for number in numbers[::_STREETS]], seed)
    bags = cut_out_bags((read_picture(photos, number) for number in numbers), rows)

    def change(picture: Picture, rng: np.random.Generator) -> Shown:
        view = sample_square(picture, BODY_PX, rng)
        if rng.random() < _RECOLOURED:
            view = recolour(view, cloth, rng)
        if rng.random() < _BAGGED:
            view = paste_bag(view, bags, rows[0], rng)
        sample = augmented(view, backgrounds, rng)
        return sample.image, sample.labels

    for number in range(rounds):
        write_round(near, out / f"{number:02d}", photos, numbers, change if number else _plain, (seed, 11, number))


def measured_numbers(photos: Path) -> list[str]:
    """Photographs that are never trained on."""
    look = (photos / "look.txt").read_text(encoding="utf-8").split()
    there = [number for number in look if (photos / "photos" / f"{number}.jpg").is_file()]
    return sorted({*there, *photo_numbers(photos, measured=True)})


def _plain(picture: Picture, _: np.random.Generator) -> Shown:
    view = plain_square(picture, BODY_PX)
    return view.image, view.labels


def write_round(
    near: ParserNetwork,
    folder: Path,
    photos: Path,
    numbers: Sequence[str],
    show: Callable[[Picture, np.random.Generator], Shown],
    seed: Sequence[int] = (0,),
) -> None:
    """A file of each photograph's view."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in tqdm(numbers, disable=None):
        path = folder / f"{number}.safetensors"
        if path.exists():
            continue
        image, labels = show(read_picture(photos, number), np.random.default_rng([*seed, int(number)]))
        shown = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
        planes = {name: value[0].contiguous() for name, value in look_frozen(near, shown).items()}
        with whole_file(path) as temporary:
            save_file(planes | {"names": torch.from_numpy(labels).contiguous()}, temporary)
