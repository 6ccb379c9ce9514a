"""Which of the observed colours are one material, and what the attention says about where each lies."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import torch
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from torch import Tensor
from torch.nn import functional

from bodydouble.inpaint.exemplar.attention import AttentionInputs, ContextualAttention

_AT_ONCE = 4096  # places that are predicted together, for the sake of memory
_PROBES = 4096  # places that tell what is one material
_FIRST = 0.4  # how differently single texels of one group may be used, 1 - cosine
_JOINED = 0.45  # and groups of one material
_UNLIKE = 0.4  # difference of colours at which they are hardly one material
_LIGHT = 0.6  # of that, what light and dark count
_LEAST = 0.004  # share of what was observed and of what is copied; a material has one of them
_BESIDE = 0.03  # difference of colour that a neighbour's material is worth
_EVEN = 0.6  # how much of a material's colour is the same everywhere; the rest is what each place asks for
_NOTHING = 1e-3  # share below which a material's colour at a place is its mean


@dataclass(frozen=True, kw_only=True)
class ObservedTexels:
    """The K texels of the attention's s×s map that were observed."""

    inputs: AttentionInputs  # keys and values of these alone
    coverage: Tensor  # (K,), how much of each was observed
    index: Tensor  # s×s, int64, of each texel; -1 where nothing was observed


@dataclass(frozen=True, kw_only=True)
class MaterialPrediction:
    """How likely each of G materials and, last, a generated colour is at P texels."""

    probability: Tensor  # P×(G + 1)
    rgb: Tensor  # P×(G + 1)×3, what each would look like there

    def cpu(self) -> MaterialPrediction:
        """On the CPU."""
        return MaterialPrediction(probability=self.probability.cpu(), rgb=self.rgb.cpu())


def observe_texels(attention: ContextualAttention, rgb: Tensor, filled: Tensor) -> ObservedTexels:
    """What was observed of a texture.

    Args:
        rgb: 1×3×N×N.
        filled: 1×1×N×N, 0 or 1.
    """
    pooled, coverage = attention.pool(rgb, filled, attention.config.side)
    inputs = attention.encode(pooled, coverage)
    observed = coverage[0, 0] > 0
    flat = observed.flatten()
    return ObservedTexels(
        inputs=replace(inputs, keys=inputs.keys[:, flat], values=inputs.values[:, flat]),
        coverage=coverage[0, 0][observed],
        index=torch.where(observed, flat.cumsum(0).view_as(observed) - 1, -1),
    )


def cluster_materials(attention: ContextualAttention, observed: ObservedTexels, uv: Tensor) -> Tensor:
    """K×G, one-hot: the material of each observed texel; 0 for odd ones, of which there is little.

    Texels are alike as far as they are copied to the same places and have like colours. The light and the dark side
    of a shirt are: which of them a place gets is never certain.

    Args:
        uv: P×2, the places that are to be completed.
    """
    probes = uv[torch.linspace(0, len(uv) - 1, min(len(uv), _PROBES)).long()]
    weights, colours = attention.attend(observed.inputs, probes).weights, observed.inputs.values[0]
    together = weights.T @ weights
    first = _cluster_average_linkage(together, colours, _FIRST)
    covering = first * observed.coverage[:, None]
    mean = (covering.T @ colours) / covering.sum(0)[:, None]
    group = first @ _cluster_average_linkage(first.T @ together @ first, mean, _JOINED)
    area, usage = observed.coverage @ group / observed.coverage.sum(), weights.sum(0) @ group / len(probes)
    kept = (area > _LEAST) | (usage > _LEAST)
    return group[:, kept if bool(kept.any()) else usage >= usage.max()] if len(usage) else group


def _cluster_average_linkage(together: Tensor, colours: Tensor, farthest: float) -> Tensor:
    """K×C, one-hot.

    Args:
        together: K×K, products of how much each is copied to each place.
        colours: K×3.
    """
    if len(together) < 2:
        return torch.ones_like(together)
    norm = together.diagonal().clamp_min(1e-12).sqrt()
    light = colours.mean(1, keepdim=True)
    tinted = torch.cat([colours - light, _LIGHT * light], 1)  # the same cloth in the shade has the same hue
    alike = together / (norm[:, None] * norm) * torch.exp(-torch.cdist(tinted, tinted).square() / _UNLIKE**2)
    pairs = squareform((1 - alike).clamp_min(0).cpu().double().numpy(), checks=False)  # takes the upper triangle
    label = torch.from_numpy(fcluster(linkage(pairs, "average"), farthest, "distance")).long() - 1
    return functional.one_hot(label).to(together)


def predict_materials(
    attention: ContextualAttention, inputs: AttentionInputs, material: Tensor, uv: Tensor
) -> MaterialPrediction:
    """The materials of P places.

    Args:
        inputs: the observed texels.
        material: K×G, of each, from `cluster_materials`.
        uv: P×2, [0, 1].
    """
    colours = inputs.values[0]
    mean = (material.T @ colours) / material.sum(0)[:, None].clamp_min(1)
    weighted = torch.cat([material, *(material * channel[:, None] for channel in colours.T)], 1)
    probabilities, predicted = [], []
    for places in uv.split(_AT_ONCE):
        output = attention.attend(inputs, places)
        probability, *totals = (output.weights @ weighted).tensor_split(4, 1)
        rgb = torch.stack(totals, 2) / probability[..., None].clamp_min(_NOTHING)
        rgb = torch.where(probability[..., None] > _NOTHING, torch.lerp(rgb, mean, _EVEN), mean)
        probability = probability / probability.sum(1, keepdim=True).clamp_min(_NOTHING)
        probabilities.append(torch.cat([probability * (1 - output.generate_prob), output.generate_prob], 1))
        shaded = (rgb * output.shading_gain[:, None]).clamp(0, 1)
        predicted.append(torch.cat([shaded, output.generated_rgb[:, None]], 1))
    return MaterialPrediction(probability=torch.cat(probabilities), rgb=torch.cat(predicted))


def assign_materials(observed: ObservedTexels, material: Tensor, colours: Tensor, where: Tensor) -> Tensor:
    """P×G, one-hot: the materials of observed texels, P×3, each the one of the block around it that has its colour.

    Args:
        where: P×2, row and column in [0, 1].
    """
    side = len(observed.index)
    index = functional.pad(observed.index, (1, 1, 1, 1), value=-1)
    row, column = (where * side).long().T + 1
    best, chosen = torch.full_like(colours[:, 0], torch.inf), torch.full_like(row, -1)
    odd = material.sum(1) == 0
    for down, right in itertools.product((0, -1, 1), repeat=2):
        block = index[row + down, column + right]
        unlike = (observed.inputs.values[0][block] - colours).norm(dim=1) + _BESIDE * (abs(down) + abs(right))
        better = (block >= 0) & ~odd[block] & (unlike < best)
        best, chosen = torch.where(better, unlike, best), torch.where(better, block, chosen)
    return material[chosen] * (chosen >= 0)[:, None]
