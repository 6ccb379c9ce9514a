"""What is known of a drawn person: labels, depth and normals of what a camera sees, and the body behind it in uv."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body import BodyModel
from bodydouble.body.skinning import dress_rest
from bodydouble.geometry.camera import clip_from_world
from bodydouble.geometry.mesh import vertex_normals, view_cosine
from bodydouble.raster.shade import interpolate
from bodydouble.raster.torch import all_surfaces, rasterise
from bodydouble.values import BodyFit, Camera, to_device
from workshop.synthesis.draw import OVERLAY_M, rasterise_layers, sample_layer
from workshop.synthesis.layers import KINDS, Layer

_LIMB_ROOTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_LIMB_NAMES = ("upper arm", "forearm", "hand", "thigh", "shin", "foot")
# Body parts. The index is the label in truth images; 0 is nothing.
PARTS = ("nothing", "torso", "head", *(f"{side} {name}" for side in ("left", "right") for name in _LIMB_NAMES))
SOLID_HAIR = 0.5  # alpha, of all strands before what is behind them, from which hair counts as there
STRAND = 0.15  # alpha below which a strand is not the one that is seen


@dataclass(frozen=True, kw_only=True)
class ViewTruth:
    """What B cameras see, at pixel centres. Cloth, shoes and hair count as the person's surface."""

    kind: Tensor  # B×H×W, uint8, row of `layers.KINDS`
    part: Tensor  # B×H×W, uint8, row of PARTS
    depth: Tensor  # B×H×W, metres along the optical axis; inf where nothing is
    normal: Tensor  # B×3×H×W, unit, camera axes (x right, y down, z forward); 0 where nothing is
    albedo: Tensor  # B×3×H×W, [0, 1], sRGB: the surface's colour without light; 0 where nothing is


def part_of_joint(body: BodyModel) -> Tensor:
    """(J,), int64: the row of PARTS that each joint moves."""
    roots = {body.roles["pelvis"]: 1, 0: 1, body.roles["neck"]: 2}
    for side in ("left", "right"):
        for root, name in zip(_LIMB_ROOTS, _LIMB_NAMES, strict=True):
            roots[body.roles[f"{side}_{root}"]] = PARTS.index(f"{side} {name}")
    part = [0] * len(body.parents)
    for joint, parent in enumerate(body.parents):  # parents come before children
        part[joint] = roots.get(joint, part[parent] if parent >= 0 else 1)
    return torch.tensor(part)


def view_truth(layers: Sequence[Layer], cameras: Sequence[Camera]) -> ViewTruth:
    """Labels, depth and normals of layers that know their limbs (`worn.pose_layers` with `limb_of_joint`)."""
    fragments, visible = rasterise_layers(layers, cameras)
    depth = fragments.depth.clone()
    kind, part = (torch.zeros_like(depth, dtype=torch.uint8) for _ in range(2))
    normal, albedo = (depth.new_zeros(*depth.shape, 3) for _ in range(2))
    size = cameras[0].size
    for number, layer in enumerate(layers):
        if layer.transparent:
            image, y, x, face, barycentric = _rasterise_dense(layer, cameras, size, depth)
        else:
            image, y, x, face, barycentric = visible[number]
        kind[image, y, x] = KINDS.index(layer.kind)
        if layer.limb is not None:
            part[image, y, x] = layer.limb[layer.faces[face, 0]].to(torch.uint8)
        around = vertex_normals(layer.vertices, layer.faces)
        facing = facing_sign(layer, face, image, cameras)
        normal[image, y, x] = facing[:, None] * (around[layer.faces[face]] * barycentric[..., None]).sum(1)
        albedo[image, y, x] = albedo_at(layer, face, barycentric)
    normal, albedo = to_camera_axes(normal, cameras), albedo.permute(0, 3, 1, 2)
    return ViewTruth(kind=kind, part=part, depth=depth, normal=normal, albedo=albedo)


