"""Where MediaPipe's landmarks lie on Anny: laws of the data file."""

import pytest
import torch
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.values import BODY_LANDMARKS, FACE_LANDMARKS

# Numbers of MediaPipe's face mesh: middles of the inner lips, of the lids, and the corners of the eyes.
UPPER_LIP, LOWER_LIP = (82, 13, 312), (87, 14, 317)
LEFT_UPPER_LID, LEFT_LOWER_LID = (385, 386, 387), (373, 374, 380)
FACE_TWINS = {33: 263, 133: 362, 61: 291, 159: 386, 145: 374, 234: 454, 58: 288, 50: 280, 70: 300, 98: 327}
FACE_MIDDLE = (1, 4, 10, 13, 14, 152, 168)
MIRROR = torch.tensor([-1.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def points(anny: AnnyBody) -> Tensor:
    return anny.landmarks.points(anny.rest(anny.mean_shape()).vertices)


def _face(anny: AnnyBody, expression: str, numbers: tuple[int, ...]) -> Tensor:
    """How far up an expression moves landmarks of the face, millimetres."""
    rest = anny.rest(anny.mean_shape())
    moved = anny.landmarks.points(rest.expressions[anny.expression_names.index(expression)])
    return 1000 * moved[FACE_LANDMARKS][list(numbers), 1]


def test_rows_are_mixtures_of_vertices(anny: AnnyBody) -> None:
    weights, vertices = anny.landmarks.weights, anny.landmarks.vertices
    assert weights.min() >= 0
    assert torch.allclose(weights.sum(1), torch.ones(len(weights)), atol=1e-4)  # Anny has every landmark
    assert vertices.min() >= 0 and vertices.max() < anny.rest(anny.mean_shape()).vertices.shape[0]


def test_body_landmarks_mirror(points: Tensor) -> None:
    body = points[BODY_LANDMARKS]
    for left in (7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31):
        assert torch.allclose(body[left] * MIRROR, body[left + 1], atol=2e-3), left
        assert body[left, 0] > 0.01, f"landmark {left} belongs to the left, which is +x"


def test_face_landmarks_mirror(points: Tensor) -> None:
    face = points[FACE_LANDMARKS]
    for right, left in FACE_TWINS.items():
        assert torch.allclose(face[right] * MIRROR, face[left], atol=2e-3), (right, left)
        assert face[left, 0] > 0.01
    assert face[list(FACE_MIDDLE), 0].abs().max() < 2e-3


def test_face_landmarks_lie_on_the_face(points: Tensor) -> None:
    face = points[FACE_LANDMARKS]
    size = face.amax(0) - face.amin(0)
    assert torch.all(size > torch.tensor([0.10, 0.12, 0.05])) and torch.all(size < torch.tensor([0.19, 0.25, 0.16]))
    nose_tip, chin, forehead = face[4], face[152], face[10]
    assert nose_tip[2] == face[:, 2].max() or (face[:, 2].max() - nose_tip[2]) < 5e-3
    assert chin[1] < nose_tip[1] < forehead[1]


def test_opening_the_jaw_parts_the_lips(anny: AnnyBody) -> None:
    assert _face(anny, "jawOpen", LOWER_LIP).max() < -15
    assert _face(anny, "jawOpen", UPPER_LIP).abs().max() < 5


def test_a_blink_lowers_the_upper_lid_of_that_eye(anny: AnnyBody) -> None:
    assert _face(anny, "eyeBlinkLeft", LEFT_UPPER_LID).max() < -5
    assert _face(anny, "eyeBlinkLeft", LEFT_LOWER_LID).abs().max() < 2
    assert _face(anny, "eyeBlinkRight", LEFT_UPPER_LID).abs().max() < 0.5


def test_elbows_divide_the_arm_where_the_detector_sees_them(points: Tensor) -> None:
    """Arms that hang or are held out on nine photographs: the upper part 1.0 to 1.27 times as long as the lower."""
    shoulder, elbow, wrist, index = points[BODY_LANDMARKS][[11, 13, 15, 19]]
    upper, lower, hand = (
        float((end - start).norm()) for start, end in ((shoulder, elbow), (elbow, wrist), (wrist, index))
    )
    assert 1.0 < upper / lower < 1.27
    assert 0.25 < hand / lower < 0.36  # 0.28 to 0.36 there
