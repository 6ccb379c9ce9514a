"""A face's own form: the body model's face moves until its landmarks lie where the photo has them.

The body model has a few traits for a whole body and none for a nose. Its face met the detected landmarks by three
millimetres on average and by ten at most, so that from the side lips, nostrils and lids were painted beside their form.
Here the face's points move as a Gaussian process: smoothly, a little, and nearly alike on both sides. A photo tells
only what happens across its rays; where a head is turned, likeness of the sides tells depth as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import subtree_weight
from bodydouble.geometry.camera import project, to_camera
from bodydouble.geometry.mesh import view_cosine
from bodydouble.values import FACE_LANDMARKS, BodyFit, Person

# Deviation in metres of what both sides have in common, and of what they have not, along x, y and z of the rest pose.
_COMMON_M, _ONE_SIDED_M = (0.004, 0.005, 0.004), (0.002, 0.002, 0.0005)
_SMOOTH_M = 0.03  # over which a face's form varies
_NOISE_M = 0.0012  # deviation of a landmark that looks at the camera; one that looks away lies on an outline
_NOISE_PX = 0.7  # and that of the detector in the photo's pixels
_FLATTEST = 0.2  # cosine below which a landmark tells nothing
_MOST_M = 0.012  # by which a point of the face moves
_SEEN = 0.5  # score from which a landmark counts
_FEW = 100  # landmarks; fewer are a rim of a head that is turned away


def shape_face(fit: BodyFit, person: Person, body: BodyModel) -> BodyFit:
    """The clothed fit whose face has the form that the photo's landmarks tell; the rest of the body stays.

    Args:
        fit: whose `clothing` may already hold hair and ears.
        person: landmarks in pixels of the photo. A face that was not seen changes nothing.
    """
    rest = body.rest(fit.shape)
    sights = _look_at_landmarks(fit, person, body)
    if sights is None:
        return fit
    head = subtree_weight(rest, body.roles["head"])
    rows = (head > 0).nonzero()[:, 0]
    moves = _posterior(rest.vertices[rows], sights) * head[rows, None]
    length = moves.norm(dim=1, keepdim=True)
    moves = moves * (_MOST_M * torch.tanh(length / _MOST_M) / length.clamp_min(1e-9))
    offsets = fit.clothing.offsets.index_add(0, rows, moves)
    return replace(fit, clothing=replace(fit.clothing, offsets=offsets))


@dataclass(frozen=True)
class _Sights:
    """What N landmarks tell: two numbers each."""

    point: Tensor  # N×3, metres, in the rest pose
    across: Tensor  # N×2×3, pixels by which a landmark moves in the photo, for a metre along the rest pose's axes
    error: Tensor  # N×2, pixels from the body's landmark to the detected one
    noise: Tensor  # (N,), pixels, deviation


def _look_at_landmarks(fit: BodyFit, person: Person, body: BodyModel) -> _Sights | None:
    """Where the detected landmarks of the face lie against the bare body's; None where few were seen."""
    rest, weights = body.rest(fit.shape), body.landmarks
    rows = torch.arange(FACE_LANDMARKS.start, FACE_LANDMARKS.stop)
    posed = body.pose(rest, fit.pose)
    cosine = weights.points(view_cosine(posed.vertices, posed.faces, fit.camera))[rows, 0]
    known = (weights.weights[rows].sum(1) > 0) & (person.landmarks[rows, 2] > _SEEN) & (cosine > _FLATTEST)
    rows, cosine = rows[known], cosine[known]
    if len(rows) < _FEW:
        return None
    place = weights.points(posed.vertices)[rows]
    local, focal = to_camera(place, fit.camera), fit.camera.intrinsics[0, 0]
    slopes = []
    for axis in torch.eye(3):
        vertices = body.pose(replace(rest, vertices=rest.vertices + axis), fit.pose).vertices
        slopes.append((weights.points(vertices)[rows] - place) @ fit.camera.camera_from_world[:3, :3].T)
    depth = local[:, 2:, None]
    axes = torch.stack(slopes, 2)  # N×3×3: columns are the rest pose's axes in the camera's
    across = focal * (axes[:, :2] - local[:, :2, None] / depth * axes[:, 2:]) / depth
    pixel_m = local[:, 2] / focal
    return _Sights(
        point=weights.points(rest.vertices)[rows],
        across=across,
        error=person.landmarks[rows, :2] - project(place, fit.camera)[:, :2],
        noise=((_NOISE_M / pixel_m / cosine).square() + _NOISE_PX**2).sqrt(),
    )


def _posterior(points: Tensor, sights: _Sights) -> Tensor:
    """P×3 metres: the likeliest moves of points, P×3, of the rest pose."""
    count = len(sights.point)
    covariance = _covariance(sights.point, sights.point)  # 3×N×N
    system = torch.einsum("nia,anm,mja->nimj", sights.across, covariance, sights.across).reshape(2 * count, 2 * count)
    system = system + torch.diag(sights.noise.square().repeat_interleave(2))
    weight = torch.linalg.solve(system.double(), sights.error.reshape(-1).double()).float().reshape(count, 2)
    pull = torch.einsum("nia,ni->an", sights.across, weight)
    return torch.einsum("apn,an->pa", _covariance(points, sights.point), pull)


def _covariance(first: Tensor, second: Tensor) -> Tensor:
    """3×P×Q, squared metres: how far moves of points, P×3 and Q×3, go together along each axis of the rest pose."""
    mirror = torch.tensor([-1.0, 1.0, 1.0])
    places = (second, second * mirror)
    near, twin = (torch.exp(-0.5 * (torch.cdist(first, place) / _SMOOTH_M).square()) for place in places)
    common, one_sided = torch.tensor(_COMMON_M).square(), torch.tensor(_ONE_SIDED_M).square()
    together, against = (common + one_sided) / 2, (common - one_sided) / 2 * mirror
    return together[:, None, None] * near + against[:, None, None] * twin
