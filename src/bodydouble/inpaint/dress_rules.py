"""What clothes do, on texels whose labels are known in part: where each may end, and what lies behind what.

Hems, waists and sleeves are level around the body, what is at the flanks is behind (`jackets`), and nobody is bare
behind who is dressed in front.
"""

from __future__ import annotations

import torch
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn import functional

from bodydouble.inpaint.jackets import find_behind, find_hidden_seat, hides_shirt, is_worn_open
from bodydouble.parsing.labels import CLOTH, DRESS, LABELS, LOWER, OUTER, SHOES, SKIN, UPPER
from bodydouble.surface.graph import SurfaceTexels
from bodydouble.surface.regions import Region

FEW = 12  # seen texels; fewer tell no colour
_FRONT_M = 0.06  # how far beside a far texel, seen from the front, what lies before it was seen
_OTHER = 0.15  # how likely something else lies behind than before, against what the parser makes of it
_OVERALL = 0.5  # share of arms that was seen in the label of trousers, from which on their cloth goes on there
_WORN = 0.05  # the same of other cloth, from which on an arm may wear it: as much as a cuff
_BARE = 0.7  # share of skin in what was seen of a hand, from which on it is bare
_HEM_M = 0.02  # beyond where a label was seen to end
_BEGINS, _SLANT_M = 0.15, 0.03  # share of an arm's skin that lies above its sleeve's slanting hem, and by how much
_HAND = 0.04  # share of a limb's seen texels
_STRAY = 0.005  # share of its texels on either side that may be mistaken
_KNEE_M = 0.5  # height of the knees; where boots are looked for
_LOWEST, _ANKLE_M = 0.02, 0.05  # share of a leg's seen texels that may be mistaken, and metres above these: the ankle
_SHAFT = 0.9  # share of a boot's seen texels that lie below its upper end
_BOOT = 0.7  # share of shoe among what was seen at a boot's heights; straps and their skin have less
_SHOULDERS_M = 1.3  # height from which on a jacket goes on up to where a shirt does, on the mean body


