"""Hairstyles reshaped: parted on the other side, cut or grown, laid over back or shoulders, tied to a tail or a bun."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.values import RestBody
from workshop.synthesis.body import SKIN_VERTICES
from workshop.synthesis.garments.pinning import RadiusMap, repin
from workshop.synthesis.garments.shapes import upright
from workshop.synthesis.garments.shears import cut, hang_still, keep_faces
from workshop.synthesis.garments.wardrobe import Garment
from workshop.synthesis.limbs import LimbFrame, limb_shares

FALLS = ("free", "back", "front", "left", "right", "tail", "bun")  # where hair goes; "free": as it was made
# Where loose hair lies: its middle, radians from the front around by the left, and radians to each side.
_LIES = {"back": (math.pi, 0.9), "left": (0.5, 0.42), "right": (2 * math.pi - 0.5, 0.42)}
_IN_FRONT = ((0.55, 0.33), (2 * math.pi - 0.55, 0.33))  # of the left and right half where it is parted down the back

# Heights are told from the neck joint, metres on the mean body.
_ROOTS = 0.12  # hair above this stays where it grows; below it lengths are stretched and laid
_LAID = 0.0  # below this it lies entirely where it is laid
_TORSO = (0.02, 0.14)  # below the first the torso begins to carry hair along, after the second it does alone
_HAIRLINE = (0.095, 0.03)  # hair tied up leaves the head here: height on average, and by how much it is higher in front
_EASE_M = 0.012  # between the body and the hair on it
_THICK_M = 0.022  # of loose hair
_SCALP_M = 0.02  # thickness of hair that is pulled back
_TAIL_M = (0.02, 0.028)  # half the thickness of a tail where it is tied, and how much it widens
_TO_TIE = 0.16  # share of the length that goes from the hairline to the tie
_RAGGED_M = 0.02  # ends are uneven by up to this
_UNDER_HAT_M = 0.014  # between a hat and the hair under it
_CROWN_M = 0.07  # nearer to the middle of the head no hat is
_TORN = 3.0  # a strand whose edges are stretched so many times more than the others is left out


@dataclass(frozen=True, kw_only=True)
class Haircut:
    """What is done to a hairstyle; the same on every machine."""

    fall: str = "free"  # one of FALLS
    ends: float | None = None  # metres below the neck joint where it ends, on the mean body; None: as it came
    mirrored: bool = False  # the parting on the other side
    tie: float = 0.12  # metres above the neck joint at which a tail or a bun is tied
    size: float = 0.045  # radius of a bun, metres
    seed: int = 0  # of the uneven ends


def arrange_hair(garment: Garment, base: RestBody, frame: LimbFrame, haircut: Haircut) -> Garment:
    """The hairstyle after the haircut.

    Args:
        base: all base vertices of the mean body, at rest; `frame` is of the same body.
    """
    if haircut.mirrored:
        garment = _mirror(garment, base)
    neck = float(frame.neck[1])
    if haircut.ends is not None:
        garment = _lengthen(garment, base, neck, haircut)
    points = hang_still(garment, base).vertices
    shares = limb_shares(base.skin_weights, frame.limb_of_joint)
    torso = (shares[:, 0] > 0.6) & (torch.arange(len(shares)) < SKIN_VERTICES)
    if haircut.fall in ("tail", "bun"):
        head = (shares[:, 7] > 0.5) & (torch.arange(len(shares)) < SKIN_VERTICES)
        moved = _tie(points, base.vertices[head], base.vertices[torso], neck, haircut)
    elif haircut.fall == "free":
        moved = points
    else:
        moved = _lay(points, base.vertices[torso], neck, haircut.fall)
    share = ((neck - _TORSO[0] - moved[:, 1]) / (_TORSO[1] - _TORSO[0])).clamp(0, 1)
    if haircut.fall == "bun":
        share = torch.zeros_like(share)
    return _without_torn(repin(garment, moved, base, torso, share), points, moved)


def _mirror(garment: Garment, base: RestBody) -> Garment:
    """The garment reflected at the body's middle plane."""
    across = base.vertices.new_tensor([-1.0, 1.0, 1.0])
    used, number = garment.anchors.unique(return_inverse=True)
    _, twin = cKDTree(base.vertices.numpy()).query((base.vertices[used] * across).numpy())
    return replace(
        garment,
        anchors=torch.from_numpy(twin)[number],
        offsets=garment.offsets * across,
        faces=garment.faces.flip(1),
        uv_faces=garment.uv_faces.flip(1),
    )


