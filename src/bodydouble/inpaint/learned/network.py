"""The network that corrects `exemplar` where nothing was seen: how far colours are off, and where the twin is better.

given texels, the other side's, exemplar's colours and labels, 128² ── U-Net ──▶ residual and gate, 64² ──▶ S×S

Both change smoothly: what is copied, of exemplar's texture or of the mirrored texel, stays as sharp as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from bodydouble.errors import InputError
from bodydouble.geometry.distance import rough_distance_to
from bodydouble.geometry.uv import resize_nearest
from bodydouble.nn.store import halve, load_modules, read_header, write_tensors
from bodydouble.parsing.labels import LABELS
from bodydouble.weights import find_weights

KIND = "completion"  # name in `weights.SHIPPED`, and what the file's header says that it holds
INPUT_SIZE = 128  # texels a side
_LABELS_SIZE = 256  # texels a side at which labels are counted; the network learned from textures of that size
# Colours, coverage and confidence of what was seen; colours and coverage of the other side; exemplar's colours; its
# labels; two coordinates and the distance from the middle.
INPUT_CHANNELS = 5 + 4 + 3 + len(LABELS) + 3
_WIDTHS = (24, 32, 48, 64)  # channels at 64², 32², 16² and 8²
_GROUPS = 8  # of channels that are normalised together
# The gate's logit at first: 35 % of the mirrored texel. A quarter to a half everywhere is nearer to the truth than
# exemplar in colour and in Lite0 distance, on 8 people held out; from there some dozens of people are enough to learn.
_AJAR = -0.6
_FADE = 0.012  # of the texture's side, within which a correction grows from nothing beside what was seen: no edge shows


class _Block(nn.Module):
    """Two convolutions, the second on top of what came in."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels_in, channels_out, 3, 1, 1)
        self.second = nn.Conv2d(channels_out, channels_out, 3, 1, 1)
        self.norms = nn.ModuleList([nn.GroupNorm(_GROUPS, channels_out) for _ in range(2)])

    def forward(self, features: Tensor) -> Tensor:
        """B×c×h×w to B×d×h×w."""
        features = functional.silu(self.norms[0](self.first(features)))
        return features + functional.silu(self.norms[1](self.second(features)))


class CompletionNetwork(nn.Module):
    """A U-Net from 128² inputs to a residual, zero at first, and a gate, the same everywhere at first, both of 64²."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(INPUT_CHANNELS, _WIDTHS[0], 4, 2, 1)
        self.down = nn.ModuleList(
            [_Block(before, after) for before, after in zip((_WIDTHS[0], *_WIDTHS), _WIDTHS, strict=False)]
        )
        self.up = nn.ModuleList(
            [_Block(below + beside, beside) for below, beside in zip(_WIDTHS[:0:-1], _WIDTHS[-2::-1], strict=True)]
        )
        self.head = nn.Conv2d(_WIDTHS[0], 4, 1)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None
        self.head.bias.data = torch.tensor([0.0, 0.0, 0.0, _AJAR])

    def forward(self, inputs: Tensor) -> Tensor:
        """B×INPUT_CHANNELS×128×128 (`make_inputs`) to B×4×64×64: differences of colours, and the gate's logit."""
        features = self.stem(inputs)
        beside: list[Tensor] = []
        for number, block in enumerate(self.down):
            features = block(functional.avg_pool2d(features, 2) if number else features)
            beside.append(features)
        beside.pop()
        for block in self.up:
            features = functional.interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)
            features = block(torch.cat([features, beside.pop()], 1))
        correction: Tensor = self.head(features)
        return correction


@dataclass(frozen=True, kw_only=True)
class TrainedCompletion:
    """A network ready for use, and the file that it is from."""

    network: CompletionNetwork
    weights: Mapping[str, str]  # file name to SHA-256, for a double's metadata


def load_completion(path: str | Path = KIND, device: torch.device | str = "cpu") -> TrainedCompletion:
    """The network from a file that `save_completion` wrote; the one that ships where none is named.

    Raises:
        InputError: no such file, no completion network, or damaged.
    """
    file = find_weights(path)
    if read_header(file.path)[0].kind != KIND:
        raise InputError(f"{file.path} holds no completion network; give weights that its training wrote")
    with torch.device("meta"):
        network = CompletionNetwork()
    load_modules(file, KIND, {"": network}, device)
    return TrainedCompletion(network=network, weights={file.path.name: file.sha256})


def save_completion(network: CompletionNetwork, path: str | Path, source: Mapping[str, str]) -> None:
    """Write a file, float16, that `load_completion` reads; `source` tells where the weights come from.

    Raises:
        InputError: the name does not end in .safetensors, or the folder does not exist.
    """
    write_tensors(halve(network.state_dict()), path, KIND, source)


def make_inputs(rgb: Tensor, confidence: Tensor, labels: Tensor) -> Tensor:
    """B×INPUT_CHANNELS×128×128, what the network is given.

    Args:
        rgb: B×3×S×S, [0, 1], exemplar's whole texture, S a multiple of 128; in a mirrored layout (`UvLayout.mirrored`).
        confidence: B×S×S, the cosine to the camera, 0 where nothing was seen.
        labels: B×S×S, uint8, what every texel is taken for.
    """
    mask = (confidence[:, None] > 0).float()
    amounts = functional.adaptive_avg_pool2d(torch.cat([rgb * mask, mask, confidence[:, None] * mask], 1), INPUT_SIZE)
    coverage = amounts[:, 3:4]
    colours = torch.cat([amounts[:, :3], amounts[:, 4:]], 1) / coverage.clamp_min(1e-3)
    near = torch.cat([colours, coverage], 1)
    twin = near.flip(-1)[:, [0, 1, 2, 4]]
    counted = resize_nearest(labels, _LABELS_SIZE).long().clamp(max=len(LABELS) - 1)
    one_hot = functional.one_hot(counted, len(LABELS)).movedim(-1, 1).float()
    line = (torch.arange(INPUT_SIZE, device=rgb.device) + 0.5) / INPUT_SIZE * 2 - 1
    rows, columns = torch.meshgrid(line, line, indexing="ij")
    places = torch.stack([columns, rows, columns.abs()]).expand(len(rgb), -1, -1, -1)
    small = [functional.adaptive_avg_pool2d(image, INPUT_SIZE) for image in (rgb, one_hot)]
    return torch.cat([near, twin, *small, places], 1)


def correct_colours(rgb: Tensor, confidence: Tensor, correction: Tensor) -> Tensor:
    """B×3×S×S: colours mixed with the mirrored texel's where that was seen, and moved; what was seen stays.

    Args:
        rgb, confidence: see `make_inputs`.
        correction: B×4×h×h, what the network says.
    """
    fine = functional.interpolate(correction, rgb.shape[-2:], mode="bicubic", align_corners=False)
    residual, logit = fine.split([3, 1], 1)
    observed = confidence > 0
    gate = logit.sigmoid() * _fade_from(~observed).flip(-1)
    return rgb + _fade_from(observed) * (gate * (rgb.flip(-1) - rgb) + residual)


def _fade_from(places: Tensor) -> Tensor:
    """B×1×S×S: 0 at some places, B×S×S bool, and 1 a little away from them."""
    reach = _FADE * places.shape[-1]
    return torch.stack([rough_distance_to(each) / reach for each in places])[:, None].clamp(max=1)
