"""What is worn over what on the trunk: a jacket or a vest, told by the flanks of what was seen.

Behind, the trunk wears what the photo shows at its flanks, for that is what goes on around. Open in front, a jacket
lies there on at least one side, however little of it shows; a shirt's sleeves beside a vest lie on arms alone.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.parsing.labels import CLOTH, OUTER, TOPS, UPPER
from bodydouble.surface.graph import SurfaceTexels
from bodydouble.surface.regions import Region

_FEW = 12  # seen texels; fewer tell nothing
_OPEN = 0.12  # share of a jacket in what was seen of the trunk, from which on it counts as worn
_SLEEVES = 0.7  # share of a jacket in what was seen of the sleeves, from which on they are its
_BIN_M, _FEW_IN_BIN = 0.03, 6  # heights at which flanks are judged, and seen texels of tops that tell one
_FEW_BINS = 4  # of either flank; with fewer heights it tells nothing
_OUTERMOST = 0.3  # of the texels seen at a height on one side, that lie farthest out: the flank
# Share of its heights at which a flank shows the jacket. Of 36 photographs, jackets open in front have 0.6 to 1 on one
# side at least, and sleeves that were taken for a jacket's 0.13 at most.
_AT_FLANK = 0.35
_HEM = 0.02  # share of a jacket's seen texels that lie below its hem behind: a front's corner, a pocket's bag
_HEM_M = 0.02  # metres below that, up to which a jacket may hide the seat
_BOTH_SIDES = 0.15  # share of what was seen of trunk and arms that each side must have to be compared
_ONE_SIDED = 0.35  # of the jacket's share on its other side: with less, it is a shirt in the shade


def settle_jacket(labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> Tensor:
    """(N,) labels in which a jacket on one side alone is the shirt, or the shirt beside it the jacket.

    One that has both sleeves is worn, wherever its other front is.

    Args:
        labels: (N,) int64, where `usable`, (N,) bool.
    """
    above = usable & (surface.trunk | surface.arm) & ((labels == OUTER) | (labels == UPPER))
    left = surface.position[:, 0] > 0
    sides = [above & left, above & ~left]
    counts = [int(side.sum()) for side in sides]
    if min(counts) < max(_FEW, _BOTH_SIDES * sum(counts)):
        return labels
    shares = sorted(float((labels[side] == OUTER).float().mean()) for side in sides)
    if shares[0] >= _ONE_SIDED * shares[1]:
        return labels
    if _is_at_flanks(labels, usable, surface) and all(_wears_sleeves(labels, side & surface.arm) for side in sides):
        return labels
    commoner = OUTER if float((labels[above] == OUTER).float().mean()) > 0.5 else UPPER
    return torch.where((labels == OUTER) | (labels == UPPER), commoner, labels)


def find_behind(labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> tuple[Tensor, Tensor]:
    """(N,) bool each: where nothing but a jacket is worn behind, and where it is not, though its label has sleeves.

    Behind, a jacket is closed, however wide open it is in front: the back and the backs of the sleeves are its. Of a
    vest the sleeves are the shirt's, and the trunk has nothing of them.

    Args:
        labels: (N,) int64, where `usable`, (N,) bool.
    """
    body, back = surface.region == Region.BODY, surface.normal[:, 2] < 0
    sleeves = usable & surface.arm & torch.isin(labels, torch.tensor(CLOTH))
    nowhere = torch.zeros_like(usable)
    if not _wears_sleeves(labels, sleeves):
        return nowhere, nowhere
    if _is_at_flanks(labels, usable, surface):
        return body & back & (surface.trunk | surface.arm), nowhere
    return nowhere, body & surface.trunk & ~usable


def find_hidden_seat(labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> Tensor:
    """(N,), bool: what of the seat a jacket hides: behind it ends at one height all across, which is that in front."""
    hem = _measure_hem(OUTER, labels, usable, surface)
    if hem is None:
        return torch.zeros_like(usable)
    return _off_arms(surface) & (surface.normal[:, 2] < 0) & (surface.position[:, 1] > hem - _HEM_M)


def hides_shirt(labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> bool:
    """Whether no shirt was seen to hang out below a jacket: then none does behind, where the jacket's hem is hidden."""
    jacket, shirt = (_measure_hem(label, labels, usable, surface) for label in (OUTER, UPPER))
    return jacket is not None and shirt is not None and shirt > jacket - _HEM_M


def _measure_hem(label: int, labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> float | None:
    """Height in metres down to which a label was seen off the arms; None where too little of it was."""
    shown = _off_arms(surface) & usable & (labels == label)
    return float(surface.position[shown, 1].quantile(_HEM)) if int(shown.sum()) >= _FEW else None


def _off_arms(surface: SurfaceTexels) -> Tensor:
    """(N,), bool."""
    return (surface.region == Region.BODY) & ~surface.arm


def is_worn_open(labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> bool:
    """Whether enough of a jacket was seen on the trunk to be closed behind."""
    shown = labels[usable & surface.trunk] == OUTER
    return float(shown.float().mean()) > _OPEN


def _wears_sleeves(labels: Tensor, sleeves: Tensor) -> bool:
    """Whether what was seen of sleeves, (N,) bool, is a jacket's."""
    return int(sleeves.sum()) >= _FEW and float((labels[sleeves] == OUTER).float().mean()) > _SLEEVES


def _is_at_flanks(labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> bool:
    """Whether a jacket was seen at either flank of the trunk."""
    tops = usable & surface.trunk & (surface.region == Region.BODY) & torch.isin(labels, torch.tensor(TOPS))
    left = surface.position[:, 0] > 0
    return max(_rate_flank(labels, tops & side, surface) for side in (left, ~left)) > _AT_FLANK


def _rate_flank(labels: Tensor, side: Tensor, surface: SurfaceTexels) -> float:
    """Share of its heights at which the outermost of tops that were seen on one side, (N,) bool, are a jacket."""
    bins = (surface.position[side, 1] / _BIN_M).long()
    away, jacket = surface.position[side, 0].abs(), labels[side] == OUTER
    shown = []
    for number in bins.unique():
        here = bins == number
        if int(here.sum()) >= _FEW_IN_BIN:
            flank = away[here] >= away[here].quantile(1 - _OUTERMOST)
            shown.append(float(jacket[here][flank].float().mean()) > 0.5)
    return sum(shown) / len(shown) if len(shown) >= _FEW_BINS else 0.0
