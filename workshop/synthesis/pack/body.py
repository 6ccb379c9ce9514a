"""Anny as the plain tensors that `PackedBody` takes, small enough to travel."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.body.anny import AnnyBody

_SHAPES = 84  # of adults, kept of Anny's 139
_EXACT = 12  # of those, with half precision; the others move less and are stored in bytes
_SAMPLES = 3000
_SMALLEST = 5e-5  # metres; smaller entries of a shape are dropped


def pack_body(body: AnnyBody) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors (about 11 MB) and names of Anny with helper geometry."""
    with contextlib.redirect_stdout(io.StringIO()):  # warp, which Anny imports, prints a banner
        import anny
        from anny.models.phenotype import PHENOTYPE_VARIATIONS

        model = anny.Anny(
            topology="anny-full", local_changes="default", facial_actions="all", skinning_method="lbs"
        ).float()
    of_body = body.data.base_vertices
    count = model.phenotype_blendshape_projection.shape[1]
    first_local = count + len(body.expression_names)
    anchors = {
        feature: [] if feature == "race" else [float(value) for value in model.anchors[feature]]
        for feature in PHENOTYPE_VARIATIONS
    }
    phenotype_map, shapes, joint_shapes = _adult_shapes(model, count)
    local_count, local_vertex, local_delta = _sparse(model.blendshapes[first_local:])
    local_delta, local_step = _bytes(local_delta, local_count)
    fine, fine_step = _bytes(shapes[_EXACT:].flatten(0, 1), torch.full((_SHAPES - _EXACT,), shapes.shape[1]))
    expression_count, expression_vertex, expression_delta = _sparse(model.blendshapes[count:first_local])
    height = body.data.template_vertices[:, 2]
    tensors = {
        "template": _to_world(model.template_vertices),
        "joints": _to_world(model.template_bone_heads),
        "phenotype_mask": model.stacked_phenotype_blend_shapes_mask.to(torch.uint8),
        "phenotype_map": phenotype_map,
        "phenotype_shapes": shapes[:_EXACT].half(),
        "phenotype_fine": fine.view(-1, shapes.shape[1], 3),
        "phenotype_step": fine_step,
        "joint_shapes": torch.cat([joint_shapes, _to_world(model.bone_heads_blendshapes[first_local:])]),
        "local_count": local_count,
        "local_step": local_step,
        "local_vertex": local_vertex,
        "local_delta": local_delta,
        "expression_count": expression_count,
        "expression_vertex": expression_vertex,
        "expression_delta": expression_delta,
        "bone_indices": model.vertex_bone_indices.to(torch.uint8),
        "bone_weights": model.vertex_bone_weights,
        "of_body": of_body.to(torch.int16),
        "faces": body.faces.to(torch.int16),
        "near_skin": _nearest_skin(model.template_vertices, of_body),
        "soles": of_body[height < height.min() + 0.04].to(torch.int16),
        "skin_uv": model.texture_coordinates * torch.tensor([1.0, -1.0]) + torch.tensor([0.0, 1.0]),
        "skin_uv_faces": model.face_texture_coordinate_indices.to(torch.int32),
    }
    names = {
        "joints": body.joint_names,
        "parents": body.parents,
        "mirror_joints": body.mirror_joints,
        "phenotypes": body.phenotype_names,
        "local_changes": tuple(model.local_change_labels),
        "expressions": body.expression_names,
        "roles": body.roles,
        "phenotype_anchors": anchors,
    }
    return {name: value.contiguous() for name, value in tensors.items()}, names


def _adult_shapes(model: Any, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Map from target weights (K×R), vertex shapes (R×V×3) and joint shapes (R×J×3): what adults differ in.

    Principal directions, not centred, of the vertices and joints of random adults.
    """
    from anny.models.phenotype import phenotype_blendshape_weights

    generator = torch.Generator().manual_seed(0)
    values = torch.rand(_SAMPLES, len(model.phenotype_labels), generator=generator)
    age = model.phenotype_labels.index("age")
    values[:, age] = 0.6 + 0.4 * values[:, age]
    weights = phenotype_blendshape_weights(
        values, model.phenotype_labels, model.anchors, model.stacked_phenotype_blend_shapes_mask, extrapolate=False
    )
    projection = model.phenotype_blendshape_projection.double()
    vertices, joints = model.blendshapes[:count], model.bone_heads_blendshapes[:count]
    flat = torch.cat([vertices.flatten(1), 10 * joints.flatten(1)], 1).double()
    values_, vectors = torch.linalg.eigh(flat @ flat.T)
    root = values_.clamp_min(1e-12).sqrt()
    _, _, directions = torch.linalg.svd(weights.double() @ projection @ (vectors * root), full_matrices=False)
    basis = directions[:_SHAPES].T
    mix = (basis.T @ (vectors / root).T).float()  # R×139
    return (
        (projection @ (vectors * root) @ basis).float(),
        _to_world((mix @ vertices.flatten(1)).view(len(mix), -1, 3)),
        _to_world((mix @ joints.flatten(1)).view(len(mix), -1, 3)),
    )


def _sparse(shapes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How many vertices each shape moves (int32), which (int16), and how (float16, metres, world axes), by shape."""
    shape, vertex = (shapes.norm(dim=-1) > _SMALLEST).nonzero(as_tuple=True)
    count = torch.bincount(shape, minlength=len(shapes)).int()
    return count, vertex.to(torch.int16), _to_world(shapes[shape, vertex]).half()


def _nearest_skin(template: Tensor, of_body: Tensor) -> Tensor:
    """(19158,) int16: the base vertex of the body's skin that is nearest to each base vertex, helpers included."""
    _, nearest = cKDTree(template[of_body].numpy()).query(template.numpy())
    return of_body[torch.from_numpy(nearest)].to(torch.int16)


def _bytes(delta: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
    """N×3 displacements as int8, and the step (metres, float32) of each of the shapes that `count` rows belong to."""
    shape = torch.repeat_interleave(count.long())
    largest = torch.zeros(len(count)).scatter_reduce(0, shape, delta.float().abs().amax(1), "amax")
    step = largest.clamp_min(1e-9) / 127
    return (delta.float() / step[shape][:, None]).round().to(torch.int8), step


def _to_world(points: Tensor) -> Tensor:
    """Anny's axes (z up, facing -y) to the world's (y up, facing +z)."""
    return torch.stack([points[..., 0], points[..., 2], -points[..., 1]], -1)
