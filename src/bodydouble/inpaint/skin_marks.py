"""What all skin shows that smooth colours lack: knuckles, nails, shade between fingers, redder elbows, knees and heels.

It is drawn from the body model's joints, as faintly as light skin has it, and stands for no detail of the person's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body import BodyModel
from bodydouble.body.joints import FINGERS
from bodydouble.geometry.lengths import measure_lengths, normalise
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.person.landmarks import SIDES
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import RestBody

# Times sRGB, set by eye on hands and elbows of street photographs: red keeps its light, green and blue lose theirs.
_KNUCKLE, _CREASE = (0.97, 0.9, 0.88), (0.9, 0.82, 0.8)
_NAIL, _NAIL_EDGE = (1.06, 1.02, 1.03), (0.86, 0.78, 0.77)
_BETWEEN = (0.8, 0.72, 0.7)  # on the flanks of fingers, which shade each other
_ELBOW, _KNEE, _KNEE_PIT, _HEEL = (0.95, 0.89, 0.87), (0.97, 0.92, 0.9), (0.95, 0.91, 0.9), (0.98, 0.9, 0.87)
_HALF_FINGER_M = 0.013  # from a finger's axis to what still belongs to it
_FLANK_M = 0.025  # from the knuckle, over which a finger's flanks begin to be shaded
_KNUCKLE_M, _CREASE_M = 0.008, 0.0025  # deviation of a knuckle, and of a crease along its finger
_SKIN_OVER_JOINT_M = 0.008  # from a finger's joint to its back
_NAIL_LONG_M, _NAIL_WIDE_M, _NAIL_EDGE_M = 0.011, 0.009, 0.0015  # length, width, and from its end to the fingertip
_NAIL_SOFT = 0.35  # of its half width, over which it ends
_LIMB_JOINT_M = 0.028  # deviation of an elbow's or a knee's tone
_OUT_M = {"elbow": 0.035, "knee": 0.05}  # from the joint to the skin
_REACH_M = {"elbow": 0.13, "wrist": 0.25, "knee": 0.14, "ankle": 0.14}  # from these joints marks lie at most
_HEEL_M = (0.035, 0.055)  # behind and below the ankle, where its tone is strongest


def draw_skin_marks(body: BodyModel, size: int) -> Tensor:
    """3×S×S: by what smooth skin is multiplied, in sRGB; 1 where it has no marks, and between charts."""
    rest = body.rest(body.mean_shape())
    texels = texel_map(body.layout, size)
    row, column = (texels.face[0] >= 0).nonzero(as_tuple=True)
    marked = _near_joints(rest, body)[body.faces].any(1)[texels.face[0, row, column]]
    row, column = row[marked], column[marked]
    values = torch.cat([rest.vertices, vertex_normals(rest.vertices, body.faces)], 1)
    point, normal = interpolate(texels, body.faces, values)[0][:, row, column].T.split(3, 1)
    normal = normalise(normal, 1)
    gain = torch.ones(len(point), 3)
    for side in SIDES:
        places = {
            name.removeprefix(f"{side}_"): rest.joints[joint] for name, joint in body.roles.items() if side in name
        }
        gain *= _limb_gain(point, normal, places)
        hand = measure_lengths(point - places["wrist"], 1) < _REACH_M["wrist"]
        gain[hand] *= _hand_gain(point[hand], normal[hand], places)
    image = torch.ones(3, size, size)
    image[:, row, column] = gain.T
    return image


def _near_joints(rest: RestBody, body: BodyModel) -> Tensor:
    """(V,), bool: vertices so near to a joint that marks may lie on them."""
    near = torch.zeros(len(rest.vertices), dtype=torch.bool)
    for name, reach in _REACH_M.items():
        for side in SIDES:
            near |= measure_lengths(rest.vertices - rest.joints[body.roles[f"{side}_{name}"]], 1) < reach
    return near


def _limb_gain(point: Tensor, normal: Tensor, places: Mapping[str, Tensor]) -> Tensor:
    """N×3: of elbow, knee and heel of one side."""
    ahead = torch.tensor([0.0, 0.0, 1.0])
    outer = normalize(places["elbow"] - (places["shoulder"] + places["wrist"]) / 2, dim=0)
    behind, below = _HEEL_M
    heel = places["ankle"] - behind * ahead - torch.tensor([0.0, below, 0.0])
    marks = (
        (places["elbow"] + _OUT_M["elbow"] * outer, outer, _ELBOW),
        (places["knee"] + _OUT_M["knee"] * ahead, ahead, _KNEE),
        (places["knee"] - _OUT_M["knee"] * ahead, -ahead, _KNEE_PIT),
        (heel, -ahead, _HEEL),
    )
    gain = torch.ones_like(point)
    for centre, facing, tone in marks:
        strength = _bell(measure_lengths(point - centre, 1), _LIMB_JOINT_M) * (normal @ facing).clamp(0, 1)
        gain = gain * _mix(tone, strength)
    return gain


@dataclass(frozen=True)
class _Finger:
    """N points on and around a finger, in its axes."""

    length: Tensor  # (N,), metres from its second joint towards its tip
    width: Tensor  # (N,), metres to its side
    ahead: Tensor  # (N,), cosine of the normal to the direction of its tip
    dorsal: Tensor  # (N,), [0, 1], cosine of the normal to its back; 0 off the finger
    inside: Tensor  # (N,), bool, points on the finger
    joints: tuple[Tensor, Tensor, Tensor]  # (3,), metres
    bone: Tensor  # (3,), unit, to its tip
    back: Tensor  # (3,), unit, out of its back


def _finger_axes(point: Tensor, normal: Tensor, places: Mapping[str, Tensor], name: str, palm: Tensor) -> _Finger:
    """The axes of a finger of the hand whose palm faces that way, and N points in them."""
    first, second, third = (places[f"{name}_{number}"] for number in (1, 2, 3))
    bone = normalize(third - second, dim=0)
    inwards = places["index_2"] - third if name == "thumb" else palm
    back = -normalize(inwards - (inwards @ bone) * bone, dim=0)
    offset = point - second
    length, width, up = offset @ bone, offset @ torch.linalg.cross(bone, back), offset @ back
    inside = (width.abs() < _HALF_FINGER_M) & (up.abs() < 1.5 * _HALF_FINGER_M) & (length < 5 * _HALF_FINGER_M)
    dorsal = (normal @ back).clamp(0, 1) * inside
    return _Finger(length, width, normal @ bone, dorsal, inside, (first, second, third), bone, back)


def _hand_gain(point: Tensor, normal: Tensor, places: Mapping[str, Tensor]) -> Tensor:
    """N×3: of the fingers of one hand."""
    across = normalize(places["pinky_1"] - places["index_1"], dim=0)
    palm = torch.linalg.cross(places["pinky_1"] - places["wrist"], places["index_1"] - places["wrist"])
    palm = normalize(palm * torch.sign(places["wrist"][0]), dim=0)  # the right hand mirrors the left one
    gain = torch.ones_like(point)
    for name in FINGERS:
        finger = _finger_axes(point, normal, places, name, palm)
        for number, joint in enumerate(finger.joints):
            knuckle = _bell(measure_lengths(point - joint - _SKIN_OVER_JOINT_M * finger.back, 1), _KNUCKLE_M)
            gain = gain * _mix(_KNUCKLE, knuckle * (normal @ finger.back).clamp(0, 1))
            if number == 2 or (number == 1 and name != "thumb"):  # the thumb's second joint is in the palm
                gain = gain * _mix(_CREASE, finger.dorsal * _bell((point - joint) @ finger.bone, _CREASE_M))
        if name != "thumb":
            beyond = finger.inside * (((point - finger.joints[0]) @ finger.bone) / _FLANK_M).clamp(0, 1)
            gain = gain * _mix(_BETWEEN, beyond * (normal @ across).square())
        gain = gain * _nail_gain(finger)
    return gain


def _nail_gain(finger: _Finger) -> Tensor:
    """N×3: of a finger's nail."""
    tip = finger.inside & (finger.ahead > -0.5)
    if not bool(tip.any()):
        return torch.ones(len(tip), 3)
    middle = float(finger.length[tip].max()) - _NAIL_EDGE_M - _NAIL_LONG_M / 2
    long, wide = 2 * (finger.length - middle) / _NAIL_LONG_M, 2 * finger.width / _NAIL_WIDE_M
    nail = ((1 - (long.square() + wide.square()).sqrt()) / _NAIL_SOFT + 0.5).clamp(0, 1) * (finger.dorsal > 0.3)
    return _mix(_NAIL, nail) * _mix(_NAIL_EDGE, 4 * nail * (1 - nail))


def _bell(distance: Tensor, deviation: float) -> Tensor:
    return torch.exp(-0.5 * (distance / deviation).square())


def _mix(tone: tuple[float, float, float], strength: Tensor) -> Tensor:
    """N×3: 1 where the strength, (N,), is 0, the tone where it is 1."""
    return 1 + strength[:, None] * (torch.tensor(tone) - 1)
