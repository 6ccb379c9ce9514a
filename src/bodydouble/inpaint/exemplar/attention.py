"""Where the colours of unseen texels come from: attention from every texel to the observed ones that it is like.

A back is rarely seen, but its colours mostly are: the shirt's in front, the hair's at the temples. So nothing is
painted; every texel attends to all that were observed (their colours are the values) and takes that of those it
chooses, in the light that falls on it. What nothing observed resembles, it generates. It learns from hundreds of people
what a diffusion model learns from many thousands (docs/training.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from bodydouble.nn.unet import UNet
from bodydouble.texture.scatter import erode

_UNSEEN = -30.0  # logarithm of a key's coverage where nothing was observed
_RIM = 1 / 128  # of the texture's side
_SURENESS = 0.5  # share of the learned log-likelihoods that is believed: photographs are not as clean as drawings
_NOISE = 0.08  # deviation of a texel's colour from the one it is copied of
_ANYTHING = -12.0  # logarithm of how likely anything is: a fit's error, a buckle
_LARGEST_GAIN = 0.7  # logarithm of how much lighter or darker a colour is than where it is copied from
_DOUBT = 3.0  # logit by which a new network prefers copying to generating
_SHADE = (
    0.25  # share of that gain's logarithm that is used: drawn backs lie darker than a double that turns should look
)


@dataclass(frozen=True, kw_only=True)
class AttentionConfig:
    """Sizes of the network."""

    side: int = 64  # of its maps; textures are a multiple of it
    widths: tuple[int, ...] = (32, 48, 64, 80)  # channels at each resolution; attention on the lower half
    head_channels: int = 16  # of an attention head
    keys: int = 31  # channels by which texels are compared
    groups: int = 8  # of the group normalisation


@dataclass(frozen=True, kw_only=True)
class AttentionInputs:
    """Queries of B textures' s×s maps, and the K observed texels that they attend to: all s² or some."""

    queries: Tensor  # B×(keys + 5)×s×s: the query; a generated colour and its logit; the shading gain
    keys: Tensor  # B×K×(keys + 1): the key, and the logarithm of how much of the texel was observed
    values: Tensor  # B×K×3, colours


@dataclass(frozen=True, kw_only=True)
class _Sampled:
    """The queries of B textures at P places."""

    queries: Tensor  # B×P×(keys + 1)
    generated_rgb: Tensor  # B×P×3
    generate_logit: Tensor  # B×P×1
    shading_gain: Tensor  # B×P×1


@dataclass(frozen=True, kw_only=True)
class AttentionOutput:
    """Where the colours of P places may come from."""

    weights: Tensor  # P×K, how much each observed texel is like them; sums to 1
    shading_gain: Tensor  # P×1, by which copied colours are multiplied
    generated_rgb: Tensor  # P×3
    generate_prob: Tensor  # P×1, [0, 1], that the colour is none of the observed


