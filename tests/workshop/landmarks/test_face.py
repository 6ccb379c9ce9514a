"""Face rows: twins are paired, points are spread evenly, and the rows that ship lie where MediaPipe sees them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.values import FACE_LANDMARKS
from workshop.landmarks.face import mirror_landmarks, mirror_vertices, sample_faces
from workshop.landmarks.people import People
from workshop.landmarks.views import Detection, detect_faces, head_views, projection_error
from workshop.synthesis.body import PackedBody


def test_landmarks_are_paired_with_their_mirror_images() -> None:
    generator = torch.Generator().manual_seed(0)
    left = torch.rand(30, 2, generator=generator) + torch.tensor([0.1, 0.0])
    middle = torch.cat([torch.zeros(4, 1), torch.rand(4, 1, generator=generator)], 1)
    face = torch.cat([left, middle, left * torch.tensor([-1.0, 1.0])])
    seen = [face + 0.003 * torch.randn(face.shape, generator=generator) for _ in range(20)]
    twins = mirror_landmarks(seen)
    assert twins.tolist() == [*range(34, 64), *range(30, 34), *range(30)]


def test_points_are_spread_evenly_over_their_faces() -> None:
    faces = torch.tensor([[0, 1, 2], [2, 1, 3]])
    twin = torch.arange(4)
    samples = sample_faces(faces, torch.tensor([1]), 4, twin)
    assert len(samples.vertices) == 10 and (samples.vertices == faces[1]).all()
    assert torch.allclose(samples.weights.sum(1), torch.ones(10)) and (samples.weights > 0).all()
    assert torch.allclose(samples.weights.mean(0), torch.full((3,), 1 / 3))
    assert sample_faces(faces, torch.tensor([0]), 1, twin).weights.tolist() == [pytest.approx([1 / 3] * 3)]


def test_each_vertex_of_the_body_has_a_twin(anny: AnnyBody) -> None:
    template = anny.rest(anny.mean_shape()).vertices
    twins = mirror_vertices(template)
    assert torch.equal(twins[twins], torch.arange(len(template)))
    assert (template[twins] * torch.tensor([-1.0, 1, 1]) - template).norm(dim=1).max() < 1e-3


@pytest.fixture(scope="module")
def heads(shared: Path, packed_body: PackedBody) -> list[Detection]:
    """MediaPipe's face mesh on two drawn heads that the rows were not measured on."""
    found = detect_faces(head_views(People(shared / "wardrobe", packed_body), 12345, 2, 2))
    assert len(found) == 4
    return found


def rows(anny: AnnyBody) -> Iterator[Tensor]:
    """Vertices and weights of the face in the file that ships."""
    yield anny.landmarks.vertices[FACE_LANDMARKS]
    yield anny.landmarks.weights[FACE_LANDMARKS]


def test_the_rows_that_ship_are_those_of_faces_that_nobody_measured(anny: AnnyBody, heads: list[Detection]) -> None:
    vertices, weights = rows(anny)
    error = projection_error(vertices, weights, heads)
    assert error.mean() < 0.25, "percent of the height"
    assert error.mean(0).max() < 1.0, "the worst landmark"
    twin = mirror_landmarks([head.landmarks for head in heads])
    wrong_side = projection_error(vertices[twin], weights[twin], heads)
    assert wrong_side.mean() > 8 * error.mean()
