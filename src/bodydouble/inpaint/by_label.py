"""What is unseen gets a label first, and then the colour of its label.

Labels spread over the surface from what was seen, around limbs farther than along them; what the parser sees through
the person tells those of the far side. Borders are evened (`label_borders`), and colours spread within their label
alone (`label_colours`): no shirt runs into trousers, no hair onto a back, and a hand is skin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.clothing.footwear import wears_sandals
from bodydouble.fitting.contact import hidden_hands
from bodydouble.geometry.uv import enlarge, fill_seams, resize_nearest
from bodydouble.inpaint.arm_wear import bare_arms, settle_arms
from bodydouble.inpaint.armholes import find_armholes
from bodydouble.inpaint.bare_shoulders import bare_behind
from bodydouble.inpaint.dress_rules import FEW, beyond_skin, like_front, over_hands, within_hems
from bodydouble.inpaint.hem_labels import end_at_steps, join_hems, measure_hem_sides, tell_ends
from bodydouble.inpaint.jackets import settle_jacket
from bodydouble.inpaint.label_borders import BEYOND, draw_labels, draw_within, even_borders
from bodydouble.inpaint.label_colours import settle_sleeves, spread_within
from bodydouble.inpaint.label_islands import sink_islands
from bodydouble.inpaint.leg_wear import settle_legs
from bodydouble.inpaint.limb_ends import end_at_hems
from bodydouble.inpaint.limb_skin import tone_limbs
from bodydouble.inpaint.one_cloth import find_one_cloth, join_chances
from bodydouble.inpaint.repaint import labelled_by_hand
from bodydouble.inpaint.see_through import FRONT_ONLY, UNUSUAL, SeenThrough, see_through
from bodydouble.inpaint.straps import bare_in_sandals
from bodydouble.parsing.garments import share_name
from bodydouble.parsing.labels import BACKGROUND, CLOTH, DRESS, HAIR, HAT, LABELS, LOWER, SHOES, SKIN
from bodydouble.progress import Progress
from bodydouble.surface.diffusion import diffuse
from bodydouble.surface.graph import SurfaceGraph, SurfaceTexels, mean_surface_graph
from bodydouble.surface.regions import Region
from bodydouble.values import FittedView, Texture

SIZE = 256  # texels a side of the texture whose labels are completed
_SEEN = 30.0  # weight of a label that was seen, against one between neighbours
_THROUGH = 0.3  # of one that the parser sees through the person
_USUAL = 0.02  # of what a region usually is: a hand is skin
_NOTHING = 1e-6  # of all that may lie somewhere; with no more, what lies around goes on there
# Shares of a name, against what else a garment may be, from which on it is that: trousers have 0.83 to 1 where they are
# worn, and skirts 0.1 of it; a jumpsuit had 0.63, dresses have 0.1, and stray pixels of a dress up to 0.4.
_TROUSERS, _JUMPSUIT = 0.8, 0.5
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
    layers = torch.stack([partial.confidence, partial.labels, labelled_by_hand(partial)])
    texels = surface.take(resize_nearest(torch.cat([partial.rgb, layers]), SIZE))
    rgb, seen, labels = texels[:, :3], texels[:, 3] > 0, texels[:, 4].long()
    by_hand = torch.where(texels[:, 5] > 0, labels, BACKGROUND)
    tell = progress or (lambda what, done: None)
    through = see_through(views[0], surface, body)
    tell("inpaint", 0.2)
    labels, through = settle_sleeves(labels, rgb, seen, through, surface)
    shown_as, labels = labels, bare_arms(labels, rgb, texels[:, 3], surface)
    labels, through = settle_arms(labels, rgb, texels[:, 3], through, surface)
    understanding = views[0].understanding
    trousers = share_name(understanding, LOWER, "trousers", ("skirt", "shorts", "dress")) > _TROUSERS
    labels, through = settle_legs(labels, rgb, seen, through, surface, trousers)
    jumpsuit = share_name(understanding, DRESS, "jumpsuit", ("dress", "skirt")) > _JUMPSUIT
    becomes = find_one_cloth(labels, rgb, seen, graph, jumpsuit)
    seen_labels = becomes[_relabel(partial.labels, shown_as, labels, surface).long()].to(torch.uint8)
    labels, through = becomes[labels], join_chances(through, becomes)
    left, right = hidden_hands(views[0].person, understanding).bool().tolist()
    sandals = wears_sandals(understanding.style if understanding is not None else None)
    label = complete_labels(labels, seen, through, graph, (left, right), sandals)
    hems = join_hems(views[0].fit.clothing.hems, find_armholes(labels, seen, label, surface, body))
    sides = surface.take(measure_hem_sides(hems, body, SIZE)).T
    ends = tell_ends(labels, seen, sides)
    label = end_at_steps(label, sides, ends, ~seen)
    label = torch.where(by_hand != BACKGROUND, becomes[by_hand], label)
    tell("inpaint", 0.6)
    colour = spread_within(rgb, seen & (labels == label), label, through, graph)
    colour = tone_limbs(colour, rgb, texels[:, 3], labels, label, graph)
    chosen = torch.isin(surface.region, torch.tensor([int(Region.BODY), int(Region.HAND), int(Region.FOOT)]))
    chosen |= (surface.region == Region.SCALP) & (label == HAIR)
    fine = end_at_steps(draw_labels(label, surface, size), measure_hem_sides(hems, body, size), ends)
    weight = enlarge(fill_seams(surface.put(chosen[:, None].float()), surface.covered, BEYOND), size)
    recoloured = torch.lerp(base, draw_within(colour, label, fine, surface), ((weight - 0.5) * 4 + 0.5).clamp(0, 1))
    alone = seen & (through.front_only > FRONT_ONLY)
    front_only = resize_nearest(surface.put(alone[:, None].float()), size)[0] > 0.5
    labels = torch.where(partial.confidence > 0, seen_labels, fine)
    return Recoloured(rgb=recoloured, labels=labels, front_only=front_only)


def _relabel(image: Tensor, before: Tensor, after: Tensor, surface: SurfaceTexels) -> Tensor:
    """S×S labels of what was seen, uint8, changed where those of the coarse texels, (N,) int64, were."""
    changed = torch.stack([torch.where(before == after, -1, before), after], 1)
    old, new = resize_nearest(surface.put(changed.float()), len(image)).to(torch.int16)
    return torch.where((image == old) & (old > 0), new.to(torch.uint8), image)


def complete_labels(
    labels: Tensor,
    seen: Tensor,
    through: SeenThrough,
    graph: SurfaceGraph,
    pocketed: tuple[bool, bool] = (False, False),
    sandals: bool = False,
) -> Tensor:
    """(N,) int64: a label of every texel of the graph.

    Args:
        labels: (N,) int64, where `seen`, (N,) bool.
        through: what the parser sees of the far side.
        pocketed: whether the left and the right hand are in pockets.
        sandals: whether feet are bare between straps.
    """
    surface = graph.surface
    chances, away = through.labels, through.away
    usable = seen & ~torch.isin(labels, torch.tensor(UNUSUAL))
    # Hair on shoulders and back hangs before them.
    usable &= (labels != HAIR) | torch.isin(surface.region, torch.tensor([int(Region.SCALP), int(Region.FACE)]))
    usable &= ~over_hands(labels, usable, surface, pocketed)
    labels = settle_jacket(labels, usable, surface)
    covered = beyond_skin(labels, usable, surface)
    labels = torch.where(covered, SKIN, labels)
    rare = functional.one_hot(labels[usable], len(LABELS)).sum(0) < _RARE * int(usable.sum())
    bare = bare_behind(labels, usable, surface)
    allowed = within_hems(labels, usable, surface)
    allowed[:, CLOTH] &= ~bare[:, None]
    allowed[bare, SKIN] = True
    labels, usable = torch.where(bare, SKIN, labels), usable & ~covered & ~bare
    _allow_below_hems(allowed, labels, usable, surface, sandals)
    chances = chances * like_front(labels, usable, surface) * allowed * ~rare
    known, value = torch.where(usable, _SEEN, 0.0), functional.one_hot(labels, len(LABELS)).float()
    guessed = ~usable & (away > 0) & (chances.sum(1) > 0) & (surface.region != Region.HAND)
    known = torch.where(guessed, _THROUGH * away, known)
    value = torch.where(guessed[:, None], chances / chances.sum(1, keepdim=True).clamp_min(1e-6), value)
    bare_end = (surface.region == Region.HAND) | (surface.region == Region.FOOT) & sandals
    bare_end &= ~usable & ~guessed
    known = torch.where(bare_end, _USUAL, known) + 1e-6
    skin = functional.one_hot(torch.tensor(SKIN), len(LABELS)).float()
    value = torch.where(bare_end[:, None], skin, value)
    spread = diffuse(graph.edges, known, value)
    spread[:, UNUSUAL] = 0
    body = ~torch.isin(surface.region, torch.tensor([int(Region.SCALP), int(Region.FACE)]))
    spread[body, HAIR] = 0
    if int((usable & body & (labels == HAT)).sum()) < FEW:
        spread[body, HAT] = 0  # a hat ends above the neck, a scarf does not
    within = spread * allowed
    spread = torch.where(within.amax(1, keepdim=True) > _NOTHING, within, spread)
    label = torch.where(usable, labels, spread.argmax(1))
    free = ~usable & ~torch.isin(surface.region, torch.tensor([int(Region.HAND), int(Region.FOOT)]))
    return even_borders(sink_islands(label, free, graph.edges), ~usable, graph.edges)


def _allow_below_hems(allowed: Tensor, labels: Tensor, usable: Tensor, surface: SurfaceTexels, sandals: bool) -> None:
    """Change what labels texels may have, N×L bool, in place: skin below hems, cloth above, and feet in sandals bare.

    Args:
        labels: (N,) int64, where `usable`, (N,) bool.
    """
    at_hems = end_at_hems(labels, usable, surface)
    allowed[:, SKIN] &= at_hems[:, 0]
    allowed[:, CLOTH] &= at_hems[:, 1:]
    allowed[at_hems[:, 0] & ~at_hems[:, 1], SKIN] = True
    if sandals:
        bare, strapped = bare_in_sandals(labels, usable, surface)
        allowed[bare, SHOES], allowed[bare, SKIN] = False, True
        allowed[strapped, SHOES], allowed[strapped, SKIN] = True, False
        allowed[~usable & (surface.region == Region.FOOT), LOWER] = False  # trousers end above feet
