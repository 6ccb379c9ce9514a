"""Makes the checkpoint that DINAR's authors published into a file of networks of the `paper` preset.

`read_checkpoint` reads it, `published_names` says where each tensor stands here. Beside names and shapes two things
differ:

- The denoiser's weights are there twice. Pictures are made with the moving average (`model_ema`, in whose names the
  dots are left out), so that is what is taken, all of it or nothing of it; without it, `model`.
- The last two channels of a texture are B_fill and "filled only" (B_fill - B_smp) there, B_smp and B_fill here. The one
  is a linear function of the other, and the layers that touch a texture's channels first or last are convolutions. So
  the change goes into their weights, exactly, and no input has to be changed:
      input   w₁ B_fill + w₂ (B_fill - B_smp)  =  -w₂ B_smp + (w₁ + w₂) B_fill
      output  B_smp = (first - second),  B_fill = first
  Inputs: the renderer's first texture convolution and the VQGAN's first one. Output: the last one of the VQGAN's mask
  head. The denoiser's condition is B_fill in both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from bodydouble.dinar.networks import IMPORTED_FROM, PRESETS, new_networks
from bodydouble.dinar.published_names import library_names
from bodydouble.dinar.read_checkpoint import printable, read_state_dict
from bodydouble.dinar.sampling import betas
from bodydouble.errors import InputError
from bodydouble.files import check_writable
from bodydouble.nn.store import write_tensors
from bodydouble.weights import sha256_of

_PRESET = "paper"
_AVERAGED = "model_ema."
_VQGANS = ("vq_branch", "compress_branch")  # its two names; older files have the first
_FLOATS = (torch.float32, torch.float16, torch.bfloat16)  # what weights may be stored as, as in `load_networks`
# What is known to stand beside the networks and is not needed.
_BESIDE = re.compile(
    r"first_stage\.(discriminator|rasterizer|normal_rasterizer|perceptual|criteria)\b|model_ema\.(decay|num_updates)$"
    r"|(sqrt_|log_)?(one_minus_|recip_|recipm1_)?(betas|alphas_cumprod(_prev)?)$|posterior_|logvar$|lvlb_weights$|cond_ids$"
)


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What came of an import."""

    tensors: int  # read from the checkpoint
    notes: tuple[str, ...]  # one sentence each: what the reader should know


def import_dinar(checkpoint: str | Path, output: str | Path) -> Imported:
    """Write the networks of a published checkpoint as a file that `load_networks` reads.

    Args:
        checkpoint: the published .ckpt file; read as numbers only, nothing in it is executed.
        output: a .safetensors file.

    Raises:
        InputError: the checkpoint cannot be read, is none of DINAR's, or lacks tensors; or the output cannot be
            written.
    """
    checkpoint, output = Path(checkpoint), Path(output)
    check_writable(output)
    published = read_state_dict(checkpoint)
    tensors, notes = convert(published, str(checkpoint))
    source = {IMPORTED_FROM: checkpoint.name, "imported_sha256": sha256_of(checkpoint)}
    write_tensors(tensors, output, _PRESET, source)
    return Imported(tensors=len(published), notes=notes)


def convert(published: Mapping[str, Tensor], name: str) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """The published tensors under the names of `Networks.state_dict`, and notes on what was not taken.

    Args:
        name: of the file, for messages.

    Raises:
        InputError: tensors are missing, there twice, of another shape or type, or not finite.
    """
    if all(any(key.startswith(f"first_stage.{branch}.") for key in published) for branch in _VQGANS):
        raise InputError(
            f"{name} holds the VQGAN twice, as {' and '.join(_VQGANS)}; give a checkpoint with one of them"
        )
    expected = new_networks(_PRESET, "meta").state_dict()
    places = {key: names for key in published if (names := library_names(key)) and names[0] in expected}
    averages = _averages(published, places, name)
    tensors: dict[str, Tensor] = {}
    for key, names in places.items():
        source = averages.get(key, key)
        tensors.update(_fit_tensor(published[source], names, expected, f"{name} is no checkpoint of DINAR's: {source}"))
    if missing := sorted(expected.keys() - tensors.keys()):
        raise InputError(
            f"{name} is no checkpoint of DINAR's, or not a whole one: {len(missing)} tensors are missing, the first "
            f"for {missing[0]}; give the file of all networks, with first_stage and model in it"
        )
    _reorder_masks(tensors)
    unknown = [key for key in published.keys() - places.keys() - set(averages.values()) if not _BESIDE.match(key)]
    return tensors, _notes(published, bool(averages), unknown)


