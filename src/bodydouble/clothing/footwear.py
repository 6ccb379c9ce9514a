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
from bodydouble.person.landmarks import SIDES
from bodydouble.raster import rasteriser
from bodydouble.values import BodyFit, Camera, Mesh, RestBody, StyleEstimate, Understanding, style_chance

_DRAWN_PX = 800  # longer side at which the feet are drawn to be looked up
_LEAST_PX = 30  # drawn pixels of feet that tell anything
# Shares of shoe among shoe and skin, set by eye on some seventy photographs.
_SHOD = 0.12
_CLOSED = 0.6  # of the toes alone
_LOW_CUT = 0.7  # of the instep: below, it is bare, as in pumps
# Area of shoe in the photo, in drawn feet, from which there are shoes though the fit's feet miss them: a hundred street
# photographs in which feet are seen had 0.25 to 2.
_SHOES_BESIDE = 0.15
# Pitch of a foot on a heel, degrees: flat shoes came out at 0 to 10, heels at 11 to 28 where feet were fitted well.
_HEEL_PITCH, _PUMP_PITCH, _STEEPEST = 11.0, 8.5, 32.0
# Of what is told for a heel, and for one of pumps or sandals, which are higher: about what such pairs have that are
# seen from the side. Fits of feet that point at the camera have less, whatever the heel is.
_LEAST_PITCH, _LEAST_DRESSY = 18.0, 25.0
_FLATTENED = 1.25  # by how much more heels tilt feet than fits, which were begun with flat ones
_UNEVEN = 12.0  # degrees; by so much more one foot may be tilted: the rest is a step
_STANDS_M = 0.12  # how much higher than the other foot one may stand
# Heights on the leg up to which labels say shoe; low shoes came out at up to 0.16 m, ankle boots from 0.13 m on.
_BOOT_M, _HEELED_BOOT_M = 0.165, 0.13
_ANKLE_BOOT_M = 0.15  # shaft of what is told for a boot and whose labels end lower
# Chances from which the style is followed. Small dark trainers were told for sandals with up to 0.54.
SURE_KIND, _SURE_HEEL = 0.55, 0.65
_SHAFT_STEP_M = 0.02
_SHAFT = 0.5  # share of the steps up to a shaft's top that are shoe; a pair in sequins had 0.6, the rest "trousers"
_HIGHEST_SHAFT_M = 0.5


@dataclass(frozen=True, kw_only=True)
class Footwear:
    """What both feet wear."""

    shod: bool = True  # False: barefoot
    closed: bool = True  # False: the toes are bare, as in sandals
    low_cut: bool = False  # the instep is bare, as in pumps
    shaft: float = 0.0  # metres from the ground up to a boot's upper end; 0: a low shoe
    pitch: float = 0.0  # radians, how far a heel tilts the foot; 0: it stands flat
    covered: bool = False  # the shaft ends inside of trouser legs


@dataclass(frozen=True)
class FootFrame:
    """A foot's own axes in the rest pose."""

    inside: Tensor  # (V,), bool, vertices that mostly move with the foot
    weight: Tensor  # (V,), [0, 1], how much they do
    along: Tensor  # (V,), metres from the heel's end towards the toes
    across: Tensor  # (V,), metres to the body's left
    length: float  # metres
    forward: Tensor  # (2,), unit, x and z
    heel: float  # metres from the origin to the heel's end, along `forward`
    ground: float  # metres, y of its lowest vertex

    def to_world(self, points: Tensor) -> Tensor:
        """(…, 3) metres along, across and up from the ground, to (…, 3) in the world."""
        along, across, up = points.unbind(-1)
        x, z = self.forward
        ahead = along + self.heel
        return torch.stack([ahead * x + across * z, up + self.ground, ahead * z - across * x], -1)

    def measure_across(self, points: Tensor) -> Tensor:
        """(N,) metres to the body's left of points in the world, N×3, as `across` has them of the vertices."""
        x, z = self.forward
        return points[:, 0] * z - points[:, 2] * x


