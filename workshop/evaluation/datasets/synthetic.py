"""The synthetic test people: as many as `people.json` has seeds for, true from every side."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from bodydouble.body import BodyModel
from bodydouble.digitize.geometry import CELL_M
from bodydouble.digitize.solid import is_open, thicken, unite
from bodydouble.errors import InputError
from bodydouble.geometry.camera import camera_position, project
from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle
from bodydouble.raster.shade import sample_texture
from bodydouble.values import FACE_LANDMARKS, Camera, Mesh, Pose
from workshop.evaluation.align import procrustes
from workshop.evaluation.datasets import TURNING, VARIED, Source, Subject, TrueView
from workshop.synthesis.garments.worn import pose_layers
from workshop.synthesis.identities import SPLITS
from workshop.synthesis.pack.contents import Pack
from workshop.synthesis.pack.open import open_pack
from workshop.synthesis.shoot import DressedPerson, cameras_around, sample_person, sample_person_pose, shoot

SIZE = (512, 512)
_SEEDS = Path(__file__).with_name("people.json")
_AROUND = tuple(4.0 * step for step in range(90))
_ON_THE_SKIN = ("eyes", "brows")  # thinner than a cell
_OPAQUE = 0.5  # alpha from which a card of hair is part of the person
_FACE_SEEN_DEG = 60.0  # the head is turned away from the camera by less
_FACE_ROOM = 0.15  # of the face's size, left around its landmarks


class SyntheticPeople:
    """See `Dataset`. People of one split, dressed from a wardrobe that the caller names."""

    name = "synthetic"

    def __init__(self, source: Source, body: BodyModel) -> None:
        """Open the wardrobe.

        Raises:
            InputError: there is none, or no such split.
        """
        if source.wardrobe is None:
            raise InputError("synthetic people need clothes: give --wardrobe DIR, a folder of MakeHuman's CC0 assets")
        if source.split not in SPLITS:
            raise InputError(f"there is no split {source.split!r}; choose one of: {', '.join(SPLITS)}")
        self.split = source.split
        self.pack = open_pack(source.wardrobe)
        self._entries: dict[str, tuple[str, dict]] = {}
        for group, people in json.loads(_SEEDS.read_text(encoding="utf-8")).items():
            for number, entry in enumerate(people):
                self._entries[f"{group}-{number:02d}"] = (group, entry)
        self.sets: Mapping[str, tuple[str, ...]] = {
            group: tuple(name for name, (its_group, _) in self._entries.items() if its_group == group)
            for group in (TURNING, VARIED)
        }

    def subject(self, name: str) -> Subject:
        """The person of that name; drawn when a view is asked for."""
        group, entry = self._entries[name]
        person = sample_person(self.pack, (entry["identity"],), self.split)
        kind = "a-pose" if group == TURNING else "mix"
        poses = [
            sample_person_pose(
                self.pack, person, np.random.default_rng(seed), kind if number == 0 else "mix", self.split
            )
            for number, seed in enumerate(entry["poses"])
        ]
        views = [_views(self.pack, person, pose, seed) for pose, seed in zip(poses, entry["poses"], strict=True)]
        return Subject(
            name=name,
            cluster=person.identity.outfit,
            azimuths_deg=_AROUND,
            view=views[0],
            others=tuple(views[1:]),
            shape=person.identity.shape,
            anywhere=True,
        )


def _views(pack: Pack, person: DressedPerson, pose: Pose, seed: int) -> Callable[[float], TrueView]:
    """What draws the view at an azimuth. The person turns before a camera at rest, as in SnapshotPeople.

    Were the camera to go around, backs would stand in a shade that no photo of the front tells of.
    """

    def view(azimuth_deg: float) -> TrueView:
        rng = np.random.default_rng([seed, round(azimuth_deg * 100) % 36000])
        turned = _turned(pose, -azimuth_deg)
        (camera,) = cameras_around(pack, person, turned, [0.0], SIZE)
        shot = shoot(pack, person, turned, [camera], rng)
        return TrueView(
            rgb=shot.photo[0],
            mask=shot.rgba[0, 3],
            azimuth_deg=azimuth_deg,
            camera=camera,
            pose=turned,
            mesh=partial(_true_mesh, pack, person, turned),
            face_box=_face_box(pack, person, turned, camera),
        )

    return view


def _true_mesh(pack: Pack, person: DressedPerson, pose: Pose) -> Mesh:
    """The body and all that is worn as one closed mesh; hair where its cards are not mostly transparent."""
    body = pack.body
    solids = [body.pose(body.rest(person.identity.shape), pose)]
    for layer in pose_layers(body, person.fitted, pose)[1:]:
        if layer.kind not in _ON_THE_SKIN:
            middle = layer.uv[layer.uv_faces].mean(1).T[None, :, None]
            opaque = sample_texture(layer.texture[3:], middle)[0, 0, 0] > _OPAQUE
            sheet = Mesh(vertices=layer.vertices, faces=layer.faces[opaque])
            solids.append(thicken(sheet) if is_open(sheet.faces) else sheet)
    return unite([solid for solid in solids if len(solid.faces)], CELL_M)


def _turned(pose: Pose, degrees: float) -> Pose:
    """The pose with the whole body turned about the vertical, positive to the person's left."""
    turn = matrix_from_axis_angle(torch.tensor([0.0, np.deg2rad(degrees), 0.0], dtype=torch.float32))
    rotation = axis_angle_from_matrix(turn @ matrix_from_axis_angle(pose.root_rotation))
    return replace(pose, root_rotation=rotation)


def _face_box(pack: Pack, person: DressedPerson, pose: Pose, camera: Camera) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of the face in pixels; None where it looks away from the camera."""
    body = pack.body
    rest = body.rest(person.identity.shape)
    face = body.landmarks.points(body.pose(rest, pose).vertices)[FACE_LANDMARKS]
    rest_face = body.landmarks.points(rest.vertices)[FACE_LANDMARKS]
    towards = camera_position(camera) - face.mean(0)
    ahead = procrustes(rest_face, face).rotation[:, 2]  # at rest the face looks along +z
    if float(torch.cosine_similarity(ahead, towards, dim=0)) < np.cos(np.deg2rad(_FACE_SEEN_DEG)):
        return None
    places = project(face, camera)[:, :2]
    low, high = places.amin(0), places.amax(0)
    room = _FACE_ROOM * (high - low)
    limit = torch.tensor([camera.size[1], camera.size[0]])
    box = torch.cat([(low - room).floor().clamp_min(0), torch.minimum((high + room).ceil(), limit)]).int().tolist()
    return (box[0], box[1], box[2], box[3]) if box[2] - box[0] >= 8 and box[3] - box[1] >= 8 else None
