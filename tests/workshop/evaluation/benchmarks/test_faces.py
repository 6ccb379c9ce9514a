"""The face is drawn large, turned as asked, where its landmarks say; doubles that are kept are not made again."""

from pathlib import Path

import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.double import Double
from bodydouble.metadata import Metadata
from bodydouble.values import BodyFit, Texture
from workshop.evaluation.benchmarks import faces
from workshop.evaluation.benchmarks.__main__ import main

LEFT_EYE, RIGHT_EYE, NOSE = 263, 33, 1


@pytest.fixture(scope="module")
def double(fit: BodyFit, texture: Texture, metadata: Metadata, anny: AnnyBody) -> Double:
    return Double(fit=fit, texture=texture, body=anny, metadata=metadata)


def test_the_face_fills_the_picture_and_turns(double: Double) -> None:
    own, *around = faces.draw_faces(double)
    assert own[0].shape == (3, *double.fit.camera.size)
    turns = []
    for rgb, landmarks in around:
        assert rgb.shape == (3, 400, 400) and 0 < landmarks.min() and landmarks.max() < 400
        assert 150 < float(landmarks[:, 1].max() - landmarks[:, 1].min()) < 300
        assert torch.isclose(rgb[:, :20, :20], torch.tensor(0.5)).all()  # grey beside the head
        middle = (landmarks[LEFT_EYE, 0] + landmarks[RIGHT_EYE, 0]) / 2
        turns.append(float(landmarks[NOSE, 0] - middle))
    front, left, right, far_left, far_right = turns
    assert abs(front) < 3  # pixels
    # The camera goes to the person's left, which is on the picture's right: the nose then points to the left.
    assert far_left < left < -10 and far_right > right > 10


def test_a_kept_double_is_taken(
    double: Double, tmp_path: Path, anny: AnnyBody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faces, "body_model", lambda: anny)
    double.save(tmp_path / "a.jpg.double")
    measure = faces.FaceMeasures(faces.FaceEmbedder(), tmp_path)
    monkeypatch.setattr(measure._create, "create", lambda photo: double)
    assert measure._double(Path("a.jpg")) is not double
    assert measure._double(Path("b.jpg")) is double and (tmp_path / "b.jpg.double").is_file()


def test_without_the_network_nothing_stands_in_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(faces.FaceEmbedder, "missing", lambda self: "library missing: dlib")
    with pytest.raises(SystemExit) as stopped:
        main(["faces", str(tmp_path)])
    output = capsys.readouterr()
    assert stopped.value.code == 2 and "library missing: dlib" in output.err and not output.out