def foot_frame(rest: RestBody, body: BodyModel, side: str) -> FootFrame:
    """The axes of the "left" or "right" foot."""
    weight = subtree_weight(rest, body.roles[f"{side}_ankle"])
    inside = weight > 0.5
    plan = rest.vertices[:, [0, 2]]
    centred = plan[inside] - plan[inside].mean(0)
    forward = torch.linalg.svd(centred, full_matrices=False).Vh[0]
    forward = forward * torch.sign(forward[1])
    along, across = plan @ forward, plan @ torch.stack([forward[1], -forward[0]])
    low, high = along[inside].min(), along[inside].max()
    ground = float(rest.vertices[inside, 1].min())
    return FootFrame(inside, weight.clamp(0, 1), along - low, across, float(high - low), forward, float(low), ground)


def find_footwear(fit: BodyFit, understanding: Understanding | None, body: BodyModel) -> Footwear:
    """Look at the feet of a bare fit: at the labels where they are drawn, and at how they stand."""
    if understanding is None:
        return Footwear()
    rest = body.rest(fit.shape)
    mesh = body.pose(rest, fit.pose)
    frames = [foot_frame(rest, body, side) for side in SIDES]
    camera = _small_camera(fit)
    face, labels = _draw_labels(fit, mesh, understanding, camera)
    height = rest.vertices[:, 1] - min(frame.ground for frame in frames)
    ratio = torch.stack([torch.where(frame.inside, frame.along / frame.length, -1.0) for frame in frames]).amax(0)
    regions = (ratio >= 0, ratio > 0.75, (ratio > 0.4) & (ratio < 0.68) & (height > 0.035))
    drawn = [labels[chosen[mesh.faces].all(1)[face]] for chosen in regions]
    of_foot, of_toes, of_instep = (_shoe_share(region) for region in drawn)
    if of_foot is None:
        return Footwear()
    missed = of_foot < _SHOD
    if missed and _count_shoes(understanding, camera, fit.camera) < _SHOES_BESIDE * len(drawn[0]):
        return Footwear(shod=False)
    low_cut = of_instep is not None and of_instep < _LOW_CUT and not missed
    pitch = _standing_pitch(rest, mesh, frames)
    heeled = pitch > (_PUMP_PITCH if low_cut else _HEEL_PITCH)
    leg = torch.stack([subtree_weight(rest, body.roles[f"{side}_knee"]) for side in SIDES]).sum(0) > 0.5
    of_leg = leg[mesh.faces].all(1)[face]
    shaft = _shaft_height(height[mesh.faces].mean(1)[face[of_leg]], labels[of_leg] == SHOES)
    worn = Footwear(
        closed=missed or (of_foot if of_toes is None else of_toes) > _CLOSED,
        low_cut=low_cut,
        shaft=shaft if shaft > (_HEELED_BOOT_M if heeled else _BOOT_M) and not low_cut else 0.0,
        pitch=_heel_pitch(pitch) if heeled else 0.0,
    )
    return _follow_style(worn, understanding.style, shaft, pitch)


def wears_sandals(style: StyleEstimate | None) -> bool:
    """Whether the style is sure of sandals, of which straps are a surface as far up as the ankle."""
    return style_chance(style, "shoes", "sandal") > SURE_KIND


def _follow_style(worn: Footwear, style: StyleEstimate | None, shaft: float, pitch: float) -> Footwear:
    """What the labels and the stance tell, overruled by a style that is sure of the kind or of the heel.

    Args:
        shaft: metres up to which labels say shoe.
        pitch: degrees by which the fit's feet are tilted.
    """
    chances = style.chances.get("shoes") if style is not None else None
    if style is None or chances is None:
        return worn
    kind = max(chances, key=chances.__getitem__)
    if chances[kind] > SURE_KIND:
        worn = replace(
            worn,
            closed=kind != "sandal",
            low_cut=kind == "pump",
            shaft=max(shaft, _ANKLE_BOOT_M) if kind == "boot" else 0.0,
        )
    high = style.chance("heel", "high")
    if high is not None and abs(high - 0.5) > _SURE_HEEL - 0.5:
        least = _LEAST_DRESSY if worn.low_cut or not worn.closed else _LEAST_PITCH
        worn = replace(worn, pitch=_heel_pitch(pitch, least) if high > 0.5 else 0.0)
    return worn


