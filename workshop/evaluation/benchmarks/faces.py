"""How like the person the double's face is: dlib's distance between the photo's face and the double's from five sides.

A line for every photo: from the photo's own camera, and in the rest pose, with the photo's expression, from 0°, ±30°
and ±45°. Pictures are of the head alone, on grey. Below 0.6 two pictures are said to show one person. Photos that show
no face are named.

With --doubles, doubles that `benchmarks photos --out` left in that folder are taken; others are made and left there.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bodydouble.body import BodyModel, body_model
from bodydouble.create_config import CreateConfig
from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.geometry.camera import project
from bodydouble.person import detector
from bodydouble.person.photo import read_photo
from bodydouble.pipeline import Pipeline
from bodydouble.render.framing import framing_camera
from bodydouble.values import FACE_LANDMARKS, Camera, Pose
from workshop.evaluation.benchmarks.likeness import GREY
from workshop.evaluation.benchmarks.table import Table
from workshop.measures.faces import FaceEmbedder
from workshop.pictures import add_photo_arguments, list_photos

_AZIMUTHS_DEG = (0, 30, -30, 45, -45)
_PICTURE_PX = 400  # a side: the face is about as large as the network's input
_FREE = 0.4  # of the picture's half sides, around the face: for hair, and for what dlib cuts out
_LEAST_SCORE = 0.5  # of the face's landmarks, for it to be shown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `Benchmark`."""
    add_photo_arguments(parser)
    parser.add_argument("--doubles", type=Path, help="folder for doubles, NAME.double for each photo NAME")


def run(options: argparse.Namespace) -> None:
    """See `Benchmark`."""
    names = list_photos(options)
    embedder = FaceEmbedder()
    if reason := embedder.missing():
        raise InputError(reason)
    measure = FaceMeasures(embedder, options.doubles)
    table = Table({"photo": 3, **{f"{azimuth}°": 3 for azimuth in _AZIMUTHS_DEG}})
    for name in names:
        try:
            table.add(name, *measure(options.photos / name))
        except InputError as error:
            table.note(name, str(error))
    table.add_mean()


class FaceMeasures:
    """Measures photos, one after another; what that needs is loaded once."""

    def __init__(self, embedder: FaceEmbedder, doubles: Path | None = None) -> None:
        self._embedder = embedder
        self._doubles = doubles
        self._body: BodyModel = body_model()
        self._create = Pipeline(CreateConfig(body=self._body))
        self._detect = detector()

    def __call__(self, path: Path) -> list[float]:
        """Distances from the photo's own camera, and from each side.

        Raises:
            InputError: the photo shows nobody, or no face.
        """
        photo = read_photo(path)
        face = self._detect(photo).landmarks[FACE_LANDMARKS]
        if float(face[:, 2].mean()) < _LEAST_SCORE:
            raise InputError(f"{path.name} shows no face")
        truth = self._embedder.embed(photo.rgb, face[:, :2])
        pictures = draw_faces(self._double(path))
        return [float(np.linalg.norm(self._embedder.embed(*each) - truth)) for each in pictures]

    def _double(self, photo: Path) -> Double:
        """Kept, or made."""
        path = None if self._doubles is None else self._doubles / f"{photo.name}.double"
        if path is not None and path.is_file():
            return Double.load(path, self._body)
        double = self._create.create(photo)
        if path is not None:
            double.save(path)
        return double


def draw_faces(double: Double) -> Iterator[tuple[Tensor, Tensor]]:
    """The face from the photo's side, then from `_AZIMUTHS_DEG`: 3×H×W on grey, and its 468×2 landmarks in pixels."""
    yield _draw(double, double.fit.pose, double.fit.camera)
    pose = double.standing_pose("rest")
    points = _face(double, pose)
    for azimuth in _AZIMUTHS_DEG:
        camera = framing_camera(points, (_PICTURE_PX, _PICTURE_PX), float(azimuth), margin=_FREE)
        yield _draw(double, pose, camera)


def _draw(double: Double, pose: Pose, camera: Camera) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        rgb, alpha = double.renderer(double.pose_surfaces(pose), camera).split([3, 1])
    return rgb * alpha + GREY * (1 - alpha), project(_face(double, pose), camera)[:, :2]


def _face(double: Double, pose: Pose) -> Tensor:
    """468×3, metres."""
    return double.body.landmarks.points(double.posed(pose).vertices)[FACE_LANDMARKS]
