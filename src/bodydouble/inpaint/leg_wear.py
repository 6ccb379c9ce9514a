"""What legs wear from the hem to the shoe is one stuff: tights are neither the skirt above them nor bare skin.

The parser has one label for skirts, trousers and tights, and where tights are sheer it wavers between them and skin.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.inpaint.dress_rules import FEW
from bodydouble.inpaint.see_through import SeenThrough
from bodydouble.parsing.labels import CLOTH, LOWER, SKIN, UNDER
from bodydouble.surface.graph import SurfaceTexels
from bodydouble.surface.regions import Region

# Chosen on 30 street photographs, of which 4 show tights below a skirt of the same label.
_STEP = 0.2  # distance of the usual colours above and below a hem
_ABOVE_M, _BELOW_M = 0.05, 0.15  # length of cloth that a hem has above itself at least, and of tights below
_HIPS_M = 0.9  # height of the hips, above which no skirt ends
_PURE = 0.7  # share of the texels on either side of a hem that are more like it than like the other side
_BETWEEN = (0.3, 0.7)  # of the way from one usual colour to the other: neither the one nor the other
_NEAR_M, _MOST_BETWEEN = 0.05, 0.45  # around a hem, where at most this share is that; colours that fade have more
_SLANT_M = 0.03  # to either side of a hem, in which colours tell one side from the other
_STRAY = 0.05  # share of the skin on legs that may lie above or below where it is skin
_BESIDE = 0.2  # share of cloth where legs have skin, on either leg, from which on the one is taken for the other
_ALIKE = 0.42  # share of skin on legs that is more like the tights than like face and hands, from which on it is tights


def settle_legs(
    labels: Tensor, rgb: Tensor, seen: Tensor, through: SeenThrough, surface: SurfaceTexels, trousers: bool = False
) -> tuple[Tensor, SeenThrough]:
    """Tights get the label of what is worn under a skirt, where its label is theirs, and have it all along the leg.

    Args:
        labels: (N,) int64, where `seen`, (N,) bool.
        rgb: N×3, likewise, sRGB in [0, 1].
        trousers: there is no skirt; what is darker below a coat's hem is its shadow.

    Returns:
        (N,) labels, and what the parser sees through the person, in which it is the same.
    """
    if not trousers:
        labels, through = _part_tights(labels, rgb, seen, through, surface)
    return _cover_legs(labels, rgb, seen, through, surface)


def _part_tights(
    labels: Tensor, rgb: Tensor, seen: Tensor, through: SeenThrough, surface: SurfaceTexels
) -> tuple[Tensor, SeenThrough]:
    """What lies below a skirt's hem in the skirt's label is worn under it, if its colour is another."""
    height = surface.position[:, 1]
    column = ((surface.region == Region.BODY) & ~surface.arm) | (surface.region == Region.FOOT)
    shown = column & seen & (labels == LOWER)
    hem = find_hem(rgb[shown], height[shown])
    if hem is None or hem > _HIPS_M:
        return labels, through
    above, below = (rgb[shown & side].median(0).values for side in (height > hem, height < hem))
    like_below = (rgb - below).norm(dim=1) < (rgb - above).norm(dim=1)
    tights = shown & torch.where((height - hem).abs() < _SLANT_M, like_below, height < hem)
    chances, legs = through.labels.clone(), column & (height < hem)
    chances[legs, UNDER] += chances[legs, LOWER]
    chances[legs, LOWER] = 0
    return torch.where(tights, UNDER, labels), replace(through, labels=chances)


def find_hem(rgb: Tensor, height: Tensor) -> float | None:
    """The height at which one colour ends and another begins, from one texel to the next; None where there is none.

    Args:
        rgb: K×3, sRGB in [0, 1].
        height: (K,), metres.
    """
    if len(height) < 2 * FEW:
        return None
    order = height.argsort(descending=True)
    rgb, height = rgb[order], height[order]
    cut = _split_colours(rgb)
    for _ in range(2):  # outliers move the first cut, medians mend it
        above, below = rgb[:cut].median(0).values, rgb[cut:].median(0).values
        like_below = (rgb - below).norm(dim=1) < (rgb - above).norm(dim=1)
        # Texels that the cut leaves on the wrong side: those like what is below before it, like what is above after it.
        wrong = like_below.cumsum(0) - (~like_below).cumsum(0)
        cut = min(max(int(wrong.argmin()) + 1, FEW), len(rgb) - FEW)
    hem, step = float(height[cut]), float((above - below).norm())
    long_enough = height[0] - hem > _ABOVE_M and hem - height[-1] > _BELOW_M
    pure = min(float((~like_below[:cut]).float().mean()), float(like_below[cut:].float().mean()))
    if step < _STEP or not long_enough or pure < _PURE:
        return None
    place = ((rgb - above) @ (below - above))[(height - hem).abs() < _NEAR_M] / step**2
    between = ((place > _BETWEEN[0]) & (place < _BETWEEN[1])).float().mean()
    return hem if float(between) < _MOST_BETWEEN else None


def _split_colours(rgb: Tensor) -> int:
    """The number of rows of K×3 after which they are best cut, if each part has one colour."""
    count = torch.arange(1, len(rgb) + 1)[:, None].double()
    total, square = rgb.double().cumsum(0), rgb.double().square().cumsum(0)
    above = square - total.square() / count
    below = square[-1] - square - (total[-1] - total).square() / (count[-1] - count).clamp_min(1)
    return int((above + below).sum(1)[FEW - 1 : -FEW].argmin()) + FEW


def _cover_legs(
    labels: Tensor, rgb: Tensor, seen: Tensor, through: SeenThrough, surface: SurfaceTexels
) -> tuple[Tensor, SeenThrough]:
    """Skin on legs that comes and goes with cloth, and has its colour rather than the face's, is that cloth."""
    legs = (surface.region == Region.BODY) & ~surface.arm & ~surface.trunk
    skin = legs & seen & (labels == SKIN)
    bare = seen & (labels == SKIN) & ((surface.region == Region.FACE) | (surface.region == Region.HAND))
    cloths = {label: legs & seen & (labels == label) for label in CLOTH}
    cloth = max(cloths, key=lambda label: int(cloths[label].sum()))
    if int(cloths[UNDER].sum()) >= FEW:
        cloth = UNDER
    if min(int(each.sum()) for each in (skin, bare, cloths[cloth])) < FEW:
        return labels, through
    low, high = surface.along[skin].quantile(torch.tensor([_STRAY, 1 - _STRAY])).tolist()
    beside = (skin | cloths[cloth]) & (surface.along > low) & (surface.along < high)
    if float((labels[beside] == cloth).float().mean()) < _BESIDE:
        return labels, through  # shorts or socks
    tights, usual = rgb[cloths[cloth]].median(0).values, rgb[bare].median(0).values
    like_tights = (rgb[skin] - tights).norm(dim=1) < (rgb[skin] - usual).norm(dim=1)
    if float(like_tights.float().mean()) < _ALIKE:
        return labels, through
    chances = through.labels.clone()
    chances[legs, cloth] += chances[legs, SKIN]
    chances[legs, SKIN] = 0
    return torch.where(skin, cloth, labels), replace(through, labels=chances)
