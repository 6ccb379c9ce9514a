"""What a copier points at, as a texture: a few materials with clean borders, each in its own colours.

Texel by texel, a shirt's hem would fade into the arm and spots of hair lie on the back. So it is decided for the body
as a whole, in three steps:

what is copied to the same places is one material ───▶ materials: shirt, skin, hair ...            `_grouped`
how likely each is, and which the seen texels are ───▶ where each lies (random walks, Grady 2006)  ┐`_spread`
colours looked for within the material            ───▶ smooth colours that meet the seen ones      ┘
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import torch
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from torch import Tensor
from torch.nn import functional

from bodydouble.geometry.uv import fill_seams
from bodydouble.inpaint.copier import Choice, Copier
from bodydouble.inpaint.surface import Ground, diffuse
from bodydouble.texture.compose import FEATURES, FILLED, RGB, channels
from bodydouble.texture.texels import texel_map
from bodydouble.values import UvLayout

_AT_ONCE = 4096  # places that are looked at together, for the sake of memory
_FIRST = 0.4  # how differently single texels of one group may be used, 1 - cosine
_JOINED = 0.45  # and groups of one material
_UNLIKE = 0.4  # difference of colours at which they are hardly one material
_LIGHT = 0.6  # of that, what light and dark count
_LEAST = 0.004  # share of what was seen and of what is copied; a material has one of them
_SEEN = 30.0  # weight of what a seen texel is, and of its colour
_LIKELY = 0.01  # weight of what an unseen one is thought to be: it counts over a hand's breadth
_COPIED = 0.1  # weight of its colour
_BESIDE = 0.03  # difference of colour that a neighbour's material is worth
_LEAK = 1e-3  # of colours between materials
_NOTHING = 1e-3  # share below which a material's colour at a place is its mean


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """The K texels of the copier's map that were seen."""

    choice: Choice  # of these alone
    share: Tensor  # (K,), how much of each was seen
    number: Tensor  # s×s, int64, of each texel; -1 where nothing was seen


@dataclass(frozen=True, kw_only=True)
class _Looked:
    """What the copier says of P texels: how likely each of G materials and, last, a made-up colour is there."""

    share: Tensor  # P×(G + 1)
    colours: Tensor  # P×(G + 1)×3, what they would look like there


def whole(copier: Copier, partial: Tensor, layout: UvLayout, ground: Ground | None = None, seed: int = 0) -> Tensor:
    """B×21×N×N neural textures without holes: colours copied to where nothing was seen, masks that say all was seen.

    Args:
        ground: the body's surface of N×N texels. Without it each texel goes by itself: cheaper, and good enough to
            learn from.
        seed: 0 gives the likeliest colours. With others seen texels count more or less by lot (the Bayesian
            bootstrap; Rubin 1981), so what is in doubt comes out one way or another.
    """
    covered = texel_map(layout, partial.shape[-1]).face[0].to(partial.device) >= 0
    known = channels(partial, FILLED) > 0
    copied = torch.stack([_copied(copier, one[None], covered, ground, seed) for one in partial])
    # Between charts lies the nearest chart's colour: a block of the latent that straddles an edge must not be mixed.
    colours = torch.where(known, channels(partial, RGB), fill_seams(copied, covered))
    return torch.cat([channels(partial, FEATURES), colours, torch.ones_like(partial[..., RGB.stop :, :, :])], 1)


def _copied(copier: Copier, partial: Tensor, covered: Tensor, ground: Ground | None, seed: int) -> Tensor:
    """3×N×N: the colours of a 1×21×N×N texture, and copied ones where it was not seen or at the rim of that."""
    row, column = covered.nonzero(as_tuple=True)
    solid = copier.solid(partial)[0, 0, row, column] > 0
    image = channels(partial, RGB)[0].clone()
    if bool(solid.all()):
        return image
    places = (torch.stack([column, row], 1)[~solid] + 0.5) / len(covered)
    shown = _seen(copier, partial, seed)
    with torch.autocast(partial.device.type, enabled=False):  # its eight bits are too few for colours
        material = _grouped(copier, shown, places)
        looked = _looked_at(copier, shown.choice, material, places)
    if ground is None:
        colours = _of(looked.colours, looked.share.argmax(1))
    else:
        given = image[:, row[solid], column[solid]].T
        known = _recognised(shown, material, given, torch.stack([row, column], 1)[solid] / len(covered))
        colours = _spread(ground, solid.cpu(), known.cpu(), given.cpu(), looked)
    image[:, row[~solid], column[~solid]] = colours.T.to(image)
    return image


def _seen(copier: Copier, partial: Tensor, seed: int) -> _Seen:
    rgb, known = copier.shown(partial, copier.config.side)
    choice = copier.looked_for(rgb, known)
    there = known[0, 0] > 0
    keys = choice.keys[:, there.flatten()]
    if seed:
        lots = torch.empty(keys.shape[1]).exponential_(generator=torch.Generator().manual_seed(seed))
        keys = torch.cat([keys[..., :-1], keys[..., -1:] + lots.clamp_min(1e-6).log()[:, None].to(keys)], 2)
    return _Seen(
        choice=replace(choice, keys=keys, colours=choice.colours[:, there.flatten()]),
        share=known[0, 0][there],
        number=torch.where(there, there.flatten().cumsum(0).view_as(there) - 1, -1),
    )


