"""The 468 rows of MediaPipe's face mesh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.geometry.camera import clip_from_world, orbit_camera
from bodydouble.raster.torch import rasterise
from bodydouble.values import RestBody
from workshop.landmarks.people import People
from workshop.landmarks.views import FACE_POINTS, Detection
from workshop.synthesis.body import EYEBALLS

# Rings of MediaPipe's face mesh that lie on one lip or one lid; elsewhere any skin will do.
UPPER_LIPS = (191, 80, 81, 82, 13, 312, 311, 310, 415, 183, 42, 41, 38, 12, 268, 271, 272, 407)
LOWER_LIPS = (95, 88, 178, 87, 14, 317, 402, 318, 324, 96, 89, 179, 86, 15, 316, 403, 319, 325)
UPPER_LIDS = (246, 161, 160, 159, 158, 157, 173, 466, 388, 387, 386, 385, 384, 398)
LOWER_LIDS = (7, 163, 144, 145, 153, 154, 155, 249, 390, 373, 374, 380, 381, 382)


@dataclass(frozen=True)
class FaceSkin:
    """The skin a face landmark may lie on, in one template body."""

    faces: Tensor  # F×3
    allowed: Tensor  # 468×F, bool
    template: Tensor  # V×3, metres


def face_surface(people: People, visible: Tensor) -> FaceSkin:
    """Faces in reach of each face landmark: visible skin, and the proper lip or lid for those on its edge.

    Args:
        visible: (F,) bool, faces seen on a head with its mouth closed.
    """
    body = people.body
    rest = body.rest(body.mean_shape())
    is_eye = people.body.of_body[body.faces].ge(EYEBALLS.start).any(1)
    skin_faces = visible & ~is_eye
    jaw = _downward_motion(rest, body.expression_names.index("jawOpen"))
    lower_lip = (jaw / jaw.max() > 0.3)[body.faces].all(1)
    blinks = [_downward_motion(rest, body.expression_names.index(f"eyeBlink{side}")) for side in ("Left", "Right")]
    blink = blinks[0] + blinks[1]
    upper_lid = (blink > 0.3 * blink.max())[body.faces].any(1)
    allowed = skin_faces.expand(FACE_POINTS, -1).clone()
    allowed[list(UPPER_LIPS)] &= ~lower_lip
    allowed[list(LOWER_LIPS)] &= lower_lip
    allowed[list(UPPER_LIDS)] &= upper_lid
    allowed[list(LOWER_LIDS)] &= ~upper_lid
    return FaceSkin(body.faces, allowed, rest.vertices)


def _downward_motion(rest: RestBody, expression: int) -> Tensor:
    """(V,) how far down an expression moves each vertex, metres."""
    return (-rest.expressions[expression, :, 1]).clamp_min(0)


@dataclass(frozen=True)
class Samples:
    """Points spread over the skin, and their twins on the other side."""

    vertices: Tensor  # S×3, int64
    weights: Tensor  # S×3
    face: Tensor  # S, the face each point lies on
    twin_vertices: Tensor  # S×3, int64

    def errors(self, detections: Sequence[Detection], numbers: Tensor, twins: Tensor) -> Tensor:
        """(S, N) mean distance in percent of the height between each point's projection and N landmarks as found.

        Both sides count: the point against landmark `numbers[n]`, its twin on the body against landmark `twins[n]`.
        """
        total = torch.zeros(len(self.vertices), len(numbers))
        for detection in detections:
            for vertices, landmarks in ((self.vertices, numbers), (self.twin_vertices, twins)):
                place = (detection.vertices[vertices] * self.weights[..., None]).sum(1)
                total += torch.cdist(place, detection.landmarks[landmarks])
        return total / (2 * len(detections))


def sample_faces(faces: Tensor, numbers: Tensor, steps: int, twin_vertex: Tensor) -> Samples:
    """Points on the faces `numbers`: a triangular grid, `steps` to an edge; one step is the face's centre."""
    grid = [(i, j, steps - 1 - i - j) for i in range(steps) for j in range(steps - i)]
    weights = (torch.tensor(grid, dtype=torch.float32) + 1 / 3) / steps
    vertices = faces[numbers].repeat_interleave(len(weights), 0)
    return Samples(
        vertices=vertices,
        weights=weights.repeat(len(numbers), 1),
        face=numbers.repeat_interleave(len(weights)),
        twin_vertices=twin_vertex[vertices],
    )


