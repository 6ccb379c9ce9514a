"""SMPL-X (Pavlakos et al. 2019) behind the body contract, from the user's own licensed SMPLX_*.npz.

Nothing of SMPL-X is shipped. The file's axes are the world's already: metres, y up, facing +z, left at +x.

| paper (section 3.1) | here |
|---|---|
| T, the template; S, E, the shape and expression bases | `v_template`; two slices of `shapedirs` |
| P, the pose correctives | `posedirs`, added to the rest vertices before skinning |
| J, the joint regressor; W, the skin weights | `J_regressor`; `weights` |
"""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bodydouble.body.joints import FINGERS, ROLES, mirrored_role
from bodydouble.body.layout import checked_layout, flip_v, load_layout
from bodydouble.body.skinning import skin
from bodydouble.body.smplx_landmarks import landmark_map
from bodydouble.errors import InputError
from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.person.landmarks import SIDES
from bodydouble.values import BodyShape, Mesh, Pose, RestBody, UvLayout

_HAND = tuple(f"{finger}{n}" for finger in ("index", "middle", "pinky", "ring", "thumb") for n in (1, 2, 3))
JOINT_NAMES: tuple[str, ...] = (
    *("pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle"),
    *("spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder"),
    *("right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "jaw"),
    *("left_eye_smplhf", "right_eye_smplhf"),
    *(f"left_{joint}" for joint in _HAND),
    *(f"right_{joint}" for joint in _HAND),
)
_ROLE_JOINTS = {"spine_1": "spine1", "spine_2": "spine2", "spine_3": "spine3", "clavicle": "collar", "toe": "foot"}
_EXPRESSIONS_START = {400: 300, 20: 10}  # by the number of directions in `shapedirs`
_LARGEST_FILE = 2 << 30  # bytes unpacked; the published files have 0.2 GB


class SmplxBody:
    """SMPL-X: 10,475 vertices, 55 joints. The rest pose is a T with flat hands.

    Expressions move the surface but, unlike in the paper, not the joints (those of eyes and jaw, by millimetres).
    """

    name = "smplx"

    def __init__(
        self, path: str | Path, layout: str | Path | None = None, betas: int = 10, expressions: int = 10
    ) -> None:
        """Read the model.

        Args:
            path: SMPLX_NEUTRAL.npz or a sister; only its numeric arrays are read.
            layout: a texture layout file (`layout.load_layout`); None: the one inside the model file.
            betas, expressions: how many coefficients to use; as many as there are, if fewer.

        Raises:
            InputError: the file is missing, no such model, or has no texture layout and none was given.
        """
        arrays = _read(Path(path))
        start = _EXPRESSIONS_START[arrays["shapedirs"].shape[2]]
        self.faces: Tensor = _long(arrays["f"])
        self.joint_names = JOINT_NAMES
        self.parents = (-1, *(int(parent) for parent in arrays["kintree_table"][0, 1:]))
        self.mirror_joints = tuple(JOINT_NAMES.index(mirrored_role(name)) for name in JOINT_NAMES)
        self.roles = {role: JOINT_NAMES.index(_joint(role)) for role in ROLES}
        self.skin_weights = _float(arrays["weights"])
        self.skin_weights = self.skin_weights / self.skin_weights.sum(1, keepdim=True)
        self._template = _float(arrays["v_template"])
        self._shapes = _float(arrays["shapedirs"][:, :, : min(betas, start)])
        self._expressions = _float(arrays["shapedirs"][:, :, start : start + expressions]).permute(2, 0, 1).contiguous()
        self._correctives = _float(arrays["posedirs"])
        regressor = _float(arrays["J_regressor"])
        self._joints = regressor @ self._template
        self._joint_shapes = torch.einsum("jv,vcs->jcs", regressor, self._shapes)
        self.shape_names = tuple(f"beta_{n}" for n in range(self._shapes.shape[2]))
        self.shape_range = (-3 * torch.ones(len(self.shape_names)), 3 * torch.ones(len(self.shape_names)))
        self.expression_names = tuple(f"expression_{n}" for n in range(len(self._expressions)))
        self.layout = _layout(arrays, layout, Path(path))
        self.landmarks = landmark_map(arrays, JOINT_NAMES)
        height = self._template[:, 1]
        self._soles = (height < height.min() + 0.04).nonzero()[:, 0]

    def mean_shape(self) -> BodyShape:
        """All coefficients 0."""
        return BodyShape(coefficients=torch.zeros(len(self.shape_names)))

    def rest(self, shape: BodyShape, vertices: Tensor | None = None) -> RestBody:
        """See `BodyModel.rest`."""
        asked, soles = self._shaped(shape, vertices), self._shaped(shape, self._soles)
        joints = self._joints + self._joint_shapes @ shape.coefficients
        ankles = (joints[self.roles["left_ankle"]] + joints[self.roles["right_ankle"]]) / 2
        origin = torch.stack([ankles[0], soles[:, 1].min(), ankles[2]])
        return RestBody(
            vertices=asked - origin,
            joints=joints - origin,
            skin_weights=self.skin_weights if vertices is None else self.skin_weights[vertices],
            expressions=self._expressions if vertices is None else self._expressions[:, vertices],
            parents=self.parents,
        )

    def pose(self, rest: RestBody, pose: Pose) -> Mesh:
        """See `BodyModel.pose`; `rest` must have all vertices. Pose correctives are added before skinning."""
        turns = matrix_from_axis_angle(pose.joints[..., 1:, :]) - torch.eye(3, device=pose.joints.device)
        correctives = torch.einsum("vcp,...p->...vc", self._correctives.to(turns), turns.flatten(-3))
        return Mesh(vertices=skin(replace(rest, vertices=rest.vertices + correctives), pose), faces=self.faces)

    def _shaped(self, shape: BodyShape, rows: Tensor | None) -> Tensor:
        if rows is None:
            return self._template + self._shapes @ shape.coefficients
        return self._template[rows] + self._shapes[rows] @ shape.coefficients


def _joint(role: str) -> str:
    side, _, part = role.partition("_")
    if side not in SIDES:
        return _ROLE_JOINTS.get(role, role)
    finger, _, joint = part.partition("_")
    return f"{side}_{finger}{joint}" if finger in FINGERS else f"{side}_{_ROLE_JOINTS.get(part, part)}"


def _layout(arrays: dict[str, np.ndarray], source: str | Path | None, path: Path) -> UvLayout:
    if source is not None:
        return load_layout(source, len(arrays["f"]))
    if "vt" not in arrays or "ft" not in arrays:
        raise InputError(f"{path} holds no texture layout (vt, ft): name a layout file beside it")
    return checked_layout(flip_v(arrays["vt"]), arrays["ft"], False, len(arrays["f"]), f"in {path}")


# Shape of each array that must be there; V: vertices, F: faces, S: directions.
_SHAPES: dict[str, tuple[int | str, ...]] = {
    "v_template": ("V", 3),
    "f": ("F", 3),
    "shapedirs": ("V", 3, "S"),
    "posedirs": ("V", 3, 9 * (len(JOINT_NAMES) - 1)),
    "J_regressor": (len(JOINT_NAMES), "V"),
    "weights": ("V", len(JOINT_NAMES)),
    "kintree_table": (2, len(JOINT_NAMES)),
}
_OPTIONAL = ("vt", "ft", "lmk_faces_idx", "lmk_bary_coords")


def _read(path: Path) -> dict[str, np.ndarray]:
    """The arrays this model needs, checked."""
    if not path.is_file():
        raise InputError(f"the SMPL-X model {path} does not exist")
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is no SMPL-X model: it is not an .npz file") from error
    if unpacked > _LARGEST_FILE:
        raise InputError(f"{path} is no SMPL-X model: unpacked it has more than {_LARGEST_FILE >> 30} GB")
    arrays = {}
    with np.load(path, allow_pickle=False) as file:
        for key in (*_SHAPES, *_OPTIONAL):
            if key in file:
                arrays[key] = _numeric(file, key, path)
            elif key in _SHAPES:
                raise InputError(f"{path} is no SMPL-X model: it has no array {key!r}")
    _check(arrays, path)
    return arrays


def _numeric(file: np.lib.npyio.NpzFile, key: str, path: Path) -> np.ndarray:
    try:
        array = file[key]
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"array {key!r} of {path} cannot be read: only plain numbers are ({error})") from error
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise InputError(f"array {key!r} of {path} must hold finite numbers")
    return array