def albedo_at(layer: Layer, face: Tensor, barycentric: Tensor) -> Tensor:
    """n×3: the layer's colour in [0, 1], sRGB, without light, at n points."""
    if not len(face):  # grid_sample refuses an empty grid
        return layer.vertices.new_zeros(0, 3)
    return sample_layer(layer, face, barycentric)[:3].T


def to_camera_axes(directions: Tensor, cameras: Sequence[Camera]) -> Tensor:
    """B×H×W×3 in the world to B×3×H×W of unit length in each camera's axes; what is 0 stays 0."""
    turn = torch.stack([camera.camera_from_world[:3, :3] for camera in cameras]).to(directions)
    return normalize(torch.einsum("bij,bhwj->bihw", turn, directions), dim=1)


def facing_sign(layer: Layer, face: Tensor, image: Tensor, cameras: Sequence[Camera]) -> Tensor:
    """(n,) 1 where a face turns its outer side to the camera of its image, -1 where its inner: a lining, a strand."""
    a, b, c = layer.vertices[layer.faces[face]].unbind(1)
    pose = torch.stack([camera.camera_from_world for camera in cameras]).to(a)
    eyes = -torch.einsum("bij,bi->bj", pose[:, :3, :3], pose[:, :3, 3])
    away = (torch.linalg.cross(b - a, c - a) * (a - eyes[image])).sum(-1) > 0
    return 1 - 2 * away.to(a)


def _rasterise_dense(
    layer: Layer, cameras: Sequence[Camera], size: tuple[int, int], depth: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Where a see-through layer is dense and drawn before `depth` (B×H×W), which moves up to it in place."""
    clip = torch.stack([clip_from_world(layer.vertices, camera) for camera in cameras])
    hits = all_surfaces(clip, layer.faces, size)
    flat = depth.view(-1)
    pixel = hits.image * depth[0].numel() + hits.pixel
    near = (hits.depth < flat[pixel] + OVERLAY_M).nonzero()[:, 0]
    dense = near.new_zeros(0)
    if len(near):
        alpha = sample_layer(layer, hits.face[near], hits.barycentric[near])[3]
        passed = torch.zeros_like(flat).index_add(0, pixel[near], (1 - alpha.clamp_max(0.999)).log())
        solid = (passed[pixel[near]].exp() < 1 - SOLID_HAIR) & (alpha > STRAND)
        dense = near[solid.nonzero()[:, 0]]
    front = torch.full_like(flat, torch.inf).scatter_reduce(0, pixel[dense], hits.depth[dense], "amin")
    dense = dense[hits.depth[dense] == front[pixel[dense]]]
    flat[pixel[dense]] = torch.minimum(flat[pixel[dense]], hits.depth[dense])
    at = hits.pixel[dense]
    return hits.image[dense], at // size[1], at % size[1], hits.face[dense], hits.barycentric[dense]


@dataclass(frozen=True, kw_only=True)
class UvRender:
    """The body in texture coordinates, from B cameras: what samples a photo into a texture, and draws one."""

    uv: Tensor  # B×2×H×W, [0, 1]; -1 where the body is not
    cosine: Tensor  # B×H×W, λ between the surface normal and the direction to the camera; 0 where the body is not


def uv_render(fit: BodyFit, body: BodyModel, cameras: Sequence[Camera]) -> UvRender:
    """The clothed body of `fit`, seen by `cameras` (the fit's own one or others)."""
    rest = dress_rest(fit, body)
    mesh = body.pose(rest, fit.pose)
    clip = torch.stack([clip_from_world(mesh.vertices, camera) for camera in cameras])
    fragments = rasterise(clip, mesh.faces, cameras[0].size)
    uv = interpolate(fragments, body.layout.faces, body.layout.uv)
    device = mesh.vertices.device
    facing = torch.stack([view_cosine(mesh.vertices, mesh.faces, to_device(camera, device)) for camera in cameras])
    cosine = interpolate(fragments, mesh.faces, facing)[:, 0].clamp(0, 1)
    covered = fragments.face >= 0
    return UvRender(uv=torch.where(covered[:, None], uv, -1.0), cosine=cosine * covered)
