"""Loose trouser legs as open tubes: as wide as they were seen from the knee down, with a level hem all around.

The body's own surface is moved: that of the shin becomes the cloth, down to the hem, and what lies below stays a bare
ankle or a foot in its shoe, which come out beneath. Behind the knee the cloth falls straight.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import joint_transforms, subtree_weight
from bodydouble.clothing.fall import straighten
from bodydouble.clothing.footwear import FootFrame, Footwear, foot_frame, tilt
from bodydouble.clothing.heel import heel_offsets
from bodydouble.clothing.hem_step import facing_rings
from bodydouble.clothing.row_spans import line_at
from bodydouble.clothing.trousers import FIRST, LAST, STEPS, TrouserLegs
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.person.landmarks import SIDES
from bodydouble.values import BodyFit, RestBody

_FROM, _FULLY = 0.1, 0.4  # of the way from knee to ankle, over which a leg becomes a tube
_LOWEST_RING = 0.93  # of that way: what is nearer to the ankle is no cloth, which is drawn out instead
_MARGIN_M = 0.008  # of cloth outside the body
_DEEP, _DEEP_M = 0.5, 0.045  # half a tube's depth: a share of half its width and so much, no more than that width
_BOXY = 2.3  # exponent of a tube's section: 2 is an ellipse
_OFF_FLOOR_M = 0.012  # of a hem, at least
_HEEL_ROOM_M = 0.015  # around the heel in its shoe, within a hem that hangs as low
_SEAT_M = 0.12  # below the hip joint, where cloth begins to fall straight
_FRONT_FALL = 0.5  # share of the fall in front


@dataclass(frozen=True)
class _Shin:
    """A shin's own axes at rest."""

    knee: Tensor  # (3,), metres
    length: Tensor  # (), metres, down to the ankle joint
    down: Tensor  # (3,), unit
    across: Tensor  # (3,), unit: the photo's direction in which widths were measured
    deep: Tensor  # (3,), unit, forward

    def place(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """(N,) of the way down to the ankle, and N×2 metres across and forward, of N×3 points."""
        bare = points - self.knee
        return bare @ self.down / self.length, torch.stack([bare @ self.across, bare @ self.deep], 1)

    def point(self, along: Tensor, place: Tensor) -> Tensor:
        """The way back: N×3."""
        return self.knee + (along * self.length)[:, None] * self.down + place @ torch.stack([self.across, self.deep])


def open_trousers(
    vertices: Tensor, fit: BodyFit, rest: RestBody, legs: TrouserLegs, footwear: Footwear, body: BodyModel
) -> Tensor:
    """V×3: clothed body vertices at rest, whose shins are the tubes of trouser legs.

    Args:
        vertices: V×3, metres.
        fit: in whose pose the trousers were measured.
        rest: the bare body.
        footwear: tells how far heels tilt the feet at rest.
    """
    rotations = joint_transforms(rest, fit.pose)[0]
    standing = rest.vertices + heel_offsets(rest, body, footwear)
    for side in SIDES:
        sideways = rotations[body.roles[f"{side}_knee"]].T @ fit.camera.camera_from_world[0, :3]
        shin, frame = _shin(rest, sideways, body, side), foot_frame(rest, body, side)
        floor = shin.place(standing[frame.inside])[0].max() - _OFF_FLOOR_M / shin.length
        hem = min(legs.hem, float(floor))
        along = shin.place(rest.vertices)[0]
        cut = min(hem, _LOWEST_RING)
        cloth, below = _split_shin(rest, cut, along, body, side)
        heel = -float(shin.place(standing[frame.inside])[1][:, 1].min()) + _HEEL_ROOM_M
        tube = _tube(rest.vertices, shin, legs, (cut, hem), facing_rings(cloth, below, body.faces)[0], heel)
        if footwear.pitch:
            tube = _stand_on_heel(tube, rest.joints[body.roles[f"{side}_ankle"]], frame, footwear.pitch)
        blend = ((along - _FROM) / (_FULLY - _FROM)).clamp(0, 1)[:, None]
        vertices = torch.where(cloth[:, None], torch.lerp(vertices, tube, blend), vertices)
        if not footwear.covered:  # else it lies in a boot
            vertices = torch.where((below & (frame.weight < 0.7))[:, None], standing, vertices)
        lowest = float(shin.point(torch.tensor([hem]), torch.zeros(1, 2))[0, 1])
        vertices = _fall_straight(vertices, cloth, lowest, rest, body, side)
    return vertices


def split_trousers(rest: RestBody, legs: TrouserLegs, body: BodyModel) -> tuple[Tensor, Tensor]:
    """(V,), bool, each: the vertices of both shins that are the tubes of `open_trousers`, and those below."""
    across = torch.tensor([1.0, 0.0, 0.0])
    parts = []
    for side in SIDES:
        along = _shin(rest, across, body, side).place(rest.vertices)[0]
        parts.append(_split_shin(rest, min(legs.hem, _LOWEST_RING), along, body, side))
    cloth, below = (torch.stack(part).any(0) for part in zip(*parts, strict=True))
    return cloth, below


def _split_shin(rest: RestBody, cut: float, along: Tensor, body: BodyModel, side: str) -> tuple[Tensor, Tensor]:
    """(V,), bool, each: a shin above and below `cut`, a share of the way (V,) down it."""
    leg = subtree_weight(rest, body.roles[f"{side}_knee"]) > 0.5
    return leg & (along < cut), leg & (along >= cut)


def _shin(rest: RestBody, sideways: Tensor, body: BodyModel, side: str) -> _Shin:
    knee, ankle = (rest.joints[body.roles[f"{side}_{joint}"]] for joint in ("knee", "ankle"))
    down = functional.normalize(ankle - knee, dim=0)
    across = functional.normalize(sideways - (sideways @ down) * down, dim=0)
    deep = torch.linalg.cross(down, across)
    if deep[2] < 0:  # seen from behind
        across, deep = -across, -deep
    return _Shin(knee, (ankle - knee).norm(), down, across, deep)


def _tube(
    points: Tensor, shin: _Shin, legs: TrouserLegs, ends: tuple[float, float], hem: Tensor, heel: float
) -> Tensor:
    """V×3: points of the bare body carried out to the tube, and down.

    Args:
        ends: of the way down, where the leg's surface is cut off, and to where it is drawn out.
        hem: (V,), bool, the last ring.
        heel: metres from the shin's line to the shoe's end behind.
    """
    along, place = shin.place(points)
    cut, end = ends
    drawn_out = _FULLY + (along - _FULLY) * (end - _FULLY) / (cut - _FULLY)
    to = torch.where(hem, end, torch.where(along > _FULLY, drawn_out, along))
    reach = place.norm(dim=1).clamp_min(1e-4)
    direction = place / reach[:, None]
    half = line_at(legs.half, (to - FIRST) / (LAST - FIRST) * (STEPS - 1))
    depth = torch.minimum(half, _DEEP * half + _DEEP_M)
    behind = torch.maximum(depth, heel * ((to - _FULLY) / (1 - _FULLY)).clamp(0, 1)) if end > 1 else depth
    depth = torch.where(direction[:, 1] < 0, behind, depth)
    radius = ((direction[:, 0].abs() / half) ** _BOXY + (direction[:, 1].abs() / depth) ** _BOXY) ** (-1 / _BOXY)
    return shin.point(to, torch.maximum(radius, reach + _MARGIN_M)[:, None] * direction)


def _stand_on_heel(points: Tensor, ankle: Tensor, frame: FootFrame, pitch: float) -> Tensor:
    """V×3: points tilted by as much as the foot moves each of them, which the ankle, turned back, undoes."""
    turned = (points - ankle) @ tilt(frame, pitch).T + ankle
    return torch.lerp(points, turned, frame.weight[:, None])


def _fall_straight(vertices: Tensor, shin: Tensor, hem: float, rest: RestBody, body: BodyModel, side: str) -> Tensor:
    """V×3: vertices whose leg falls straight from the seat to its hem, (metres), and in front likewise.

    Args:
        shin: (V,), bool, the vertices of its lower part.
    """
    from_hip, from_knee = (subtree_weight(rest, body.roles[f"{side}_{joint}"]) > 0.5 for joint in ("hip", "knee"))
    leg = from_hip & (shin | ~from_knee)
    seat = float(rest.joints[body.roles[f"{side}_hip"], 1]) - _SEAT_M
    normals = vertex_normals(vertices, body.faces)
    moved = vertices.clone()
    for forward, factor in ((-1, 1.0), (1, _FRONT_FALL)):
        facing = (forward * normals[:, 2]).clamp(0, 1) * leg
        fill = straighten(vertices, facing > 0.1, forward, (hem, seat))
        moved[:, 2] += forward * factor * fill * facing.sqrt()
    return moved
