"""Body and hand rows are found again from where they are seen, and mirror each other."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.person.landmarks import MIRRORED
from workshop.landmarks.body import body_rows, hand_rows
from workshop.landmarks.face import mirror_vertices
from workshop.landmarks.views import BODY_POINTS, Detection, projection_error

PERCENT = 100 / 1.75  # of the height, for a metre


@pytest.fixture(scope="module")
def template() -> Tensor:
    """A symmetric cloud as large as a body, denser than a landmark's surroundings."""
    generator = torch.Generator().manual_seed(0)
    left = torch.rand(3000, 3, generator=generator) * torch.tensor([0.35, 1.7, 0.25])
    return torch.cat([left, left * torch.tensor([-1.0, 1.0, 1.0])])


@pytest.fixture(scope="module")
def true_rows(template: Tensor) -> tuple[Tensor, Tensor]:
    """Each landmark amid three vertices near a place of its own; twins mirror each other."""
    generator = torch.Generator().manual_seed(1)
    twin_vertex = mirror_vertices(template)
    vertices = torch.zeros(BODY_POINTS, 6, dtype=torch.long)
    for number, twin in enumerate(MIRRORED):
        if twin < number:
            vertices[number] = twin_vertex[vertices[twin]]
            continue
        place = torch.rand(3, generator=generator) * torch.tensor([0.3, 1.5, 0.2]) + 0.02
        near = (template[:3000] - place).norm(dim=1).argsort()[:3]
        vertices[number] = torch.cat([near, twin_vertex[near] if twin == number else near])
    return vertices, torch.full((BODY_POINTS, 6), 1 / 6)


def detections(template: Tensor, rows: tuple[Tensor, Tensor], seed: int, count: int = 40) -> list[Detection]:
    """The cloud turned at random and seen by a far camera, with the landmarks where the rows put them."""
    generator = torch.Generator().manual_seed(seed)
    vertices, weights = rows
    views = []
    for _ in range(count):
        turn = matrix_from_axis_angle(torch.randn(3, generator=generator))
        seen = (template @ turn.T)[:, :2] * PERCENT
        marks = (seen[vertices] * weights[..., None]).sum(1)
        views.append(Detection(vertices=seen, landmarks=marks, score=torch.ones(len(marks))))
    return views


def moved(rows: tuple[Tensor, Tensor], template: Tensor, by: float) -> tuple[Tensor, Tensor]:
    """Rows of one vertex each, that far below where they should be."""
    vertices, weights = rows
    places = (template[vertices] * weights[..., None]).sum(1) - torch.tensor([0.0, by, 0.0])
    return torch.cdist(places, template).argmin(1, keepdim=True), torch.ones(len(places), 1)


def test_rows_are_found_from_where_they_are_seen(template: Tensor, true_rows: tuple[Tensor, Tensor]) -> None:
    start = moved(true_rows, template, 0.05)
    rows = body_rows(template, *start, mirror_vertices(template), detections(template, true_rows, 2))
    fresh = detections(template, true_rows, 3)
    before, after = (projection_error(*each, fresh).mean() for each in (start, rows))
    assert before > 2 and after < 0.15 * before
    vertices, weights = rows
    assert (weights >= 0).all() and torch.allclose(weights.sum(1), torch.ones(BODY_POINTS), atol=1e-5)
    places = (template[vertices] * weights[..., None]).sum(1)
    mirrored = places[MIRRORED] * torch.tensor([-1.0, 1.0, 1.0])
    assert torch.allclose(places, mirrored, atol=1e-4)


def test_a_few_bad_detections_do_not_move_a_row(template: Tensor, true_rows: tuple[Tensor, Tensor]) -> None:
    views = detections(template, true_rows, 4)
    spoiled = [replace(view, landmarks=view.landmarks + 20) for view in views[:4]] + views[4:]
    start, twin_vertex = moved(true_rows, template, 0.03), mirror_vertices(template)
    fresh = detections(template, true_rows, 5)
    clean, robust = (
        projection_error(*body_rows(template, *start, twin_vertex, each), fresh).mean() for each in (views, spoiled)
    )
    assert robust < clean + 0.35, "a tenth of the views is off by 35 cm"


def test_what_is_hardly_seen_does_not_count(template: Tensor, true_rows: tuple[Tensor, Tensor]) -> None:
    views = detections(template, true_rows, 6)
    wrong = [
        replace(view, landmarks=view.landmarks + 30, score=torch.zeros(BODY_POINTS))
        for view in detections(template, true_rows, 7)
    ]
    start, twin_vertex = moved(true_rows, template, 0.03), mirror_vertices(template)
    fresh = detections(template, true_rows, 8)
    rows = body_rows(template, *start, twin_vertex, [*views, *wrong])
    error = projection_error(*rows, fresh).mean(0)
    assert error[11:].max() < 1, "but for the face, whose score says little"


def test_both_hands_teach_both(template: Tensor, true_rows: tuple[Tensor, Tensor]) -> None:
    twin_vertex = mirror_vertices(template)
    left = true_rows[0][:21, :3], torch.full((21, 3), 1 / 3)
    right = twin_vertex[left[0]], left[1]
    start = moved(left, template, 0.015)
    views = (detections(template, left, 9, 12), detections(template, right, 10, 12))
    vertices, weights = hand_rows(template, *start, twin_vertex, *views)
    for rows, true, seed in (((vertices[:21], weights[:21]), left, 11), ((vertices[21:], weights[21:]), right, 12)):
        fresh = detections(template, true, seed, 10)
        before = projection_error(*(start if seed == 11 else (twin_vertex[start[0]], start[1])), fresh).mean()
        assert projection_error(*rows, fresh).mean() < 0.5 * before
