"""Reads the checkpoint that DINAR's authors published into the networks of the `paper` preset.

The published names follow the published modules; the tables below say where each tensor stands here. Beside names and
shapes three things differ:

- Queries, keys and values of the denoiser's attention are one matrix there, its rows ordered by head and then by role;
  here they are three.
- The denoiser's weights are there twice. Pictures are made with the moving average (`model_ema`, in whose names the
  dots are left out), so that is what is taken; without it, `model`.
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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from bodydouble.dinar.networks import PRESETS, new_networks
from bodydouble.dinar.sampling import betas
from bodydouble.errors import InputError
from bodydouble.files import check_writable
from bodydouble.nn.store import write_tensors
from bodydouble.weights import sha256_of

_PRESET = "paper"
# First part of a published name, and the network. Older files say vq_branch for compress_branch.
_PLACES = {
    "first_stage.encoder.": "encoder",
    "first_stage.generator.": "generator",
    "first_stage.compress_branch.": "vqgan",
    "first_stage.vq_branch.": "vqgan",
    "first_stage.renderer.": "renderer",
    "model.": "denoiser",
}
_AVERAGED = "model_ema."
# What is known to stand beside the networks and is not needed.
_BESIDE = re.compile(
    r"first_stage\.(discriminator|rasterizer|normal_rasterizer|perceptual|criteria)\b|model_ema\.(decay|num_updates)$"
    r"|(sqrt_|log_)?(one_minus_|recip_|recipm1_)?(betas|alphas_cumprod(_prev)?)$|posterior_|logvar$|lvlb_weights$|cond_ids$"
)
_Replacement = str | Callable[[re.Match[str]], str]


def _moved(pattern: str, step: int) -> Callable[[re.Match[str]], str]:
    """The replacement `pattern` with the match's first group, a number, moved by `step`."""
    return lambda match: pattern.format(int(match[1]) + step)


_RESNET: tuple[tuple[str, _Replacement], ...] = (
    (r"in_layers\.0", "norm1"),
    (r"in_layers\.2", "conv1"),
    (r"emb_layers\.1", "time_emb_proj"),
    (r"out_layers\.0", "norm2"),
    (r"out_layers\.3", "conv2"),
    (r"skip_connection", "conv_shortcut"),
)
# For each network, applied one after the other: published names to ours.
_NAMES: Mapping[str, tuple[tuple[str, _Replacement], ...]] = {
    "encoder": (
        (r"^convs\.0\.", "trunk.first."),
        (r"^convs\.(\d+)\.", _moved("trunk.blocks.{}.", -1)),
        (r"^final_conv\.", "last."),
        (r"^final_linear\.", "head."),
    ),
    "generator": (
        (r"^input\.input$", "constant"),
        (r"^noises\.", ""),
        (r"^conv1\.", "layers.0."),
        (r"^convs\.(\d+)\.", _moved("layers.{}.", 1)),
        (r"^to_rgb1\.", "to_image.0."),
        (r"^to_rgbs\.(\d+)\.", _moved("to_image.{}.", 1)),
        (r"\.noise\.weight$", ".noise_strength"),
        (r"\.activate\.", ".activation."),
    ),
    "vqgan": (
        (r"^decoder\.up\.(\d+)", lambda match: f"decoder.up.{2 - int(match[1])}"),  # there, 0 is the full resolution
        (r"\.block\.(\d+)", r".resnets.\1"),
        (r"\.nin_shortcut\.", ".conv_shortcut."),
        (r"\.(down|up)sample\.", r".\1samplers.0."),
        (r"\.mid\.block_(\d+)", _moved(".middle.resnets.{}", -1)),
        (r"\.mid\.attn_1\.norm", ".middle.attentions.0.group_norm"),
        (r"\.mid\.attn_1\.([qkv])\.", r".middle.attentions.0.to_\1."),
        (r"\.mid\.attn_1\.proj_out", ".middle.attentions.0.to_out.0"),
        (r"\.rgb_proc\.", ".rgb_head."),
        (r"\.segm_proc\.", ".mask_head."),
        (r"^quantize\.embedding", "codebook"),
        (r"^quant_conv", "to_latent"),
        (r"^post_quant_conv", "from_latent"),
    ),
    "renderer": (
        (r"^ntex_preproc", "texture_layers"),
        (r"^uv_preproc", "uv_layers"),
        (r"^uv_mask_preproc", "mask_layers"),
        (r"^model\.downsamples", "unet.down"),
        (r"^model\.upsamples", "unet.up"),
        (r"^model\.resblocks\.(\d+)\.conv_block", r"unet.middle.\1.layers"),
        (r"^model\.final", "unet.last"),
        (r"^model\.", "unet."),
        (r"^segm_head", "mask_head"),
    ),
    "denoiser": (
        (r"^time_embed\.0", "time_embedding.linear_1"),
        (r"^time_embed\.2", "time_embedding.linear_2"),
        (r"^preproc_rgb\.0", "before_rgb"),
        (r"^preproc_segm\.0", "before_mask"),
        (r"^out\.0", "norm_out"),
        (r"^out\.2", "conv_out"),
        (r"^input_blocks\.0\.0", "conv_in"),
        (r"^input_blocks\.(\d+)\.([01])", lambda match: _on_the_way_down(int(match[1]) - 1, int(match[2]))),
        (r"^output_blocks\.(\d+)\.([012])", lambda match: _on_the_way_up(int(match[1]), int(match[2]))),
        (r"^middle_block\.0", "middle.resnets.0"),
        (r"^middle_block\.1", "middle.attentions.0"),
        (r"^middle_block\.2", "middle.resnets.1"),
        (r"(attentions\.\d+)\.norm", r"\1.group_norm"),
        (r"(attentions\.\d+)\.proj_out", r"\1.to_out.0"),
        *_RESNET,
    ),
}


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
    published = _read(checkpoint)
    tensors, notes = convert(published, str(checkpoint))
    source = {"imported_from": checkpoint.name, "imported_sha256": sha256_of(checkpoint)}
    write_tensors(tensors, output, _PRESET, source)
    return Imported(tensors=len(published), notes=notes)


