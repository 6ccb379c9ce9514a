"""Hands against the body: they do not sink into it, and those that cloth hides lie on it, in a pocket.

One photo hardly tells how far a hand is before the belly. (That all hands near the body rest on it is not so: on twelve
drawn test people, who hold their arms anyhow, a pull on all of them cost 5 mm.)
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body import BodyModel
from bodydouble.body.skinning import arm_weight, subtree_weight
from bodydouble.parsing.at_photo import labels_at
from bodydouble.parsing.labels import CLOTH
from bodydouble.person.landmarks import WRISTS, BodyPoint
from bodydouble.values import LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS, Person, RestBody, Understanding

_AROUND = 16  # points of a ring
_SLICE_M = 0.015  # vertices so near to a ring's height belong to it
_TRUNK_RINGS = 8  # from the hips to just below the armpits
_THIGH_RINGS = (0.2, 0.4, 0.6, 0.8)  # shares of the way from hip to knee
_MOVED = 0.5  # share of a vertex that a limb moves, from which it is the limb's
# Metres from the skin to the landmarks inside wrist and palm: half as thick as they are, and at most so when resting.
_HALF_WRIST = 0.028
_HALF_PALM = 0.018
_RESTING = 0.045
_SINK_M = 0.02  # too deep by as much costs 1
_NEAR_M = 0.08  # a hidden hand so far beyond the resting distance costs as much as one that is sunk


_INDICES = [BodyPoint.LEFT_INDEX, BodyPoint.RIGHT_INDEX]
_SURE = 0.3  # score of a hand's points from which they have a place at all
_PINKIES = [BodyPoint.LEFT_PINKY, BodyPoint.RIGHT_PINKY]
_HANDS = [list(pair) for pair in zip(_INDICES, _PINKIES, strict=True)]


@dataclass(frozen=True, kw_only=True)
class BodyRings:
    """Rings of points around trunk and thighs: a coarse skin, cheap to ask for distances."""

    vertices: Tensor  # R×16, int64, of the mesh: from the body's left around its front, right and back

    def distances(self, points: Tensor, skin: Tensor, ahead: Tensor) -> Tensor:
        """(N,), metres, from points N×3 to the nearest place of a posed body; below 0 inside.

        Args:
            skin: R×16×3, where the rings' vertices are.
            ahead: (N,), bool: only the body's sides and front are looked at.
        """
        outward = normalize(skin - skin.mean(1, keepdim=True), dim=-1).flatten(0, 1)
        behind = (torch.arange(_AROUND) > _AROUND // 2).repeat(len(skin))
        skin = skin.flatten(0, 1)
        apart = torch.cdist(points.detach(), skin.detach())
        nearest = apart.masked_fill(ahead[:, None] & behind, torch.inf).argmin(1)
        return ((points - skin[nearest]) * outward[nearest]).sum(-1)


def body_rings(rest: RestBody, body: BodyModel) -> BodyRings:
    """The rings of a body at rest."""
    place = {role: rest.joints[body.roles[role]].detach() for role in ("left_hip", "left_knee", "left_shoulder")}
    hip, knee, shoulder = (float(place[role][1]) for role in ("left_hip", "left_knee", "left_shoulder"))
    trunk = (arm_weight(rest, body) < 1 - _MOVED) & (rest.vertices[:, 1] < shoulder)
    legs = [subtree_weight(rest, body.roles[f"{side}_hip"]) > _MOVED for side in ("left", "right")]
    rings = [
        _ring(rest.vertices, trunk, height) for height in torch.linspace(hip, shoulder - 0.08, _TRUNK_RINGS).tolist()
    ]
    rings += [_ring(rest.vertices, leg, hip + share * (knee - hip)) for leg in legs for share in _THIGH_RINGS]
    return BodyRings(vertices=torch.stack(rings))


def hand_contact(points: Tensor, rings: BodyRings, skin: Tensor, hidden: Tensor) -> Tensor:
    """What it costs that hands are inside the body, or in a pocket and not on it; 0 where all is well.

    Args:
        points: 543×3, metres, the body's landmarks.
        skin: R×16×3, metres, where the rings' vertices are.
        hidden: (2,) in [0, 1], left and right: how sure it is that the hand is in a pocket, and so touches,
            and not the back.
    """
    palms = (points[_INDICES] + points[_PINKIES]) / 2
    distances = rings.distances(torch.cat([points[WRISTS], palms]), skin, hidden.repeat(2) > 0)
    thickness = distances.new_tensor([_HALF_WRIST, _HALF_WRIST, _HALF_PALM, _HALF_PALM])
    sunk = ((thickness - distances).relu() / _SINK_M).square()
    gap = (distances - _RESTING).relu()
    return (sunk + hidden.repeat(2) * gap / _NEAR_M).sum()


def hidden_hands(person: Person, understanding: Understanding | None) -> Tensor:
    """(2,) in {0, 1}, left and right: 1 where the photo shows cloth in a hand's place, and the detector no hand."""
    hidden = torch.zeros(2)
    if understanding is None:
        return hidden
    for side, (rows, hand) in enumerate(zip(_HANDS, (LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS), strict=True)):
        x, y, score = person.landmarks[rows].unbind(1)
        labels = labels_at(understanding, x, y)
        covered = torch.isin(labels, torch.tensor(CLOTH, dtype=labels.dtype))
        if float(person.landmarks[hand, 2].max()) == 0 and bool(covered.all()) and float(score.min()) > _SURE:
            hidden[side] = 1
    return hidden


def _ring(vertices: Tensor, members: Tensor, height: float) -> Tensor:
    """(16,), int64: members around a level, one for each direction: the outermost there."""
    rows = (members & ((vertices[:, 1] - height).abs() < _SLICE_M)).nonzero()[:, 0]
    flat = vertices[rows][:, [0, 2]]
    flat = flat - (flat.amax(0) + flat.amin(0)) / 2
    angles = torch.arange(_AROUND) * (2 * torch.pi / _AROUND)
    directions = torch.stack([angles.cos(), angles.sin()], 1)
    aligned = normalize(flat, dim=1) @ directions.T
    reach = flat.norm(dim=1)[:, None] * (aligned > 0.92) + aligned
    return rows[reach.argmax(0)]
