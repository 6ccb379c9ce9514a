"""How wide trouser legs are below the knee, and where they end: what a photo shows of straight and wide ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d, median_filter
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.clothing.garment_view import GarmentView
from bodydouble.clothing.kinds import bridged_odds
from bodydouble.parsing.labels import CLOTH, SHOES, SKIN
from bodydouble.person.landmarks import SIDES
from bodydouble.values import RestBody, StyleEstimate, style_chance

FIRST, LAST = 0.15, 1.25  # of the way from the knee to the ankle joint, between which widths are measured
STEPS = 56
_ACROSS_M, _ACROSS_STEPS = 0.3, 241  # how far to either side of the shin cloth is looked for, and in how many steps
_ON_SHIN_M = 0.035  # cloth farther from the shin is somebody's else, or a coat's
_BRIDGED = 0.4  # log odds of a skirt, from which on what is seen of one beneath a coat is no trousers
_SHORTENED = 0.75  # of a shin's length, to which the camera may shorten it: of a bent leg no width is told
_HIGHEST_HEM = 0.55  # of the way from knee to ankle; what ends farther up hangs off the thigh
# By which a trouser leg is wider than the ankle on either side, from which on it is an open tube: one that ends on the
# shin or on boots, which may lie in them, and else one that ends at the ankle or on the shoe.
_LOOSE_M, _STRAIGHT_M = 0.016, 0.011
_AT_ANKLE, _BOOTS = 0.9, 0.5  # of the way from the knee to the ankle joint; chance from which on shoes are boots
_WIDEST_M = 0.13  # half a trouser leg; more are two
_SIGMA, _ASTRAY = 1.5, 9  # steps, of the smoothing of widths, and over which those astray are left out
_FOLLOWS, _SHOE = 3, 0.5  # steps below a hem, and the share of shoe in them that lies under it at once
_NEAR_HEM = (0.06, 0.2)  # of a shin: how far above the hem its width is measured


@dataclass(frozen=True, kw_only=True)
class TrouserLegs:
    """Both legs of loose trousers, alike."""

    half: Tensor  # (STEPS,), metres, half their width at even steps from `FIRST` to `LAST` of a shin's length
    hem: float  # of the way from the knee to the ankle joint: 1 at the joint
    on_shoes: bool = False  # between hem and shoe neither skin nor a sock is seen


def hem_height(legs: TrouserLegs, rest: RestBody, body: BodyModel) -> float:
    """Metres above the ground, of the hems on a body at rest."""
    knee, ankle = (
        float(rest.joints[[body.roles[f"{side}_{joint}"] for side in SIDES], 1].mean()) for joint in ("knee", "ankle")
    )
    return knee + legs.hem * (ankle - knee) - float(rest.vertices[:, 1].min())


def find_trousers(
    view: GarmentView, body: BodyModel, style: StyleEstimate | None = None, cover: Sequence[Tensor] = ()
) -> TrouserLegs | None:
    """Trousers that hang open around the ankles or the shins; None where legs are bare, or cloth lies close.

    Args:
        cover: S×S, bool, each: garments that hang before the legs.
    """
    knees, ankles = (
        max(0, round(float(view.joints[[body.roles[f"{side}_{joint}"] for side in SIDES], 1].mean())))
        for joint in ("knee", "ankle")
    )
    odds = bridged_odds(view, style, slice(knees, ankles))
    if odds is not None and odds > _BRIDGED:
        return None
    hidden = torch.stack([view.cover, *cover]).any(0)
    lines = [_measure_leg(view, hidden, body, side) for side in SIDES]
    measured = [line for line in lines if line is not None]
    if not measured:
        return None
    hem = float(np.mean([end for _, end, _ in measured]))
    widths = np.stack([half for half, _, _ in measured])
    finite = np.isfinite(widths)
    if not finite.any():
        return None
    # A leg behind a bag, of which little is told, tells it wrong, too.
    weights = finite * finite.mean(1, keepdims=True) ** 2
    mean = np.where(finite, widths * weights, 0).sum(0) / weights.sum(0).clip(1e-6)
    places = np.linspace(FIRST, LAST, STEPS)
    usable = finite.any(0) & (places < hem - _NEAR_HEM[0])
    near_hem = usable & (places > hem - _NEAR_HEM[1])
    if not near_hem.any():
        return None
    at_hem = float(np.median(mean[near_hem]))
    on_low_shoes = hem > _AT_ANKLE and style_chance(style, "shoes", "boot") < _BOOTS
    if at_hem < _ankle_half(view, body, hem) + (_STRAIGHT_M if on_low_shoes else _LOOSE_M):
        return None
    filled = median_filter(np.interp(places, places[usable], mean[usable]), _ASTRAY, mode="nearest")
    even = gaussian_filter1d(filled, _SIGMA, mode="nearest")
    return TrouserLegs(
        half=torch.from_numpy(even.clip(max=_WIDEST_M)).float(), hem=hem, on_shoes=all(on for _, _, on in measured)
    )


def lower_hem(legs: TrouserLegs, height: float, rest: RestBody, body: BodyModel) -> TrouserLegs:
    """Legs that end no more than so many metres above the ground, where they lie on the shoes at the ankle.

    Fitted ankles lie some centimetres off the photo's, and were a sock in the trousers' colour.
    """
    above = hem_height(legs, rest, body) - height
    if not legs.on_shoes or legs.hem < _AT_ANKLE or above <= 0:
        return legs
    knee, ankle = (hem_height(replace(legs, hem=end), rest, body) for end in (0.0, 1.0))
    return replace(legs, hem=legs.hem + above / (knee - ankle))


def _measure_leg(
    view: GarmentView, hidden: Tensor, body: BodyModel, side: str
) -> tuple[np.ndarray, float, bool] | None:
    """(STEPS,) metres, nan where nothing is told, the hem's place, and whether a shoe follows it at once.

    None where this leg shows no trousers' end.
    """
    other = "right" if side == "left" else "left"
    knee, ankle, twin_knee, twin_ankle = (
        view.joints[body.roles[f"{name}_{joint}"]] for name in (side, other) for joint in ("knee", "ankle")
    )
    shin = ankle[:2] - knee[:2]
    scale = float(view.camera.intrinsics[0, 0] / ((knee[2] + ankle[2]) / 2))
    rest = view.rest.joints[body.roles[f"{side}_ankle"]] - view.rest.joints[body.roles[f"{side}_knee"]]
    if float(shin.norm()) < _SHORTENED * scale * float(rest.norm()):
        return None
    across = torch.stack([shin[1], -shin[0]]) / shin.norm()
    place = knee[:2] + torch.linspace(FIRST, LAST, STEPS)[:, None] * shin
    offsets = torch.linspace(-_ACROSS_M, _ACROSS_M, _ACROSS_STEPS)
    points = place[:, None] + scale * offsets[:, None] * across
    cloth = view.labels[list(CLOTH)].sum(0, keepdim=True)
    planes = torch.cat([cloth, view.labels[[SHOES, SKIN]], hidden[None].float()])
    values = _sample(planes, points)
    middle = _ACROSS_STEPS // 2
    on_shin = (offsets.abs() < _ON_SHIN_M)[None]
    worn = (values[0] > 0.5) & (values[3] < 0.5)
    shown = (worn & on_shin).any(1)
    below = values[1:3, :, middle - 8 : middle + 9].amax((0, 2)) > 0.5
    end = _find_end(shown.numpy(), below.numpy())
    if end is None:
        return None
    bounds = _midline(place, across * scale, twin_knee[:2], twin_ankle[:2])
    half = np.full(STEPS, np.nan)
    for row in range(end):
        half[row] = _half_width(worn[row], values[3, row] > 0.5, offsets, float(bounds[row]))
    shoe, skin = values[1:3, end : end + _FOLLOWS, middle - 8 : middle + 9].flatten(1).mean(1).tolist()
    return half, float(FIRST + (LAST - FIRST) * end / (STEPS - 1)), shoe > max(_SHOE, skin)


def _find_end(shown: np.ndarray, below: np.ndarray) -> int | None:
    """The step after the last one of cloth on the shin, below which foot, skin or shoe follows; None: there is none."""
    filled = np.flatnonzero(shown)
    if not len(filled):
        return None
    end = int(filled[-1]) + 1
    hem = FIRST + (LAST - FIRST) * end / (STEPS - 1)
    started = float(shown[: max(1, end)].mean())
    return end if hem > _HIGHEST_HEM and started > 0.7 and (end >= STEPS - 2 or below[end - 1 :].any()) else None


def _half_width(worn: Tensor, hidden: Tensor, offsets: Tensor, bound: float) -> float:
    """Metres: half the width of the run of cloth on the shin; nan where one cannot tell.

    Args:
        worn, hidden: (N,), bool, at `offsets` (N,) metres across.
        bound: metres, where the other leg's half begins; cloth that reaches it tells nothing on that side.
    """
    near = (worn & (offsets.abs() < _ON_SHIN_M)).nonzero()[:, 0]
    if not len(near):
        return float("nan")
    reaches = []
    for step, start in ((-1, int(near[0])), (1, int(near[-1]))):
        place = start
        while 0 <= place + step < len(worn) and bool(worn[place + step]):
            place += step
        beyond = place + step
        reach = float(offsets[place])
        stopped = not 0 <= beyond < len(worn) or bool(hidden[beyond]) or step * reach > step * bound > 0
        reaches.append(float("nan") if stopped else abs(reach))
    return float(np.nanmean(reaches)) if np.isfinite(reaches).any() else float("nan")


def _midline(place: Tensor, across: Tensor, knee: Tensor, ankle: Tensor) -> Tensor:
    """(N,) metres along `across` (pixels a metre) from places (N×2) on a shin, half way to the other one's line."""
    shin = ankle - knee
    normal = torch.stack([shin[1], -shin[0]])
    return ((knee - place) @ normal) / (across @ normal) / 2


def _sample(planes: Tensor, points: Tensor) -> Tensor:
    """C×N×M: planes (C×S×S) at N×M×2 pixels."""
    grid = points * 2 / planes.shape[-1] - 1
    return functional.grid_sample(planes[None], grid[None], align_corners=False)[0]


def _ankle_half(view: GarmentView, body: BodyModel, hem: float) -> float:
    """Metres: half the bare leg's width where the hem is."""
    joints, vertices = view.rest.joints, view.rest.vertices
    knee, ankle = joints[body.roles["left_knee"]], joints[body.roles["left_ankle"]]
    near = torch.lerp(knee, ankle, min(hem, 1.0))
    ring = ((vertices[:, 1] - near[1]).abs() < 0.03) & ((vertices[:, 0] - near[0]).abs() < 0.15)
    return float(vertices[ring, 0].amax() - vertices[ring, 0].amin()) / 2