def _lengthen(garment: Garment, base: RestBody, neck: float, haircut: Haircut) -> Garment:
    """Hair below the roots' height stretched until it ends where it shall, or cut off there."""
    points = hang_still(garment, base).vertices
    roots, ends = neck + _ROOTS, neck - (haircut.ends or 0.0)
    lowest = float(points[:, 1].min())
    if ends < lowest:
        below = (roots - points[:, 1]).clamp_min(0)
        longer = points.clone()
        longer[:, 1] -= below * ((roots - ends) / (roots - lowest) - 1)
        return repin(garment, longer, base, torch.ones(len(base.vertices), dtype=torch.bool), torch.zeros(len(points)))
    turn = torch.atan2(points[:, 0], points[:, 2])
    phase = haircut.seed % 1000
    ragged = torch.sin(5 * turn + phase) + torch.sin(13 * turn + 2.3 * phase) + torch.sin(31 * turn + 0.7 * phase)
    return cut(garment, -points[:, 1] + _RAGGED_M / 3 * ragged, -ends, base)


def _lay(points: Tensor, body: Tensor, neck: float, fall: str) -> Tensor:
    """Points (N×3) of loose hair brought to where it falls, lying on the body and hanging plumb from there."""
    around = RadiusMap(body, depth=0.0, low=neck - 0.9, high=neck + 0.1).hanging(neck - 0.02)
    angle, radius = around.polar(points)
    laid = ((neck + _ROOTS - points[:, 1]) / (_ROOTS - _LAID)).clamp(0, 1)
    laid = smoothstep(laid)
    angle = torch.remainder(angle, 2 * math.pi)  # no strand goes across the face
    turned = torch.empty_like(angle)
    left = angle < math.pi
    places = zip((left, ~left), _IN_FRONT, strict=True) if fall == "front" else [(left | ~left, _LIES[fall])]
    for half, (middle, width) in places:
        turned[half] = _gather(angle[half], laid[half], middle, width)
    depth = ((radius - 0.06) / 0.08).clamp(0, 1)  # outer strands stay outside
    surface = around.at(turned, points[:, 1])
    away = torch.lerp(radius, surface + _EASE_M + _THICK_M * depth, laid)
    return around.place(turned, torch.maximum(away, torch.minimum(surface + _EASE_M, away + laid)), points[:, 1])


def _gather(angle: Tensor, laid: Tensor, middle: float, width: float) -> Tensor:
    """Directions (N,) brought within `width` of the middle, evenly, as far as they are laid there ([0, 1])."""
    hanging = angle[laid > 0.9]
    if not len(hanging):
        return angle
    low, high = hanging.quantile(0.02), hanging.quantile(0.98)
    target = middle + width * (2 * (angle - low) / (high - low).clamp_min(0.1) - 1).clamp(-1.2, 1.2)
    return torch.lerp(angle, target, laid)


def _even(angle: Tensor) -> Tensor:
    """Directions (N,) spread evenly over the full turn in their order."""
    return angle.argsort(stable=True).argsort() * (2 * math.pi / len(angle)) - math.pi


def _tie(points: Tensor, head: Tensor, torso: Tensor, neck: float, haircut: Haircut) -> Tensor:
    """Points (N×3) of long hair pulled back along the scalp to one place behind, and from there down or into a ball."""
    middle = head.new_tensor([0.0, neck + 0.14, float(head[:, 2].amin() + head[:, 2].amax()) / 2])
    reach = RadiusMap(upright(head - middle), depth=0.0, low=-math.pi / 2, high=math.pi / 2, step=0.12)
    back = head.new_tensor([0.0, neck + haircut.tie, middle[2] - 0.2])
    knot = _on_scalp((back - middle)[None], reach, _SCALP_M)[0] + middle
    angle = torch.atan2(points[:, 0], points[:, 2] - middle[2])
    line = neck + _HAIRLINE[0] + _HAIRLINE[1] * angle.cos()
    lowest = float(points[:, 1].min())
    along = ((line - points[:, 1]) / (line - lowest)).clamp(0, 1)
    start = torch.stack([points[:, 0], torch.maximum(points[:, 1], line), points[:, 2]], 1) - middle
    pulled = torch.lerp(start, (knot - middle).expand_as(start), (along / _TO_TIE).clamp(0, 1)[:, None])
    thick = (points - middle).norm(dim=1) - _on_scalp(points - middle, reach, 0.0).norm(dim=1)
    scalp = _on_scalp(pulled, reach, thick.clamp(_SCALP_M / 2, _SCALP_M)) + middle
    rest = ((along - _TO_TIE) / (1 - _TO_TIE)).clamp(0, 1)
    shape = _ball if haircut.fall == "bun" else _tail
    around = torch.zeros_like(angle)
    around[along > 0] = _even(angle[along > 0])
    tied = shape(rest, around, knot, torso, neck, haircut)
    return torch.where((along > _TO_TIE)[:, None], tied, scalp)


