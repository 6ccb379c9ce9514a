"""Pictures of random people in which MediaPipe looks for landmarks, and what it found in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.geometry.camera import orbit_camera, project
from bodydouble.values import LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS, Camera
from workshop.landmarks.people import People
from workshop.synthesis.draw import draw
from workshop.synthesis.layers import Layer
from workshop.synthesis.scene.light import Lights, steady_light

REFERENCE_HEIGHT = 1.75  # metres; errors are told in percent of this
FACE_POINTS = 468
BODY_POINTS = 33

_HEAD_SIZE = (640, 640)
_FIGURE_SIZE = (800, 640)
_HAND_SIZE = (512, 512)


@dataclass(frozen=True)
class LandmarkPicture:
    """What MediaPipe sees, and the surface that is behind it."""

    vertices: Tensor  # V×3, posed body vertices
    camera: Camera
    picture: np.ndarray  # H×W×3 uint8


@dataclass(frozen=True)
class Detection:
    """A view in which something was found, in units of percent of the reference height at the surface's depth."""

    vertices: Tensor  # V×2, projected
    landmarks: Tensor  # N×2, as found
    score: Tensor  # (N,), [0, 1], how sure MediaPipe is that the landmark is seen


def head_views(people: People, seed: int, count: int, each: int) -> Iterator[LandmarkPicture]:
    """`each` pictures of each of `count` heads, from the front and up to 35° beside it."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        drawn = people.layers(people.identity(rng, dressed=False), people.rest_pose(people.expression(rng)))
        light = steady_light(drawn, random_lights(rng), shadows=False)
        vertices = drawn[0].vertices[people.body.of_body]
        middle = people.body.landmarks.points(vertices)[[2, 5]].mean(0)
        for _ in range(each):
            yield _picture(drawn, light, vertices, _camera(rng, middle, (1.0, 3.0), 15, 0.42, _HEAD_SIZE), rng)


def figure_views(people: People, seed: int, count: int, each: int) -> Iterator[LandmarkPicture]:
    """`each` pictures of each of `count` dressed people from head to foot, from the front and up to 50° beside."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        drawn = people.layers(people.identity(rng), people.pose(rng))
        light = steady_light(drawn, random_lights(rng), shadows=False)
        vertices = drawn[0].vertices[people.body.of_body]
        low, high = vertices.amin(0), vertices.amax(0)
        extent = 1.25 * float((high - low).max())
        for _ in range(each):
            yield _picture(
                drawn, light, vertices, _camera(rng, (low + high) / 2, (2.5, 6.0), 25, extent, _FIGURE_SIZE), rng
            )


def hand_views(people: People, seed: int, count: int, each: int, side: str) -> Iterator[LandmarkPicture]:
    """`each` pictures of the left or right hand of each of `count` people, from the front and up to 90° beside."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        drawn = people.layers(people.identity(rng), people.hands(rng))
        light = steady_light(drawn, random_lights(rng), shadows=False)
        vertices = drawn[0].vertices[people.body.of_body]
        rows = LEFT_HAND_LANDMARKS if side == "left" else RIGHT_HAND_LANDMARKS
        middle = people.body.landmarks.points(vertices)[rows].mean(0)
        for _ in range(each):
            yield _picture(drawn, light, vertices, _camera(rng, middle, (0.8, 2.0), 40, 0.4, _HAND_SIZE), rng)


def _camera(
    rng: np.random.Generator,
    target: Tensor,
    distances: tuple[float, float],
    spread: float,
    extent: float,
    size: tuple[int, int],
) -> Camera:
    """A camera at a random distance, azimuths spread by `spread` degrees, that sees `extent` metres of its height."""
    distance = float(rng.uniform(*distances))
    azimuth = float(np.clip(rng.normal(0, spread), -2.2 * spread, 2.2 * spread))
    target = target + 0.02 * extent * torch.from_numpy(rng.normal(0, 1, 3)).float()
    return orbit_camera(azimuth, float(rng.uniform(-12, 12)), target, distance, size[0] * distance / extent, size)


def _picture(
    drawn: Sequence[Layer], light: Sequence[Tensor], vertices: Tensor, camera: Camera, rng: np.random.Generator
) -> LandmarkPicture:
    rgba = draw(drawn, light, camera, supersample=1)
    backdrop = torch.from_numpy(rng.uniform(0.2, 0.9) * rng.uniform(0.9, 1.0, 3)).float()[:, None, None]
    rgb = rgba[:3] * rgba[3:] + backdrop * (1 - rgba[3:])
    return LandmarkPicture(vertices, camera, (rgb.permute(1, 2, 0) * 255).byte().numpy())


def random_lights(rng: np.random.Generator) -> Lights:
    """A key light from the front, a weaker one, and light from everywhere."""
    towards = torch.from_numpy(rng.normal(0, 0.7, (2, 3))).float() + torch.tensor([0.0, 0.4, 1.0])
    colours = torch.tensor([0.7, 0.3])[:, None] * torch.from_numpy(rng.uniform(0.8, 1.0, (2, 3))).float()
    return Lights(directions=normalize(towards, dim=-1), colours=colours, ambient=torch.full((3,), 0.3))


def detect_faces(views: Iterator[LandmarkPicture]) -> list[Detection]:
    """MediaPipe's face mesh (468 points) in the views where it finds a face."""
    import mediapipe as mp

    with mp.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=False) as mesh:
        results = [(view, mesh.process(view.picture).multi_face_landmarks) for view in views]
    return [_detection(view, faces[0].landmark[:FACE_POINTS]) for view, faces in results if faces]


def detect_bodies(views: Iterator[LandmarkPicture]) -> list[Detection]:
    """MediaPipe's pose (33 points) in the views where it finds a body."""
    import mediapipe as mp

    with mp.solutions.pose.Pose(static_image_mode=True, model_complexity=1) as model:
        results = [(view, model.process(view.picture).pose_landmarks) for view in views]
    return [_detection(view, body.landmark) for view, body in results if body]


def detect_hands(views: Iterator[LandmarkPicture]) -> list[Detection]:
    """MediaPipe's hand (21 points) in the views where it finds one."""
    import mediapipe as mp

    with mp.solutions.hands.Hands(static_image_mode=True, max_num_hands=1, model_complexity=1) as model:
        results = [(view, model.process(view.picture).multi_hand_landmarks) for view in views]
    detections = [_detection(view, hands[0].landmark) for view, hands in results if hands]
    return [replace(detection, score=torch.ones_like(detection.score)) for detection in detections]


def _detection(view: LandmarkPicture, landmarks: Sequence) -> Detection:
    place = project(view.vertices, view.camera)
    height, width = view.camera.size
    in_picture = ((place[:, 0] > 0) & (place[:, 0] < width) & (place[:, 1] > 0) & (place[:, 1] < height)).nonzero()[
        :, 0
    ]
    scale = 100 / REFERENCE_HEIGHT * place[in_picture, 2].mean() / view.camera.intrinsics[0, 0]
    return Detection(
        vertices=place[:, :2] * scale,
        landmarks=torch.tensor([(point.x * width, point.y * height) for point in landmarks]) * scale,
        score=torch.tensor([point.visibility for point in landmarks]),
    )


def projection_error(vertices: Tensor, weights: Tensor, detections: Sequence[Detection]) -> Tensor:
    """M×N distance of N projected rows (N×K vertices and weights) from what was found in M views, percent of height."""
    rows = [(s.vertices[vertices] * weights[..., None]).sum(1) - s.landmarks for s in detections]
    return torch.stack(rows).norm(dim=-1)
