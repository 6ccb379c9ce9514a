"""Where the colours of unseen texels come from: a network that points at the seen ones they are like.

A back is rarely seen, but its colours mostly are: the shirt's in front, the hair's at the temples. So nothing is
painted; every texel looks at all that were seen (attention, with colours for values) and takes that of those it
chooses, in the light that falls on it. What nothing seen resembles, it makes up. `materials` makes a texture of it.
Only `lite` has this: it learns from hundreds of people what a diffusion model learns from many thousands
(docs/training.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers import UNet2DModel
from torch import Tensor, nn
from torch.nn import functional

from bodydouble.texture.channels import FILLED, RGB, channels
from bodydouble.texture.scatter import eroded

_UNSEEN = -30.0  # logarithm of a key's share where nothing was seen
_RIM = 1 / 128  # of the texture's side
_SURENESS = 0.5  # share of what was learned of likelihoods that is believed: photographs are not as clean as drawings
_NOISE = 0.08  # deviation of a texel's colour from the one it is copied of
_ANYTHING = -12.0  # logarithm of how likely anything is: a fit's error, a buckle
_LIGHT = 0.7  # largest logarithm of how much lighter or darker a colour is than where it is copied from
_DOUBT = 3.0  # logit by which a new network prefers copying to making up
_SHADE = 0.25  # share of that logarithm that is used: drawn backs lie darker than a double that turns should look


@dataclass(frozen=True, kw_only=True)
class AttentionConfig:
    """Sizes of the copier."""

    side: int = 64  # of its maps; textures are a multiple of it
    widths: tuple[int, ...] = (32, 48, 64, 80)  # channels at each resolution; attention on the lower half
    head_channels: int = 16  # of an attention head
    keys: int = 31  # channels by which texels are compared
    groups: int = 8  # of the group normalisation


@dataclass(frozen=True, kw_only=True)
class AttentionInputs:
    """What B textures' texels look for in s×s maps, and the K texels that they may choose from: all s² or some."""

    queries: Tensor  # B×(keys + 5)×s×s: what a texel looks for; its own colour, how much it trusts that; its light
    keys: Tensor  # B×K×(keys + 1): what each seen texel is like, and the logarithm of how well it was seen
    colours: Tensor  # B×K×3


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What B textures look for at P places."""

    queries: Tensor  # B×P×(keys + 1)
    own: Tensor  # B×P×3, a colour to make up
    trust: Tensor  # B×P×1, logit of it
    light: Tensor  # B×P×1: how much lighter it is here than where the colour is copied from


@dataclass(frozen=True, kw_only=True)
class AttentionOutput:
    """Where the colours of P places may come from."""

    weight: Tensor  # P×K, how much each seen texel is like them; 1 together
    light: Tensor  # P×1, by which copied colours are multiplied
    own: Tensor  # P×3, a colour to make up
    trust: Tensor  # P×1, [0, 1], in that one


class ContextualAttention(nn.Module):
    """Colours for a neural texture's unseen texels, from its seen ones."""

    def __init__(self, config: AttentionConfig) -> None:
        super().__init__()
        self.config = config
        half = len(config.widths) // 2
        kinds = ["" if level < half else "Attn" for level in range(len(config.widths))]
        # Every texel is a fixed place on the body: which place is like which can be learned by heart.
        self.positions = nn.Parameter(0.1 * torch.randn(config.widths[0] // 2, config.side, config.side))
        self.network = UNet2DModel(
            in_channels=8 + len(self.positions),
            out_channels=2 * config.keys + 5,
            block_out_channels=config.widths,
            down_block_types=tuple(f"{kind}DownBlock2D" for kind in kinds),
            up_block_types=tuple(f"{kind}UpBlock2D" for kind in reversed(kinds)),
            layers_per_block=1,
            norm_num_groups=config.groups,
            attention_head_dim=config.head_channels,
        )

    @staticmethod
    def shown(partial: Tensor, side: int) -> tuple[Tensor, Tensor]:
        """Mean colours of what was seen of B×21×N×N textures, B×3×side×side, and its shares, B×1×side×side.

        Without the rim: there lie shadows and the colours of what is beside, and all that would be copied from a texel.
        """
        filled = without_rim(channels(partial, FILLED)).to(partial)
        known = functional.adaptive_avg_pool2d(filled, side)
        return functional.adaptive_avg_pool2d(channels(partial, RGB) * filled, side) / known.clamp_min(1e-3), known

    def encode(self, rgb: Tensor, known: Tensor) -> AttentionInputs:
        """What texels of B textures look for, and what there is to choose from; of what `shown` returns."""
        shown = torch.cat([(rgb * 2 - 1) * (known > 0), known], 1)
        places = self.positions.expand(len(rgb), -1, -1, -1)
        found = self.network(torch.cat([shown, shown.flip(-1), places], 1), 0).sample.float()
        keys, queries = found.split([self.config.keys, self.config.keys + 5], 1)
        share = torch.where(known > 0, known.clamp_min(1e-3).log(), _UNSEEN)
        return AttentionInputs(
            queries=queries,
            keys=torch.cat([keys, share], 1).flatten(2).transpose(1, 2),
            colours=rgb.flatten(2).transpose(1, 2),
        )

    def negative_log_likelihood(self, choice: AttentionInputs, places: Tensor, truth: Tensor) -> Tensor:
        """B×P: minus the logarithm of how likely the true colours (B×P×3) are at P places, B×P×2, uv in [0, 1].

        Each seen texel is one hypothesis, its colour in another light, so nothing is gained by mixing skin into a white
        shirt where that lies in the shade.
        """
        asked = self._asked(choice, places)
        chances = asked.queries @ choice.keys.transpose(1, 2)
        distance = _squares(truth / asked.light, choice.colours) * asked.light.square()
        copied = (chances.log_softmax(2) - distance / _NOISE**2 / 2).logsumexp(2)
        own = -(truth - asked.own).square().sum(2) / _NOISE**2 / 2
        trust = asked.trust[..., 0]
        likely = torch.stack([functional.logsigmoid(-trust) + copied, functional.logsigmoid(trust) + own])
        return -torch.logaddexp(likely.logsumexp(0), torch.full_like(own, _ANYTHING))

    def attend(self, choice: AttentionInputs, places: Tensor) -> AttentionOutput:
        """What is looked for at P places (P×2, uv in [0, 1]) of one texture, and where it was found."""
        asked = self._asked(choice, places[None])
        chances = _SURENESS * asked.queries[0] @ choice.keys[0].T
        return AttentionOutput(
            weight=chances.softmax(1),
            light=asked.light[0] ** _SHADE,
            own=asked.own[0],
            trust=asked.trust[0].sigmoid(),
        )

    def _asked(self, choice: AttentionInputs, places: Tensor) -> _Asked:
        """At B×P×2 places; between the map's texels, what is looked for is blended."""
        sampled = functional.grid_sample(
            choice.queries, places[:, :, None] * 2 - 1, padding_mode="border", align_corners=False
        )[..., 0].transpose(1, 2)
        queries, own, trust, light = sampled.split([self.config.keys, 3, 1, 1], 2)
        return _Asked(
            queries=torch.cat([queries, torch.ones_like(trust)], 2),
            own=own.sigmoid(),
            trust=trust - _DOUBT,
            light=torch.exp(_LIGHT * light.tanh()),
        )


def _squares(first: Tensor, second: Tensor) -> Tensor:
    """B×P×K: squared distances of B×P×3 and B×K×3 colours."""
    return first.square().sum(2, keepdim=True) - 2 * first @ second.transpose(1, 2) + second.square().sum(2)[:, None]


def without_rim(filled: Tensor) -> Tensor:
    """…×N×N, bool: of seen texels (1; others are 0) those that have only such around them."""
    return eroded(filled, 2 * round(_RIM * filled.shape[-1]) + 1)
