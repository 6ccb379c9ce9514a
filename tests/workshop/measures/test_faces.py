"""Faces are embedded where dlib is, and what is missing is named where it is not."""

import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest
import torch

from bodydouble.person import detector
from bodydouble.person.photo import read_photo
from bodydouble.values import FACE_LANDMARKS
from tests.sample import SAMPLE
from workshop.measures.faces import FaceEmbedder


def installed(monkeypatch: pytest.MonkeyPatch, **packages: Path) -> None:
    """Only these of the two packages can be imported."""
    specs = {name: ModuleSpec(name, None, origin=str(folder / "__init__.py")) for name, folder in packages.items()}
    monkeypatch.setattr(importlib.util, "find_spec", specs.get)


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch)
    assert FaceEmbedder().missing() == "library missing: dlib (pip install 'bodydouble[likeness]')"
    installed(monkeypatch, dlib=tmp_path)
    assert "weights missing: face-recognition-models" in str(FaceEmbedder().missing())
    installed(monkeypatch, dlib=tmp_path, face_recognition_models=tmp_path)
    assert "dlib_face_recognition_resnet_model_v1.dat" in str(FaceEmbedder().missing())
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "dlib_face_recognition_resnet_model_v1.dat").touch()
    assert FaceEmbedder().missing() is None


def test_a_face_is_like_itself_smaller_and_unlike_another() -> None:
    embedder = FaceEmbedder()
    if reason := embedder.missing():
        pytest.skip(reason)
    photo = read_photo(SAMPLE)
    face = detector()(photo).landmarks[FACE_LANDMARKS, :2]
    half = torch.nn.functional.avg_pool2d(photo.rgb, 2)
    vector = embedder.embed(photo.rgb, face)
    assert vector.shape == (128,)
    assert np.linalg.norm(vector - embedder.embed(half, face / 2)) < 0.4
    assert np.linalg.norm(vector - embedder.embed(photo.rgb.flip(1), face)) > 0.5  # not a face at all
