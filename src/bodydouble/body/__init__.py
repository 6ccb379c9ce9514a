"""The body model's contract: shape coefficients become a rest body, a pose makes it a mesh."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import torch
from torch import Tensor

from bodydouble import plugins
from bodydouble.values import BodyShape, Mesh, Pose, RestBody, UvLayout


@dataclass(frozen=True, kw_only=True)
class LandmarkMap:
    """How the 543 landmarks of `values.Person` hang on the mesh: weighted sums of vertices."""

    vertices: Tensor  # 543×K, int64
    weights: Tensor  # 543×K, rows sum to 1; a row of zeros: this body model has no such landmark

    def points(self, vertices: Tensor) -> Tensor:
        """(…, V, 3) vertices to (…, 543, 3) landmarks."""
        corners = vertices.index_select(-2, self.vertices.flatten()).unflatten(-2, self.vertices.shape)
        return (corners * self.weights[..., None]).sum(-2)


class BodyModel(Protocol):
    """A parametric, skinned human body. World axes, metres; at rest it stands, faces +z, and has its left at +x."""

    name: str
    faces: Tensor  # F×3, int64
    layout: UvLayout
    joint_names: tuple[str, ...]
    parents: tuple[int, ...]  # of each joint; -1 for the root; parents come before children
    mirror_joints: tuple[int, ...]  # the joint on the other side; itself on the middle line
    shape_names: tuple[str, ...]
    shape_range: tuple[Tensor, Tensor]  # (S,), (S,): lowest and highest sensible coefficient
    expression_names: tuple[str, ...]  # coefficients in [0, 1] where they are ARKit's
    landmarks: LandmarkMap
    roles: dict[str, int]  # joint index of each name in `body.joints.ROLES` ("left_knee", "head", ...)

    def mean_shape(self) -> BodyShape:
        """The average adult."""
        ...

    def rest(self, shape: BodyShape, vertices: Tensor | None = None) -> RestBody:
        """The body of that shape at rest: feet's soles at y = 0, origin between the feet. Differentiable.

        `vertices` (N,), int64, asks for these rows alone: quicker where landmarks are all that is wanted.
        """
        ...

    def pose(self, rest: RestBody, pose: Pose) -> Mesh:
        """The posed mesh. Differentiable in rest and pose."""
        ...

    def __hash__(self) -> int:
        """A model does not change, so what is computed from it may be kept under it."""
        ...


BODY_MODELS = {"anny": "bodydouble.body.anny:AnnyBody", "smplx": "bodydouble.body.smplx:SmplxBody"}


def body_model(name: str = "anny", **options: object) -> BodyModel:
    """The body model of that name, or of "module:attribute"; `options` go to its constructor.

    One of the table that takes no options is built once and shared: what is computed from it is kept under it.
    """
    return _share_model(name) if name in BODY_MODELS and not options else _build_model(name, **options)


@lru_cache(maxsize=1)
def _share_model(name: str) -> BodyModel:
    with torch.inference_mode(False):  # whoever asks first, a fit may be next
        return _build_model(name)


def _build_model(name: str, **options: object) -> BodyModel:
    return plugins.resolve(name, BODY_MODELS, "body model")(**options)
