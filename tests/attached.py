"""Surfaces that hang off Anny's body, made for tests: a tube skirt that swings, and a hair cap with a soft edge."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.values import Chains, Colliders, RestBody, Surface, SurfaceKind, Texture, UvLayout

_AROUND, _RINGS = 24, 10  # vertices of the skirt's mesh around and down
_CHAIN = 3  # joints of each of its two chains


def tube_skirt(body: BodyModel, rest: RestBody) -> Surface:
    """A flaring tube from the hips to the knees: one chain in front and one behind, of three joints each."""
    pelvis, knee = rest.joints[body.roles["pelvis"]], rest.joints[body.roles["left_knee"]]
    down = torch.linspace(0, 1, _RINGS)[:, None].expand(_RINGS, _AROUND)
    angle = (2 * math.pi * torch.arange(_AROUND) / _AROUND).expand(_RINGS, _AROUND)
    radius = 0.17 + 0.16 * down
    top, bottom = float(pelvis[1]) + 0.03, float(knee[1])
    vertices = torch.stack(
        [radius * angle.sin(), top + (bottom - top) * down, 0.85 * radius * angle.cos() + float(pelvis[2])], -1
    ).reshape(-1, 3)
    levels = torch.tensor([0.05, 0.4, 1.0])
    height = top + (bottom - top) * levels
    reach = 0.85 * (0.17 + 0.16 * levels)
    front = torch.stack([torch.zeros(3), height, float(pelvis[2]) + reach], 1)
    joints = len(rest.parents)
    root = body.roles["pelvis"]
    parents = torch.tensor([root, joints, joints + 1, root, joints + 3, joints + 4])
    chains = Chains(
        names=tuple(f"skirt_{side}_{number}" for side in ("front", "back") for number in range(_CHAIN)),
        parents=parents,
        positions=torch.cat([front, front * torch.tensor([1.0, 1, -1]) + torch.tensor([0, 0, 2 * float(pelvis[2])])]),
        stiffness=torch.full((6,), 0.4),
        gravity=torch.full((6,), 0.3),
        drag=torch.full((6,), 0.5),
        radius=torch.full((6,), 0.02),
    )
    image = torch.stack([0.7 * torch.ones(64, 64), 0.15 + 0.1 * (torch.arange(64) // 8 % 2).expand(64, 64)])
    texture = Texture(rgb=torch.stack([image[0], image[1], 0.3 * image[0]]), confidence=torch.zeros(64, 64))
    return Surface(
        name="skirt",
        kind=SurfaceKind.SKIRT,
        vertices=vertices,
        faces=_grid_faces(_RINGS, _AROUND),
        layout=_grid_layout(_RINGS, _AROUND),
        texture=texture,
        skin_weights=_skirt_weights(down, angle, joints, root),
        chains=chains,
        colliders=_leg_capsules(body, rest),
    )


def hair_cap(body: BodyModel, rest: RestBody) -> Surface:
    """A bowl over the head, bound to it, whose lower edge fades out in strands."""
    head = rest.joints[body.roles["head"]]
    rings, around = 8, 32
    down = torch.linspace(0.02, 0.62, rings)[:, None].expand(rings, around) * math.pi
    angle = (2 * math.pi * torch.arange(around) / around).expand(rings, around)
    middle = torch.tensor([0.0, float(rest.vertices[:, 1].max()) - 0.12, float(head[2]) + 0.02])
    bowl = torch.stack([down.sin() * angle.sin() * 0.1, down.cos() * 0.14, down.sin() * angle.cos() * 0.12], -1)
    vertices = (bowl + middle).reshape(-1, 3)
    weights = torch.zeros(len(vertices), len(rest.parents))
    weights[:, body.roles["head"]] = 1
    row, column = torch.meshgrid(torch.arange(128) / 128, torch.arange(128.0), indexing="ij")
    alpha = ((1.05 - row) * 4 - 1.5 * (column % 4 == 0)).clamp(0, 1)
    rgb = torch.tensor([0.25, 0.14, 0.08])[:, None, None] * (0.7 + 0.3 * (column % 8 < 4))
    return Surface(
        name="hair",
        kind=SurfaceKind.HAIR,
        vertices=vertices,
        faces=_grid_faces(rings, around),
        layout=_grid_layout(rings, around),
        texture=Texture(rgb=rgb, confidence=torch.zeros(128, 128), alpha=alpha),
        skin_weights=weights,
    )


def _grid_faces(rings: int, around: int) -> Tensor:
    """Triangles of a tube of rings × around vertices."""
    first = (torch.arange(rings - 1)[:, None] * around + torch.arange(around)).reshape(-1)
    beside = (torch.arange(rings - 1)[:, None] * around + (torch.arange(around) + 1) % around).reshape(-1)
    quads = torch.stack([first, first + around, beside + around, beside], 1)
    return torch.cat([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def _grid_layout(rings: int, around: int) -> UvLayout:
    """The tube cut open behind, filling the square."""
    v, u = torch.meshgrid(torch.linspace(0, 1, rings), torch.linspace(0, 1, around + 1), indexing="ij")
    wide = around + 1
    first = (torch.arange(rings - 1)[:, None] * wide + torch.arange(around)).reshape(-1)
    quads = torch.stack([first, first + wide, first + wide + 1, first + 1], 1)
    faces = torch.cat([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return UvLayout(uv=torch.stack([u, v], -1).reshape(-1, 2), faces=faces, mirrored=False)


def _skirt_weights(down: Tensor, angle: Tensor, joints: int, root: int) -> Tensor:
    """V×(J + 6): from the pelvis to the chains' upper two joints, front and back sharing the sides."""
    weights = torch.zeros(down.numel(), joints + 2 * _CHAIN)
    along, front = down.reshape(-1), ((angle.cos() + 1) / 2).reshape(-1)
    upper = (along / 0.4).clamp(0, 1)
    lower = ((along - 0.4) / 0.6).clamp(0, 1)
    weights[:, root] = 1 - upper
    for start, share in ((joints, front), (joints + _CHAIN, 1 - front)):
        weights[:, start] = share * upper * (1 - lower)
        weights[:, start + 1] = share * upper * lower
    return weights


def _leg_capsules(body: BodyModel, rest: RestBody) -> Colliders:
    """One capsule for each thigh."""
    hips = torch.tensor([body.roles["left_hip"], body.roles["right_hip"]])
    knees = torch.tensor([body.roles["left_knee"], body.roles["right_knee"]])
    return Colliders(
        joints=hips,
        heads=torch.zeros(2, 3),
        tails=rest.joints[knees] - rest.joints[hips],
        radii=torch.full((2,), 0.07),
    )
