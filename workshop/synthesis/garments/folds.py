"""Folds of cloth as geometry: around bent joints, down what hangs free, and where cloth is pulled or pushed together.

Cloth is displaced outwards only, along its normals, so that it never sinks into what it covers; normals and light
follow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from bodydouble.body.skinning import joint_transforms
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.values import Pose, RestBody
from workshop.synthesis.garments.wardrobe import Garment

COARSE_M = 0.014  # cloth with longer edges, on average, is divided before it is folded
_CHAINS = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"), ("spine_2", "hip", "knee"))
_RING_M = 0.055  # from one fold at a bent joint to the next
_REACH_M = 0.11  # from the joint, folds are there
_AT_JOINT_M = 0.028  # depth of folds where a joint is bent by a right angle
_HANGING_M = 0.024  # depth of folds down cloth that stands far off the skin
_LOOSE_M = (0.025, 0.1)  # cloth nearer to the skin does not hang in folds; cloth farther does entirely
_PULLED_M = 0.013  # depth of slanting folds on all cloth
_WAVES = 5  # of them, added up


@dataclass(frozen=True, kw_only=True)
class Folds:
    """How one person's clothes fold; layers over each other fold alike."""

    depth: float  # of all folds, 1 is usual
    phases: tuple[float, ...]  # radians, `_WAVES` + 8 of them
    around: int  # how many folds there are around a skirt


def sample_folds(rng: np.random.Generator) -> Folds:
    """Random folds."""
    return Folds(
        depth=float(rng.uniform(0.4, 1.3)),
        phases=tuple(float(p) for p in rng.uniform(0, 2 * math.pi, _WAVES + 8)),
        around=int(rng.integers(7, 15)),
    )


def refine(garment: Garment, hung: RestBody, visible: Tensor) -> tuple[Garment, RestBody, Tensor, Tensor]:
    """Cloth with a vertex in the middle of each edge: garment, geometry, faces kept, and the edges' ends (M×2)."""
    edges = torch.cat([garment.faces[:, [0, 1]], garment.faces[:, [1, 2]], garment.faces[:, [2, 0]]]).sort(1).values
    pairs, number = edges.unique(dim=0, return_inverse=True)
    uv_edges = torch.cat([garment.uv_faces[:, [n, (n + 1) % 3]] for n in range(3)])

    def middle(rows: Tensor) -> Tensor:
        return torch.cat([rows, (rows[pairs[:, 0]] + rows[pairs[:, 1]]) / 2])

    finer = replace(
        garment,
        faces=_quarter(garment.faces, number.view(3, -1) + len(hung.vertices)),
        uv=torch.cat([garment.uv, garment.uv[uv_edges].mean(1)]),
        uv_faces=_quarter(
            garment.uv_faces, torch.arange(len(uv_edges), device=pairs.device).view(3, -1) + len(garment.uv)
        ),
    )
    body = replace(
        hung,
        vertices=middle(hung.vertices),
        skin_weights=middle(hung.skin_weights),
        expressions=middle(hung.expressions.transpose(0, 1)).transpose(0, 1),
    )
    return finer, body, visible.repeat(4), pairs


def _quarter(faces: Tensor, middles: Tensor) -> Tensor:
    """4F×3: each face (F×3) as four; `middles` (3×F) are the rows of the middles of its edges 01, 12 and 20."""
    (a, b, c), (ab, bc, ca) = faces.T, middles
    parts = ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))
    return torch.cat([torch.stack(part, 1) for part in parts])


def edge_length(garment: Garment, hung: RestBody) -> float:
    """Mean length of the garment's edges, metres."""
    corners = hung.vertices[garment.faces]
    return float((corners - corners.roll(1, 1)).norm(dim=2).mean())


