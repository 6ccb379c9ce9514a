"""The user's own people: a folder with one sub-folder a person, which holds pictures, videos, or both.

Masks and bodies are made by the library's own stages, once, and kept in the user's cache. All pictures of a folder show
one person in one set of clothes: shape and clothing are found in the first and kept in the others.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel, body_model
from bodydouble.clothing.offsets import clothe
from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.fitting.fit import fit_body
from bodydouble.geometry.camera import cropped, resized
from bodydouble.geometry.window import mask_box
from bodydouble.person import Detector, detector
from bodydouble.person.photo import read_photo
from bodydouble.values import FACE_LANDMARKS, BodyFit, Person, Photo
from workshop.fingerprints import files_fingerprint
from workshop.synthesis.scene.truth import uv_render
from workshop.training.frames import PersonFrames, pack_uv, to_bytes
from workshop.training.people import MakeFrames, PeopleConfig

_PICTURES = (".jpg", ".jpeg", ".png", ".webp")
_VIDEOS = (".mp4", ".mov", ".avi", ".mkv", ".webm")
_FRAMES = 16  # taken of a video, evenly
_MARGIN = 0.08  # share of the person's box that is left around it


def person_folders(path: Path) -> list[Path]:
    """The people's folders.

    Raises:
        InputError: there are none.
    """
    if path.is_dir():
        folders = [each for each in sorted(path.iterdir()) if each.is_dir() and _files(each)]
        if folders:
            return folders
    raise InputError(
        f"{path} is no pack, no folder of shards, and holds no people; give a folder with one sub-folder of pictures "
        "or videos for each person"
    )


def from_folder(path: Path, config: PeopleConfig) -> MakeFrames:
    """Reads the n-th person of a folder."""
    return functools.partial(_person, person_folders(path), config)


def fingerprint(folder: Path) -> str:
    """Of the names, sizes and times of a person's files."""
    return files_fingerprint(_files(folder), folder)


def _person(folders: list[Path], config: PeopleConfig, number: int) -> PersonFrames:
    folder = folders[number % len(folders)]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bodydouble"
    path = cache / f"frames-{fingerprint(folder)[:16]}-{config.size}.safetensors"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as temporary:
            save_file(
                {name: torch.from_numpy(value) for name, value in _make_frames(folder, config).items()}, temporary
            )
    return PersonFrames(**load_file(path))


def _make_frames(folder: Path, config: PeopleConfig) -> dict[str, np.ndarray]:
    """The person's frames, as arrays.

    Raises:
        InputError: nobody is seen in any of the pictures.
    """
    body, detect = body_model("anny"), detector()
    first_fit: BodyFit | None = None
    arrays = []
    for photo in _photos(folder):
        try:
            frame, first_fit = _frame(photo, body, detect, first_fit, config.size)
        except InputError:  # nobody in it: a video may begin before somebody comes
            continue
        arrays.append(frame.arrays())
    if len(arrays) < 2:
        raise InputError(f"{folder} shows somebody in {len(arrays)} pictures; at least two different ones are needed")
    return {name: np.ascontiguousarray(np.concatenate([one[name] for one in arrays])) for name in arrays[0]}


def _frame(
    photo: Photo, body: BodyModel, detect: Detector, first_fit: BodyFit | None, size: int
) -> tuple[PersonFrames, BodyFit]:
    person = detect(photo)
    fit = fit_body(person, photo, body, previous=first_fit)
    if first_fit is None:
        fit = clothe(fit, person, body)
    left, top, side = _square(person.mask)
    camera = resized(cropped(fit.camera, left, top, (side, side)), (size, size))
    rendered = uv_render(fit, body, [camera])
    picture = _crop(torch.cat([photo.rgb, person.mask[None]]), left, top, side, size)
    uv, cosine = pack_uv(rendered.uv), to_bytes(rendered.cosine)
    return (
        PersonFrames(
            photo=to_bytes(picture[None, :3]),
            rgba=to_bytes(picture[None]),
            uv=uv,
            cosine=cosine,
            fitted_uv=uv,
            fitted_cosine=cosine,
            face=_face(person, left, top, size / side),
        ),
        fit,
    )


def _square(mask: Tensor) -> tuple[int, int, int]:
    """Left, top and side of the square around the person; parts of it may lie outside the photo."""
    left, top, right, bottom = mask_box(mask)
    wide, tall = right - left, bottom - top
    side = round(max(tall, wide) * (1 + 2 * _MARGIN))
    return left - (side - wide) // 2, top - (side - tall) // 2, side


def _crop(image: Tensor, left: int, top: int, side: int, size: int) -> Tensor:
    """C×size×size of C×H×W; black and empty outside."""
    height, width = image.shape[1:]
    wide = functional.pad(
        image, (max(0, -left), max(0, left + side - width), max(0, -top), max(0, top + side - height))
    )
    square = wide[:, max(0, top) : max(0, top) + side, max(0, left) : max(0, left) + side]
    return functional.interpolate(square[None], (size, size), mode="bilinear", antialias=True)[0].clamp(0, 1)


def _face(person: Person, left: int, top: int, scale: float) -> Tensor:
    """1×4, as `PersonFrames.face`: half as wide again as the face's landmarks, so that hair comes with it."""
    points = person.landmarks[FACE_LANDMARKS]
    visible = points[points[:, 2] > 0.5, :2]
    if not len(visible):
        return torch.zeros(1, 4)
    low, high = visible.amin(0), visible.amax(0)
    middle, side = (low + high) / 2, (high - low).max() * 1.5
    corner = (middle - side / 2 - torch.tensor([left, top])) * scale
    return torch.cat([corner, (side * scale).expand(2)])[None]


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in _PICTURES + _VIDEOS)


def _photos(folder: Path) -> Iterator[Photo]:
    for file in _files(folder):
        if file.suffix.lower() in _PICTURES:
            yield read_photo(file)
        else:
            yield from _video(file)


def _video(file: Path) -> Iterator[Photo]:
    """Frames at even distances; twice through the file, because not every file says how many it holds.

    Raises:
        InputError: the file is no video that can be read.
    """
    import av  # here: training on a pack goes without it

    try:
        with av.open(str(file)) as container:
            total = sum(1 for _ in container.decode(video=0))
        numbers = set(np.linspace(0, max(total - 1, 0), _FRAMES).round().astype(int).tolist())
        with av.open(str(file)) as container:
            for number, frame in enumerate(container.decode(video=0)):
                if number in numbers:
                    yield read_photo(frame.to_ndarray(format="rgb24"))
    except (av.error.FFmpegError, IndexError) as error:
        raise InputError(f"{file} is no video that can be read: {error}; convert it to MP4") from error
