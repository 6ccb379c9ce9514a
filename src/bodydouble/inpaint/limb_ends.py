"""Where sleeves and trouser legs end: at one place along the limb, all around it, as what was seen of it tells."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.parsing.labels import CLOTH, SKIN
from bodydouble.surface.graph import SurfaceTexels
from bodydouble.surface.regions import Region

_FEW = 12  # seen texels of cloth, and of skin; with fewer nothing ends there
_PURE = 0.88  # share of a limb's seen texels that must lie on their side of the end: sandals' straps have less
_STRAY = 0.02  # share of either that may lie astray
_MOSTLY = 0.5  # share of cloth up to which a limb is mostly bare
_SHOULDER_M = 0.05  # along the arm, up to where what has no sleeves reaches
_UNEVEN_M = 0.05  # by which a limb's cloth must go on beyond its twin's end, to put that in doubt
_SLANT_M = 0.015  # to either side of the end, in which labels spread as they were seen: hems slant


def end_at_hems(labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> Tensor:
    """N×2, bool: whether each texel of a limb may be skin, and whether it may be cloth.

    A limb of which nothing was seen but cloth above its twin's end ends as that does. One whose cloth and skin are not
    apart ends nowhere, as one does whose twin is covered beyond its end: it may be a hand that lies on it. An arm with
    a strap is as bare as the other one.

    Args:
        labels: (N,) int64, where `usable`, (N,) bool.
    """
    allowed = torch.ones(len(surface), 2, dtype=torch.bool)
    cloth, left = torch.isin(labels, torch.tensor(CLOTH)), surface.position[:, 0] > 0
    shown = usable & (cloth | (labels == SKIN))
    body, beyond = surface.region == Region.BODY, surface.along > _SHOULDER_M
    for limbs in (body & surface.arm, body & ~surface.arm & ~surface.trunk):
        sides = [limbs & left, limbs & ~left]
        ends = [find_end(surface.along[side & shown], cloth[side & shown]) for side in sides]
        for side, twin, end, other in zip(sides, reversed(sides), ends, reversed(ends), strict=True):
            longer = twin & shown & cloth & (surface.along > (_UNEVEN_M + end[1] if end else torch.inf))
            if other is None and int(longer.sum()) >= _FEW:
                continue
            if end is None and _is_strap(cloth[side & shown & beyond], cloth[twin & shown & beyond]):
                allowed[side & beyond, 1] = False
                continue
            if end is None and _may_end_as(other, surface.along[side & shown], cloth[side & shown]):
                end = other
            if end is not None:
                allowed[side & (surface.along < end[0] - _SLANT_M), 0] = False
                allowed[side & (surface.along > end[1] + _SLANT_M), 1] = False
    return allowed


def _is_strap(cloth: Tensor, twin: Tensor) -> bool:
    """Whether cloth, not skin, on a limb that is mostly bare, (K,) bool, is a bag's strap: its twin has none."""
    bare = int((~twin).sum()) >= _FEW and float(twin.float().mean()) < _STRAY
    return bare and bool(cloth.any()) and float(cloth.float().mean()) < _MOSTLY


def _may_end_as(twin: tuple[float, float] | None, along: Tensor, cloth: Tensor) -> bool:
    """Whether what was seen of a limb, (K,) metres along it and cloth or else skin, leaves it to end as its twin does.

    Of a leg behind a bag, say, a skirt may be all that was seen.
    """
    if twin is None or not len(along):
        return True
    beyond = cloth & (along > twin[1] + _UNEVEN_M)
    return max(int((~cloth).sum()), int(beyond.sum())) < _FEW


def find_end(along: Tensor, cloth: Tensor) -> tuple[float, float] | None:
    """Metres along a limb where its cloth was last seen, and where its skin begins; None where these are not apart.

    Args:
        along: (K,), metres.
        cloth: (K,), bool, cloth or else skin.
    """
    order = along.argsort()
    along, cloth = along[order], cloth[order]
    # Texels on the wrong side, if the end lies before each of them or after the last: skin above it, cloth below.
    none = torch.zeros(1, dtype=torch.int64)
    skin_above, cloth_above = (torch.cat([none, each.int().cumsum(0)]) for each in (~cloth, cloth))
    wrong = skin_above + cloth_above[-1] - cloth_above
    end = int(wrong.argmin())
    above, below = along[:end][cloth[:end]], along[end:][~cloth[end:]]
    if min(len(above), len(below)) < _FEW or int(wrong[end]) > (1 - _PURE) * len(cloth):
        return None
    return float(above.quantile(1 - _STRAY)), float(below.quantile(_STRAY))
