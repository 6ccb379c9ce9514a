"""People to learn completion from, as they lie in files: no body model and no detector is needed to read them.

FOLDER/NNNN.safetensors    one person, tensors as `gather` made them
FOLDER/left_out.tsv        numbers of the people that stay out, and why
PACK.safetensors           several people in one file, each tensor's name behind the person's number

Images lie in them as the bytes of PNG files; photos and completions, whose last digit does not count, as JPEG files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.files import whole_file

PACK_BYTES = 15_000_000  # of a pack, at most
HELD_OUT = ("2", "6")  # last digits of the people that are measured with; the parser never saw those ending in 6
VIEWS = ("sides", "backs")  # what was hidden of people, see `split_views`
BEHIND = 180.0  # degrees, azimuth of completions whose truth is another photograph, of the person's back
LEFT_OUT = "left_out.tsv"
_FINE, _COARSE = 95, 80  # qualities of JPEG files: of completions, which are measured with, and of photos


@dataclass(frozen=True, kw_only=True)
class Completion:
    """What was hidden of one person, and what is made of the rest."""

    azimuth: float  # degrees from the photo's camera to the one that does not see it, positive to the person's left
    hidden: Tensor  # S×S, bool
    exemplar: Tensor  # 3×S×S, [0, 1], the default inpainter's whole texture
    labels: Tensor  # S×S, uint8, what it takes every texel for
    symmetry: Tensor | None  # 3×S×S, [0, 1], the whole texture of the inpainter without weights; None: not asked

    @property
    def behind(self) -> bool:
        """Whether the back was hidden, and another photograph shows it."""
        return self.azimuth == BEHIND


@dataclass(frozen=True, kw_only=True)
class SeenPerson:
    """One person of a photograph, fitted."""

    number: str  # of the photograph
    photo: Tensor  # 3×s×s, [0, 1], the square that holds the person
    mask: Tensor  # s×s, [0, 1]
    uv: Tensor  # 2×s×s, [0, 1], in steps of a texel of 256; -1 beside the body
    rgb: Tensor  # 3×S×S, [0, 1], what was seen of the texture, 0 elsewhere
    confidence: Tensor  # S×S, [0, 1], the cosine to the camera, 0 where nothing was seen
    labels: Tensor  # S×S, uint8, what each seen texel is
    completions: tuple[Completion, ...]

    @property
    def held_out(self) -> bool:
        """Whether this is one to measure with."""
        return self.number.endswith(HELD_OUT)


def encode_person(person: SeenPerson) -> dict[str, Tensor]:
    """Its tensors as they lie in a file."""
    beside = (person.uv < 0).any(0)
    texel = (person.uv * 256).floor().clamp(0, 255)
    tensors = {
        "photo": _encode(person.photo * 255, _COARSE),
        "mask": _encode(person.mask[None] * 255),
        "uv": _encode(torch.cat([texel, beside[None] * 255.0])),
        "texture": _encode(person.rgb * 255),
        "confidence": _encode((person.confidence[None] * 15).ceil() * 17),  # in 15 steps, none of them lost
        "labels": _encode(person.labels[None].float()),
    }
    for row, each in enumerate(person.completions):
        tensors[f"{row}/azimuth"] = torch.tensor(each.azimuth)
        tensors[f"{row}/hidden"] = _encode(each.hidden[None] * 255.0)
        tensors[f"{row}/exemplar"] = _encode(each.exemplar * 255, _FINE)
        tensors[f"{row}/labels"] = _encode(each.labels[None].float())
        if each.symmetry is not None:
            tensors[f"{row}/symmetry"] = _encode(each.symmetry * 255, _FINE)
    return tensors


def decode_person(number: str, tensors: Mapping[str, Tensor]) -> SeenPerson:
    """The person that `encode_person` was given."""
    uv = _decode(tensors["uv"])
    completions = []
    for row in range(sum(name.endswith("/azimuth") for name in tensors)):
        symmetry = tensors.get(f"{row}/symmetry")
        completions.append(
            Completion(
                azimuth=float(tensors[f"{row}/azimuth"]),
                hidden=_decode(tensors[f"{row}/hidden"])[0] > 0,
                exemplar=_decode(tensors[f"{row}/exemplar"]) / 255,
                labels=_decode(tensors[f"{row}/labels"])[0].byte(),
                symmetry=None if symmetry is None else _decode(symmetry) / 255,
            )
        )
    return SeenPerson(
        number=number,
        photo=_decode(tensors["photo"]) / 255,
        mask=_decode(tensors["mask"])[0] / 255,
        uv=torch.where(uv[2:] > 0, -1.0, (uv[:2] + 0.5) / 256),
        rgb=_decode(tensors["texture"]) / 255,
        confidence=_decode(tensors["confidence"])[0] / 255,
        labels=_decode(tensors["labels"])[0].byte(),
        completions=tuple(completions),
    )


def write_person(person: SeenPerson, folder: Path) -> None:
    """Write one person's file into a folder of people."""
    with whole_file(folder / f"{person.number}.safetensors") as temporary:
        save_file(encode_person(person), temporary)