def fold_cloth(
    points: Tensor,
    faces: Tensor,
    hung: RestBody,
    stand_off: Tensor,
    folds: Folds,
    roles: Mapping[str, int],
    pose: Pose | None = None,
) -> Tensor:
    """Posed cloth (V×3) with folds.

    Args:
        hung: the cloth at rest.
        stand_off: (V,), metres it is away from the skin at rest.
        roles: the joint of each role.
        pose: which joints are bent; by default none is.
    """
    normals = vertex_normals(points, faces)
    loose = ((stand_off - _LOOSE_M[0]) / (_LOOSE_M[1] - _LOOSE_M[0])).clamp(0, 1)
    depth = _pulled(hung.vertices, folds) + _hanging(hung.vertices, loose, folds)
    if pose is not None:
        depth = depth + _at_joints(points, normals, hung, pose, roles, folds)
    return points + (folds.depth * depth)[:, None] * normals


def _wave(phase: Tensor) -> Tensor:
    """[0, 1], with ridges narrower than the valleys between them."""
    return (0.5 + 0.5 * phase.sin()) ** 1.5


def _pulled(rest: Tensor, folds: Folds) -> Tensor:
    """(V,) metres: slanting folds, longer than wide, here deeper and there none."""
    x, y, z = rest.unbind(1)
    total = torch.zeros_like(x)
    for number, phase in enumerate(folds.phases[:_WAVES]):
        across = 2 * math.pi / (0.075 + 0.016 * number) * (1 if number % 2 else -1)
        down = 2 * math.pi / (0.13 + 0.08 * (phase % 1))
        total = total + _wave(across * (x + 0.6 * z) + down * y + phase)
    patches = 0.5 + 0.5 * (9 * x + 13 * y + 7 * z + folds.phases[_WAVES]).sin()
    return _PULLED_M * (total / _WAVES * 2) * (0.3 + 0.7 * patches)


def _hanging(rest: Tensor, loose: Tensor, folds: Folds) -> Tensor:
    """(V,) metres: folds down along gravity where cloth hangs free."""
    turn = torch.atan2(rest[:, 0], rest[:, 2])
    first, second, third = folds.phases[_WAVES + 1 : _WAVES + 4]
    swing = 0.5 * (3 * turn + second).sin() + 0.4 * (2 * math.pi * rest[:, 1] / 0.7 + third).sin()
    uneven = 0.6 + 0.4 * (2 * turn + third).sin()
    return _HANGING_M * loose * uneven * _wave(folds.around * turn + swing + first)


def _at_joints(
    points: Tensor, normals: Tensor, hung: RestBody, pose: Pose, roles: Mapping[str, int], folds: Folds
) -> Tensor:
    """(V,) metres: rings around bent elbows, knees and hips, deepest on the inner side."""
    _, posed = joint_transforms(hung, pose)
    depth = points.new_zeros(len(points))
    for number, chain in enumerate((side, *c) for c in _CHAINS for side in ("left", "right")):
        side, *names = chain
        above, joint, below = (roles[name if name.startswith("spine") else f"{side}_{name}"] for name in names)
        bend = _angle(posed, above, joint, below) - _angle(hung.joints, above, joint, below)
        strength = float((bend.abs() - 0.15).clamp(0, 1.6)) / (math.pi / 2)
        if strength == 0:
            continue
        along = torch.nn.functional.normalize(hung.joints[below] - hung.joints[above], dim=0)
        place = (hung.vertices - hung.joints[joint]) @ along
        near = (-((place / _REACH_M) ** 2)).exp()
        off = hung.vertices - hung.joints[joint] - place[:, None] * along
        near = near * (-((off.norm(dim=1) / 0.16) ** 4)).exp()
        inner = torch.nn.functional.normalize(posed[below] - 2 * posed[joint] + posed[above], dim=0)
        inside = 0.35 + 0.65 * (normals @ inner).clamp(0, 1)
        slant = 1.3 * (normals @ inner)
        phase = folds.phases[_WAVES + 4 + number % 4]
        depth = depth + _AT_JOINT_M * strength * near * inside * _wave(2 * math.pi * place / _RING_M + slant + phase)
    return depth


def _angle(joints: Tensor, above: int, joint: int, below: int) -> Tensor:
    """Radians between the directions of two bones that meet; 0 is straight."""
    first, second = joints[joint] - joints[above], joints[below] - joints[joint]
    return torch.acos((first @ second / (first.norm() * second.norm())).clamp(-1, 1))
