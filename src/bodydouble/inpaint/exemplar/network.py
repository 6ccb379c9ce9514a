"""The attention's weights: those that ship, or a file of the user's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from bodydouble.errors import InputError
from bodydouble.inpaint.exemplar.attention import AttentionConfig, ContextualAttention
from bodydouble.nn.store import halve, load_modules, read_header, write_tensors
from bodydouble.weights import find_weights

KIND = "exemplar"


@dataclass(frozen=True, kw_only=True)
class TrainedAttention:
    """A network ready for use, and the file that it is from."""

    network: ContextualAttention
    weights: Mapping[str, str]  # file name to SHA-256, for a double's metadata


def load_attention(path: str | Path | None = None, device: torch.device | str = "cpu") -> TrainedAttention:
    """The network from a file that `save_attention` wrote; the one that ships where none is named.

    Raises:
        InputError: no such file, no exemplar network, or damaged.
    """
    file = find_weights(KIND if path is None else path)
    header, _ = read_header(file.path)
    if header.kind != KIND:
        raise InputError(f"{file.path} holds networks of the preset {header.kind}; they are for --inpainter dinar")
    with torch.device("meta"):
        network = ContextualAttention(AttentionConfig())
    load_modules(file, KIND, {"": network}, device)
    return TrainedAttention(network=network, weights={file.path.name: file.sha256})


def save_attention(network: ContextualAttention, path: str | Path, source: Mapping[str, str]) -> None:
    """Write a file that `load_attention` reads.

    Args:
        source: where the weights come from, for the header.

    Raises:
        InputError: the name does not end in .safetensors, the folder does not exist, or the network is not of the
            usual size.
    """
    if network.config != AttentionConfig():
        raise InputError("only a network of the usual size can be written; train one with --preset lite")
    write_tensors(halve(network.state_dict()), path, KIND, source)