def _ball(rest: Tensor, angle: Tensor, knot: Tensor, torso: Tensor, neck: float, haircut: Haircut) -> Tensor:
    out = torch.nn.functional.normalize(knot - knot.new_tensor([0.0, neck + 0.1, 0.03]), dim=0)
    up = torch.linalg.cross(out, out.new_tensor([1.0, 0.0, 0.0]))
    side = torch.linalg.cross(up, out)
    turn = math.pi * rest
    round_ = side * angle.sin()[:, None] + up * angle.cos()[:, None]
    return (
        knot
        + haircut.size * (0.75 - turn.cos())[:, None] * out
        + haircut.size * turn.sin().clamp_min(0.15)[:, None] * round_
    )


def _tail(rest: Tensor, angle: Tensor, knot: Tensor, torso: Tensor, neck: float, haircut: Haircut) -> Tensor:
    length = float(knot[1]) - neck + (haircut.ends if haircut.ends is not None else 0.2)
    half = _TAIL_M[0] + _TAIL_M[1] * (math.pi * rest).sin()
    out = 0.05 * (1 - (-9 * rest).exp())
    place = torch.stack(
        [
            half * 1.2 * angle.sin(),
            knot[1] - length * rest + 0.02 * (math.pi * rest.clamp_max(0.12) / 0.12).sin(),
            knot[2] - out + 0.7 * half * angle.cos(),
        ],
        1,
    )
    around = RadiusMap(torso, depth=0.0, low=neck - 0.9, high=neck + 0.1).hanging(neck - 0.02)
    direction, radius = around.polar(place)
    surface = around.at(torch.full_like(direction, math.pi), place[:, 1]) * (place[:, 1] < neck + 0.05)
    push = (surface + _EASE_M + half * (1 + 0.7 * angle.cos().neg()) * 0.6 - radius).clamp_min(0)
    return place - push[:, None] * place.new_tensor([0.0, 0.0, 1.0])


def press_under_hat(points: Tensor, hat: Tensor) -> Tensor:
    """Points (N×3) of hair that stand out through a hat (M×3 points) brought under it; others stay."""
    middle = torch.stack([hat[:, 0].mean(), hat[:, 1].min() - 0.02, hat[:, 2].mean()])
    reach = RadiusMap(upright(hat - middle).cpu(), depth=0.0, low=-math.pi / 2, high=math.pi / 2, step=0.12)
    offsets = (points - middle).cpu()
    distance = offsets.norm(dim=1)
    inside = _on_scalp(offsets, reach, -_UNDER_HAT_M).norm(dim=1)
    pressed = (inside > _CROWN_M) & (distance > inside)
    scale = torch.where(pressed, inside / distance.clamp_min(1e-6), torch.ones_like(distance))
    return middle + (points - middle) * scale.to(points)[:, None]


def _on_scalp(offsets: Tensor, reach: RadiusMap, thick: Tensor | float) -> Tensor:
    """Offsets (N×3) from the head's middle made as long as the head reaches in their direction, and `thick` more."""
    raised = upright(offsets)
    angle = torch.atan2(raised[:, 0], raised[:, 2])
    distance = reach.at(angle, raised[:, 1]) + thick
    return offsets / offsets.norm(dim=1, keepdim=True).clamp_min(1e-6) * distance[:, None]


def _without_torn(garment: Garment, before: Tensor, after: Tensor) -> Garment:
    """The garment without faces that the haircut tore across the head or the shoulders."""

    def longest(points: Tensor) -> Tensor:
        corners = points[garment.faces]
        return (corners - corners.roll(1, 1)).norm(dim=2).amax(1)

    stretch = longest(after) / longest(before).clamp_min(1e-4)
    sound = (stretch < _TORN * stretch.median().clamp_min(1.0)) | (longest(after) < 0.03)
    return keep_faces(garment, sound)
