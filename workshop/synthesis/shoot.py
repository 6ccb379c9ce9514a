"""DressedPerson in front of a camera: everything from a seed to photographs with their truth.

pack, seed -> DressedPerson (identity, clothes, true clothing, scene) -> pose, cameras -> Shot
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from bodydouble.body.skinning import skin
from bodydouble.values import BodyFit, BodyShape, Camera, Clothing, Pose, to_device
from workshop.synthesis.draw import draw_views
from workshop.synthesis.garments.clothing import true_clothing
from workshop.synthesis.garments.outerwear import heel_pitch
from workshop.synthesis.garments.worn import Fitted, pose_layers
from workshop.synthesis.identities import SPLITS, Identity, sample_identity
from workshop.synthesis.outfitting import outfit
from workshop.synthesis.pack.contents import Pack
from workshop.synthesis.pack.wardrobe import HEELS
from workshop.synthesis.poses.anatomy import JointAnatomy, anatomy_of
from workshop.synthesis.poses.heels import raise_heels
from workshop.synthesis.poses.sample import sample_pose, stand_on_ground
from workshop.synthesis.scene.backgrounds import background
from workshop.synthesis.scene.light import light_vertices
from workshop.synthesis.scene.photograph import ground_shadow, photograph
from workshop.synthesis.scene.scenes import Scene, floor_row, sample_scene, scene_camera
from workshop.synthesis.scene.truth import ViewTruth, part_of_joint, view_truth

_WALL_M = (0.8, 3.0)  # how far behind the person the floor ends


@dataclass(frozen=True, kw_only=True)
class DressedPerson:
    """A dressed person and the scene they are photographed in."""

    identity: Identity
    fitted: Fitted
    clothing: Clothing  # true offsets of clothes, shoes and hair
    scene: Scene
    anatomy: JointAnatomy  # of this body, for its poses


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One pose seen by B cameras of one size, H×W."""

    photo: Tensor  # B×3×H×W, [0, 1], sRGB: in front of a background, through lens and sensor
    rgba: Tensor  # B×4×H×W, [0, 1], sRGB, straight alpha: the person alone, as lit
    truth: ViewTruth
    pose: Pose
    cameras: tuple[Camera, ...]


def sample_person(pack: Pack, seed: Sequence[int], split: str = "train") -> DressedPerson:
    """The person of that seed; the same on every machine."""
    rng = np.random.default_rng([SPLITS.index(split), *seed])
    identity = sample_identity(pack, rng, split)
    fitted = outfit(pack, identity)
    rest = pack.body.rest(identity.shape)
    return DressedPerson(
        identity=identity,
        fitted=fitted,
        clothing=true_clothing(pack.body, fitted),
        scene=to_device(sample_scene(rng, split == "test"), pack.body.device),
        anatomy=anatomy_of(pack.body, to_device(rest, "cpu")),
    )


def sample_person_pose(
    pack: Pack, person: DressedPerson, rng: np.random.Generator, kind: str = "mix", split: str = "train"
) -> Pose:
    """A pose for this body, on its device; kinds are those of `poses.sample_pose`."""
    pose = sample_pose(rng, pack.body, pack.poses, kind, test=split == "test", anatomy=person.anatomy)
    worn = [choice.article.removeprefix("made/") for choice in person.identity.choices]
    for heel, _ in (HEELS[name] for name in worn if name in HEELS):
        pose = replace(pose, joints=raise_heels(pose.joints, pack.body.roles, pack.body.parents, heel_pitch(heel)))
        pose = stand_on_ground(person.anatomy, pose)
    return to_device(pose, pack.body.device)


def cameras_around(
    pack: Pack, person: DressedPerson, pose: Pose, azimuths: Sequence[float], size: tuple[int, int]
) -> list[Camera]:
    """The scene's camera at each azimuth (degrees), the person filling the picture."""
    points = skin(person.fitted.rest, pose)[pack.body.of_body]
    return [scene_camera(person.scene, points, azimuth, size) for azimuth in azimuths]


def shoot(pack: Pack, person: DressedPerson, pose: Pose, cameras: Sequence[Camera], rng: np.random.Generator) -> Shot:
    """Photographs of one pose, each in front of a place of its own, with their truth."""
    body = pack.body
    layers = pose_layers(body, person.fitted, pose, part_of_joint(body).to(body.device))
    light = light_vertices(layers, person.scene.lights)
    rgba = draw_views(layers, light, cameras)
    photos = []
    for picture, camera in zip(rgba, cameras, strict=True):
        wall = floor_row(camera, float(rng.uniform(*_WALL_M)))
        behind = background(rng, camera.size, body.device, wall)
        shadow = ground_shadow(layers[0].vertices[body.of_body], person.scene.lights, camera)
        photos.append(photograph(picture, behind, person.scene, rng, shadow))
    return Shot(
        photo=torch.stack(photos),
        rgba=rgba,
        truth=view_truth(layers, cameras),
        pose=pose,
        cameras=tuple(cameras),
    )


def true_fit(person: DressedPerson, pose: Pose, camera: Camera) -> BodyFit:
    """What the library's fit would be if it made no error."""
    shape = BodyShape(coefficients=person.identity.shape.coefficients.to(camera.intrinsics.device))
    return BodyFit(shape=shape, pose=pose, camera=camera, clothing=person.clothing)
