"""Networks in safetensors files: names, shapes and types are checked before a tensor is read.

The header's "bodydouble" entry is JSON with the format's version, the kind of networks, and where they come from.
Weights may be float16; they are float32 in memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.weights import WeightsFile, find_weights

FORMAT_VERSION = 1
_KEY = "bodydouble"
_DTYPES = ("F16", "BF16", "F32", "I64")


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a file of networks says of itself."""

    kind: str  # which networks these are: a preset's name, or "exemplar"
    source: Mapping[str, str]  # where the weights come from: steps, minutes, ...


def read_header(path: Path) -> tuple[Header, set[str]]:
    """The header, and the names of all tensors.

    Raises:
        InputError: no file of networks, damaged, or of a newer version.
    """
    try:
        with safe_open(path, framework="pt") as opened:
            return _header(path, opened.metadata()), set(opened.keys())
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is no file of networks, or is damaged: {error}") from error


def holds_kind(path: str | Path, kind: str) -> bool:
    """Whether a file, or the shipped one of that name, holds that kind of networks. Raises as `read_header`."""
    return read_header(find_weights(path).path)[0].kind == kind


def load_modules(file: WeightsFile, kind: str, modules: Mapping[str, nn.Module], device: torch.device | str) -> None:
    """Fill networks from a file, for use and not for training (`eval`, no gradients), in float32 on `device`.

    Args:
        kind: for messages, what they are.
        modules: by the first part of their tensors' names ("" for none), on the meta device: the tensors take the
            places of the meta ones, so nothing is initialised only to be overwritten.

    Raises:
        InputError: tensors are missing, unknown, or of another shape or type than the networks'.
    """
    expected = {
        f"{name}.{key}".removeprefix("."): tuple(value.shape)
        for name, module in modules.items()
        for key, value in module.state_dict().items()
    }
    try:
        with safe_open(file.path, framework="pt") as opened:
            _check(file.path, kind, opened, expected)
            for name, module in modules.items():
                tensors = {
                    key: _ready(opened.get_tensor(f"{name}.{key}".removeprefix(".")), device)
                    for key in module.state_dict()
                }
                module.load_state_dict(tensors, assign=True)
                module.eval().requires_grad_(False)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{file.path} is no file of networks, or is damaged: {error}") from error


def write_tensors(tensors: Mapping[str, Tensor], path: str | Path, kind: str, source: Mapping[str, str]) -> None:
    """Write a file of networks, whole or not at all.

    Raises:
        InputError: the name does not end in .safetensors, or the folder does not exist.
    """
    if Path(path).suffix != ".safetensors":
        raise InputError(f"cannot write {path}: a file of networks ends in .safetensors")
    header = json.dumps({"format": FORMAT_VERSION, "preset": kind, "source": dict(source)})
    with whole_file(path) as temporary:
        save_file(
            {name: value.detach().cpu().contiguous() for name, value in tensors.items()}, temporary, {_KEY: header}
        )


def halve(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Matrices and kernels as float16; what is short (biases, statistics) stays float32."""
    return {name: value.half() if value.dim() > 1 else value for name, value in tensors.items()}


def _header(path: Path, metadata: dict[str, str] | None) -> Header:
    try:
        header = json.loads((metadata or {}).get(_KEY, ""))
        version, kind, source = header["format"], header["preset"], header.get("source", {})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path} is a safetensors file but holds no networks of bodydouble") from None
    if not isinstance(version, int) or not isinstance(kind, str) or not isinstance(source, dict):
        raise InputError(f"{path} has damaged metadata; get it again")
    if version > FORMAT_VERSION:
        raise InputError(f"{path} has format {version}, this version reads up to {FORMAT_VERSION}; update bodydouble")
    return Header(kind=kind, source={str(key): str(value) for key, value in source.items()})


def _check(path: Path, kind: str, opened: Any, expected: Mapping[str, tuple[int, ...]]) -> None:
    """Compare names, shapes and types with what is expected."""
    names = set(opened.keys())
    for what, wrong in (("lacks", expected.keys() - names), ("holds unknown", names - expected.keys())):
        if wrong:
            raise InputError(f"{path} does not fit preset {kind}: it {what} {_some(wrong)}")
    for name, shape in expected.items():
        tensor = opened.get_slice(name)
        if tuple(tensor.get_shape()) != shape or tensor.get_dtype() not in _DTYPES:
            sides, wanted = ("×".join(map(str, each)) for each in (tensor.get_shape(), shape))
            what = f"{name} is {tensor.get_dtype()} {sides}, expected {wanted}"
            raise InputError(f"{path} does not fit preset {kind}: {what}")


def _ready(tensor: Tensor, device: torch.device | str) -> Tensor:
    return tensor.to(device, torch.float32 if tensor.is_floating_point() else tensor.dtype)


def _some(names: set[str]) -> str:
    shown = sorted(names)[:3]
    return ", ".join(shown) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
