"""Tensors from a checkpoint that torch wrote: numbers only, mapped and not copied, nothing executed.

| format | the file |
|---|---|
| zip, since torch 1.6 | an archive, uncompressed: `NAME/data.pkl`, and `NAME/data/KEY` for each storage |
| before | five pickles (magic number, version, system, content, keys), then each storage: its length and its numbers |

A checkpoint's pickle may hold anything: a training's settings, schedulers, classes. `inert_pickle` leaves all that as
it stands; only what rebuilds a dense tensor is followed here.
"""

from __future__ import annotations

import math
import mmap
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from bodydouble.dinar.inert_pickle import Call, Global, Reference, read_pickle
from bodydouble.errors import InputError

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of a file of torch's before 1.6
_REBUILDERS = ("torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2")
_PARAMETERS = ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state")
_DTYPES: Mapping[str, torch.dtype] = {
    "torch.FloatStorage": torch.float32,
    "torch.DoubleStorage": torch.float64,
    "torch.HalfStorage": torch.float16,
    "torch.BFloat16Storage": torch.bfloat16,
    "torch.LongStorage": torch.int64,
    "torch.IntStorage": torch.int32,
    "torch.ShortStorage": torch.int16,
    "torch.CharStorage": torch.int8,
    "torch.ByteStorage": torch.uint8,
    "torch.BoolStorage": torch.bool,
    "torch.ComplexFloatStorage": torch.complex64,
    "torch.ComplexDoubleStorage": torch.complex128,
    "torch.QInt8Storage": torch.qint8,
    "torch.QUInt8Storage": torch.quint8,
    "torch.QInt32Storage": torch.qint32,
    "torch.storage.UntypedStorage": torch.uint8,
}
# What may stand in a tensor's place, in words; other things are given the name that the file gives them.
_KINDS = {
    "torch._utils._rebuild_tensor_v3": "a tensor of unusual numbers",
    "torch._utils._rebuild_sparse_tensor": "a sparse tensor",
    "torch._utils._rebuild_sparse_csr_tensor": "a sparse tensor",
    "torch._utils._rebuild_qtensor": "a quantised tensor",
    "torch._utils._rebuild_meta_tensor_no_storage": "a tensor without numbers",
}
_LONGEST_NAME = 100  # characters of a name from the file, in a message
_PUBLISHED = "the checkpoint that DINAR's authors published"
_DAMAGE = (  # what a reader meets in files that are cut short or tampered with
    *(ValueError, TypeError, LookupError, ArithmeticError, MemoryError, RuntimeError, OSError),
    *(struct.error, EOFError, zipfile.BadZipFile),
)


@dataclass(frozen=True, kw_only=True)
class _Content:
    """A checkpoint, taken apart."""

    value: object
    memory: mmap.mmap  # of the file
    places: Mapping[str, tuple[int, int]]  # each storage's first byte in the file, and its length in bytes


@dataclass(frozen=True)
class _Storage:
    """A row of numbers, as the pickle refers to it."""

    key: str
    dtype: torch.dtype
    first: int  # numbers of the storage before the row; 0 but for views in old files


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint's `state_dict`, or of a file that is one itself.

    They are views of the file, which must not change while they are used; only what is looked at is read.

    Raises:
        InputError: the file does not exist, is none of torch's, is damaged, or holds something else than tensors.
    """
    memory = _map_file(path)
    try:
        content = _open_zip(path, memory) if memory[:2] == b"PK" else _open_legacy(path, memory)
        state = content.value.get("state_dict", content.value) if isinstance(content.value, dict) else None
        if not isinstance(state, dict) or not any(isinstance(each, Call) for each in state.values()):
            raise InputError(f"{path} holds no state_dict; give {_PUBLISHED}")
        tensors = {}
        for key, each in state.items():
            tensor = _build_tensor(each, content)
            if tensor is None:
                what = f"its {printable(key)} is {_describe(each)}"
                raise InputError(f"{path} is no checkpoint of tensors alone: {what}; give {_PUBLISHED}")
            tensors[str(key)] = tensor
        return tensors
    except InputError:
        raise
    except _DAMAGE as error:
        raise InputError(f"{path} is cut short or damaged; get the checkpoint again") from error


def printable(name: object) -> str:
    """A name from a file, fit for a terminal: control and foreign characters escaped, and not endless."""
    text = name if isinstance(name, str) else f"entry without a name ({type(name).__name__})"
    return ascii(text[:_LONGEST_NAME])[1:-1]


def _map_file(path: Path) -> mmap.mmap:
    """The file's bytes. They count as writable, as torch wants them, but the file is never written to."""
    if path.is_dir():
        raise InputError(f"{path} is a folder; give the checkpoint file itself")
    if not path.is_file():
        raise InputError(f"{path} does not exist; give {_PUBLISHED}")
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty; get the checkpoint again")
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)


