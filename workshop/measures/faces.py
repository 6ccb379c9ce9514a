"""Whether two pictures show one face: the distance between the embeddings of dlib's ResNet (King, 2017; CC0).

Below 0.6 is the same person, by its author. The network and its weights are two packages from PyPI, which the extra
`likeness` names: a dlib wheel, and `face-recognition-models`. Its landmark model is not used, since faces lie where the
detector, or the drawn body, has them. What is not installed says so.
"""

from __future__ import annotations

import importlib
import importlib.util
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from bodydouble.geometry.window import Window, eight_bits

_PACKAGE, _FILE = "face_recognition_models", "models/dlib_face_recognition_resnet_model_v1.dat"
# MediaPipe's rows of the corners of the left eye, outer and inner, those of the right one, outer and inner, and the
# nose's base: the five points, in their order, by which dlib lays faces over each other.
_FIVE = (263, 362, 33, 133, 2)
_SIDE = 400  # pixels of the face's view, in which the five points are whole numbers; the network sees 150
_MARGIN = 0.5  # around the landmarks, as a share of their longer extent: dlib cuts out more than the face


class FaceEmbedder:
    """Embeds faces, where that is possible; the network is read when it is first needed."""

    def missing(self) -> str | None:
        """Why no face can be embedded; None where one can."""
        if importlib.util.find_spec("dlib") is None:
            return "library missing: dlib (pip install 'bodydouble[likeness]')"
        path = self._path()
        if path is None or not path.is_file():
            return f"weights missing: face-recognition-models ({Path(_FILE).name})"
        return None

    def embed(self, rgb: Tensor, landmarks: Tensor) -> np.ndarray:
        """(128,): of one face; nothing must be `missing`.

        Args:
            rgb: 3×H×W, [0, 1].
            landmarks: 468×2, pixels: the face mesh.
        """
        window = Window.around(landmarks.numpy(), _MARGIN)
        image = window.view(eight_bits(rgb), _SIDE)
        points = (landmarks[list(_FIVE)].numpy() - (window.left, window.top)) * (_SIDE / window.side)
        dlib = self._dlib
        five = dlib.points([dlib.point(round(float(x)), round(float(y))) for x, y in points])
        face = dlib.full_object_detection(dlib.rectangle(0, 0, _SIDE, _SIDE), five)
        return np.array(self._network.compute_face_descriptor(np.ascontiguousarray(image), face))

    @staticmethod
    def _path() -> Path | None:
        # The package's own functions need setuptools, which need not be there.
        spec = importlib.util.find_spec(_PACKAGE)
        return Path(spec.origin).parent / _FILE if spec is not None and spec.origin else None

    @cached_property
    def _dlib(self) -> Any:
        return importlib.import_module("dlib")

    @cached_property
    def _network(self) -> Any:
        return self._dlib.face_recognition_model_v1(str(self._path()))
