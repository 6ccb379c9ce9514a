"""Shoes as a surface of their own, around the feet of a body at rest."""

from __future__ import annotations

from dataclasses import replace

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.clothing.footwear import SIDES, Footwear, foot_frame
from bodydouble.clothing.heel import BALL, raise_heel
from bodydouble.clothing.ring_grid import ring_faces, ring_layout
from bodydouble.clothing.shoe_form import (
    COLUMNS,
    HEEL_COLUMNS,
    HEEL_ROWS,
    HEEL_START,
    SOLE_EDGE,
    SOLE_END,
    SOLE_ROWS,
    UPPER_END,
    UPPER_ROWS,
    ShoeStyle,
    heel_rings,
    shoe_rings,
)
from bodydouble.clothing.shoe_last import measure_last
from bodydouble.values import RestBody, Surface, SurfaceKind, Texture, UvLayout

TEXTURE_SIZE = 512  # texels a side; the left half is the left shoe's, the right half the other's, mirrored
_ROWS = UPPER_ROWS + SOLE_ROWS
_TOE_BEND = 0.1  # of the foot's length, over which a shoe bends at the ball
_FOLLOWS_M = (0.05, 0.1)  # heights between which a shoe begins to move with the leg
_NEIGHBOURS = 8  # body vertices that the upper moves like there
_MARGIN = 0.004  # of the texture, around each shoe's half


def shoe_surface(rest: RestBody, body: BodyModel, footwear: Footwear, style: ShoeStyle) -> Surface:
    """Both shoes, without a texture yet.

    Args:
        rest: the bare body.
        footwear: tells how far heels tilt the feet.
    """
    shoes = [_one_shoe(rest, body, side, footwear, style) for side in SIDES]
    weights = [
        _weights(points, along, rest, body, side, footwear)
        for (points, along, *_), side in zip(shoes, SIDES, strict=True)
    ]
    count, places = len(shoes[0][0]), len(shoes[0][3].uv)
    empty = torch.zeros(TEXTURE_SIZE, TEXTURE_SIZE)
    return Surface(
        name="shoes",
        kind=SurfaceKind.SHOES,
        vertices=torch.cat([points for points, *_ in shoes]),
        faces=torch.cat([faces + count * number for number, (_, _, faces, _) in enumerate(shoes)]),
        layout=UvLayout(
            uv=torch.cat([layout.uv for *_, layout in shoes]),
            faces=torch.cat([layout.faces + places * number for number, (*_, layout) in enumerate(shoes)]),
            mirrored=True,
        ),
        texture=Texture(rgb=empty.expand(3, -1, -1).clone(), confidence=empty.clone()),
        skin_weights=torch.cat(weights),
    )


def _one_shoe(
    rest: RestBody, body: BodyModel, side: str, footwear: Footwear, style: ShoeStyle
) -> tuple[Tensor, Tensor, Tensor, UvLayout]:
    """N×3 vertices, (N,) metres along the foot, F×3 faces and their layout."""
    frame, outer = foot_frame(rest, body, side), 1.0 if side == "left" else -1.0
    last = measure_last(rest.vertices, frame, style.toe, style.back, style.pointed)
    rings = shoe_rings(last, style, outer)
    grid = rings.reshape(-1, 3)
    points, along = frame.to_world(grid), grid[:, 0]
    faces, layout = ring_faces(_ROWS, COLUMNS), _place(ring_layout(_ROWS, COLUMNS), _row_heights(), side)
    if footwear.pitch:
        ankle = rest.joints[body.roles[f"{side}_ankle"]]
        points = raise_heel(points, along, frame, ankle, footwear.pitch)
        floor = points[:, 1].min()
        heel, depth = heel_rings(last, style, outer)
        heel_along = heel[..., 0].reshape(-1)
        block = raise_heel(frame.to_world(heel).reshape(-1, 3), heel_along, frame, ankle, footwear.pitch)
        down = depth.repeat_interleave(HEEL_COLUMNS)
        block[:, 1] = torch.lerp(block[:, 1], floor.expand_as(down), down)
        heel_layout = _place(
            ring_layout(HEEL_ROWS, HEEL_COLUMNS), torch.linspace(HEEL_START, 1 - _MARGIN, HEEL_ROWS), side
        )
        faces = torch.cat([faces, ring_faces(HEEL_ROWS, HEEL_COLUMNS) + len(points)])
        layout = UvLayout(
            uv=torch.cat([layout.uv, heel_layout.uv]),
            faces=torch.cat([layout.faces, heel_layout.faces + len(layout.uv)]),
            mirrored=True,
        )
        points, along = torch.cat([points, block]), torch.cat([along, heel_along])
    if side == "left":
        faces, layout = faces.flip(1), replace(layout, faces=layout.faces.flip(1))
    return points, along, faces, layout


def _row_heights() -> Tensor:
    """(_ROWS,) v of each ring."""
    upper = torch.linspace(_MARGIN, UPPER_END, UPPER_ROWS)
    return torch.cat([upper, torch.tensor([SOLE_EDGE, SOLE_END, 0.76, 0.8])])


def _place(layout: UvLayout, heights: Tensor, side: str) -> UvLayout:
    """The layout of rings at these heights (R,), in the half of a shoe."""
    u, v = layout.uv.unbind(1)
    u = _MARGIN + u * (0.5 - 2 * _MARGIN)
    row = (v * (len(heights) - 1)).round().long()
    return replace(layout, uv=torch.stack([u if side == "left" else 1 - u, heights[row]], 1))


def _weights(points: Tensor, along: Tensor, rest: RestBody, body: BodyModel, side: str, footwear: Footwear) -> Tensor:
    """N×J: a shoe moves with its foot, bends at the ball unless it has heels, and above follows the leg."""
    frame, ankle = foot_frame(rest, body, side), body.roles[f"{side}_ankle"]
    rigid = torch.zeros(len(points), rest.skin_weights.shape[1])
    toes = [joint for joint, parent in enumerate(rest.parents) if parent == ankle]
    bend = torch.zeros(len(points))
    if toes and not footwear.pitch:
        bend = ((along / frame.length - BALL) / _TOE_BEND + 0.5).clamp(0, 1)
        rigid[:, toes] = (bend / len(toes))[:, None]
    rigid[:, ankle] += 1 - bend
    rows = frame.inside.nonzero()[:, 0]
    distance, index = cKDTree(rest.vertices[rows].numpy()).query(points.numpy(), k=_NEIGHBOURS)
    near = torch.softmax(-torch.from_numpy(distance).float() / 0.02, 1)[..., None]
    of_leg = (rest.skin_weights[rows][torch.from_numpy(index)] * near).sum(1)
    low, high = _FOLLOWS_M
    height = points[:, 1] - frame.ground
    return torch.lerp(rigid, of_leg, ((height - low) / (high - low)).clamp(0, 1)[:, None])