class ContextualAttention(nn.Module):
    """Colours for a texture's unseen texels, from its observed ones."""

    def __init__(self, config: AttentionConfig) -> None:
        super().__init__()
        self.config = config
        # Every texel is a fixed place on the body: which place is like which can be learned by heart.
        # Uniform, of deviation 0.1: normal numbers on the meta device would import PyTorch's compiler.
        positions = torch.empty(config.widths[0] // 2, config.side, config.side)
        self.positions = nn.Parameter(nn.init.uniform_(positions, -0.1 * math.sqrt(3), 0.1 * math.sqrt(3)))
        self.unet = UNet(
            8 + len(self.positions), 2 * config.keys + 5, config.widths, config.head_channels, config.groups
        )

    @staticmethod
    def pool(rgb: Tensor, filled: Tensor, side: int) -> tuple[Tensor, Tensor]:
        """Mean colours of what was observed, B×3×side×side, and its coverage, B×1×side×side.

        Without the rim: there lie shadows and the colours of what is beside, and all that would be copied from a texel.

        Args:
            rgb: B×3×N×N, [0, 1].
            filled: B×1×N×N, 1 where it was observed, else 0.
        """
        solid = without_rim(filled).to(rgb)
        coverage = functional.adaptive_avg_pool2d(solid, side)
        return functional.adaptive_avg_pool2d(rgb * solid, side) / coverage.clamp_min(1e-3), coverage

    def encode(self, rgb: Tensor, coverage: Tensor) -> AttentionInputs:
        """Queries, keys and values of what `pool` returns."""
        observed = torch.cat([(rgb * 2 - 1) * (coverage > 0), coverage], 1)
        places = self.positions.expand(len(rgb), -1, -1, -1)
        features = self.unet(torch.cat([observed, observed.flip(-1), places], 1)).float()
        keys, queries = features.split([self.config.keys, self.config.keys + 5], 1)
        log_coverage = torch.where(coverage > 0, coverage.clamp_min(1e-3).log(), _UNSEEN)
        return AttentionInputs(
            queries=queries,
            keys=torch.cat([keys, log_coverage], 1).flatten(2).transpose(1, 2),
            values=rgb.flatten(2).transpose(1, 2),
        )

    def negative_log_likelihood(self, inputs: AttentionInputs, uv: Tensor, truth: Tensor) -> Tensor:
        """B×P: of the true colours (B×P×3) at P places, B×P×2, uv in [0, 1].

        Each observed texel is one hypothesis, its colour in another light, so nothing is gained by mixing skin into a
        white shirt where that lies in the shade.
        """
        place = self._sample(inputs, uv)
        logits = place.queries @ inputs.keys.transpose(1, 2)
        distance = _squared_distances(truth / place.shading_gain, inputs.values) * place.shading_gain.square()
        copied = (logits.log_softmax(2) - distance / _NOISE**2 / 2).logsumexp(2)
        generated = -(truth - place.generated_rgb).square().sum(2) / _NOISE**2 / 2
        logit = place.generate_logit[..., 0]
        both = torch.stack([functional.logsigmoid(-logit) + copied, functional.logsigmoid(logit) + generated])
        return -torch.logaddexp(both.logsumexp(0), torch.full_like(generated, _ANYTHING))

    def attend(self, inputs: AttentionInputs, uv: Tensor) -> AttentionOutput:
        """The attention of P places (P×2, uv in [0, 1]) of one texture."""
        place = self._sample(inputs, uv[None])
        logits = _SURENESS * place.queries[0] @ inputs.keys[0].T
        return AttentionOutput(
            weights=logits.softmax(1),
            shading_gain=place.shading_gain[0] ** _SHADE,
            generated_rgb=place.generated_rgb[0],
            generate_prob=place.generate_logit[0].sigmoid(),
        )

    def _sample(self, inputs: AttentionInputs, uv: Tensor) -> _Sampled:
        """At B×P×2 places; between the map's texels, queries are blended."""
        sampled = functional.grid_sample(
            inputs.queries, uv[:, :, None] * 2 - 1, padding_mode="border", align_corners=False
        )[..., 0].transpose(1, 2)
        queries, rgb, logit, gain = sampled.split([self.config.keys, 3, 1, 1], 2)
        return _Sampled(
            queries=torch.cat([queries, torch.ones_like(logit)], 2),
            generated_rgb=rgb.sigmoid(),
            generate_logit=logit - _DOUBT,
            shading_gain=torch.exp(_LARGEST_GAIN * gain.tanh()),
        )


def _squared_distances(first: Tensor, second: Tensor) -> Tensor:
    """B×P×K: of B×P×3 and B×K×3 colours."""
    return first.square().sum(2, keepdim=True) - 2 * first @ second.transpose(1, 2) + second.square().sum(2)[:, None]


def without_rim(filled: Tensor) -> Tensor:
    """…×N×N, bool: of observed texels (1; others are 0) those that have only such around them."""
    return erode(filled, 2 * round(_RIM * filled.shape[-1]) + 1)