def write_pack(folder: Path, path: Path, limit: int = PACK_BYTES) -> int:
    """Put people of a folder into one file of at most `limit` bytes; how many. Those held out come first.

    Raises:
        InputError: the folder holds nobody.
    """
    files = sorted(folder.glob("*.safetensors"), key=lambda file: (not file.stem.endswith(HELD_OUT), file.stem))
    if not files:
        raise InputError(f"{folder} holds no people; gather them first")
    tensors: dict[str, Tensor] = {}
    size, people = 0, 0
    for file in files:
        record = _read(file)
        size += sum(value.nbytes + 150 for value in record.values())  # and what the header says of each
        if size > limit:
            break
        tensors |= {f"{file.stem}/{name}": value for name, value in record.items()}
        people += 1
    with whole_file(path) as temporary:
        save_file(tensors, temporary)
    return people


def read_pack(path: Path) -> list[SeenPerson]:
    """The people of a pack, by number.

    Raises:
        InputError: the file is none.
    """
    records: dict[str, dict[str, Tensor]] = {}
    for name, value in _read(path).items():
        number, _, rest = name.partition("/")
        records.setdefault(number, {})[rest] = value
    try:
        return [decode_person(number, record) for number, record in sorted(records.items())]
    except (KeyError, cv2.error) as error:
        raise InputError(f"{path} is no pack of people, or is damaged: {error}") from error


def read_left_out(folder: Path) -> dict[str, str]:
    """Why people of a folder stay out, by number."""
    path = folder / LEFT_OUT
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return dict(line.split("\t", 1) for line in lines)


def split_people(people: Sequence[SeenPerson]) -> tuple[list[SeenPerson], list[SeenPerson]]:
    """Those to learn from, and those that are held out."""
    return [each for each in people if not each.held_out], [each for each in people if each.held_out]


def split_views(people: Sequence[SeenPerson]) -> dict[str, list[SeenPerson]]:
    """By `VIEWS`: those of whom sides were hidden, and those of whom the back was, where there are any."""
    sides, backs = VIEWS
    groups: dict[str, list[SeenPerson]] = {sides: [], backs: []}
    for person in people:
        groups[backs if any(each.behind for each in person.completions) else sides].append(person)
    return {name: group for name, group in groups.items() if group}


def _read(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def _encode(image: Tensor, quality: int | None = None) -> Tensor:
    """C×H×W, 0 to 255 (1 or 3 channels), to the bytes of a JPEG file of a quality, or of a PNG file."""
    pixels = np.ascontiguousarray(image.round().clamp(0, 255).byte().permute(1, 2, 0).numpy())
    if quality is None:
        done, data = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    else:
        done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return torch.from_numpy(data.copy())


def _decode(data: Tensor) -> Tensor:
    """C×H×W float, 0 to 255, what `_encode` was given. Its channels stay in their order: both use OpenCV's alike."""
    pixels = cv2.imdecode(data.numpy(), cv2.IMREAD_UNCHANGED)
    return torch.from_numpy(pixels if pixels.ndim == 3 else pixels[..., None]).permute(2, 0, 1).float()