def _averages(published: Mapping[str, Tensor], places: Mapping[str, tuple[str, ...]], name: str) -> dict[str, str]:
    """For each of the denoiser's tensors the name of its moving average; nothing where there are no averages."""
    if not any(key.startswith(_AVERAGED) for key in published):
        return {}
    averages = {
        key: _AVERAGED + key.removeprefix("model.").replace(".", "") for key in places if key.startswith("model.")
    }
    if missing := sorted(set(averages.values()) - published.keys()):
        raise InputError(
            f"{name} is not whole: the denoiser's moving average lacks {len(missing)} tensors, the first is "
            f"{missing[0]}; get the checkpoint again"
        )
    return averages


def _fit_tensor(
    value: Tensor, names: Sequence[str], expected: Mapping[str, Tensor], complaint: str
) -> dict[str, Tensor]:
    """One published tensor under its names here, once it is what was expected.

    Args:
        complaint: beginning of the sentence that says what is wrong with it.
    """
    wanted = expected[names[0]]
    shape = [len(names) * wanted.shape[0], *wanted.shape[1:]] if len(names) > 1 else list(wanted.shape)
    if _sides(value.shape) != _sides(shape):
        raise InputError(f"{complaint} is {_times(value.shape)}, expected {_times(shape)}")
    dtypes = _FLOATS if wanted.is_floating_point() else (torch.int64,)
    if value.dtype not in dtypes:
        given, wanted_type = (str(dtype).removeprefix("torch.") for dtype in (value.dtype, dtypes[0]))
        raise InputError(f"{complaint} is of type {given}, expected {wanted_type}")
    if not all(bound.isfinite() for bound in torch.aminmax(value)):
        raise InputError(f"{complaint} holds numbers that are not finite")
    if len(names) > 1:
        # Rows: head, then query, key, value, then the head's channels.
        parts = value.reshape(PRESETS[_PRESET].denoiser.heads, len(names), -1, *value.shape[1:]).unbind(1)
        return {name: part.reshape(expected[name].shape) for name, part in zip(names, parts, strict=True)}
    return {names[0]: value.reshape(wanted.shape)}  # 1×1 convolutions and their like become matrices


def _sides(shape: Sequence[int]) -> list[int]:
    return [side for side in shape if side != 1]


def _times(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "a single number"


def _reorder_masks(tensors: dict[str, Tensor]) -> None:
    """Bring the layers that touch a texture's mask channels to our order; see the head of this file."""
    for name in ("renderer.texture_layers.0.weight", "vqgan.encoder.conv_in.weight"):
        weight = tensors[name].clone()
        first, second = tensors[name][:, -2], tensors[name][:, -1]
        weight[:, -2], weight[:, -1] = -second, first + second
        tensors[name] = weight
    for name in ("vqgan.decoder.mask_head.2.weight", "vqgan.decoder.mask_head.2.bias"):
        first, second = tensors[name].unbind(0)
        tensors[name] = torch.stack([first - second, first])


def _notes(published: Mapping[str, Tensor], averaged: bool, unknown: list[str]) -> tuple[str, ...]:
    notes = []
    if not averaged:
        notes.append("the checkpoint has no moving average of the denoiser; its last weights were taken")
    if unknown:
        first = printable(min(unknown))
        notes.append(f"{len(unknown)} tensors are not known and were left out, the first is {first}")
    schedule = published.get("betas")
    if schedule is not None and not _is_schedule(schedule):
        notes.append("the checkpoint's noise schedule is not the one that samples are drawn with here")
    return tuple(notes)


def _is_schedule(schedule: Tensor) -> bool:
    ours = betas()
    return schedule.shape == ours.shape and torch.allclose(schedule.float(), ours, rtol=1e-3)
