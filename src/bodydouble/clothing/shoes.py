"""Shoes as offsets of the feet: a toe box, a flat sole with an edge, and heels, in the rest pose.

foot -> convex over the toes -> edge of the sole drawn out to the footprint -> flat bottom -> tilted, on a heel

Sandals leave the toes as they are and have the sole alone.
"""

from __future__ import annotations

import torch
from scipy.spatial import ConvexHull
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.clothing.footwear import FootFrame, Footwear, foot_frame, tilt
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.values import RestBody

_UPPER_M = 0.005  # thickness of leather or cloth
_SOLE_M, _HEELED_SOLE_M = 0.005, 0.003  # how far the sole goes on below the fitted foot, without and with a heel
_WALL_M = 0.02  # of the bare foot's height: what lies below becomes the sole's edge
_WELT_M = 0.003  # how far the sole's edge stands out beyond the footprint
_TOE_ROOM_M = 0.008  # how far a shoe goes on in front of the toes
_TOE_RISE = 0.35  # how much higher a toe box is than the toes' tip
_CLEFT = 0.04  # of the depth between toes stays: what lay behind still does, and no two faces fight for one pixel
_TOE_SPRING_M = 0.006  # how far a sole rises towards its tip
_FORE = 0.45  # of the foot's length: from here on toes become a toe box
_BALL = 0.68  # of the foot's length: here a heeled shoe bends
_HEEL = 0.3  # of the foot's length: so far a heel reaches
_HEEL_TAPER = 0.55  # width of a heel's tip, of the foot's heel
_EDGE_M = 0.03  # from the footprint's edge inwards, bottom vertices are drawn out with it, less and less


def shoe_offsets(rest: RestBody, body: BodyModel, side: str, footwear: Footwear) -> Tensor:
    """Offsets (V×3), metres, that make a shoe of the "left" or "right" foot; 0 beyond it and for bare feet."""
    if not footwear.shod:
        return torch.zeros_like(rest.vertices)
    frame = foot_frame(rest, body, side)
    shoe, normals = rest.vertices.clone(), vertex_normals(rest.vertices, body.faces)
    if footwear.closed:
        shoe, normals = _with_toe_box(shoe, normals, frame)
    down = (normals[:, 1] < -0.5) & (rest.vertices[:, 1] < 2 * _WALL_M)  # the bottom, the arch with it
    thickness = _HEELED_SOLE_M if footwear.pitch else _SOLE_M
    shoe = _with_sole(shoe, down, frame, thickness, footwear.closed)
    if footwear.pitch:
        shoe = _with_heel(shoe, down, frame, rest, rest.joints[body.roles[f"{side}_ankle"]], footwear.pitch)
    return frame.weight[:, None] * (shoe - rest.vertices)


def _with_toe_box(points: Tensor, normals: Tensor, frame: FootFrame) -> tuple[Tensor, Tensor]:
    """Points and normals (V×3) of an upper around a foot's: its forefoot is convex, drawn out in front and upwards."""
    ratio = frame.along / frame.length
    solid, fore = frame.inside & (ratio > _FORE - 0.1), frame.inside & (ratio > _FORE)
    centre = points[solid & (ratio < _FORE + 0.15)].mean(0)
    hull, outward = _cast_to_hull(points[fore] - centre, points[solid] - centre, _UPPER_M)
    blend = ((ratio[fore] - _FORE) / 0.1).clamp(0, 1)[:, None]
    boxed, facing = points + _UPPER_M * normals, normals.clone()
    boxed[fore] = torch.lerp(boxed[fore], hull + centre, blend)
    facing[fore] = outward
    ahead = ((ratio - _BALL) / (1 - _BALL)).clamp(0, 1) * frame.inside
    boxed[:, [0, 2]] += _TOE_ROOM_M * ahead[:, None] * frame.forward
    boxed[:, 1] *= 1 + _TOE_RISE * ahead
    return boxed, facing


