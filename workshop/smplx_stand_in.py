"""A made-up body in the layout of SMPL-X's model file, for tests: nothing in it comes from SMPL-X.

Keys, shapes and types are the published file's; 55 joints, an octahedron of six vertices around each.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bodydouble.body.smplx import JOINT_NAMES

_Bone = tuple[str, tuple[float, float, float]]  # parent, place in metres
_MIDDLE: dict[str, _Bone] = {
    "pelvis": ("", (0, -0.35, 0.01)),
    "spine1": ("pelvis", (0, -0.24, 0)),
    "spine2": ("spine1", (0, -0.1, 0.01)),
    "spine3": ("spine2", (0, -0.05, 0)),
    "neck": ("spine3", (0, 0.16, 0)),
    "head": ("neck", (0, 0.25, 0.02)),
    "jaw": ("head", (0, 0.23, 0.05)),
}
_LEFT: dict[str, _Bone] = {
    "hip": ("pelvis", (0.06, -0.44, 0)),
    "knee": ("left_hip", (0.1, -0.81, 0)),
    "ankle": ("left_knee", (0.09, -1.22, -0.03)),
    "foot": ("left_ankle", (0.12, -1.27, 0.09)),
    "collar": ("spine3", (0.05, 0.08, 0)),
    "shoulder": ("left_collar", (0.17, 0.1, 0)),
    "elbow": ("left_shoulder", (0.42, 0.09, -0.02)),
    "wrist": ("left_elbow", (0.67, 0.1, -0.02)),
    "eye_smplhf": ("head", (0.03, 0.31, 0.08)),
}
_FINGERS = {"index": 0.03, "middle": 0.01, "pinky": -0.03, "ring": -0.01, "thumb": 0.06}


def skeleton() -> tuple[np.ndarray, np.ndarray]:
    """(55,) parents (-1: root) and 55×3 joints, metres, exactly symmetric."""
    joints = dict(_MIDDLE)
    for name, (parent, (x, y, z)) in (_LEFT | _hand()).items():
        mirrored = parent.replace("left_", "right_")
        joints |= {f"left_{name}": (parent, (x, y, z)), f"right_{name}": (mirrored, (-x, y, z))}
    parents = [JOINT_NAMES.index(joints[name][0]) if joints[name][0] else -1 for name in JOINT_NAMES]
    return np.array(parents), np.array([joints[name][1] for name in JOINT_NAMES], float)


def _hand() -> dict[str, _Bone]:
    bones: dict[str, _Bone] = {}
    for finger, z in _FINGERS.items():
        for n in (1, 2, 3):
            bones[f"{finger}{n}"] = (f"left_{finger}{n - 1}" if n > 1 else "left_wrist", (0.72 + 0.03 * n, 0.1, z))
    return bones


def stand_in() -> dict[str, np.ndarray]:
    """All arrays of the file; random shapes and correctives from a fixed seed."""
    random = np.random.default_rng(4)
    parents, joints = skeleton()
    count = len(joints)
    corners = 0.02 * np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
    vertices = (joints[:, None] + corners).reshape(-1, 3)
    octahedron = np.array([[a, b, c] for a in (0, 1) for b in (2, 3) for c in (4, 5)])
    inward = (np.array([a + b + c for a, b, c in octahedron]) % 2)[:, None] == 1
    octahedron = np.where(inward, octahedron[:, ::-1], octahedron)
    faces = (6 * np.arange(count)[:, None, None] + octahedron).reshape(-1, 3)
    rigid = np.repeat(np.eye(count), 6, 0)
    weights = 0.8 * rigid + 0.2 * np.repeat(np.eye(count)[np.maximum(parents, 0)], 6, 0)
    cells = int(np.ceil(np.sqrt(len(faces))))
    row, column = np.divmod(np.arange(len(faces)), cells)
    triangle = np.array([[0.1, 0.1], [0.9, 0.1], [0.1, 0.9]])
    texture = (np.stack([column, row], 1)[:, None] + triangle).reshape(-1, 2) / cells
    return {
        "v_template": vertices,
        "f": faces.astype(np.uint32),
        "shapedirs": 0.003 * random.standard_normal((len(vertices), 3, 20)),
        "posedirs": 0.002 * random.standard_normal((len(vertices), 3, 486)),
        "J_regressor": rigid.T / 6,
        "weights": weights,
        "kintree_table": np.stack([parents, np.arange(count)]).astype(np.uint32),
        "vt": texture,
        "ft": np.arange(3 * len(faces)).reshape(-1, 3).astype(np.uint32),
        "lmk_faces_idx": random.integers(0, len(faces), 51),
        "lmk_bary_coords": random.dirichlet(np.ones(3), 51),
        "hands_meanl": np.zeros(45),
    }


def write_stand_in(path: Path) -> Path:
    """The model file at `path`."""
    np.savez(path, **stand_in())
    return path
