"""Shoes as a surface of their own, around the feet of a body at rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import subtree_weight
from bodydouble.clothing.footwear import Footwear, foot_frame
from bodydouble.clothing.hang import submesh
from bodydouble.clothing.heel import BALL, raise_heel
from bodydouble.clothing.ring_grid import ring_faces, ring_layout
from bodydouble.clothing.shoe_form import (
    COLUMNS,
    HEEL_COLUMNS,
    HEEL_ROWS,
    HEEL_START,
    SHAFT_ROWS,
    SOLE_EDGE,
    SOLE_END,
    UPPER_END,
    UPPER_ROWS,
    ShoeStyle,
    count_upper_rows,
    heel_rings,
    shoe_rings,
)
from bodydouble.clothing.shoe_last import measure_last
from bodydouble.clothing.shoe_shaft import LEAST_M, lay_shaft, stack_shaft
from bodydouble.clothing.strap_form import lay_on_foot
from bodydouble.person.landmarks import SIDES
from bodydouble.values import RestBody, Surface, SurfaceKind, Texture, UvLayout

TEXTURE_SIZE = 512  # texels a side; the left half is the left shoe's, the right half the other's, mirrored
_TOE_BEND = 0.1  # of the foot's length, over which a shoe bends at the ball
_FOLLOWS_M = (0.05, 0.1)  # heights between which a shoe begins to move with the leg
_FOOT = 0.01  # skin weight of the body vertices that are looked at there
_NEIGHBOURS = 8  # body vertices that the upper moves like there
_FOOT_LENGTH = 0.152  # of the stature, of adults; fits of photos from the front have up to 0.167
_SHORTER, _LONGER = 0.11, 0.03  # of a fitted foot's length, by which its shoe may be shorter and longer for that
_MARGIN = 0.004  # of the texture, around each shoe's half
_UPPER_M = 0.13  # metres of an upper from its opening to its sole, without a shaft: its share of the texture
_LEG = 0.5  # skin weight from which a vertex is of a leg, around which a shaft lies


@dataclass(frozen=True)
class _Part:
    """A shoe, or a piece of it."""

    vertices: Tensor  # N×3, metres, at rest
    skin_weights: Tensor  # N×J
    faces: Tensor  # F×3
    layout: UvLayout


def shoe_surface(rest: RestBody, body: BodyModel, footwear: Footwear, style: ShoeStyle) -> Surface:
    """Both shoes, without a texture yet; of sandals it has an alpha, for between straps there is nothing.

    Args:
        rest: the bare body.
        footwear: tells how far heels tilt the feet.
    """
    shoes = _join([_one_shoe(rest, body, side, footwear, style) for side in SIDES])
    empty = torch.zeros(TEXTURE_SIZE, TEXTURE_SIZE)
    return Surface(
        name="shoes",
        kind=SurfaceKind.SHOES,
        vertices=shoes.vertices,
        faces=shoes.faces,
        layout=shoes.layout,
        texture=Texture(
            rgb=empty.expand(3, -1, -1).clone(),
            confidence=empty.clone(),
            alpha=torch.ones_like(empty) if style.straps else None,
        ),
        skin_weights=shoes.skin_weights,
    )


def _one_shoe(rest: RestBody, body: BodyModel, side: str, footwear: Footwear, style: ShoeStyle) -> _Part:
    frame, outer = foot_frame(rest, body, side), 1.0 if side == "left" else -1.0
    ankle = rest.joints[body.roles[f"{side}_ankle"]]
    ends = (style.behind, style.ahead if style.straps else _reach_ahead(rest, frame.length, style))
    last = measure_last(rest.vertices, frame, style.toe, style.back, style.pointed, ends)
    rings = shoe_rings(last, style, outer)
    if style.straps:
        upper = lay_on_foot(rings[:UPPER_ROWS], style.sole - style.below, rest.vertices, body.faces, frame)
        rings = torch.cat([upper, rings[UPPER_ROWS:]])
    has_shaft = footwear.shaft > style.back + LEAST_M and not style.straps
    if has_shaft:
        rings = stack_shaft(rings, footwear.shaft)
    shaft = footwear.shaft - style.back if has_shaft else 0.0
    shell = _ring_part(rings, _row_heights(shaft), rest, body, side, footwear)
    if not footwear.pitch:
        return shell
    raised = raise_heel(shell.vertices, rings[..., 0].reshape(-1), frame, ankle, footwear.pitch)
    of_foot = subtree_weight(replace(rest, skin_weights=shell.skin_weights), body.roles[f"{side}_ankle"])
    shell = replace(shell, vertices=torch.lerp(shell.vertices, raised, of_foot[:, None]))
    heel, depth = heel_rings(last, style, outer)
    block = _ring_part(heel, torch.linspace(HEEL_START, 1 - _MARGIN, HEEL_ROWS), rest, body, side, footwear)
    seat = raise_heel(block.vertices, heel[..., 0].reshape(-1), frame, ankle, footwear.pitch)
    floor = shell.vertices[:, 1].min()
    seat[:, 1] = torch.lerp(seat[:, 1], floor.expand(len(seat)), depth.repeat_interleave(HEEL_COLUMNS))
    return _join([shell, replace(block, vertices=seat)])


def fit_shafts(shoes: Surface, vertices: Tensor, rest: RestBody, body: BodyModel) -> Surface:
    """The shoes, with the shafts of boots around the clothed legs; shoes without any are returned as they are.

    Args:
        vertices: V×3, metres, the clothed body at rest.
    """
    rows, count = count_upper_rows(len(shoes.vertices)), len(shoes.vertices) // 2
    if rows == UPPER_ROWS:
        return shoes
    above, fitted = SHAFT_ROWS * COLUMNS, shoes.vertices.clone()
    for start, side in zip((0, count), SIDES, strict=True):
        opening = fitted[start + above : start + above + COLUMNS]
        top = float(fitted[start : start + COLUMNS, 1].mean())
        leg = submesh(vertices, body.faces, _leg(rest, body, side))
        fitted[start : start + above] = lay_shaft(opening, leg, top).reshape(-1, 3)
    return replace(shoes, vertices=fitted)


def _leg(rest: RestBody, body: BodyModel, side: str) -> Tensor:
    """(V,), bool: vertices of the "left" or "right" leg below the knee."""
    return subtree_weight(rest, body.roles[f"{side}_knee"]) > _LEG


def measure_upper(shoes: Surface) -> float:
    """Length of the shoes' uppers from their top to the sole, of the way around them, on average over the texture."""
    rows = count_upper_rows(len(shoes.vertices))
    rings = shoes.vertices[: rows * COLUMNS].view(rows, COLUMNS, 3)
    around = (rings.roll(-1, 1) - rings).norm(dim=2).sum(1).mean()
    return float((rings[1:] - rings[:-1]).norm(dim=2).sum(0).mean() / around)