def beyond_skin(labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> Tensor:
    """(N,), bool: cloth on an arm that is bare above it: a bag, a bracelet or somebody else's, no sleeve."""
    beyond = torch.zeros_like(usable)
    bare, cloth = usable & (labels == SKIN), usable & torch.isin(labels, torch.tensor(CLOTH))
    for left in (True, False):
        arm = surface.arm & (surface.region == Region.BODY) & ((surface.position[:, 0] > 0) == left)
        if int((arm & bare).sum()) >= FEW:
            # Beyond where skin begins lies no more cloth, unless a sleeve covers what is below.
            along = surface.along
            begins = along[arm & bare].quantile(_BEGINS) + _SLANT_M
            below = arm & cloth & (along > begins)
            beyond |= below & (int(below.sum()) < int((arm & bare).sum()))
    return beyond


def over_hands(
    labels: Tensor, usable: Tensor, surface: SurfaceTexels, pocketed: tuple[bool, bool] = (False, False)
) -> Tensor:
    """(N,), bool: cloth on hands that are bare, for gloves come in pairs: a skirt behind them.

    Args:
        pocketed: whether the left and the right hand are in pockets, whose cloth stays on them.
    """
    shown, left = usable & (surface.region == Region.HAND), surface.position[:, 0] > 0
    hands = [labels[shown & side] == SKIN for side in (left, ~left)]
    bare = any(len(skin) >= FEW and float(skin.float().mean()) > _BARE for skin in hands)
    covered = (left & pocketed[0]) | (~left & pocketed[1])
    return shown & torch.isin(labels, torch.tensor(CLOTH)) & ~covered & bare


def within_hems(labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> Tensor:
    """N×L, bool: what each texel may be. Hems, waists and sleeves end behind where they end in front.

    On trunk and legs heights count, on arms the way down the arm; cloth that was not seen there may lie anywhere, but
    skin only where skin was seen, and shoes on lower legs and feet.
    """
    allowed = torch.ones(len(surface), len(LABELS), dtype=torch.bool)
    of_body, height = surface.region == Region.BODY, surface.position[:, 1]
    allowed[of_body & ~surface.trunk & ~surface.arm & (height > height[of_body].mean()), SHOES] = False
    allowed[of_body & (surface.trunk | surface.arm), SHOES] = False
    for limb, along in ((of_body & ~surface.arm, height), (of_body & surface.arm, surface.along)):
        for label in CLOTH:
            shown = along[limb & usable & (labels == label)]
            if len(shown) >= FEW:
                low, high = _extent(shown)
                allowed[limb & ((along < low) | (along > high)), label] = False
    leg = ~surface.arm & ~surface.trunk
    for limb, along in ((surface.trunk, height), (leg, height), (surface.arm, surface.along)):
        shown = along[limb & of_body & usable & (labels == SKIN)]
        # A little skin on a leg is a hand before it.
        if len(shown) < max(FEW, _HAND * int((limb & of_body & usable).sum())):
            allowed[limb & of_body, SKIN] = False
            continue
        low, high = _extent(shown)
        # A nape goes on up to the hair.
        outside = along < low if limb is surface.trunk else (along < low) | (along > high)
        allowed[limb & of_body & outside, SKIN] = False
    _dress_arms(allowed, labels[of_body & surface.arm & usable], of_body & surface.arm)
    behind, beside_vest = find_behind(labels, usable, surface)
    allowed[beside_vest, OUTER] = False
    # Before its shoulders hair may hang, and what was seen beside that is the shirt.
    allowed[behind, OUTER] |= allowed[behind, UPPER] & (height[behind] > _SHOULDERS_M)
    allowed[behind & allowed[:, OUTER], UPPER] = False
    if bool(behind.any()):
        seat = find_hidden_seat(labels, usable, surface) & allowed[:, OUTER]
        allowed[seat, LOWER] = allowed[seat, DRESS] = False
        if hides_shirt(labels, usable, surface):
            back = of_body & ~surface.arm & (surface.normal[:, 2] < 0)
            allowed[back, OUTER] |= allowed[back, UPPER]
            allowed[back, UPPER] = False
    _dress_ankles(allowed, labels, usable, surface)
    nothing = ~allowed[:, [SKIN, *CLOTH, SHOES]].any(1)
    allowed[nothing] = True
    return allowed


def _dress_arms(allowed: Tensor, shown: Tensor, arm: Tensor) -> None:
    """Arms wear what was seen on one of them: a skirt beside a hidden forearm is no sleeve, nor are trousers.

    Args:
        allowed: N×L, bool, what each texel may be; changed.
        shown: (M,) labels that were seen on arms.
        arm: (N,), bool.
    """
    told = len(shown) >= FEW
    for label in CLOTH:
        least = _OVERALL if label == LOWER else _WORN * told
        allowed[arm, label] &= float((shown == label).sum()) >= least * max(len(shown), 1)


def _dress_ankles(allowed: Tensor, labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> None:
    """Legs and feet wear what was seen of them: what is commonest lowest down goes on, into the shoe.

    As far up as mostly shoe was seen, it is a boot.

    Args:
        allowed: N×L, bool, what each texel may be; changed.
    """
    height = surface.position[:, 1]
    legs = ~surface.arm & ~surface.trunk & ((surface.region == Region.BODY) | (surface.region == Region.FOOT))
    for left in (True, False):
        leg = legs & ((surface.position[:, 0] > 0) == left)
        _dress_ankle(allowed, labels, leg & usable & (height < _KNEE_M), leg, height)


def _dress_ankle(allowed: Tensor, labels: Tensor, seen: Tensor, leg: Tensor, height: Tensor) -> None:
    """The same of one leg (N, bool), of whose lower half some texels were seen (N, bool)."""
    shown = {label: height[seen & (labels == label)] for label in (SKIN, *CLOTH, SHOES)}
    extents = {label: _extent(places) for label, places in shown.items() if len(places) >= FEW}
    shoe = extents.pop(SHOES, (0.0, 0.0))
    allowed[leg & ((height < shoe[0]) | (height > shoe[1])), SHOES] = False
    if extents:
        absent = torch.tensor([label for label in (SKIN, *CLOTH) if label not in extents])
        allowed[(leg & (height < _KNEE_M))[:, None] & torch.isin(torch.arange(len(LABELS)), absent)] = False
        top = float(torch.cat([shown[label] for label in extents]).quantile(_LOWEST)) + _ANKLE_M
        last = max(extents, key=lambda label: int((shown[label] < top).sum()))
        ankle = leg & ~seen & (height < top)
        allowed[ankle] &= functional.one_hot(torch.tensor([last, SHOES]), len(LABELS)).sum(0).bool()
        allowed[ankle, last] = True
    if shoe[1] > 0:
        shaft = leg & (height > shoe[0] + _HEM_M) & (height < float(shown[SHOES].quantile(_SHAFT)))
        if float((labels == SHOES)[shaft & seen].float().mean()) > _BOOT:
            allowed[shaft] = functional.one_hot(torch.tensor(SHOES), len(LABELS)).bool()


def _extent(along: Tensor) -> tuple[float, float]:
    """Where a label may lie that was seen at these places along a limb, in metres."""
    low, high = along.quantile(torch.tensor([_STRAY, 1 - _STRAY])).tolist()
    return low - _HEM_M, high + _HEM_M


def like_front(labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> Tensor:
    """N×L factors: behind lies mostly what lies before it on the same limb, or on the trunk."""
    limb = torch.stack([surface.arm, surface.trunk], 1) * 1.0  # farther apart, in metres, than a body is wide
    place = torch.cat([surface.position[:, :2], limb], 1)
    if not bool(usable.any()):
        return torch.ones(len(surface), len(LABELS))
    distance, nearest = cKDTree(place[usable].numpy()).query(place.numpy())
    front = functional.one_hot(labels[usable][torch.from_numpy(nearest)], len(LABELS))
    near = torch.from_numpy(distance < _FRONT_M)[:, None]
    factors = torch.where(near, torch.where(front == 1, 1.0, _OTHER), 1.0)
    # Nobody is bare behind who is dressed in front: it is a hand, which lies farther away there.
    factors[:, SKIN] = torch.where(near[:, 0] & (front[:, SKIN] == 0), 0.0, factors[:, SKIN])
    if is_worn_open(labels, usable, surface):
        # A jacket that is open in front is closed behind.
        factors[:, OUTER] = 1.0
        factors[surface.trunk, UPPER] = _OTHER
    return factors
