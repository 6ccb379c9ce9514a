"""What the feet wear, as the photo shows it: nothing, sandals, shoes, heels."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import subtree_weight
from bodydouble.geometry.camera import clip_from_world, move_pixels, resized
from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle
from bodydouble.parsing.at_photo import labels_at
from bodydouble.parsing.labels import SHOES, SKIN
from bodydouble.raster import rasteriser
from bodydouble.values import BodyFit, Mesh, RestBody, Understanding

SIDES = ("left", "right")
_DRAWN_PX = 800  # longer side at which the feet are drawn to be looked up
_LEAST_PX = 30  # drawn pixels of feet that tell anything
# Shares of shoe among shoe and skin, set by eye on some twenty photographs: pumps had 0.3 to 0.6, most others 0.8 on.
_SHOD = 0.12
_CLOSED = 0.6  # of the toes alone
_LOW_CUT = 0.75  # of the whole foot: below, the instep is bare, as in pumps
# Pitch of the foot that stands the flatter, degrees: flat shoes came out up to 10, heels at 11 to 22 where feet fitted.
_HEEL_PITCH, _PUMP_PITCH, _STEEPEST = 15.0, 10.0, 40.0
_STANDS_M = 0.12  # how much higher than the other foot one may stand


@dataclass(frozen=True, kw_only=True)
class Footwear:
    """What both feet wear."""

    shod: bool = True  # False: barefoot
    closed: bool = True  # False: the toes are bare, as in sandals
    pitch: float = 0.0  # radians, how far a heel tilts the foot; 0: it stands flat


@dataclass(frozen=True)
class FootFrame:
    """A foot's own axes in the rest pose."""

    inside: Tensor  # (V,), bool, vertices that mostly move with the foot
    weight: Tensor  # (V,), [0, 1], how much they do
    along: Tensor  # (V,), metres from the heel's end towards the toes
    across: Tensor  # (V,), metres to the body's left
    length: float  # metres
    forward: Tensor  # (2,), unit, x and z


def foot_frame(rest: RestBody, body: BodyModel, side: str) -> FootFrame:
    """The axes of the "left" or "right" foot."""
    weight = subtree_weight(rest, body.roles[f"{side}_ankle"])
    inside = weight > 0.5
    ground = rest.vertices[:, [0, 2]]
    centred = ground[inside] - ground[inside].mean(0)
    forward = torch.linalg.svd(centred, full_matrices=False).Vh[0]
    forward = forward * torch.sign(forward[1])
    along, across = ground @ forward, ground @ torch.stack([forward[1], -forward[0]])
    low, high = along[inside].min(), along[inside].max()
    return FootFrame(inside, weight.clamp(0, 1), along - low, across, float(high - low), forward)


def find_footwear(fit: BodyFit, understanding: Understanding | None, body: BodyModel) -> Footwear:
    """Look at the feet of a bare fit: at the labels where they are drawn, and at how they stand."""
    rest = body.rest(fit.shape)
    mesh = body.pose(rest, fit.pose)
    frames = [foot_frame(rest, body, side) for side in SIDES]
    if understanding is None:
        return Footwear()
    inside = frames[0].inside | frames[1].inside
    toes = inside & torch.stack([frame.inside & (frame.along > 0.75 * frame.length) for frame in frames]).any(0)
    of_foot, of_toes = (_shoe_share(fit, mesh, understanding, chosen) for chosen in (inside, toes))
    if of_foot is None:
        return Footwear()
    if of_foot < _SHOD:
        return Footwear(shod=False)
    pitch = _standing_pitch(rest, mesh, frames)
    least = _PUMP_PITCH if of_foot < _LOW_CUT else _HEEL_PITCH
    return Footwear(
        closed=(of_foot if of_toes is None else of_toes) > _CLOSED,
        pitch=math.radians(min(pitch, _STEEPEST)) if pitch > least else 0.0,
    )


def _shoe_share(fit: BodyFit, mesh: Mesh, understanding: Understanding, chosen: Tensor) -> float | None:
    """Share of shoe among shoe and skin where the chosen vertices are drawn; None where hardly anything is."""
    scale = min(1.0, _DRAWN_PX / max(fit.camera.size))
    height, width = (max(1, round(side * scale)) for side in fit.camera.size)
    camera = resized(fit.camera, (height, width))
    face = rasteriser()(clip_from_world(mesh.vertices, camera)[None], mesh.faces, camera.size).face[0]
    y, x = ((face >= 0) & chosen[mesh.faces].all(1)[face]).nonzero(as_tuple=True)
    labels = labels_at(understanding, *move_pixels(x + 0.5, y + 0.5, camera, fit.camera))
    shoe, skin = int((labels == SHOES).sum()), int((labels == SKIN).sum())
    return shoe / (shoe + skin) if shoe + skin >= _LEAST_PX else None


def _standing_pitch(rest: RestBody, mesh: Mesh, frames: list[FootFrame]) -> float:
    """Degrees by which the flatter foot's heel is raised; 0 where the feet do not stand side by side."""
    pitches, heights = [], []
    for frame in frames:
        sole = frame.inside & (rest.vertices[:, 1] < 0.1 * frame.length)
        ratio = frame.along / frame.length
        heel, ball = (
            mesh.vertices[sole & (ratio > low) & (ratio < high)].mean(0) for low, high in ((-1, 0.2), (0.6, 0.8))
        )
        pitches.append(math.degrees(math.atan2(float(heel[1] - ball[1]), float((ball - heel)[[0, 2]].norm()))))
        heights.append(float(ball[1]))
    return max(0.0, min(pitches)) if abs(heights[0] - heights[1]) < _STANDS_M else 0.0


def untilt_ankles(fit: BodyFit, pitch: float, body: BodyModel) -> BodyFit:
    """The fit with ankles turned back by `pitch` (radians), where the shoe's rest shape has the foot tilted by it."""
    joints = fit.pose.joints.clone()
    rest = body.rest(fit.shape)
    for side in SIDES:
        joint = body.roles[f"{side}_ankle"]
        back = tilt(foot_frame(rest, body, side), pitch).T
        joints[joint] = axis_angle_from_matrix(matrix_from_axis_angle(joints[joint]) @ back)
    return replace(fit, pose=replace(fit.pose, joints=joints))


def tilt(frame: FootFrame, pitch: float) -> Tensor:
    """3×3: the rotation that points a foot's toes down by `pitch` radians."""
    x, z = frame.forward
    # Right-handed about the axis from the foot's right to its left, y × forward.
    return matrix_from_axis_angle(pitch * torch.stack([z, torch.zeros(()), -x]))
