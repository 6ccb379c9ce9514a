"""MediaPipe's bundled models as plain functions of an image, without its chatter.

Images are H×W×3 uint8 arrays, sRGB. Points come back in units of the image: (0, 0) is its top left corner, (1, 1) its
bottom right one. Left and right are the person's own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from types import ModuleType, TracebackType
from typing import Any

import numpy as np

_HAND_SCORE = 0.3
_FACE_SCORE = 0.3
_PLOTS = "matplotlib"


@dataclass(frozen=True)
class PoseSeen:
    """What the pose model says of the one person it sees."""

    points: np.ndarray  # 33×2
    visibility: np.ndarray  # (33,), [0, 1]
    world: np.ndarray  # 33×3, metres, camera axes, origin between the hips
    mask: np.ndarray  # H×W float32, [0, 1]


@dataclass(frozen=True)
class HandSeen:
    """One hand."""

    points: np.ndarray  # 21×2
    world: np.ndarray  # 21×3, metres, camera axes, origin at the hand's centre
    left: bool  # looks like a left hand
    score: float  # how surely, [0.5, 1]


class MediapipeModels:
    """The models, each started when first asked. Use as a context manager; nothing is remembered between images."""

    def __init__(self) -> None:
        self._running = ExitStack()
        self._graphs: dict[str, Any] = {}

    def __enter__(self) -> MediapipeModels:
        self._running.enter_context(silence())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._running.__exit__(kind, error, at)

    def _graph(self, name: str) -> Any:
        if name not in self._graphs:
            solutions = _solutions()
            make = {
                "pose": lambda: solutions.pose.Pose(
                    static_image_mode=True, model_complexity=1, enable_segmentation=True
                ),
                "hands": lambda: solutions.hands.Hands(
                    static_image_mode=True, max_num_hands=2, min_detection_confidence=_HAND_SCORE
                ),
                "face": lambda: solutions.face_mesh.FaceMesh(
                    static_image_mode=True, max_num_faces=1, min_detection_confidence=_FACE_SCORE
                ),
                "faces": lambda: solutions.face_detection.FaceDetection(model_selection=1),
                "selfie": lambda: solutions.selfie_segmentation.SelfieSegmentation(model_selection=0),
            }
            self._graphs[name] = self._running.enter_context(make[name]())
        return self._graphs[name]

    def pose(self, image: np.ndarray) -> PoseSeen | None:
        """The person the pose model is surest of."""
        seen = self._graph("pose").process(image)
        if seen.pose_landmarks is None or seen.segmentation_mask is None:
            return None
        marks = seen.pose_landmarks.landmark
        return PoseSeen(
            points=_points(marks)[:, :2],
            visibility=np.array([mark.visibility for mark in marks], dtype=np.float32),
            world=_points(seen.pose_world_landmarks.landmark),
            mask=seen.segmentation_mask.copy(),
        )

    def hands(self, image: np.ndarray) -> list[HandSeen]:
        """Up to two hands."""
        seen = self._graph("hands").process(image)
        if not seen.multi_hand_landmarks:
            return []
        sides = [side.classification[0] for side in seen.multi_handedness]
        return [
            HandSeen(
                points=_points(marks.landmark)[:, :2],
                world=_points(world.landmark),
                left=side.label == "Right",  # the labels are meant for mirrored selfies
                score=float(side.score),
            )
            for marks, world, side in zip(
                seen.multi_hand_landmarks, seen.multi_hand_world_landmarks, sides, strict=True
            )
        ]

    def face(self, image: np.ndarray) -> np.ndarray | None:
        """468×3 points of one face; z, towards the rear, in the unit of x."""
        seen = self._graph("face").process(image)
        return _points(seen.multi_face_landmarks[0].landmark) if seen.multi_face_landmarks else None

    def faces(self, image: np.ndarray) -> np.ndarray:
        """N×5: left, top, width, height and score of each face, also of small ones."""
        seen = self._graph("faces").process(image).detections or []
        boxes = [(found.location_data.relative_bounding_box, found.score[0]) for found in seen]
        rows = [(box.xmin, box.ymin, box.width, box.height, score) for box, score in boxes]
        return np.array(rows, dtype=np.float32).reshape(-1, 5)

    def selfie(self, image: np.ndarray) -> np.ndarray:
        """H×W float32 in [0, 1]: the person of a close view; crisp at hair, and wrong on whole bodies."""
        mask: np.ndarray = self._graph("selfie").process(image).segmentation_mask
        return mask.copy()


@lru_cache
def _solutions() -> Any:
    """MediaPipe's package of models.

    Imported when first asked, for it takes a second and writes to stderr; and in a thread of its own, for a package
    that it draws in keeps the frames of its importers for good, with the photos that lie in them.
    """
    with ThreadPoolExecutor(1) as thread, plots_later():
        return thread.submit(import_module, "mediapipe.python.solutions").result()


class _Later(ModuleType):
    """A module that is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:  # who lists modules asks each of them for its file
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


@contextmanager
def plots_later() -> Iterator[None]:
    """Keep MediaPipe from importing matplotlib, which it has for plots alone and which takes as long as the rest.

    Who plots with MediaPipe gets it then. Where it has been imported already, nothing is gained or done.
    """
    if _PLOTS in sys.modules:
        yield
        return
    package, plots = ModuleType(_PLOTS), _Later(f"{_PLOTS}.pyplot")
    sys.modules[_PLOTS] = package
    sys.modules[plots.__name__] = plots
    try:
        yield
    finally:
        for name in (_PLOTS, plots.__name__):
            sys.modules.pop(name, None)


def _points(marks: Any) -> np.ndarray:
    return np.array([(mark.x, mark.y, mark.z) for mark in marks], dtype=np.float32)


@contextmanager
def silence() -> Iterator[None]:
    """Keep what native code writes to stderr from the user; MediaPipe offers no setting that silences all of it."""
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, AttributeError):  # no stderr: nothing to silence
        yield
        return
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
