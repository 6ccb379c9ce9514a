"""Hands against the body: they do not sink into it, rest on it near its front, and are in a pocket beneath cloth.

One photo hardly tells how far a hand is before the belly; that people rest their hands does. Hands beside the body are
left alone: on twelve drawn test people, whose arms are often held away, a pull on all of them cost 5 mm.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body import BodyModel
from bodydouble.body.skinning import arm_weight, subtree_weight
from bodydouble.parsing.at_photo import labels_at
from bodydouble.parsing.labels import CLOTH, SKIN
from bodydouble.parsing.windows import pixels_per_metre
from bodydouble.person.landmarks import HIPS, SIDES, WRISTS, BodyPoint, side_point
from bodydouble.values import LANDMARK_COUNT, Person, RestBody, Understanding

_INDICES = [BodyPoint.LEFT_INDEX, BodyPoint.RIGHT_INDEX]
_PINKIES = [BodyPoint.LEFT_PINKY, BodyPoint.RIGHT_PINKY]
_HANDS = [list(pair) for pair in zip(_INDICES, _PINKIES, strict=True)]
_SURE = 0.3  # score of a hand's points from which they have a place at all
_POCKET_M = 0.2  # metres above the hips, as seen, up to where there are pockets; folded arms' hands are at 0.3
_ASIDE_M = 0.07  # metres from between the hips, as seen; hands clasped behind the back are nearer, pockets farther
_AROUND = 16  # points of a ring
_FRONT, _BACK = 4, 12  # of these, the one in front and the one behind
_SLICE_M = 0.015  # vertices so near to a ring's height belong to it
_ALIGNED = 0.92  # cosine: a ring's point lies in its direction to within 23 degrees, so that narrow rings have all
_SPACING_M = 0.05  # metres: no place of the skin is farther from one of the rings' points
_TRUNK_RINGS = 8  # from the hips to just below the armpits
_ARMPIT_M = 0.08  # below the shoulder joints
_THIGH_RINGS = (0.2, 0.4, 0.6, 0.8)  # shares of the way from hip to knee
_MOVED = 0.5  # share of a vertex that a limb moves, from which it is the limb's
# Metres from the skin to the landmarks inside wrist and palm: half as thick as they are, and at most so when resting.
_HALF_WRIST = 0.028
_HALF_PALM = 0.018
_RESTING = 0.045
_TUCKED = 0.02  # metres beneath the skin of a palm in a pocket: as thick as half a hand
_BESIDE = 0.5  # cosine to the camera up to which a place of the skin is the body's side; hanging hands stay free
_SINK_M = 0.02  # metres: too deep by as much costs 1
_NEAR_M = 0.06  # metres: a hidden hand so far beyond the resting distance costs as much, one that is seen half of it


@dataclass(frozen=True, kw_only=True)
class BodyRings:
    """Rings of points around trunk and thighs: a coarse skin, cheap to ask for distances."""

    vertices: Tensor  # R×16, int64, of the mesh: from the body's left around its front, right and back

    def distances(self, points: Tensor, skin: Tensor, ahead: Tensor, behind: Tensor) -> tuple[Tensor, Tensor]:
        """(N,), metres, from points N×3 to the nearest place of a posed body, below 0 inside; and N×3, outwards there.

        Args:
            skin: R×16×3, where the rings' vertices are.
            ahead: (N,), bool: only the body's sides and front count; what is not there is as far as it is aside.
            behind: (N,), bool: likewise what faces away from the camera, which looks along -z.
        """
        outward = normalize(skin - skin.mean(1, keepdim=True), dim=-1).flatten(0, 1)
        back = (torch.arange(_AROUND) > _AROUND // 2).repeat(len(skin))
        skin = skin.flatten(0, 1)
        apart = torch.cdist(points.detach(), skin.detach())
        left_out = (ahead[:, None] & back) | (behind[:, None] & (outward[:, 2] > 0))
        nearest = apart.masked_fill(left_out, torch.inf).argmin(1)
        offsets, outward = points - skin[nearest], outward[nearest].detach()
        distances = (offsets * outward).sum(-1)
        beside = (offsets - distances[:, None] * outward).square().sum(-1).add(1e-8).sqrt()
        return distances + (ahead | behind) * (beside - _SPACING_M).relu(), outward


def body_rings(rest: RestBody, body: BodyModel) -> BodyRings:
    """The rings of a body at rest."""
    place = {role: rest.joints[body.roles[role]].detach() for role in ("left_hip", "left_knee", "left_shoulder")}
    hip, knee, shoulder = (float(place[role][1]) for role in ("left_hip", "left_knee", "left_shoulder"))
    trunk = (arm_weight(rest, body) < 1 - _MOVED) & (rest.vertices[:, 1] < shoulder)
    legs = [subtree_weight(rest, body.roles[f"{side}_hip"]) > _MOVED for side in SIDES]
    levels = torch.linspace(hip, shoulder - _ARMPIT_M, _TRUNK_RINGS).tolist()
    rings = [_ring(rest.vertices, trunk, level) for level in levels]
    rings += [_ring(rest.vertices, leg, hip + share * (knee - hip)) for leg in legs for share in _THIGH_RINGS]
    return BodyRings(vertices=torch.stack(rings))


def hand_contact(points: Tensor, rings: BodyRings, skin: Tensor, hidden: Tensor, behind: Tensor) -> Tensor:
    """What it costs that hands are inside the body, or near its front, in a pocket or behind it and not on it.

    Args:
        points: 543×3, metres, the body's landmarks; the camera looks along -z.
        skin: R×16×3, metres, where the rings' vertices are.
        hidden: (2,) in {0, 1}, left and right: 1 where the hand is in a pocket. Its palm is then beneath the skin, for
            cloth lies over it, and not behind the middle of the hips.
        behind: likewise, 1 where the trunk hides the hand (`hidden_arms`), which rests on its far side.
    """
    palms = (points[_INDICES] + points[_PINKIES]) / 2
    distances, outward = rings.distances(
        torch.cat([points[WRISTS], palms]), skin, hidden.repeat(2) > 0, behind.repeat(2) > 0
    )
    thickness = distances.new_tensor([_HALF_WRIST, _HALF_WRIST, _HALF_PALM, _HALF_PALM])
    sunk = ((thickness - distances).relu() / _SINK_M).square()
    gap = (distances - _RESTING).relu() / _NEAR_M
    # Beside the body the photo itself shows the gap: pushed apart there, arms that hang close twist the shoulders.
    before = ((outward[:, 2] - _BESIDE).relu() / (1 - _BESIDE)).square()
    resting = sunk + gap.square() / (gap.square() + 1)
    tucked = ((distances[2:] + _TUCKED).relu() + _measure_behind(palms, skin[0]).relu()) / _NEAR_M
    pocketed = torch.cat([(sunk + gap)[:2], tucked])
    resting = torch.where(behind.repeat(2) > 0, sunk + gap, before * resting)
    return torch.where(hidden.repeat(2) > 0, pocketed, resting).sum()


def _measure_behind(points: Tensor, hips: Tensor) -> Tensor:
    """(N,), metres: how far points N×3 are behind the middle of a ring of the skin, 16×3, below 0 before it.

    Of a hand behind it the nearest place at the side would be near enough to stay there.
    """
    ring = hips.detach()
    return (ring.mean(0) - points) @ normalize(ring[_FRONT] - ring[_BACK], dim=0)


def hidden_hands(person: Person, understanding: Understanding | None) -> Tensor:
    """(2,) in {0, 1}, left and right: 1 where the photo shows cloth in a hand's place, and the detector no hand.

    Above a pocket's edge a wrist may be seen: cloth over one side of the hand is enough, if the other is skin. Not so
    in the middle of the trunk, where such hands are behind the back, nor on the chest: folded arms hide them.
    """
    hidden, scale = torch.zeros(2), pixels_per_metre(person)
    if understanding is None or scale is None:
        return hidden
    middle, hips = person.landmarks[HIPS, :2].mean(0)
    for side, (rows, found) in enumerate(zip(_HANDS, person.found_hands(), strict=True)):
        x, y, score = person.landmarks[rows].unbind(1)
        labels = labels_at(understanding, x, y)
        cloth = torch.isin(labels, torch.tensor(CLOTH, dtype=labels.dtype))
        covered = bool(cloth.any()) and bool((cloth | (labels == SKIN)).all())
        aside = float((x.mean() - middle).abs()) > _ASIDE_M * scale
        low = float(hips - y.mean()) < _POCKET_M * scale
        hidden[side] = covered and aside and low and not found and float(score.min()) > _SURE
    return hidden


def pocketed_rows(hidden: Tensor) -> Tensor:
    """(543,), bool: landmarks of hands in pockets (`hidden_hands`), which the detector but guesses; not the wrists."""
    rows = torch.zeros(LANDMARK_COUNT, dtype=torch.bool)
    for side, name in enumerate(SIDES):
        for finger in ("pinky", "index", "thumb"):
            rows[side_point(name, finger)] = bool(hidden[side])
    return rows


def _ring(vertices: Tensor, members: Tensor, level: float) -> Tensor:
    """(16,), int64: members around a level, the outermost in each direction."""
    away = (vertices[:, 1] - level).abs().masked_fill(~members, torch.inf)
    rows = away.argsort()[: max(int((away < _SLICE_M).sum()), _AROUND)]
    flat = vertices[rows][:, [0, 2]]
    flat = flat - (flat.amax(0) + flat.amin(0)) / 2
    angles = torch.arange(_AROUND) * (2 * torch.pi / _AROUND)
    aligned = normalize(flat, dim=1) @ torch.stack([angles.cos(), angles.sin()])
    reach = flat.norm(dim=1)[:, None] * (aligned > _ALIGNED) + aligned
    return rows[reach.argmax(0)]