def _check(arrays: dict[str, np.ndarray], path: Path) -> None:
    vertices, faces = len(arrays["v_template"]), len(arrays["f"])
    directions = arrays["shapedirs"].shape[-1]
    if directions not in _EXPRESSIONS_START:
        known = " or ".join(map(str, _EXPRESSIONS_START))
        raise InputError(f"array 'shapedirs' of {path} has {directions} directions; {known} are expected")
    sizes = {"V": vertices, "F": faces, "S": directions}
    for key, pattern in _SHAPES.items():
        expected = tuple(sizes[size] if isinstance(size, str) else size for size in pattern)
        if arrays[key].shape != expected:
            raise InputError(f"array {key!r} of {path} has the shape {arrays[key].shape}; {expected} is expected")
    if arrays["f"].min() < 0 or arrays["f"].max() >= vertices:
        raise InputError(f"array 'f' of {path} has faces that point outside the {vertices} vertices")
    parents = arrays["kintree_table"][0, 1:].astype(np.int64)
    if (parents < 0).any() or (parents >= np.arange(1, len(JOINT_NAMES))).any():
        raise InputError(f"array 'kintree_table' of {path} is no skeleton: a parent must come before its children")


def _float(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))


def _long(array: np.ndarray) -> Tensor:
    return torch.from_numpy(array.astype(np.int64))
