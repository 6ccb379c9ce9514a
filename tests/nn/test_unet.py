"""The U-Net is that of diffusers, without time: with the same weights it gives the same picture, to the last bit."""

import re
from collections.abc import Mapping

import pytest
import torch
from diffusers import UNet2DModel
from torch import Tensor
from torch.nn import functional

from bodydouble.nn.unet import UNet

INPUTS, OUTPUTS, HEAD_CHANNELS, GROUPS = 24, 11, 8, 4
# UNet2DModel's names, and ours.
NAMES = (
    (r"^conv_in", "first"),
    (r"^conv_norm_out", "norm"),
    (r"^conv_out", "last"),
    (r"conv_shortcut", "shortcut"),
    (r"^down_blocks\.(\d+)\.resnets\.0", r"down.\1.residual"),
    (r"^down_blocks\.(\d+)\.attentions\.0", r"down.\1.attention"),
    (r"^down_blocks\.(\d+)\.downsamplers\.0\.conv", r"down.\1.downsample"),
    (r"^up_blocks\.(\d+)\.resnets", r"up.\1.residuals"),
    (r"^up_blocks\.(\d+)\.attentions", r"up.\1.attentions"),
    (r"^up_blocks\.(\d+)\.upsamplers\.0\.conv", r"up.\1.upsample"),
    (r"^mid_block\.resnets\.0", "middle.0"),
    (r"^mid_block\.attentions\.0", "middle.1"),
    (r"^mid_block\.resnets\.1", "middle.2"),
    (r"\.group_norm\.", ".norm."),
    (r"\.to_q\.", ".queries."),
    (r"\.to_k\.", ".keys."),
    (r"\.to_v\.", ".values."),
    (r"\.to_out\.0\.", ".result."),
)


def published(widths: tuple[int, ...]) -> UNet2DModel:
    """Of random weights, none of them zero, attention on the lower half."""
    torch.manual_seed(0)
    kinds = ["Attn" if level >= len(widths) // 2 else "" for level in range(len(widths))]
    network = UNet2DModel(
        in_channels=INPUTS,
        out_channels=OUTPUTS,
        block_out_channels=widths,
        down_block_types=tuple(f"{kind}DownBlock2D" for kind in kinds),
        up_block_types=tuple(f"{kind}UpBlock2D" for kind in reversed(kinds)),
        layers_per_block=1,
        norm_num_groups=GROUPS,
        attention_head_dim=HEAD_CHANNELS,
    ).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, 0.2 if parameter.dim() == 1 else parameter[0].numel() ** -0.5)
    return network.requires_grad_(False)


def converted(network: UNet2DModel) -> Mapping[str, Tensor]:
    """Its tensors under our names; what time adds to a block at step 0 is the block's shift."""
    time = functional.silu(network.time_embedding(network.time_proj(torch.zeros(1))))
    tensors = {}
    for name, value in network.state_dict().items():
        if name.endswith("time_emb_proj.weight"):
            projection = network.get_submodule(name.removesuffix(".weight"))
            name, value = name.replace("time_emb_proj.weight", "shift"), projection(time)[0]
        elif name.startswith("time_") or "time_emb_proj" in name:
            continue
        for pattern, ours in NAMES:
            name = re.sub(pattern, ours, name)
        tensors[name] = value
    return tensors


@pytest.mark.parametrize("widths", [(8, 16), (16, 16, 24), (8, 16, 24, 32)])
def test_it_is_the_published_one_at_step_0(widths):
    theirs, ours = published(widths), UNet(INPUTS, OUTPUTS, widths, HEAD_CHANNELS, GROUPS).eval()
    ours.load_state_dict(converted(theirs))
    image = torch.randn(2, INPUTS, 16, 24)
    with torch.no_grad():
        assert torch.equal(ours(image[:1]), theirs(image[:1], 0).sample)
        assert torch.allclose(ours(image), theirs(image, 0).sample, atol=1e-3)


def test_every_weight_takes_part():
    network = UNet(INPUTS, OUTPUTS, (8, 16), HEAD_CHANNELS, GROUPS)
    network.load_state_dict(converted(published((8, 16))))
    network(torch.randn(1, INPUTS, 8, 8)).square().sum().backward()
    idle = [name for name, parameter in network.named_parameters() if parameter.grad.abs().max() < 1e-6]
    # A softmax does not change when all keys do.
    assert [name for name in idle if not name.endswith("keys.bias")] == []