def mirror_landmarks(landmarks: Sequence[Tensor]) -> Tensor:
    """Index of each landmark's twin on the other side, from many detections (468×2 each).

    Each detection and its mirror image are laid over the first one; the assignment with the least distance pairs them.
    """
    shapes = torch.stack([(points - points.mean(0)) / points.std() for points in landmarks])
    mean = shapes.mean(0)
    middle = mean[:, 0].max() + mean[:, 0].min()
    mirrored = torch.stack([middle - mean[:, 0], mean[:, 1]], -1)
    cost = torch.cdist(mean, mirrored)
    rows, columns = linear_sum_assignment((cost + cost.T).numpy() ** 2)
    return torch.from_numpy(columns)[torch.from_numpy(rows)]


def face_rows(people: People, detections: Sequence[Detection]) -> tuple[Tensor, Tensor]:
    """Vertices and weights (468×6 each) of the face landmarks, from MediaPipe's face mesh in pictures of `people`."""
    surface = face_surface(people, frontally_visible(people.body))
    twin = mirror_landmarks([s.landmarks for s in detections])
    twin_vertex = mirror_vertices(surface.template)
    centres = surface.template[surface.faces].mean(1)
    every = surface.allowed.any(0).nonzero()[:, 0]
    coarse = sample_faces(surface.faces, every, 1, twin_vertex).errors(detections, torch.arange(FACE_POINTS), twin)
    vertices, weights = torch.zeros(FACE_POINTS, 6, dtype=torch.long), torch.zeros(FACE_POINTS, 6)
    for number in range(FACE_POINTS):
        if number > twin[number]:  # its twin was done before: copy it to this side
            vertices[number], weights[number] = twin_vertex[vertices[twin[number]]], weights[twin[number]]
            continue
        allowed = surface.allowed[number, every]
        best = every[coarse[:, number].where(allowed, torch.inf).argmin()]
        candidates = every[allowed]
        near = candidates[(centres[candidates] - centres[best]).norm(dim=1).topk(20, largest=False).indices]
        fine = sample_faces(surface.faces, near, 6, twin_vertex)
        choice = fine.errors(detections, torch.tensor([number]), twin[number : number + 1]).argmin()
        vertices[number, :3], weights[number, :3] = fine.vertices[choice], fine.weights[choice]
        if number == twin[number]:  # on the middle line: half way to its mirror image
            vertices[number, 3:], weights[number, 3:] = fine.twin_vertices[choice], fine.weights[choice]
            weights[number] /= 2
    return vertices, weights


def frontally_visible(body: BodyModel) -> Tensor:
    """(F,) bool: faces seen on the mean head with its mouth closed, from any side before it."""
    vertices = body.rest(body.mean_shape()).vertices
    target = body.landmarks.points(vertices)[0]
    visible = torch.zeros(len(body.faces), dtype=torch.bool)
    for azimuth in (-45, 0, 45):
        camera = orbit_camera(azimuth, 0, target, 1.5, 1500 * 1.5 / 0.4, (1500, 1500))
        hit = rasterise(clip_from_world(vertices, camera)[None], body.faces, camera.size).face
        visible[hit[hit >= 0].unique()] = True
    return visible


def mirror_vertices(template: Tensor) -> Tensor:
    """(V,) the vertex on the other side of a symmetric body."""
    tree = cKDTree(template.numpy())
    return torch.from_numpy(tree.query((template * torch.tensor([-1.0, 1.0, 1.0])).numpy())[1])
