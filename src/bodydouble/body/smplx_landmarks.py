"""How MediaPipe's landmarks hang on SMPL-X: joints by its regressor, extremities by geometry, the face by its table."""

from __future__ import annotations

import numpy as np
import torch

from bodydouble.body import LandmarkMap
from bodydouble.person.landmarks import BodyPoint, side_point
from bodydouble.values import FACE_LANDMARKS, LANDMARK_COUNT, LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS

_TERMS = 64  # vertices a landmark may hang on
_FINGERS = ("thumb", "index", "middle", "ring", "pinky")  # in MediaPipe's order, four points each after the wrist

_JOINT_POINTS = {  # SMPL-X's joints, without their side, by MediaPipe's body point
    **{name: name for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")},
    **{"pinky": "pinky1", "index": "index1", "thumb": "thumb2"},
}
# Row of the file's 51 face landmarks (the iBUG set without its contour) to point of MediaPipe's face mesh: corners
# of eyes and mouth, lids, lips, the nose's root, tip and base. Where the two sets only lie close, nothing is claimed.
_FACE = {19: 33, 20: 160, 21: 158, 22: 133, 23: 153, 24: 144, 25: 362, 26: 385, 27: 387, 28: 263, 29: 373, 30: 380}
_FACE |= {31: 61, 34: 0, 37: 291, 40: 17, 43: 78, 45: 13, 47: 308, 49: 14, 10: 168, 13: 4, 16: 2}
# The same rows as points of MediaPipe's body: eye corners and mouth corners.
_FACE_IN_BODY = {
    **{25: BodyPoint.LEFT_EYE_INNER, 28: BodyPoint.LEFT_EYE_OUTER},
    **{22: BodyPoint.RIGHT_EYE_INNER, 19: BodyPoint.RIGHT_EYE_OUTER},
    **{37: BodyPoint.MOUTH_LEFT, 31: BodyPoint.MOUTH_RIGHT},
}

_Terms = tuple[np.ndarray, np.ndarray]  # vertices and weights of one landmark


def landmark_map(arrays: dict[str, np.ndarray], joint_names: tuple[str, ...]) -> LandmarkMap:
    """The map for a model file's arrays (as `smplx.py` reads them); rows it does not know are zero."""
    terms = _joint_terms(arrays["J_regressor"], joint_names)
    terms |= {row: (np.array([vertex]), np.ones(1)) for row, vertex in _extremities(arrays, joint_names).items()}
    terms |= _face_terms(arrays)
    vertices, weights = np.zeros((LANDMARK_COUNT, _TERMS), np.int64), np.zeros((LANDMARK_COUNT, _TERMS), np.float32)
    for row, (own, weight) in terms.items():
        vertices[row, : len(own)], weights[row, : len(own)] = own, weight
    return LandmarkMap(vertices=torch.from_numpy(vertices), weights=torch.from_numpy(weights))


def _joint_terms(regressor: np.ndarray, joint_names: tuple[str, ...]) -> dict[int, _Terms]:
    """Landmarks that are joints: the regressor's rows, pruned to the largest weights."""
    joints: dict[int, str] = {}
    for side, hand in (("left", LEFT_HAND_LANDMARKS), ("right", RIGHT_HAND_LANDMARKS)):
        joints |= {side_point(side, point): f"{side}_{joint}" for point, joint in _JOINT_POINTS.items()}
        joints[hand.start] = f"{side}_wrist"
        for n, finger in enumerate(_FINGERS):
            joints |= {hand.start + 4 * n + k: f"{side}_{finger}{k}" for k in (1, 2, 3)}
    terms = {}
    for row, joint in joints.items():
        weights = regressor[joint_names.index(joint)]
        largest = np.argsort(-np.abs(weights), kind="stable")[:_TERMS]
        largest = largest[weights[largest] != 0]
        terms[row] = largest, weights[largest] / weights[largest].sum()
    return terms


def _extremities(arrays: dict[str, np.ndarray], joint_names: tuple[str, ...]) -> dict[int, int]:
    """Landmarks that are the outermost vertex of a part in some direction, in the template's T-pose."""
    template, owner = arrays["v_template"], arrays["weights"].argmax(1)
    positions = arrays["J_regressor"] @ template
    front, left = np.array([0.0, 0, 1]), np.array([1.0, 0, 0])
    found = {}

    def outermost(row: int, direction: np.ndarray, *joints: str) -> None:
        part = np.flatnonzero(np.isin(owner, [joint_names.index(joint) for joint in joints]))
        if len(part):
            found[row] = int(part[(template[part] @ direction).argmax()])

    outermost(BodyPoint.NOSE, front, "head")
    for side, hand in (("left", LEFT_HAND_LANDMARKS), ("right", RIGHT_HAND_LANDMARKS)):
        outermost(side_point(side, "eye"), front, f"{side}_eye_smplhf")
        outermost(side_point(side, "ear"), left if side == "left" else -left, "head")
        outermost(side_point(side, "heel"), -front, f"{side}_ankle", f"{side}_foot")
        outermost(side_point(side, "foot_index"), front, f"{side}_foot")
        for n, finger in enumerate(_FINGERS):
            middle, last = (joint_names.index(f"{side}_{finger}{k}") for k in (2, 3))
            outermost(hand.start + 4 * (n + 1), positions[last] - positions[middle], f"{side}_{finger}3")
    return found


def _face_terms(arrays: dict[str, np.ndarray]) -> dict[int, _Terms]:
    """Landmarks from the file's own face table, where it has one of the known length."""
    faces, barycentrics = arrays.get("lmk_faces_idx"), arrays.get("lmk_bary_coords")
    if faces is None or barycentrics is None or faces.shape != (51,) or barycentrics.shape != (51, 3):
        return {}
    if faces.min() < 0 or faces.max() >= len(arrays["f"]):
        return {}
    corners = arrays["f"][faces.astype(np.int64)].astype(np.int64)
    rows = [(FACE_LANDMARKS.start + point, own) for own, point in _FACE.items()]
    rows += [(point, own) for own, point in _FACE_IN_BODY.items()]
    return {row: (corners[own], barycentrics[own]) for row, own in rows}
