"""How far elbows and wrists are before the picture or behind it: the most natural arm of those that look as seen.

A bone that looks short points towards the camera or away from it, and the picture does not say which. The detector has
both bones of a bent arm reach forward, and hands in pockets or at the belt then stand before the body. In truth elbows
go back about as far as forearms come forward, and hands stay near the trunk.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity, normalize

from bodydouble.body import BodyModel
from bodydouble.fitting.depth_bias import facing
from bodydouble.fitting.initial_pose import world_axes
from bodydouble.parsing.windows import pixels_per_metre
from bodydouble.person.landmarks import HIPS, KNEES, SHOULDERS, SIDES, side_point
from bodydouble.values import BODY_LANDMARKS, Person

_BONES = ("shoulder", "elbow", "wrist")
_HAND = ("pinky", "index", "thumb")
_GUESSED = 0.25  # score of elbow or wrist below which it is hidden (`hidden_arms`), its place in the picture a guess
# Metres from shoulder to elbow and on to the wrist of somebody as tall as the detector takes all to be, as they look
# on street photographs where arms hang. Of both arms the bone that looks longest tells how long all are.
_LENGTHS_M = (0.262, 0.232)
_SHORTEST, _LONGEST = 0.9, 1.15
_ALIKE = 0.94  # cosine, 20 degrees: arms that the detector has so nearly stay, as those that hang do
_STEPS = 33  # depths that are tried of each bone, from pointing away from the camera to pointing at it
# One sigma each, metres. On twelve drawn test people upper arms are off by 10 degrees with them (8 without), forearms
# by 11 (14). Upper arms are worst on those who reach out, as few do in street photographs; believed less, all get
# worse.
_LENGTH_M = 0.04  # a bone's length
_DETECTED_M = (0.07, 0.13)  # the detector's depth from shoulder to elbow, and from there to the wrist
_AWAY_M = 0.06  # a wrist's distance from the trunk's skin, beyond where hands rest
_SUNK_M = 0.03  # a wrist's depth in the trunk
_RESTING_M = (0.03, 0.05)  # between trunk and the middle of a wrist that rests on it
_TRUNK_M = (0.15, 0.11)  # half of a trunk's width and depth
_BELOW = 0.3  # of the trunk's length, how far it goes on below the hips
_UPRIGHT = 0.7  # cosine to the vertical from which a thigh is one of somebody who stands
_STRAIGHT = 0.1  # sine, one sigma, of the angle by which the elbow of a hanging arm bends backwards


@dataclass(frozen=True, kw_only=True)
class _Trunk:
    """A straight cylinder from below the hips to the shoulders, with an ellipse across."""

    hips: Tensor  # (3,), metres, their middle
    axis: Tensor  # (3,), from there to between the shoulders
    left: Tensor  # (3,), unit, level
    ahead: Tensor  # (3,), likewise

    def distances(self, points: Tensor) -> Tensor:
        """Metres from its skin, below 0 inside, of points ...×3."""
        share = ((points - self.hips) @ self.axis / self.axis.square().sum()).clamp(-_BELOW, 1)
        offsets = points - self.hips - share[..., None] * self.axis
        flat = torch.stack([offsets @ self.left, offsets @ self.ahead], -1)
        reach = (flat / flat.new_tensor(_TRUNK_M)).norm(dim=-1).clamp_min(1e-3)
        return flat.norm(dim=-1) * (1 - 1 / reach)


def choose_arm_depths(person: Person) -> Person:
    """The person with elbows, wrists and hands as deep as is most natural; pixels stay. Who sits stays, too."""
    metres, scale = world_axes(person.landmarks_world), pixels_per_metre(person)
    body = metres[BODY_LANDMARKS]
    if scale is None or not bool(body.isfinite().all()) or _sits(body):
        return person
    ahead, hips = facing(body), body[HIPS].mean(0)
    left = torch.linalg.cross(torch.tensor([0.0, 1.0, 0.0]), ahead)
    trunk = _Trunk(hips=hips, axis=body[SHOULDERS].mean(0) - hips, left=left, ahead=ahead)
    flat, chosen = person.landmarks[BODY_LANDMARKS, :2] / scale * torch.tensor([1.0, -1.0]), body.clone()
    arms = [[side_point(side, part) for part in _BONES] for side in SIDES]
    seen = torch.stack([flat[rows].diff(dim=0) for rows in arms])
    nominal = torch.tensor(_LENGTHS_M)
    known = torch.stack([person.landmarks[rows, 2].min() for rows in arms]) >= _GUESSED
    ratios = torch.where(known[:, None], seen.norm(dim=-1) / nominal, 0.0)  # where an arm is guessed tells no length
    lengths = nominal * ratios.max().clamp(_SHORTEST, _LONGEST)
    for side, rows, bones, is_known in zip(SIDES, arms, seen, known.tolist(), strict=True):
        if is_known:
            arm = _choose_bones(bones, body[rows], lengths, trunk)
            if float(cosine_similarity(arm, body[rows].diff(dim=0), dim=1).min()) > _ALIKE:
                continue
            chosen[rows[1:]] = body[rows[0]] + arm.cumsum(0)
            hand = [side_point(side, part) for part in _HAND]
            chosen[hand] += chosen[rows[2]] - body[rows[2]]
    metres[BODY_LANDMARKS] = chosen
    return replace(person, landmarks_world=world_axes(metres))


def moved_joints(before: Person, after: Person, body: BodyModel) -> Tensor:
    """(J,), bool: shoulders, elbows and wrists of arms that `choose_arm_depths` has moved."""
    joints = torch.zeros(len(body.joint_names), dtype=torch.bool)
    for side in SIDES:
        wrist = side_point(side, "wrist")
        there, now = (person.landmarks_world[wrist].nan_to_num() for person in (before, after))
        if not torch.equal(there, now):
            joints[[body.roles[f"{side}_{part}"] for part in _BONES]] = True
    return joints


def _sits(body: Tensor) -> bool:
    """Of 33×3 points, world axes: hands may lie on thighs, far before the trunk."""
    thighs = normalize(body[KNEES] - body[HIPS], dim=1)
    return bool((thighs[:, 1] > -_UPRIGHT).all())


def _choose_bones(seen: Tensor, detected: Tensor, lengths: Tensor, trunk: _Trunk) -> Tensor:
    """2×3, metres, world axes: upper arm and forearm.

    Args:
        seen: 2×2, the same as the picture shows them, x right and y up.
        detected: 3×3, where the detector has shoulder, elbow and wrist.
        lengths: (2,), how long they are.
    """
    before = detected.diff(dim=0)
    guess = before[:, 2] * lengths / before.norm(dim=1).clamp_min(1e-6)
    depths = torch.linspace(-1, 1, _STEPS) * lengths[:, None]
    tried = torch.cat([seen[:, None].expand(2, _STEPS, 2), depths[..., None]], -1)
    length = tried.norm(dim=-1).clamp_min(1e-6)  # one whose ends are seen in one place may have none
    deviation = seen.new_tensor(_DETECTED_M)[:, None]
    alone = ((length - lengths[:, None]) / _LENGTH_M).square() + ((depths - guess[:, None]) / deviation).square()
    pitch = tried @ trunk.ahead / length
    hanging = (-tried[0, :, 1] / length[0]).clamp(0, 1)
    backwards = (pitch[0][:, None] - pitch[1]).relu() / _STRAIGHT
    distance = trunk.distances(detected[0] + tried[0][:, None] + tried[1])
    nearest, farthest = _RESTING_M
    resting = ((distance - farthest).relu() / _AWAY_M).square() + ((nearest - distance).relu() / _SUNK_M).square()
    cost = alone[0][:, None] + alone[1] + hanging[:, None] * backwards.square() + resting
    first, second = divmod(int(cost.argmin()), _STEPS)
    return normalize(torch.stack([tried[0, first], tried[1, second]]), dim=1) * lengths[:, None]