def _reach_ahead(rest: RestBody, length: float, style: ShoeStyle) -> float:
    """Share of a fitted foot's length, metres, by which its shoe goes on in front of it: of feet too long, less."""
    stature = float(rest.vertices[:, 1].max() - rest.vertices[:, 1].min())
    ahead = _FOOT_LENGTH * stature * (1 + style.behind + style.ahead) / length - 1 - style.behind
    return min(max(ahead, style.ahead - _SHORTER), style.ahead + _LONGER)


def _ring_part(rings: Tensor, heights: Tensor, rest: RestBody, body: BodyModel, side: str, footwear: Footwear) -> _Part:
    """Rings (R×C×3, metres along the foot, across and up), with v of each in the texture, (R,)."""
    rows, columns = rings.shape[:2]
    vertices = foot_frame(rest, body, side).to_world(rings.reshape(-1, 3))
    faces, layout = ring_faces(rows, columns), _place(ring_layout(rows, columns), heights, side)
    if side == "left":
        faces, layout = faces.flip(1), replace(layout, faces=layout.faces.flip(1))
    weights = _weights(vertices, rings[..., 0].reshape(-1), rest, body, side, footwear)
    return _Part(vertices, weights, faces, layout)


def _join(parts: Sequence[_Part]) -> _Part:
    vertices = torch.tensor([0, *(len(part.vertices) for part in parts)]).cumsum(0).tolist()
    places = torch.tensor([0, *(len(part.layout.uv) for part in parts)]).cumsum(0).tolist()
    return _Part(
        vertices=torch.cat([part.vertices for part in parts]),
        skin_weights=torch.cat([part.skin_weights for part in parts]),
        faces=torch.cat([part.faces + start for part, start in zip(parts, vertices, strict=False)]),
        layout=UvLayout(
            uv=torch.cat([part.layout.uv for part in parts]),
            faces=torch.cat([part.layout.faces + start for part, start in zip(parts, places, strict=False)]),
            mirrored=True,
        ),
    )


def _row_heights(shaft: float) -> Tensor:
    """(R,) v of each ring, below a shaft of so many metres, or none."""
    start = _MARGIN + (UPPER_END - _MARGIN) * shaft / (shaft + _UPPER_M)
    above = torch.linspace(_MARGIN, start, SHAFT_ROWS + 1)[:-1] if shaft else torch.empty(0)
    upper = torch.linspace(start, UPPER_END, UPPER_ROWS)
    return torch.cat([above, upper, torch.tensor([SOLE_EDGE, SOLE_END, 0.76, 0.8])])


def _place(layout: UvLayout, heights: Tensor, side: str) -> UvLayout:
    """The layout of rings at these heights (R,), in the half of a shoe."""
    u, v = layout.uv.unbind(1)
    u = _MARGIN + u * (0.5 - 2 * _MARGIN)
    row = (v * (len(heights) - 1)).round().long()
    return replace(layout, uv=torch.stack([u if side == "left" else 1 - u, heights[row]], 1))


def _weights(points: Tensor, along: Tensor, rest: RestBody, body: BodyModel, side: str, footwear: Footwear) -> Tensor:
    """N×J: a shoe moves with its foot, bends at the ball unless it has heels, and above follows the leg.

    Args:
        points: N×3, before heels tilt them: there the bare body lies beneath.
    """
    frame, ankle = foot_frame(rest, body, side), body.roles[f"{side}_ankle"]
    rigid = torch.zeros(len(points), rest.skin_weights.shape[1])
    toes = [joint for joint, parent in enumerate(rest.parents) if parent == ankle]
    bend = torch.zeros(len(points))
    if toes and not footwear.pitch:
        bend = ((along / frame.length - BALL) / _TOE_BEND + 0.5).clamp(0, 1)
        rigid[:, toes] = (bend / len(toes))[:, None]
    rigid[:, ankle] += 1 - bend
    of_foot = frame.weight > _FOOT
    rows = (of_foot | _leg(rest, body, side) if footwear.shaft else of_foot).nonzero()[:, 0]
    distance, index = cKDTree(rest.vertices[rows].numpy()).query(points.numpy(), k=_NEIGHBOURS)
    near = torch.softmax(-torch.from_numpy(distance).float() / 0.02, 1)[..., None]
    of_leg = (rest.skin_weights[rows][torch.from_numpy(index)] * near).sum(1)
    low, high = _FOLLOWS_M
    height = points[:, 1] - frame.ground
    return torch.lerp(rigid, of_leg, ((height - low) / (high - low)).clamp(0, 1)[:, None])
