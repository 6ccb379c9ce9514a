"""Scarves, head coverings, glasses, bags and what hands hold, made of simple shapes around the mean body."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.values import RestBody
from workshop.synthesis.body import BASE_VERTICES, SKIN_VERTICES
from workshop.synthesis.garments.pinning import RadiusMap, hang_mesh, nearest_skin, pin_mesh
from workshop.synthesis.garments.shapes import Shape, grid_shape, head_shell, join_shapes, rounded_box, tube
from workshop.synthesis.garments.shears import cut, hang_still
from workshop.synthesis.garments.wardrobe import Garment
from workshop.synthesis.limbs import LimbFrame, limb_shares

# Heights and depths are metres from the neck joint of the mean body.
_HEAD = (0.0, 0.15, 0.05)  # middle of the head
_EYES = (0.15, 0.153)  # height of the eyes, and how far before the neck glasses sit
_CLOTH_M = 0.022  # straps and scarves keep from the skin, for there is cloth between


@dataclass(frozen=True, kw_only=True)
class Wearer:
    """The mean body, measured for what is not cut of its own surface."""

    base: RestBody
    neck: Tensor  # (3,), metres
    head: Tensor  # (19158,), bool, skin of the head and neck
    torso: Tensor  # (19158,), bool
    hands: Tensor  # 2×3, metres, the middle of the left and right palm
    around: RadiusMap  # of torso and neck, by metres above the ground

    def up(self, x: float, height: float, front: float) -> Tensor:
        """(3,) a point told from the neck joint."""
        return self.neck + self.neck.new_tensor([x, height, front])


def measure_wearer(base: RestBody, frame: LimbFrame, hands: Tensor) -> Wearer:
    """Measure the mean body; `hands` (2×3) are the middles of its palms."""
    shares = limb_shares(base.skin_weights, frame.limb_of_joint)
    skin = torch.arange(len(shares)) < SKIN_VERTICES
    torso = (shares[:, 0] > 0.5) & skin
    head = (shares[:, 7] > 0.5) & skin
    neck = float(frame.neck[1])
    return Wearer(
        base=base,
        neck=frame.neck,
        head=head,
        torso=torso,
        hands=hands,
        around=RadiusMap(base.vertices[torso | head], depth=0.0, low=neck - 0.85, high=neck + 0.28),
    )


def _pin(name: str, shape: Shape, wearer: Wearer, allowed: Tensor) -> Garment:
    return pin_mesh(name, shape.points, shape.faces, shape.uv, wearer.base, allowed)


def _pin_rigid(name: str, shape: Shape, wearer: Wearer, at: Tensor) -> Garment:
    """All points hung on the skin nearest to one (3,)."""
    nearest = nearest_skin(at[None], wearer.base, torch.ones(BASE_VERTICES, dtype=torch.bool))
    anchors, weights = (each.expand(len(shape.points), 3).clone() for each in nearest)
    return hang_mesh(name, shape.points, shape.faces, shape.uv, wearer.base, (anchors, weights))


def _on_body(wearer: Wearer, angle: Tensor, below: Tensor, ease: float) -> Tensor:
    """N×3 points on the torso in these directions (radians), that many metres below the neck joint."""
    height = float(wearer.neck[1]) - below
    return wearer.around.place(angle, wearer.around.at(angle, height) + ease, height)


def scarf_loop(wearer: Wearer) -> Garment:
    """A thick loop around the neck."""
    return _pin("scarf", _loop(wearer, 0.042), wearer, wearer.torso | wearer.head)


def scarf_ends(wearer: Wearer) -> Garment:
    """A loop around the neck with two ends that hang down in front."""
    ends = []
    for side, length in ((1, 0.42), (-1, 0.34)):
        below = torch.linspace(0.02, length, 14)
        x = side * (0.02 + 0.03 * (below / length))
        height = float(wearer.neck[1]) - below
        hung = wearer.around.hanging(float(wearer.neck[1]) - 0.03)
        front = hung.at(torch.atan2(x, torch.full_like(x, 0.12)), height) + _CLOTH_M + 0.018
        path = torch.stack([x, height, front], 1)
        ends.append(tube(path, 0.05, 0.22, sides=10, outward=path.new_tensor([0.0, 0.0, 1.0]).expand_as(path)))
    return _pin("scarf", join_shapes([_loop(wearer, 0.034), *ends]), wearer, wearer.torso | wearer.head)


def _loop(wearer: Wearer, thick: float) -> Shape:
    angle = torch.linspace(-math.pi, math.pi, 41)
    below = 0.025 + 0.03 * angle.cos() + 0.006 * (5 * angle).sin()
    below[-1] = below[0]
    narrow = _on_body(wearer, angle, torch.zeros_like(angle) - 0.01, thick * 0.75)
    path = torch.stack([narrow[:, 0], float(wearer.neck[1]) - below, narrow[:, 2]], 1)
    out = normalize(path - wearer.neck, dim=1) + path.new_tensor([0.0, 0.6, 0.0])
    return tube(path, thick, 0.75, sides=10, outward=normalize(out, dim=1))


def hijab(wearer: Wearer) -> Garment:
    """Cloth around head, neck and shoulders that leaves the face free."""
    middle = wearer.up(*_HEAD)
    hood = head_shell(wearer.base.vertices[wearer.head], middle, 0.018, -0.45)
    angle = torch.linspace(-math.pi, math.pi, hood.shape[1])
    low, rows = float(wearer.neck[1]) - 0.17, 14
    hung = wearer.around.hanging(float(wearer.neck[1]) + 0.1)
    drape = []
    for step in torch.linspace(1 / rows, 1, rows):
        height = torch.lerp(hood[-1, :, 1], torch.full_like(angle, low), step)
        radius = torch.maximum(wearer.around.at(angle, height) + 0.014, 0.72 * hung.at(angle, height))
        radius = radius + 0.008 * step * (7 * angle).sin()
        cylinder = wearer.around.place(angle, radius.clamp_min(0.085), height)
        drape.append(torch.lerp(hood[-1], cylinder, (3 * step).clamp_max(1)) * torch.tensor([1.0, 0.0, 1.0]))
        drape[-1][:, 1] = height
    shape = grid_shape(torch.cat([hood, torch.stack(drape)]))
    garment = _pin("hijab", shape, wearer, wearer.torso | wearer.head)
    offset = shape.points - wearer.neck
    opening = 1 - (offset[:, 0] / 0.062) ** 2 - ((offset[:, 1] - 0.118) / 0.082) ** 2
    return cut(garment, torch.where(offset[:, 2] > 0.03, opening, opening.clamp_max(-0.5)), 0.0, wearer.base)


def _cap(wearer: Wearer, ease: float, front: float, back: float, crown: float) -> Garment:
    """A shell on the skull that ends at two heights above the neck joint."""
    shape = grid_shape(head_shell(wearer.base.vertices[wearer.head], wearer.up(*_HEAD), ease, -0.5, crown))
    garment = _pin("hat", shape, wearer, wearer.head)
    offset = shape.points - wearer.neck
    line = back + (front - back) * ((offset[:, 2] + 0.05) / 0.2)
    return cut(garment, line - offset[:, 1], 0.0, wearer.base)


def beanie(wearer: Wearer) -> Garment:
    """A knitted cap down to brow and ears."""
    return _cap(wearer, 0.016, 0.185, 0.125, 0.02)


def _brimmed(wearer: Wearer, front: float, back: float, reach: Callable[[Tensor], Tensor], drop: float) -> Garment:
    """A cap with a brim; `reach` is its width in metres by direction (radians)."""
    cap = _cap(wearer, 0.013, front, back, 0.008)
    rim = hang_still(cap, wearer.base).vertices
    around = RadiusMap(rim - wearer.up(0.0, 0.0, 0.05), depth=0.0, low=0.1, high=0.27)
    angle = torch.linspace(-math.pi, math.pi, 41)
    middle = wearer.up(0.0, 0.0, 0.05)
    rows = []
    for share in torch.linspace(0, 1, 5):
        height = back + (front - back) * (0.5 + 0.5 * angle.cos()) + 0.004
        radius = around.at(angle, height + 0.012) - 0.004 + share * reach(angle)
        low = height - drop * share * reach(angle) / 0.08
        rows.append(torch.stack([radius * angle.sin(), low, radius * angle.cos()], 1) + middle)
    shape = grid_shape(torch.stack(rows))
    brim = _pin("brim", shape, wearer, wearer.head)
    return _join(cap, brim)


def _join(first: Garment, second: Garment) -> Garment:
    columns = max(first.anchors.shape[1], second.anchors.shape[1])

    def wide(table: Tensor) -> Tensor:
        return torch.nn.functional.pad(table, (0, columns - table.shape[1]))

    half = torch.tensor([0.5, 1.0])
    return replace(
        first,
        anchors=torch.cat([wide(first.anchors), wide(second.anchors)]),
        weights=torch.cat([wide(first.weights), wide(second.weights)]),
        offsets=torch.cat([first.offsets, second.offsets]),
        faces=torch.cat([first.faces, second.faces + len(first.anchors)]),
        uv=torch.cat([first.uv * half, second.uv * half + torch.tensor([0.5, 0.0])]),
        uv_faces=torch.cat([first.uv_faces, second.uv_faces + len(first.uv)]),
    )


def peaked_cap(wearer: Wearer) -> Garment:
    """A cap with a peak in front."""
    return _brimmed(
        wearer, 0.195, 0.165, lambda angle: 0.002 + 0.075 * (1.6 * angle.cos() - 0.6).clamp_min(0) ** 0.6, 0.02
    )


def brimmed_hat(wearer: Wearer) -> Garment:
    """A hat with a wide brim all around."""
    return _brimmed(wearer, 0.2, 0.18, lambda angle: torch.full_like(angle, 0.1), 0.02)


def glasses(wearer: Wearer, dark: bool) -> Garment:
    """A frame with two rims, a bridge and temples; `dark`: with lenses that hide the eyes."""
    height, front = _EYES
    turn = torch.linspace(0, 2 * math.pi, 17)
    shapes = []
    for side in (1, -1):
        rim = torch.stack(
            [
                side * 0.032 + 0.025 * turn.cos(),
                height + 0.019 * turn.sin(),
                front - 0.06 * (0.025 * turn.cos()).abs() + 0 * turn,
            ],
            1,
        )
        path = rim + wearer.neck
        shapes.append(tube(path, 0.0022, sides=5, outward=path.new_tensor([0.0, 0.0, 1.0]).expand_as(path)))
        if dark:
            centre = wearer.up(side * 0.032, height, front).expand_as(path)
            shapes.append(grid_shape(torch.stack([centre, path])))
        temple = torch.stack(
            [
                wearer.up(side * x, y, z)
                for x, y, z in (
                    (0.057, height + 0.006, front - 0.002),
                    (0.07, height + 0.006, front - 0.04),
                    (0.079, height + 0.002, 0.045),
                )
            ]
        )
        shapes.append(tube(temple, 0.002, sides=5))
    bridge = torch.stack(
        [wearer.up(x, height + 0.006 + y, front + 0.002) for x, y in ((-0.009, 0.0), (0.0, 0.003), (0.009, 0.0))]
    )
    shapes.append(tube(bridge, 0.0022, sides=5))
    return _pin("glasses", join_shapes(shapes), wearer, wearer.head)


def shoulder_bag(wearer: Wearer) -> Garment:
    """A bag on the left hip, its strap across the chest to the right shoulder."""
    turn = torch.linspace(-math.pi, math.pi, 41)
    high = (0.5 - 0.5 * (turn - math.pi / 2).cos()) ** 2  # 1 at the right shoulder, 0 at the left hip
    below = 0.56 - 0.59 * (0.5 - 0.5 * (turn - math.pi / 2).cos())
    surface = _on_body(wearer, turn, below, _CLOTH_M)
    radius = torch.hypot(surface[:, 0], surface[:, 2])
    radius = torch.lerp(radius, radius.clamp_max(0.1), high)
    path = wearer.around.place(turn, radius, surface[:, 1])
    out = normalize(path * path.new_tensor([1.0, 0.0, 1.0]), dim=1) + high[:, None] * path.new_tensor([0.0, 1.0, 0.0])
    strap = tube(path, 0.016, 0.2, sides=6, outward=normalize(out, dim=1))
    hip = _on_body(wearer, torch.tensor([math.pi / 2]), torch.tensor([0.62]), 0.06)[0]
    bag = rounded_box(hip.tolist(), (0.045, 0.09, 0.125))
    return _pin("bag", join_shapes([bag, strap]), wearer, wearer.torso)


def backpack(wearer: Wearer) -> Garment:
    """A bag on the back with a strap over each shoulder."""
    spine = _on_body(wearer, torch.tensor([math.pi]), torch.tensor([0.22]), 0.085)[0]
    shapes = [rounded_box(spine.tolist(), (0.14, 0.21, 0.07), 0.4)]
    for side in (1, -1):
        places = (
            (0.07, 0.06, -0.13),
            (0.085, -0.02, -0.06),
            (0.095, -0.035, 0.02),
            (0.105, 0.06, 0.1),
            (0.125, 0.2, 0.13),
            (0.16, 0.32, 0.06),
            (0.15, 0.37, -0.08),
        )
        path = []
        for x, below, front in places:
            point = wearer.up(side * x, -below, front)
            if below > 0.03:
                angle, radius = wearer.around.polar(point[None])
                reach = wearer.around.at(angle, point[None, 1]) + _CLOTH_M
                point = wearer.around.place(angle, torch.maximum(radius, reach), point[None, 1])[0]
            path.append(point)
        fine = torch.nn.functional.interpolate(torch.stack(path).T[None], size=25, mode="linear", align_corners=True)[
            0
        ].T
        out = normalize(fine * fine.new_tensor([0.4, 0.0, 1.0]), dim=1) + fine.new_tensor([0.0, 0.5, 0.0])
        shapes.append(tube(fine, 0.024, 0.25, sides=6, outward=normalize(out, dim=1)))
    return _pin("backpack", join_shapes(shapes), wearer, wearer.torso)


def handbag(wearer: Wearer) -> Garment:
    """A bag with a handle below the left hand; it hangs plumb, see `Worn.upright`."""
    hand = wearer.hands[0]
    bow = torch.linspace(-math.pi / 2, math.pi / 2, 13)
    handle = torch.stack([0 * bow, 0.14 * bow.cos() - 0.14, 0.07 * bow.sin()], 1) + hand
    body = rounded_box((hand + torch.tensor([0.045, -0.25, 0.0])).tolist(), (0.05, 0.11, 0.15))
    return _pin_rigid("handbag", join_shapes([body, tube(handle, 0.007, sides=6)]), wearer, hand)


def held_thing(wearer: Wearer, half: tuple[float, float, float], right: bool) -> Garment:
    """A box with these half sides in a hand, along the hand."""
    hand = wearer.hands[int(right)]
    return _pin_rigid("held", rounded_box((hand + torch.tensor([0.0, -0.02, 0.03])).tolist(), half, 0.25), wearer, hand)