def _cast_to_hull(points: Tensor, around: Tensor, thickness: float) -> tuple[Tensor, Tensor]:
    """Where rays from the origin through N×3 points leave the convex hull of M×3 others, and its normals there.

    Neighbours stay neighbours, which the nearest points of the hull would not: toes have sides that face each other.

    Args:
        thickness: metres by which the hull is grown.
    """
    planes = torch.from_numpy(ConvexHull(around.double().numpy()).equations).float()
    nearness, number = (points @ planes[:, :3].T / (thickness - planes[:, 3])).max(1)
    reach = (1 - _CLEFT * (1 - nearness)) / nearness.clamp_min(0.2)
    return points * reach[:, None], planes[number, :3]


def _with_sole(points: Tensor, down: Tensor, frame: FootFrame, thickness: float, closed: bool) -> Tensor:
    """Points (V×3) with a flat bottom `thickness` below the foot, and an upright edge along the footprint."""
    low = frame.inside & (down | (points[:, 1] < _WALL_M))
    ground = points[low][:, [0, 2]]
    outward, gap = _to_outline(ground)
    pull = torch.where(down[low], (1 - gap / _EDGE_M).clamp(0, 1), 1.0)
    height = points[low, 1]
    depth = (1 - height / _WALL_M).clamp(0, 1)  # of the edge's height, from its upper end down
    step = torch.where(depth > 0, 1.0, 0.0) if closed else depth.sqrt()
    moved = points.clone()
    moved[low, 0] = ground[:, 0] + outward[:, 0] * (gap + _WELT_M) * pull * step
    moved[low, 2] = ground[:, 1] + outward[:, 1] * (gap + _WELT_M) * pull * step
    spring = _TOE_SPRING_M * ((frame.along / frame.length - _BALL) / (1 - _BALL)).clamp(0, 1).square()
    moved[low, 1] = torch.where(down[low], -thickness, height - thickness * depth) + spring[low]
    return moved


def _to_outline(ground: Tensor) -> tuple[Tensor, Tensor]:
    """Unit directions (N×2) and metres (N,) from each of N×2 points to the nearest side of their convex hull."""
    planes = torch.from_numpy(ConvexHull(ground.double().numpy()).equations).float()
    most, number = (ground @ planes[:, :2].T + planes[:, 2]).max(1)
    return planes[number, :2], -most


def _with_heel(points: Tensor, down: Tensor, frame: FootFrame, rest: RestBody, ankle: Tensor, pitch: float) -> Tensor:
    """Points (V×3) of a flat shoe tilted about the ankle by `pitch` radians, flat again before the ball, on a heel."""
    turn = tilt(frame, pitch)
    tilted = (points - ankle) @ turn.T + ankle
    middle = rest.vertices[frame.inside].mean(0)
    ball = torch.tensor([0.0, float(points[frame.inside, 1].min()), 0.0])
    ball[[0, 2]] = middle[[0, 2]] + (_BALL * frame.length - frame.along[frame.inside].mean()) * frame.forward
    flat = points + (turn @ (ball - ankle) + ankle - ball)
    before = ((frame.along / frame.length - _BALL) / 0.12 + 0.5).clamp(0, 1)[:, None]
    bent = torch.lerp(tilted, flat, before)
    floor = float(flat[frame.inside, 1].min())
    descent = torch.where(down, 1.0, (1 - points[:, 1] / _WALL_M).clamp(0, 1))  # of the way down to the heel's tip
    descent = descent * ((_HEEL - frame.along / frame.length) / 0.05 + 1).clamp(0, 1) * frame.inside
    heel = descent > 0
    centre = bent[heel][:, [0, 2]].mean(0)
    narrow = centre + _HEEL_TAPER * (bent[:, [0, 2]] - centre)
    bent[:, [0, 2]] = torch.lerp(bent[:, [0, 2]], narrow, descent[:, None])
    bent[:, 1] = torch.lerp(bent[:, 1], torch.full_like(bent[:, 1], floor), descent)
    return bent
