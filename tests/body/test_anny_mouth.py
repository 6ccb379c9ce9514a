"""Teeth stand in the mouth of every shape, and the lower ones go with the jaw."""

import dataclasses

import pytest
import torch

from bodydouble.body.anny_mouth import COLUMNS, ROWS, place_teeth, tongue_faces
from bodydouble.body.anny_phenotypes import PHENOTYPES
from bodydouble.values import FACE_LANDMARKS


def shaped(anny, **phenotypes):
    shape = anny.mean_shape()
    coefficients = shape.coefficients.clone()
    for name, value in phenotypes.items():
        coefficients[PHENOTYPES.index(name)] = value
    return anny.rest(dataclasses.replace(shape, coefficients=coefficients))


def test_rows_are_arches_from_gums_to_biting_edge_to_back(anny):
    upper, lower = (teeth.vertices.view(COLUMNS, ROWS, 3) for teeth in place_teeth(anny, shaped(anny)))
    for arch, up in ((upper, 1), (lower, -1)):
        torch.testing.assert_close(arch.flip(0) * torch.tensor([-1.0, 1, 1]), arch, atol=5e-4, rtol=0)
        assert bool((arch[:, 2].diff(dim=0).norm(dim=1) < 0.012).all()), "a tooth is no wider than a centimetre"
        assert bool((up * (arch[:, 0, 1] - arch[:, 1, 1]) > 0.003).all()), "gums above the crowns, or below"
        assert bool((up * (arch[:, 1, 1] - arch[:, 2, 1]) > 0.004).all())
        middle = arch[COLUMNS // 2]
        assert float(middle[3, 2]) < float(middle[2, 2]), "the back is behind the edge"
    assert float(upper[:, 2, 0].diff().min()) > -1e-3 and float(upper[0, 2, 0]) < -0.02, "from the right to the left"


@pytest.mark.parametrize("shape", [{}, {"age": 0.3}, {"gender": 1.0, "weight": 1.0}, {"gender": 0.0, "height": 1.0}])
def test_they_are_behind_the_lips_of_every_shape(anny, shape):
    rest = shaped(anny, **shape)
    lips = anny.landmarks.points(rest.vertices)[FACE_LANDMARKS][[13, 14, 78, 308]]
    for teeth in place_teeth(anny, rest):
        front = teeth.vertices.view(COLUMNS, ROWS, 3)[COLUMNS // 2, 2]
        assert 0.003 < float(lips[:2, 2].mean() - front[2]) < 0.015
        assert abs(float(front[1] - lips[:2, 1].mean())) < 0.005
        assert 0.8 < float(teeth.vertices[:, 0].max() / lips[:, 0].abs().max()) < 2.0


def test_the_jaw_takes_the_lower_row_along(anny):
    rest = shaped(anny)
    upper, lower = place_teeth(anny, rest)
    assert not upper.shapes and set(lower.shapes) == {"jawForward", "jawLeft", "jawOpen", "jawRight"}
    drop = lower.shapes["jawOpen"]
    lip = anny.landmarks.points(rest.expressions[anny.expression_names.index("jawOpen")])[FACE_LANDMARKS][14]
    assert float(drop[:, 1].max()) < -0.005 and float(drop[:, 1].min()) == pytest.approx(float(lip[1]), abs=0.012)
    assert float(lower.shapes["jawLeft"][:, 0].min()) > 0.004, "to the person's left"


def test_the_tongue_is_a_patch_of_its_own(anny):
    tongue = tongue_faces(anny)
    inside, outside = anny.faces[tongue].unique(), anny.faces[~tongue].unique()
    assert int(tongue.sum()) == 448 and not set(inside.tolist()) & set(outside.tolist())
