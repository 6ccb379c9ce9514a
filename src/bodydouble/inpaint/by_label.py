"""What is unseen gets a label first, and then the colour of its label.

Labels spread over the surface from what was seen, around limbs farther than along them; what the parser sees through
the person tells those of the far side. Colours then spread within their label alone: no shirt runs into trousers, no
hair onto a back, and a hand is skin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.geometry.uv import enlarge, fill_seams
from bodydouble.inpaint.dress_rules import FEW, beyond_skin, like_front, settle_jacket, within_hems
from bodydouble.inpaint.see_through import FRONT_ONLY, UNUSUAL, SeenThrough, see_through
from bodydouble.parsing.labels import HAIR, HAT, LABELS, SKIN
from bodydouble.progress import Progress
from bodydouble.surface.diffusion import diffuse
from bodydouble.surface.graph import Edges, SurfaceGraph, SurfaceTexels, mean_surface_graph
from bodydouble.surface.regions import Region
from bodydouble.values import FittedView, Texture

SIZE = 256  # texels a side of the texture whose labels are completed
_BEYOND = 2.0  # texels of it by which charts are continued
_SEEN = 30.0  # weight of a label that was seen, against one between neighbours
_THROUGH = 0.3  # of one that the parser sees through the person
_USUAL = 0.02  # of what a region usually is: a hand is skin
_LEAK = 1e-4  # conductance that is left between two labels
_TYPICAL = 1e-2  # weight of a label's typical colour: decides where none of it was seen near by
_TOLD = 0.05  # of the far side's colour as the parser sees it, where it is sure of the label
_PLAIN = 0.15  # distance from the usual colour within which cloth is of it
_OF_ONE_COLOUR = 0.6  # share of such texels from which on a garment begins to be of one colour
_TINT = 0.06  # distance of tints from which on something is no skin of this person's
_UNLIKE = 0.3  # distance of colours from which on something else lies on a garment, or on skin
_ROUNDS = 10  # each of which straightens an edge by up to one texel
_RARE = 0.004  # share of the seen texels; a label that was seen less is not behind either


@dataclass(frozen=True, kw_only=True)
class Recoloured:
    """What is known of every texel before detail is laid on."""

    rgb: Tensor  # 3×S×S
    labels: Tensor | None  # S×S, uint8, of all texels; None where none were seen
    front_only: Tensor  # S×S, bool, seen texels whose pattern and folds the far side has not


def recolour_by_label(
    base: Tensor,
    partial: Texture,
    views: Sequence[FittedView],
    body: BodyModel,
    progress: Progress | None = None,
) -> Recoloured:
    """Colours of every texel, in which unseen texels of trunk, limbs, hands and feet have those of their label.

    Args:
        base: 3×S×S, completed colours.
        partial: what was seen, S×S; without labels nothing changes.
        views: of which the first tells what lies on the far side.
    """
    if partial.labels is None:
        return Recoloured(rgb=base, labels=None, front_only=torch.zeros(base.shape[1:], dtype=torch.bool))
    graph, size = mean_surface_graph(body, SIZE), base.shape[-1]
    surface = graph.surface
    shown = torch.cat([partial.rgb, partial.confidence[None], partial.labels[None].float()])
    texels = surface.take(_nearest(shown, SIZE))
    rgb, seen, labels = texels[:, :3], texels[:, 3] > 0, texels[:, 4].long()
    tell = progress or (lambda what, done: None)
    through = see_through(views[0], surface, body)
    tell("inpaint", 0.2)
    label = complete_labels(labels, seen, through, graph)
    tell("inpaint", 0.6)
    colour = _spread_within(rgb, seen & (labels == label), label, through, graph)
    chosen = torch.isin(surface.region, torch.tensor([int(Region.BODY), int(Region.HAND), int(Region.FOOT)]))
    chosen |= (surface.region == Region.SCALP) & (label == HAIR)
    # Charts go on beyond their borders, or what was there before would show along every seam.
    painted = surface.put(torch.cat([colour, torch.ones(len(surface), 1)], 1) * chosen[:, None])
    covered = surface.put(torch.ones(len(surface), 1))[0] > 0
    drawn = enlarge(fill_seams(painted, covered, _BEYOND), size)
    weight = drawn[3:]
    recoloured = torch.lerp(base, drawn[:3] / weight.clamp_min(1e-3), ((weight - 0.5) * 4 + 0.5).clamp(0, 1))
    alone = seen & (through.front_only > FRONT_ONLY)
    drawn_labels, front_only = _nearest(surface.put(torch.stack([label, alone], 1).float()), size)
    labels = torch.where(partial.confidence > 0, partial.labels, drawn_labels.to(torch.uint8))
    return Recoloured(rgb=recoloured, labels=labels, front_only=front_only > 0.5)


def _nearest(image: Tensor, size: int) -> Tensor:
    """C×size×size: the nearest texel of C×S×S."""
    return functional.interpolate(image[None], (size, size), mode="nearest-exact")[0]


def complete_labels(labels: Tensor, seen: Tensor, through: SeenThrough, graph: SurfaceGraph) -> Tensor:
    """(N,) int64: a label of every texel of the graph.

    Args:
        labels: (N,) int64, where `seen`, (N,) bool.
        through: what the parser sees of the far side.
    """
    surface = graph.surface
    chances, away = through.labels, through.away
    usable = seen & ~torch.isin(labels, torch.tensor(UNUSUAL))
    # Hair on shoulders and back hangs before them.
    usable &= (labels != HAIR) | torch.isin(surface.region, torch.tensor([int(Region.SCALP), int(Region.FACE)]))
    labels = settle_jacket(labels, usable, surface)
    covered = beyond_skin(labels, usable, surface)
    labels = torch.where(covered, SKIN, labels)
    rare = functional.one_hot(labels[usable], len(LABELS)).sum(0) < _RARE * int(usable.sum())
    allowed = within_hems(labels, usable, surface)
    usable = usable & ~covered
    chances = chances * like_front(labels, usable, surface) * allowed * ~rare
    known, value = torch.where(usable, _SEEN, 0.0), functional.one_hot(labels, len(LABELS)).float()
    guessed = ~usable & (away > 0) & (chances.sum(1) > 0) & (surface.region != Region.HAND)
    known = torch.where(guessed, _THROUGH * away, known)
    value = torch.where(guessed[:, None], chances / chances.sum(1, keepdim=True).clamp_min(1e-6), value)
    hand = ~usable & (surface.region == Region.HAND)
    known = torch.where(hand, _USUAL, known) + 1e-6
    value = torch.where(hand[:, None], functional.one_hot(torch.tensor(SKIN), len(LABELS)).float(), value)
    spread = diffuse(graph.edges, known, value)
    spread = spread * allowed
    spread[:, UNUSUAL] = 0
    body = ~torch.isin(surface.region, torch.tensor([int(Region.SCALP), int(Region.FACE)]))
    spread[body, HAIR] = 0
    if int((usable & body & (labels == HAT)).sum()) < FEW:
        spread[body, HAT] = 0  # a hat ends above the neck, a scarf does not
    return _even_borders(torch.where(usable, labels, spread.argmax(1)), usable, graph.edges)


def _even_borders(label: Tensor, usable: Tensor, edges: Edges) -> Tensor:
    """(N,) labels in which each that was not seen is the commonest around it, `_ROUNDS` times over: no ragged edges."""
    count = len(label)
    rows = torch.cat([edges.first, edges.second]).numpy(), torch.cat([edges.second, edges.first]).numpy()
    around = sparse.csr_matrix((np.tile(edges.conductance.numpy(), 2), rows), shape=(count, count))
    for _ in range(_ROUNDS):
        votes = torch.from_numpy(around @ functional.one_hot(label, len(LABELS)).float().numpy())
        label = torch.where(usable, label, votes.argmax(1))
    return label


def _spread_within(rgb: Tensor, seen: Tensor, label: Tensor, through: SeenThrough, graph: SurfaceGraph) -> Tensor:
    """N×3: colours that spread from the seen texels, (N,) bool, within each label, towards what is seen through."""
    edges = graph.edges
    same = label[edges.first] == label[edges.second]
    within = Edges(edges.first, edges.second, edges.conductance * torch.where(same, 1.0, _LEAK))
    goes_on = seen & (through.front_only < FRONT_ONLY)
    usual, plain = _usual_colours(rgb, goes_on, label, graph.surface)
    has_usual = usual.isfinite().all(1)
    away = (rgb - usual).norm(dim=1)
    unlike_far = ((rgb - through.colour).norm(dim=1) > _UNLIKE) & (through.labels.sum(1) > 0)
    # A bag or a reflection that the parser took for cloth; skin has one tint, in light and shade.
    foreign = (away > _UNLIKE) & (unlike_far | (plain > _OF_ONE_COLOUR))
    foreign = torch.where(label == SKIN, (_tint(rgb) - _tint(usual)).norm(dim=1) > _TINT, foreign)
    source = goes_on & ~(foreign & has_usual)
    known = torch.where(source, _SEEN, torch.where(has_usual, _TYPICAL, 0.0))
    # Where the parser is sure of a label, its colour is that label's own; at borders it is mixed. Of a garment that has
    # one colour it may still see the print in front shine through, and hands are the skin that was seen elsewhere.
    sure = through.labels.gather(1, label[:, None])[:, 0].square()
    several = (1 - (plain - _OF_ONE_COLOUR) / (1 - _OF_ONE_COLOUR)).clamp(0, 1)
    told = _TOLD * through.away * sure * several * (graph.surface.region == Region.BODY) * ~source
    typical = torch.lerp(usual.nan_to_num(), through.colour, (told / (told + known).clamp_min(1e-6))[:, None])
    known = known + told + 1e-6
    return diffuse(within, known, torch.where(source[:, None], rgb, typical)).clamp(0, 1)


def _usual_colours(rgb: Tensor, source: Tensor, label: Tensor, surface: SurfaceTexels) -> tuple[Tensor, Tensor]:
    """N×3, the usual colour of each texel's label, NaN where none was seen, and (N,), the share of it that has that.

    Each limb has its own where enough was seen: what the parser takes for skin on a leg may be beige cloth.
    """
    usual, plain = torch.full_like(rgb, torch.nan), torch.zeros(len(rgb))
    everywhere = torch.ones_like(source)
    for number in label.unique().tolist():
        for part in (everywhere, surface.trunk, surface.arm, ~surface.arm & ~surface.trunk):
            here = (label == number) & part
            if int((here & source).sum()) >= FEW:
                colours = rgb[here & source]
                if number == SKIN and part is everywhere:
                    # Trousers that the parser takes for a hand are not what skin on arms looks like.
                    source = source & ~(here & ((_tint(rgb) - _tint(colours.median(0).values)).norm(dim=1) > _TINT))
                usual[here] = colours.median(0).values
                plain[here] = ((colours - colours.median(0).values).norm(dim=1) < _PLAIN).float().mean()
    return usual, plain


def _tint(rgb: Tensor) -> Tensor:
    """(…, 3): colours without their brightness."""
    return rgb / rgb.sum(-1, keepdim=True).clamp_min(0.05)
