"""The colour of what was not seen: that of its label, spread within it over the surface, and not across its borders."""

from __future__ import annotations

from dataclasses import replace

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.geometry.lengths import measure_lengths
from bodydouble.inpaint.dress_rules import FEW
from bodydouble.inpaint.garment_marks import find_marks, find_unlike
from bodydouble.inpaint.see_through import FRONT_ONLY, SeenThrough
from bodydouble.parsing.labels import CLOTH, LABELS, OUTER, SKIN, UPPER
from bodydouble.surface.diffusion import diffuse
from bodydouble.surface.graph import Edges, SurfaceGraph, SurfaceTexels
from bodydouble.surface.regions import Region
from bodydouble.texture.tint import tint_of

_BAND, _SLEEVES, _GLOVES = 1, 2, (4, 5)  # parts of a label that have colours of their own; the rest is part 0
_SEEN = 30.0  # weight of a colour that was seen, against one between neighbours
_LEAK = 1e-4  # conductance that is left between two labels
_TYPICAL = 1e-2  # weight of a label's typical colour: decides where none of it was seen near by
_TOLD = 0.05  # of the far side's colour as the parser sees it, where it is sure of the label
_PLAIN = 0.15  # distance from the usual colour within which cloth is of it
_OF_ONE_COLOUR = 0.6  # share of such texels from which on a garment begins to be of one colour
_LEAST_PART = 0.1  # share of what was seen of a garment on trunk and legs that either must have, to have its own colour
_TINT = 0.06  # distance of tints from which on something is no skin of this person's
_MIXED_M = (0.05, 0.15)  # from a border, up to where the far side's colour is a mixture, and from where on it is none
_SAME_CLOTH = 0.1  # distance of usual colours up to which a shirt's and a jacket's sleeves are one
_UNLIKE_OWN = 2.0  # times their distance from each other, that sleeves of one cloth are off the trunk's of their label
_OTHER_SLEEVES = 0.25  # distance of usual colours from which on sleeves are of another cloth than the trunk


def spread_within(rgb: Tensor, seen: Tensor, label: Tensor, through: SeenThrough, graph: SurfaceGraph) -> Tensor:
    """N×3: colours that spread within each label from what goes on around, towards what is seen through.

    Args:
        rgb: N×3, where `seen`, (N,) bool.
        label: (N,) int64, of all texels.
    """
    edges, surface = graph.edges, graph.surface
    lone, banded = find_marks(rgb, seen & (through.front_only < FRONT_ONLY), label, graph)
    lone |= seen & (through.front_only >= FRONT_ONLY)
    glove = _number_gloves(seen, label, surface)
    lone &= glove == 0
    cloth = label + len(LABELS) * torch.where(glove > 0, glove, banded * _BAND)
    usual, plain = _usual_colours(rgb, seen & ~lone, cloth, surface)
    if bool(banded.any()):  # a band and what is around it are one garment, of several colours
        plain = _usual_colours(rgb, seen & ~lone, label, surface)[1]
    has_usual = usual.isfinite().all(1)
    # Skin has one tint, in light and shade.
    foreign = (label == SKIN) & (measure_lengths(tint_of(rgb) - tint_of(usual), 1) > _TINT)
    foreign |= torch.isin(label, torch.tensor(CLOTH)) & find_unlike(rgb, usual.nan_to_num())
    source = seen & ~lone & ~(foreign & has_usual)
    known = torch.where(source, _SEEN, torch.where(has_usual, _TYPICAL, 0.0))
    told = _TOLD * _trust_far_colour(label, usual, plain, through, graph) * ~source
    typical = torch.lerp(usual.nan_to_num(), through.colour, (told / (told + known).clamp_min(1e-6))[:, None])
    known = known + told + 1e-6
    cloth = _part_sleeves(typical, cloth, ~source, surface)
    same = cloth[edges.first] == cloth[edges.second]
    within = Edges(edges.first, edges.second, edges.conductance * torch.where(same, 1.0, _LEAK))
    return diffuse(within, known, torch.where(source[:, None], rgb, typical)).clamp(0, 1)


def _number_gloves(seen: Tensor, label: Tensor, surface: SurfaceTexels) -> Tensor:
    """(N,) int64: the part of a hand's cloth, of which enough was seen; 0 elsewhere. One hand may be in a pocket."""
    part, left = torch.zeros_like(label), surface.position[:, 0] > 0
    for number, side in zip(_GLOVES, (left, ~left), strict=True):
        glove = (surface.region == Region.HAND) & side & torch.isin(label, torch.tensor(CLOTH))
        if int((glove & seen).sum()) >= FEW:
            part[glove] = number
    return part