def _open_zip(path: Path, memory: mmap.mmap) -> _Content:
    with zipfile.ZipFile(path) as archive:
        members = {member.filename: member for member in archive.infolist()}
    roots = [name.removesuffix("data.pkl") for name in members if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(roots) != 1:
        raise InputError(f"{path} is a zip file but no checkpoint; give {_PUBLISHED}")
    root = roots[0]
    if f"{root}constants.pkl" in members:
        raise InputError(f"{path} is a TorchScript program and no checkpoint; give {_PUBLISHED}")
    places = {
        name.removeprefix(root): _find_place(each, memory) for name, each in members.items() if name.startswith(root)
    }
    start, length = places.get("byteorder", (0, 0))
    if memory[start : start + length] == b"big":
        raise InputError(f"{path} was written by a machine with the opposite order of bytes, which is not read")
    memory.seek(places["data.pkl"][0])
    value = read_pickle(memory).value
    storages = {name.removeprefix("data/"): place for name, place in places.items() if name.startswith("data/")}
    return _Content(value=value, memory=memory, places=storages)


def _find_place(member: zipfile.ZipInfo, memory: mmap.mmap) -> tuple[int, int]:
    """First byte and length of what an archive holds. Raises ValueError where it is packed, encrypted or cut off."""
    name_length, extra_length = struct.unpack_from("<HH", memory, member.header_offset + 26)
    start = member.header_offset + 30 + name_length + extra_length
    plain = member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & 1
    if not plain or start + member.file_size > len(memory):
        raise ValueError(f"{member.filename} does not stand there as it is")
    return start, member.file_size


def _open_legacy(path: Path, memory: mmap.mmap) -> _Content:
    try:
        magic = read_pickle(memory).value
    except ValueError:
        magic = None
    if memory[257:262] == b"ustar":
        raise InputError(f"{path} is a tar archive, as torch wrote before 2018, which is not read; give {_PUBLISHED}")
    if magic != _LEGACY_MAGIC:
        raise InputError(f"{path} is no checkpoint that torch wrote; give {_PUBLISHED}")
    for _ in ("version of the format", "machine that wrote it"):
        read_pickle(memory)
    content, keys = read_pickle(memory), read_pickle(memory).value
    sizes = {storage.key: storage.dtype.itemsize for storage in map(_parse_storage, content.references) if storage}
    places = {}
    position = memory.tell()
    for key in keys if isinstance(keys, list) else []:
        (count,) = struct.unpack_from("<q", memory, position)
        places[key] = position + 8, count * sizes[key]
        position += 8 + count * sizes[key]
        if count < 0 or position > len(memory):
            raise ValueError("numbers are missing")
    return _Content(value=content.value, memory=memory, places=places)


def _parse_storage(reference: object) -> _Storage | None:
    """The storage that is referred to; None for anything else."""
    match reference:
        case Reference(("storage", Global() as kind, str(key), str(), int(), *view)) if str(kind) in _DTYPES:
            match view:
                case [] | [None]:
                    return _Storage(key, _DTYPES[str(kind)], 0)
                case [(str(), int(first), int())]:
                    return _Storage(key, _DTYPES[str(kind)], first)
    return None


def _build_tensor(value: object, content: _Content) -> Tensor | None:
    """The dense tensor that a call would rebuild; None where it would make something else.

    Raises:
        ValueError: its numbers are not in the file.
    """
    match value:
        case Call(Global() as function, (Call() as parameter, *_)) if str(function) in _PARAMETERS:
            value = parameter
    match value:
        case Call(Global() as function, (reference, int(offset), tuple(size), tuple(stride), *_)) if str(
            function
        ) in _REBUILDERS and (storage := _parse_storage(reference)):
            return _view_numbers(storage, offset, size, stride, content)
    return None


def _view_numbers(
    storage: _Storage, offset: int, size: tuple[int, ...], stride: tuple[int, ...], content: _Content
) -> Tensor:
    """Numbers of the file as a tensor, without a copy."""
    start, length = content.places[storage.key]
    if not all(isinstance(number, int) for number in (*size, *stride)):
        raise TypeError("sizes are whole numbers")
    first = storage.first + offset
    last = first + sum((count - 1) * step for count, step in zip(size, stride, strict=True))
    item = storage.dtype.itemsize
    if min((first, *size, *stride)) < 0 or (last + 1) * item > length or math.prod(size) >= 2**62:
        raise ValueError(f"storage {storage.key} is too short")
    if math.prod(size) == 0:
        return torch.empty(0, dtype=storage.dtype)
    numbers = torch.frombuffer(content.memory, dtype=storage.dtype, count=length // item, offset=start)
    return numbers.as_strided(size, stride, first)


def _describe(value: object) -> str:
    """In words, what stands where a tensor was expected."""
    if not isinstance(value, Call):
        return f"of type {type(value).__name__}"
    name = str(value.function) if isinstance(value.function, Global) else "something unknown"
    return _KINDS.get(name, printable(name))