def _grouped(copier: Copier, shown: _Seen, places: Tensor) -> Tensor:
    """K×G, one-hot: which material each seen texel is of; 0 for odd ones, of which there is little.

    Texels are alike as far as they are copied to the same places and have like colours. The light and the dark side
    of a shirt are: which of them a place gets is never certain.
    """
    some = places[torch.linspace(0, len(places) - 1, min(len(places), _AT_ONCE)).long()]
    weight, colours = copier.weighed(shown.choice, some).weight, shown.choice.colours[0]
    together = weight.T @ weight
    first = _clusters(together, colours, _FIRST) * shown.share[:, None]
    mean = (first.T @ colours) / first.sum(0)[:, None]
    first = (first > 0).float()
    group = first @ _clusters(first.T @ together @ first, mean, _JOINED)
    there, used = shown.share @ group / shown.share.sum(), weight.sum(0) @ group / len(some)
    return group[:, (there > _LEAST) | (used > _LEAST)]


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
    apart = (1 - alike).clamp_min(0).double().cpu()
    pairs = squareform(((apart + apart.T) / 2).fill_diagonal_(0).numpy(), checks=False)
    label = torch.from_numpy(fcluster(linkage(pairs, "average"), farthest, "distance")).long() - 1
    return functional.one_hot(label).to(together)


def _looked_at(copier: Copier, choice: Choice, material: Tensor, places: Tensor) -> _Looked:
    """What the copier says of places, P×2."""
    colours = choice.colours[0]
    mean = (material.T @ colours) / material.sum(0)[:, None].clamp_min(1)
    shares, found = [], []
    for part in places.split(_AT_ONCE):
        weighed = copier.weighed(choice, part)
        share = weighed.weight @ material
        total = torch.stack([weighed.weight @ (material * channel[:, None]) for channel in colours.T], 2)
        inside = torch.where(share[..., None] > _NOTHING, total / share[..., None].clamp_min(_NOTHING), mean)
        shares.append(torch.cat([share * (1 - weighed.trust), weighed.trust], 1))
        found.append(torch.cat([(inside * weighed.light[:, None]).clamp(0, 1), weighed.own[:, None]], 1))
    return _Looked(share=torch.cat(shares), colours=torch.cat(found))


def _recognised(shown: _Seen, material: Tensor, colours: Tensor, where: Tensor) -> Tensor:
    """P×G, one-hot: the materials of seen texels, P×3, each the one of the block around it that has its colour.

    Args:
        where: P×2, row and column in [0, 1].
    """
    side = len(shown.number)
    number = functional.pad(shown.number, (1, 1, 1, 1), value=-1)
    row, column = (where * side).long().T + 1
    best, chosen = torch.full_like(colours[:, 0], torch.inf), torch.full_like(row, -1)
    odd = material.sum(1) == 0
    for down, right in itertools.product((0, -1, 1), repeat=2):
        block = number[row + down, column + right]
        unlike = (shown.choice.colours[0][block] - colours).norm(dim=1) + _BESIDE * (abs(down) + abs(right))
        better = (block >= 0) & ~odd[block] & (unlike < best)
        best, chosen = torch.where(better, unlike, best), torch.where(better, block, chosen)
    return material[chosen] * (chosen >= 0)[:, None]


def _spread(ground: Ground, solid: Tensor, known: Tensor, given: Tensor, looked: _Looked) -> Tensor:
    """P×3: colours of the P unseen ones among N covered texels.

    Args:
        solid: (N,), bool, seen.
        known: materials of the seen ones, one-hot.
        given: and their colours, ×3.
    """
    share, colours = looked.share.cpu(), looked.colours.cpu()
    likely = share.new_zeros(len(solid), share.shape[1])
    likely[solid, :-1], likely[~solid] = known, share
    weight = torch.full_like(likely[:, 0], _LIKELY)
    weight[solid] = torch.where(known.sum(1) > 0, _SEEN, _LIKELY)
    material = diffuse(ground.edges, weight, likely).argmax(1)

    value = colours.new_empty(len(solid), 3)
    value[solid], value[~solid] = given, _of(colours, material[~solid])
    edges = ground.edges
    same = material[edges.first] == material[edges.second]
    edges = replace(edges, conductance=edges.conductance * torch.where(same, 1.0, _LEAK))
    return diffuse(edges, torch.where(solid, _SEEN, _COPIED), value)[~solid].clamp(0, 1)


def _of(colours: Tensor, material: Tensor) -> Tensor:
    """P×3: of P×G×3 colours those of each texel's material, (P,)."""
    return colours[torch.arange(len(colours)), material]
