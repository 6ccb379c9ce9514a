"""Open coats and jackets, wide trousers, boots and heels, cut from the base mesh's helper geometry."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from bodydouble.values import RestBody
from workshop.synthesis.garments.pinning import pin_mesh
from workshop.synthesis.garments.sewing import fill_square, join_garments, leggings, second_skin, skirt, top
from workshop.synthesis.garments.shapes import grid_shape, join_shapes
from workshop.synthesis.garments.shears import cut, hang_still, offset_vertices
from workshop.synthesis.garments.wardrobe import Garment
from workshop.synthesis.limbs import LimbFrame, direction_off_limb, distance_down_limb

_EASE_M = 0.024  # of coats: there is cloth beneath
_UNDERLAP_M = 0.08  # what is beneath is drawn so far beyond a coat's edge
_SOLE_Y = 0.025  # height below which a boot is its sole, metres
_HEEL_TO_BALL_M = 0.2  # of an adult's foot
_STEEPEST = 0.7  # sine of the steepest foot


def open_coat(
    base: RestBody, frame: LimbFrame, bottom: float, opening: tuple[float, float], sleeves: float = 0.95
) -> Garment:
    """A jacket or coat that is open in front.

    Args:
        bottom: height of its hem, metres, on `base`.
        opening: half its width at the chest and at the hem, metres.
        sleeves: share of the arm's length.
    """
    hips = frame.crotch + 0.07
    coat = top(base, frame, sleeves, max(bottom, hips), neckline=0.025, ease=_EASE_M)
    if bottom < hips:
        lower = skirt(base, frame, bottom, waist=hips + 0.05, flare=0.03, ease=_EASE_M)
        coat = join_garments([coat, lower], "coat")
    points = hang_still(coat, base).vertices
    chest = float(frame.neck[1]) - 0.2
    down = ((chest - points[:, 1]) / (chest - bottom)).clamp(0, 1)
    half = opening[0] + (opening[1] - opening[0]) * down
    front = (points[:, 2] - float(frame.centre.mean())) * 3
    value = torch.minimum(half - points[:, 0].abs(), front)
    coat = cut(coat, value, 0.0, base, _UNDERLAP_M)
    # Legs are seen between the fronts, and from below.
    return replace(coat, name="coat", hides=coat.hides & (base.vertices[:, 1] > hips))


def wide_trousers(base: RestBody, frame: LimbFrame, width: float, length: float = 0.94) -> Garment:
    """Trousers that widen from the hips down, by `width` metres at their hems."""
    garment = leggings(base, frame, length, ease=0.012)
    points = hang_still(garment, base).vertices
    leg = float(frame.bones[2].diff(dim=0).norm(dim=1).sum())
    down = (distance_down_limb(points, frame, "leg") / (length * leg)).clamp(0, 1)
    outward = direction_off_limb(points, frame, "leg")
    by = width * down[:, None] ** 1.3 * outward
    # Between the legs there is only so much room.
    room = (points[:, 0].abs() - 0.006).clamp_min(0)
    inward = torch.where(points[:, 0] > 0, -by[:, 0], by[:, 0]).clamp_min(0)
    by[:, 0] = by[:, 0] * (room / inward.clamp_min(1e-6)).clamp_max(1)
    return replace(offset_vertices(garment, base, by), name="wide_trousers")


def boots(base: RestBody, height: float, ease: float = 0.012) -> Garment:
    """Boots up to a height (metres); low ones leave the instep free, as pumps and flats do."""
    garment = replace(second_skin(base, ease), name="boots")
    points = hang_still(garment, base).vertices
    garment = cut(garment, points[:, 1], height, base, margin=0.012)
    points = hang_still(garment, base).vertices
    shaft = ((points[:, 1] - 0.12) / 0.25).clamp(0, 1)
    middle = points[:, :1].sign() * points[points[:, 1] > height / 2, 0].abs().mean()
    out = torch.cat([points[:, :1] - middle, torch.zeros(len(points), 1), points[:, 2:] + 0.02], 1)
    by = 0.012 * shaft[:, None] * torch.nn.functional.normalize(out, dim=1)
    by[:, 1] = -0.35 * (_SOLE_Y - points[:, 1]).clamp_min(0)
    return replace(offset_vertices(garment, base, by), uv=fill_square(garment.uv))


def heels(base: RestBody, frame: LimbFrame, height: float, shaft: float) -> Garment:
    """Shoes with heels (metres high) for feet that stand on their toes, see `heel_pitch`; up to `shaft` metres."""
    shoe = boots(base, shaft, ease=0.007)
    pitch = heel_pitch(height)
    shapes = []
    for ankle in frame.ankles:
        middle = torch.stack([ankle[0], torch.tensor(0.012), ankle[2] - 0.035])
        tip = middle + (height + 0.012) * torch.tensor([0.0, -math.cos(pitch), -math.sin(pitch)])
        turn = torch.linspace(-math.pi, math.pi, 9)[None, :, None]
        share = torch.linspace(0, 1, 4)[:, None, None]
        ring = torch.cat([turn.sin(), 0 * turn, turn.cos()], -1)
        radius = torch.lerp(torch.tensor(0.024), torch.tensor(0.01), share)
        shapes.append(grid_shape(torch.lerp(middle, tip, share) + radius * ring))
    both = join_shapes(shapes)
    feet = base.vertices[:, 1] < 0.1
    heel = pin_mesh("heel", both.points, both.faces, both.uv, base, feet)
    return join_garments([shoe, heel], "heels")


def heel_pitch(height: float) -> float:
    """Radians that a foot is raised behind by a heel of that height, metres."""
    return math.asin(min(height / _HEEL_TO_BALL_M, _STEEPEST))