def _heel_pitch(pitch: float, least: float = _LEAST_PITCH) -> float:
    """Radians by which a heel tilts feet, of the degrees that their fit has, and of the least that such heels have."""
    return math.radians(min(max(_FLATTENED * pitch, least), _STEEPEST))


def _small_camera(fit: BodyFit) -> Camera:
    """The photo's camera, at the size at which feet are drawn."""
    scale = min(1.0, _DRAWN_PX / max(fit.camera.size))
    height, width = (max(1, round(side * scale)) for side in fit.camera.size)
    return resized(fit.camera, (height, width))


def _draw_labels(fit: BodyFit, mesh: Mesh, understanding: Understanding, camera: Camera) -> tuple[Tensor, Tensor]:
    """(N,) faces of the pixels of a body drawn by a camera, and (N,) the photo's labels there."""
    face = rasteriser()(clip_from_world(mesh.vertices, camera)[None], mesh.faces, camera.size).face[0]
    y, x = (face >= 0).nonzero(as_tuple=True)
    return face[y, x], labels_at(understanding, *move_pixels(x + 0.5, y + 0.5, camera, fit.camera))


def _count_shoes(understanding: Understanding, camera: Camera, photo_camera: Camera) -> int:
    """Pixels of a small camera's picture of the photo that show shoe."""
    y, x = torch.ones(camera.size, dtype=torch.bool).nonzero(as_tuple=True)
    return int((labels_at(understanding, *move_pixels(x + 0.5, y + 0.5, camera, photo_camera)) == SHOES).sum())


def _shoe_share(labels: Tensor) -> float | None:
    """Share of shoe among shoe and skin; None where there is hardly anything of both."""
    shoe, skin = int((labels == SHOES).sum()), int((labels == SKIN).sum())
    return shoe / (shoe + skin) if shoe + skin >= _LEAST_PX else None


def _shaft_height(height: Tensor, shoe: Tensor) -> float:
    """Metres up to where pixels of the legs at these heights (N,) mostly are shoe (N, bool), from the feet on.

    A part of a shaft may be taken for trousers, where there is shoe above it as well.
    """
    top, told = 0.0, list[bool]()
    for step in range(round(_HIGHEST_SHAFT_M / _SHAFT_STEP_M)):
        inside = (height >= step * _SHAFT_STEP_M) & (height < (step + 1) * _SHAFT_STEP_M)
        if int(inside.sum()) < _LEAST_PX // 3:
            continue
        told.append(float(shoe[inside].float().mean()) >= 0.5)
        if told[-1] and sum(told) >= _SHAFT * len(told):
            top = (step + 1) * _SHAFT_STEP_M
    return top


def _standing_pitch(rest: RestBody, mesh: Mesh, frames: list[FootFrame]) -> float:
    """Degrees by which the heels are raised, of both feet; 0 where the feet do not stand side by side."""
    pitches, heights = [], []
    for frame in frames:
        sole = frame.inside & (rest.vertices[:, 1] - frame.ground < 0.1 * frame.length)
        ratio = frame.along / frame.length
        heel, ball = (
            mesh.vertices[sole & (ratio > low) & (ratio < high)].mean(0) for low, high in ((-1, 0.2), (0.6, 0.8))
        )
        pitches.append(math.degrees(math.atan2(float(heel[1] - ball[1]), float((ball - heel)[[0, 2]].norm()))))
        heights.append(float(ball[1]))
    low, high = sorted(pitches)
    return (low + min(high, low + _UNEVEN)) / 2 if abs(heights[0] - heights[1]) < _STANDS_M else 0.0


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
