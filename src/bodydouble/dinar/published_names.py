"""Where each tensor of the published checkpoint stands here: tables of names.

Beside names one thing differs. Queries, keys and values of the denoiser's attention are one matrix there, its rows
ordered by head and then by role; here they are three, so one published name has three names here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

# First part of a published name, and the network. Older files say vq_branch for compress_branch.
NETWORKS: Mapping[str, str] = {
    "first_stage.encoder.": "encoder",
    "first_stage.generator.": "generator",
    "first_stage.compress_branch.": "vqgan",
    "first_stage.vq_branch.": "vqgan",
    "first_stage.renderer.": "renderer",
    "model.": "denoiser",
}
_LONGEST = 200  # characters; any longer name is none of theirs
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


def library_names(key: str) -> tuple[str, ...]:
    """The names in `Networks.state_dict` of one published tensor: three where it holds queries, keys and values.

    No name for what belongs to none of the networks.
    """
    place = next((place for place in NETWORKS if key.startswith(place)), None)
    if place is None or len(key) > _LONGEST:
        return ()
    network, name = NETWORKS[place], key.removeprefix(place)
    for pattern, replacement in _NAMES[network]:
        name = re.sub(pattern, replacement, name)
    if ".qkv." in name:
        return tuple(f"{network}.{name.replace('qkv', f'to_{role}')}" for role in "qkv")
    return (f"{network}.{name}",)


def _on_the_way_down(number: int, part: int) -> str:
    level, index = divmod(number, 3)  # two residual blocks at each resolution, then one that halves it
    if index == 2:
        return f"down.{level}.downsamplers.0"
    return f"down.{level}.{('resnets', 'attentions')[part]}.{index}"


def _on_the_way_up(number: int, part: int) -> str:
    level, index = divmod(number, 3)  # three residual blocks at each resolution, with the last one that doubles it
    return f"up.{level}.upsamplers.0" if part == 2 else f"up.{level}.{('resnets', 'attentions')[part]}.{index}"
