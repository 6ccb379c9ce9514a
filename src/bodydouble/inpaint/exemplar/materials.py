"""Which of the colours that were seen are one material, and what a copier says about where each lies."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import torch
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from torch import Tensor
from torch.nn import functional

from bodydouble.inpaint.exemplar.attention import AttentionInputs, ContextualAttention

_AT_ONCE = 4096  # places that are looked at together, for the sake of memory
_ASKED = 4096  # places that tell what is one material
_FIRST = 0.4  # how differently single texels of one group may be used, 1 - cosine
_JOINED = 0.45  # and groups of one material
_UNLIKE = 0.4  # difference of colours at which they are hardly one material
_LIGHT = 0.6  # of that, what light and dark count
_LEAST = 0.004  # share of what was seen and of what is copied; a material has one of them
_BESIDE = 0.03  # difference of colour that a neighbour's material is worth
_EVEN = 0.6  # how much of a material's colour is the same everywhere; the rest is what each place asks for
_NOTHING = 1e-3  # share below which a material's colour at a place is its mean


@dataclass(frozen=True, kw_only=True)
class ObservedTexels:
    """The K texels of the copier's map that were seen."""

    choice: AttentionInputs  # of these alone
    share: Tensor  # (K,), how much of each was seen
    number: Tensor  # s×s, int64, of each texel; -1 where nothing was seen


@dataclass(frozen=True, kw_only=True)
class MaterialPrediction:
    """What the copier says of P texels: how likely each of G materials and, last, a made-up colour is there."""

    share: Tensor  # P×(G + 1)
    colours: Tensor  # P×(G + 1)×3, what they would look like there

    def cpu(self) -> MaterialPrediction:
        """On the CPU."""
        return MaterialPrediction(share=self.share.cpu(), colours=self.colours.cpu())


def observe_texels(copier: ContextualAttention, partial: Tensor) -> ObservedTexels:
    """What was seen of a 1×21×N×N texture."""
    rgb, known = copier.shown(partial, copier.config.side)
    choice = copier.encode(rgb, known)
    there = known[0, 0] > 0
    return ObservedTexels(
        choice=replace(choice, keys=choice.keys[:, there.flatten()], colours=choice.colours[:, there.flatten()]),
        share=known[0, 0][there],
        number=torch.where(there, there.flatten().cumsum(0).view_as(there) - 1, -1),
    )


def cluster_materials(copier: ContextualAttention, seen: ObservedTexels, places: Tensor) -> Tensor:
    """K×G, one-hot: which material each seen texel is of; 0 for odd ones, of which there is little.

    Texels are alike as far as they are copied to the same places and have like colours. The light and the dark side
    of a shirt are: which of them a place gets is never certain.
    """
    some = places[torch.linspace(0, len(places) - 1, min(len(places), _ASKED)).long()]
    weight, colours = copier.attend(seen.choice, some).weight, seen.choice.colours[0]
    together = weight.T @ weight
    first = _clusters(together, colours, _FIRST)
    covering = first * seen.share[:, None]
    mean = (covering.T @ colours) / covering.sum(0)[:, None]
    group = first @ _clusters(first.T @ together @ first, mean, _JOINED)
    there, used = seen.share @ group / seen.share.sum(), weight.sum(0) @ group / len(some)
    kept = (there > _LEAST) | (used > _LEAST)
    return group[:, kept if bool(kept.any()) else used >= used.max()] if len(used) else group


def _clusters(together: Tensor, colours: Tensor, farthest: float) -> Tensor:
    """K×C, one-hot: clusters of average linkage.

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
    copier: ContextualAttention, choice: AttentionInputs, material: Tensor, places: Tensor
) -> MaterialPrediction:
    """What the copier says of places, P×2. `choice` is what was seen, `material` from `cluster_materials`."""
    colours = choice.colours[0]
    mean = (material.T @ colours) / material.sum(0)[:, None].clamp_min(1)
    each = torch.cat([material, *(material * channel[:, None] for channel in colours.T)], 1)
    shares, found = [], []
    for part in places.split(_AT_ONCE):
        attend = copier.attend(choice, part)
        share, *totals = (attend.weight @ each).tensor_split(4, 1)
        inside = torch.stack(totals, 2) / share[..., None].clamp_min(_NOTHING)
        inside = torch.where(share[..., None] > _NOTHING, torch.lerp(inside, mean, _EVEN), mean)
        share = share / share.sum(1, keepdim=True).clamp_min(_NOTHING)
        shares.append(torch.cat([share * (1 - attend.trust), attend.trust], 1))
        found.append(torch.cat([(inside * attend.light[:, None]).clamp(0, 1), attend.own[:, None]], 1))
    return MaterialPrediction(share=torch.cat(shares), colours=torch.cat(found))


def assign_materials(seen: ObservedTexels, material: Tensor, colours: Tensor, where: Tensor) -> Tensor:
    """P×G, one-hot: the materials of seen texels, P×3, each the one of the block around it that has its colour.

    Args:
        where: P×2, row and column in [0, 1].
    """
    side = len(seen.number)
    number = functional.pad(seen.number, (1, 1, 1, 1), value=-1)
    row, column = (where * side).long().T + 1
    best, chosen = torch.full_like(colours[:, 0], torch.inf), torch.full_like(row, -1)
    odd = material.sum(1) == 0
    for down, right in itertools.product((0, -1, 1), repeat=2):
        block = number[row + down, column + right]
        unlike = (seen.choice.colours[0][block] - colours).norm(dim=1) + _BESIDE * (abs(down) + abs(right))
        better = (block >= 0) & ~odd[block] & (unlike < best)
        best, chosen = torch.where(better, unlike, best), torch.where(better, block, chosen)
    return material[chosen] * (chosen >= 0)[:, None]
