"""A distance of pictures of our own: how differently the discriminator of a training run sees them.

It is no LPIPS and is never called so: the features come from telling renders from photographs, not from naming what is
in a picture, and nobody has compared the distance with what people see. Figures of two discriminators cannot be
compared. The formula is that of the training's loss as it stands here; what is measured stays when the loss changes.

A judge's file is one safetensors file: the discriminator's tensors, and in the header's "judge" entry, as JSON, its
sizes and where it comes from. `workshop.evaluation.export_judge` makes one of a training run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from bodydouble.errors import InputError
from bodydouble.files import whole_file
from workshop.training.discriminator import Discriminator, DiscriminatorConfig

FORMAT_VERSION = 2  # 1 named the sizes side, widest and budget
_KEY = "judge"
_LEVELS = 4  # of the trunk, from the full resolution down
RESOLUTIONS = (16, 32, 64, 128, 256, 512, 1024)  # that it may have, pixels a side
_MOST = {"channel_max": 2048, "channel_base": 2**20}  # checked before memory is taken


def judge_distance(judge: Discriminator, picture: Tensor, truth: Tensor) -> float:
    """Mean absolute difference of the features, relative to the truth's, over the trunk's finer levels.

    Args:
        picture, truth: 3×S×S, [0, 1]; brought to the discriminator's own size.

    Returns:
        0 for the same picture, about 1 for features that have nothing in common; not symmetric.
    """
    size = (judge.config.resolution,) * 2
    both = torch.stack([picture, truth])
    if both.shape[-2:] != size:
        both = functional.interpolate(both, size, mode="bilinear", antialias=True, align_corners=False)
    with torch.no_grad():
        levels = judge.trunk(both * 2 - 1)[:_LEVELS]
    distances = [(level[0] - level[1]).abs().mean() / level[1].abs().mean().clamp_min(1e-3) for level in levels]
    return float(torch.stack(distances).mean())


def save_judge(judge: Discriminator, path: str | Path, source: Mapping[str, str] | None = None) -> None:
    """Write a discriminator as `load_judge` reads it; matrices and kernels as float16.

    Args:
        source: what is known of its making: run, steps, data.

    Raises:
        InputError: the name does not end in .safetensors, or the folder does not exist.
    """
    if Path(path).suffix != ".safetensors":
        raise InputError(f"cannot write {path}: a judge's file ends in .safetensors")
    header = {"format": FORMAT_VERSION, "config": asdict(judge.config), "source": dict(source or {})}
    tensors = {
        name: (value.half() if value.dim() > 1 else value).detach().cpu().contiguous()
        for name, value in judge.state_dict().items()
    }
    with whole_file(path) as temporary:
        save_file(tensors, temporary, {_KEY: json.dumps(header)})


def load_judge(path: str | Path) -> Discriminator:
    """The discriminator of a file, for measuring: `eval`, float32, no gradients to its weights.

    Raises:
        InputError: no such file, not a judge's, of a newer version, or with sizes or tensors that do not fit.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no file {path}; workshop.evaluation.export_judge writes a judge's file")
    try:
        with safe_open(path, "pt") as file:
            config = _config(path, file.metadata())
            with torch.device("meta"):
                judge = Discriminator(config)
            expected = {name: tuple(value.shape) for name, value in judge.state_dict().items()}
            if {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()} != expected:
                raise InputError(f"{path} does not hold the tensors of its discriminator; write it again")
            tensors = {name: file.get_tensor(name) for name in expected}
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is no judge's file, or is damaged: {error}") from error
    if not all(bool(value.isfinite().all()) for value in tensors.values()):
        raise InputError(f"{path} holds numbers that are not finite; take it from an earlier step of the training")
    judge.load_state_dict({name: value.float() for name, value in tensors.items()}, assign=True)
    return judge.eval().requires_grad_(False)


def _config(path: Path, metadata: dict[str, str] | None) -> DiscriminatorConfig:
    try:
        header: dict[str, Any] = json.loads((metadata or {}).get(_KEY, ""))
        version, sizes = header["format"], dict(header["config"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(
            f"{path} is a safetensors file but holds no judge; workshop.evaluation.export_judge writes one"
        ) from None
    if version != FORMAT_VERSION:
        raise InputError(f"{path} has format {version}, not {FORMAT_VERSION}; write it again from its run")
    names = {field.name for field in fields(DiscriminatorConfig)}
    fits = set(sizes) == names and all(type(size) is int for size in sizes.values())
    if not fits or sizes["inputs"] != 3 or sizes["resolution"] not in RESOLUTIONS:
        raise InputError(f"{path} tells sizes that no discriminator of pictures has: {str(sizes)[:120]}")
    if not all(0 < sizes[name] <= most for name, most in _MOST.items()):
        raise InputError(f"{path} tells sizes that no discriminator of pictures has: {str(sizes)[:120]}")
    return DiscriminatorConfig(**sizes)