def convert(published: Mapping[str, Tensor], name: str) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """The published tensors under the names of `Networks.state_dict`, and notes on what was not taken.

    Args:
        name: of the file, for messages.

    Raises:
        InputError: tensors are missing or of another shape.
    """
    expected = {key: tuple(value.shape) for key, value in new_networks(_PRESET, "meta").state_dict().items()}
    tensors: dict[str, Tensor] = {}
    unknown = []
    for key, value in _averaged(published).items():
        for ours, tensor in _renamed(key, value).items():
            if ours in expected and _sides(tensor.shape) == _sides(expected[ours]):
                tensors[ours] = tensor.reshape(expected[ours])  # 1×1 convolutions and their like become matrices
            elif ours in expected:
                raise InputError(f"{name} is no checkpoint of DINAR's: {key} is {tuple(value.shape)}")
            elif not _BESIDE.match(key):
                unknown.append(key)
    if missing := sorted(expected.keys() - tensors.keys()):
        raise InputError(
            f"{name} is no checkpoint of DINAR's, or not a whole one: {len(missing)} tensors are missing, the first "
            f"for {missing[0]}; give the file of all networks, with first_stage and model in it"
        )
    _reorder_masks(tensors)
    return tensors, _notes(published, unknown)


def _sides(shape: Sequence[int]) -> list[int]:
    return [side for side in shape if side != 1]


def _read(checkpoint: Path) -> dict[str, Tensor]:
    if not checkpoint.is_file():
        raise InputError(f"{checkpoint} does not exist; give the checkpoint that DINAR's authors published")
    try:
        content = torch.load(checkpoint, map_location="cpu", weights_only=True, mmap=_is_zip(checkpoint))
    except Exception as error:  # torch raises half a dozen kinds for files that are no checkpoints
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(f"{checkpoint} cannot be read as a checkpoint of plain tensors: {reason[:120]}") from error
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    if not isinstance(state, dict):
        raise InputError(f"{checkpoint} holds no state_dict; give the checkpoint that DINAR's authors published")
    return {str(key): value for key, value in state.items() if isinstance(value, Tensor)}


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _averaged(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors without the denoiser's moving average, which has taken the place of what it is the average of."""
    result = {}
    for key, value in published.items():
        if key.startswith(_AVERAGED):
            continue
        short = _AVERAGED + key.removeprefix("model.").replace(".", "")
        result[key] = published.get(short, value) if key.startswith("model.") else value
    return result


def _renamed(key: str, value: Tensor) -> dict[str, Tensor]:
    """One published tensor under our name; three, where it holds queries, keys and values."""
    place = next((place for place in _PLACES if key.startswith(place)), None)
    if place is None:
        return {key: value}
    network, ours = _PLACES[place], key.removeprefix(place)
    for pattern, replacement in _NAMES[network]:
        ours = re.sub(pattern, replacement, ours)
    ours = f"{network}.{ours}"
    if ".qkv." not in ours:
        return {ours: value}
    # Rows: head, then query, key, value, then the head's channels.
    parts = value.reshape(PRESETS[_PRESET].denoiser.heads, 3, -1, *value.shape[1:]).unbind(1)
    return {ours.replace("qkv", f"to_{role}"): part.flatten(0, 1) for role, part in zip("qkv", parts, strict=True)}


def _on_the_way_down(number: int, part: int) -> str:
    level, index = divmod(number, 3)  # two residual blocks at each resolution, then one that halves it
    if index == 2:
        return f"down.{level}.downsamplers.0"
    return f"down.{level}.{('resnets', 'attentions')[part]}.{index}"


def _on_the_way_up(number: int, part: int) -> str:
    level, index = divmod(number, 3)  # three residual blocks at each resolution, with the last one that doubles it
    return f"up.{level}.upsamplers.0" if part == 2 else f"up.{level}.{('resnets', 'attentions')[part]}.{index}"


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


def _notes(published: Mapping[str, Tensor], unknown: list[str]) -> tuple[str, ...]:
    notes = []
    if not any(key.startswith(_AVERAGED) for key in published):
        notes.append("the checkpoint has no moving average of the denoiser; its last weights were taken")
    if unknown:
        notes.append(f"{len(unknown)} tensors are not known and were left out, the first is {sorted(unknown)[0]}")
    schedule = published.get("betas")
    if schedule is not None and not torch.allclose(schedule.float(), betas(), rtol=1e-3):
        notes.append("the checkpoint's noise schedule is not the one that samples are drawn with here")
    return tuple(notes)