def _trust_far_colour(label: Tensor, usual: Tensor, plain: Tensor, through: SeenThrough, graph: SurfaceGraph) -> Tensor:
    """(N,), [0, 1]: how far the far side's colour, as the parser sees it, is that of each texel's label.

    It is smooth: near a border, or where it is more like another label's, it is a mixture of two. Of a garment that has
    one colour (`plain`) it may still see the print in front shine through, and hands are the skin that was seen
    elsewhere.
    """
    surface = graph.surface
    sure = through.labels.gather(1, label[:, None])[:, 0].square()
    several = (1 - (plain - _OF_ONE_COLOUR) / (1 - _OF_ONE_COLOUR)).clamp(0, 1)
    trust = through.away * sure * several * (surface.region == Region.BODY)
    unlike = measure_lengths(through.colour - usual, 1).nan_to_num(torch.inf)
    border = torch.zeros_like(label, dtype=torch.bool)
    apart = label[graph.edges.first] != label[graph.edges.second]
    border[graph.edges.first[apart]] = True
    border[graph.edges.second[apart]] = True
    typical = {number: usual[label == number].nanmedian(0).values for number in label.unique().tolist()}
    for number in typical:
        here, beyond = (label == number) & (trust > 0), border & (label != number)
        if not bool(here.any() and beyond.any()):
            continue
        distance = cKDTree(surface.position[beyond].numpy()).query(surface.position[here].numpy())[0]
        low, high = _MIXED_M
        trust[here] *= ((torch.from_numpy(distance).float() - low) / (high - low)).clamp(0, 1)
        for other in (SKIN, *CLOTH):
            if other in typical and other != number:
                trust[here & (measure_lengths(through.colour - typical[other], 1) < unlike)] = 0
    return trust


def _part_sleeves(colour: Tensor, label: Tensor, unseen: Tensor, surface: SurfaceTexels) -> Tensor:
    """(N,) int64: labels, of sleeves another number where their usual colour is not the trunk's: a vest, a raglan.

    Args:
        label: (N,) int64; of bands and gloves, which stay, beyond those of garments.
    """
    parted, body = label.clone(), surface.region == Region.BODY
    for number in CLOTH:
        sleeves, trunk = (body & (label == number) & limb for limb in (surface.arm, surface.trunk))
        if min(int((sleeves & unseen).sum()), int((trunk & unseen).sum())) >= FEW:
            usual = [colour[limb & unseen].median(0).values for limb in (sleeves, trunk)]
            if float((usual[0] - usual[1]).norm()) > _OTHER_SLEEVES:
                parted[sleeves] += _SLEEVES * len(LABELS)
    return parted


def settle_sleeves(
    labels: Tensor, rgb: Tensor, seen: Tensor, through: SeenThrough, surface: SurfaceTexels
) -> tuple[Tensor, SeenThrough]:
    """Sleeves of one cloth have one label, where the parser takes them for a shirt's here and for a jacket's there.

    Args:
        labels: (N,) int64, where `seen`, (N,) bool.
        rgb: N×3, likewise.

    Returns:
        (N,) labels, and what the parser sees through the person, in which it is the same.
    """
    arms = surface.arm & (surface.region == Region.BODY)
    shown = {label: arms & seen & (labels == label) for label in (UPPER, OUTER)}
    rarer, commoner = sorted(shown, key=lambda label: int(shown[label].sum()))
    if int(shown[rarer].sum()) < FEW:
        return labels, through
    sleeves = {label: rgb[here].median(0).values for label, here in shown.items()}
    apart = float((sleeves[UPPER] - sleeves[OUTER]).norm())
    trunk = surface.trunk & (surface.region == Region.BODY) & seen & (labels == rarer)
    # In the sun one sleeve is lighter than the other; either is unlike a shirt of another colour.
    off_own = float((sleeves[rarer] - rgb[trunk].median(0).values).norm()) if int(trunk.sum()) >= FEW else 0.0
    if apart > _SAME_CLOTH and off_own < max(_OTHER_SLEEVES, _UNLIKE_OWN * apart):
        return labels, through
    chances = through.labels.clone()
    chances[arms, commoner] += chances[arms, rarer]
    chances[arms, rarer] = 0
    return torch.where(shown[rarer], commoner, labels), replace(through, labels=chances)


def _usual_colours(rgb: Tensor, source: Tensor, label: Tensor, surface: SurfaceTexels) -> tuple[Tensor, Tensor]:
    """N×3, the usual colour of each texel's label, NaN where none was seen, and (N,), the share of it that has that.

    Each limb has its own where enough was seen: what the parser takes for skin on a leg may be beige cloth. A few
    texels of a garment on the trunk that hangs about the legs are something else's.
    """
    usual, plain = torch.full_like(rgb, torch.nan), torch.zeros(len(rgb))
    everywhere, column = torch.ones_like(source), ~surface.arm
    for number in label.unique().tolist():
        for part in (everywhere, surface.trunk, surface.arm, ~surface.arm & ~surface.trunk):
            here = (label == number) & part
            least = _LEAST_PART * int((source & (label == number) & column).sum()) * (number % len(LABELS) in CLOTH)
            if int((here & source).sum()) >= max(FEW, 0 if part is surface.arm else least):
                colours = rgb[here & source]
                if number == SKIN and part is everywhere:
                    # Trousers that the parser takes for a hand are not what skin on arms looks like.
                    away = measure_lengths(tint_of(rgb) - tint_of(colours.median(0).values), 1)
                    source = source & ~(here & (away > _TINT))
                usual[here] = colours.median(0).values
                plain[here] = (measure_lengths(colours - colours.median(0).values, 1) < _PLAIN).float().mean()
    return usual, plain
