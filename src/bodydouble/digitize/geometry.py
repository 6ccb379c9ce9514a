"""A double as one watertight mesh on the same skeleton (Human-SGD section 3.1 takes PIFuHD's; here it is the double's).

All surfaces of the double are united in its rest pose, where arms and trunk are apart, and posed afterwards. Skin
weights and looks are those of the nearest point of the double. Folds come from normals (`relief.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import igl
import numpy as np
import torch
from torch import Tensor

from bodydouble.body.skinning import joint_transforms
from bodydouble.digitize.solid import curve, is_open, thicken, unite
from bodydouble.geometry.mesh import join_meshes
from bodydouble.geometry.uv import texel_at
from bodydouble.motion.chains import ChainTransforms
from bodydouble.parsing.labels import BACKGROUND, HAIR, HAT, LOWER, OUTER, SHOES
from bodydouble.raster.shade import sample_texture
from bodydouble.surface.skeleton import rest_mesh
from bodydouble.values import Chains, Colliders, Mesh, Pose, RestBody, Surface, SurfaceKind

CELL_M = 0.004  # metres, of marching cubes: what the paper's geometry resolves, and an arm at rest stays apart
FACES = 50_000  # after simplification: the body model has half as many, and the chart takes 6 s
_LABELS = {  # of surfaces whose texture has none
    SurfaceKind.HAIR: HAIR,
    SurfaceKind.SKIRT: LOWER,
    SurfaceKind.COAT: OUTER,
    SurfaceKind.SHOES: SHOES,
    SurfaceKind.HAT: HAT,
}


@dataclass(frozen=True, kw_only=True)
class SurfacePoints:
    """N points on the faces of several surfaces."""

    surface: Tensor  # (N,), int64, which of them
    face: Tensor  # (N,), int64, row of that surface's faces
    barycentric: Tensor  # N×3, at least 0, sums to 1


def unite_surfaces(surfaces: Sequence[Surface], cell_m: float = CELL_M) -> Mesh:
    """One watertight mesh around all surfaces at rest.

    Args:
        surfaces: of a double, the body first.
        cell_m: metres, of marching cubes.

    Raises:
        InputError: the surfaces are too large for such cells.
    """
    return unite([_solid_of(surface, cell_m) for surface in surfaces], cell_m)


def simplify(mesh: Mesh, face_count: int) -> Mesh:
    """The mesh with no more than so many faces, where that can be done (Garland and Heckbert's quadrics)."""
    if len(mesh.faces) <= face_count:
        return mesh
    vertices, faces, *_ = igl.qslim(mesh.vertices.double().numpy(), mesh.faces.numpy(), face_count)
    return Mesh(vertices=torch.from_numpy(vertices).float(), faces=torch.from_numpy(faces).long())


def nearest_points(points: Tensor, surfaces: Sequence[Surface], meshes: Sequence[Mesh]) -> SurfacePoints:
    """Of each of N×3 points, the nearest one on surfaces that stand as `meshes` do."""
    joined = join_meshes(meshes)
    corners, rows = joined.vertices.double().numpy(), joined.faces.numpy()
    _, row, place = igl.point_mesh_squared_distance(points.double().numpy(), corners, rows)
    first, second, third = (np.ascontiguousarray(corners[rows[row, corner]]) for corner in range(3))
    barycentric = torch.from_numpy(igl.barycentric_coordinates(place, first, second, third)).float()
    barycentric = barycentric.nan_to_num(1 / 3).clamp(0, 1)
    starts = torch.tensor([0, *(len(mesh.faces) for mesh in meshes)]).cumsum(0)
    index = torch.from_numpy(np.asarray(row)).long()
    number = torch.searchsorted(starts, index, right=True) - 1
    return SurfacePoints(
        surface=number, face=index - starts[number], barycentric=barycentric / barycentric.sum(1, keepdim=True)
    )


def carry_skin_weights(points: SurfacePoints, surfaces: Sequence[Surface], joint_count: int) -> Tensor:
    """N×(J + ΣK): weights on the body's J joints and on all surfaces' chain joints, in the surfaces' order."""
    chain_counts = [surface.skin_weights.shape[1] - joint_count for surface in surfaces]
    weights = torch.zeros(len(points.face), joint_count + sum(chain_counts))
    for number, surface in enumerate(surfaces):
        rows = (points.surface == number).nonzero()[:, 0]
        corners = surface.skin_weights[surface.faces[points.face[rows]]]
        blended = (corners * points.barycentric[rows, :, None]).sum(1)
        first = joint_count + sum(chain_counts[:number])
        weights[rows, :joint_count] = blended[:, :joint_count]
        weights[rows, first : first + chain_counts[number]] = blended[:, joint_count:]
    return weights


def carry_look(points: SurfacePoints, surfaces: Sequence[Surface]) -> tuple[Tensor, Tensor, Tensor]:
    """Of N points: 3×N sRGB colours, (N,) confidence, and (N,) uint8 labels."""
    rgb, confidence = torch.zeros(3, len(points.face)), torch.zeros(len(points.face))
    labels = torch.full((len(points.face),), BACKGROUND, dtype=torch.uint8)
    for number, surface in enumerate(surfaces):
        rows = (points.surface == number).nonzero()[:, 0]
        corners = surface.layout.uv[surface.layout.faces[points.face[rows]]]
        uv = (corners * points.barycentric[rows, :, None]).sum(1).T[None, :, None]
        texture = surface.texture
        if len(rows):
            rgb[:, rows] = sample_texture(texture.rgb, uv)[0, :, 0]
            confidence[rows] = sample_texture(texture.confidence[None], uv)[0, 0, 0]
            labels[rows] = _labels_at(surface, uv)
    return rgb, confidence, labels


def join_chains(surfaces: Sequence[Surface], joint_count: int) -> tuple[Chains | None, Colliders | None]:
    """All surfaces' chain joints as one surface's, and the colliders that they meet.

    One surface's joints meet all its colliders. Those of hair are trunk and shoulders, in which a skirt begins: it
    would be pushed out into a bell, so beside skirts and coats hair does without.
    """
    chains, moved = [surface.chains for surface in surfaces if surface.chains is not None], []
    hinged = [surface for surface in surfaces if surface.chains is not None and bool(_hinges(surface.chains).any())]
    colliders = [surface.colliders for surface in hinged or surfaces if surface.colliders is not None]
    first = 0
    for chain in chains:
        parents = torch.where(chain.parents >= joint_count, chain.parents + first, chain.parents)
        moved.append(replace(chain, parents=parents))
        first += len(chain.names)
    return _joined_chains(moved), _joined_colliders(colliders)


def _joined_chains(chains: Sequence[Chains]) -> Chains | None:
    if not chains:
        return None
    fields = ("parents", "positions", "stiffness", "gravity", "drag", "radius")
    joined = {name: torch.cat([getattr(chain, name) for chain in chains]) for name in fields}
    # One surface's joints all turn freely, or all on hinges: beside a skirt's, hair swings forwards and back alone.
    hinged = any(bool(_hinges(chain).any()) for chain in chains)
    hinges = torch.cat([_hinges(chain) for chain in chains]) if hinged else None
    if hinges is not None:
        hinges = torch.where(hinges.any(1, keepdim=True), hinges, torch.tensor([1.0, 0.0, 0.0]))
    return Chains(names=tuple(name for chain in chains for name in chain.names), hinges=hinges, **joined)


def _hinges(chains: Chains) -> Tensor:
    """K×3, 0 where a joint turns freely."""
    return torch.zeros_like(chains.positions) if chains.hinges is None else chains.hinges


def _joined_colliders(colliders: Sequence[Colliders]) -> Colliders | None:
    if not colliders:
        return None
    fields = ("joints", "heads", "tails", "radii")
    joined = {name: torch.cat([getattr(one, name) for one in colliders]) for name in fields}
    partners, first = [], 0
    for one in colliders:
        count = len(one.joints)
        partners.append((torch.arange(count) if one.partners is None else one.partners) + first)
        first += count
    return Colliders(partners=torch.cat(partners), **joined)


def change_posed(
    mesh: Mesh,
    surfaces: Sequence[Surface],
    rest: RestBody,
    pose: Pose,
    swung: ChainTransforms | None,
    change: Callable[[Mesh], Mesh],
) -> Mesh:
    """The mesh, which is at rest, as it is after its vertices were moved in a pose.

    Args:
        surfaces: of the double, which say how the mesh is posed.
        swung: their chain joints in that pose; None: they have none.
        change: of the posed mesh; it keeps the number of vertices.
    """
    rotation, shift = _follow(mesh, surfaces, rest, pose, swung)
    posed = (rotation @ mesh.vertices[..., None])[..., 0] + shift
    changed = change(Mesh(vertices=posed, faces=mesh.faces)).vertices
    return replace(mesh, vertices=torch.linalg.solve(rotation, (changed - shift)[..., None])[..., 0])


def stand_with(
    mesh: Mesh, surfaces: Sequence[Surface], rest: RestBody, pose: Pose, swung: ChainTransforms | None
) -> Mesh:
    """The mesh, which is at rest, in a pose: each vertex goes with the nearest point of the surfaces.

    Arguments are those of `change_posed`.
    """
    rotation, shift = _follow(mesh, surfaces, rest, pose, swung)
    return replace(mesh, vertices=(rotation @ mesh.vertices[..., None])[..., 0] + shift)


def _follow(
    mesh: Mesh, surfaces: Sequence[Surface], rest: RestBody, pose: Pose, swung: ChainTransforms | None
) -> tuple[Tensor, Tensor]:
    """V×3×3 and V×3, metres: what posing the surfaces does to the points that are nearest to the mesh's."""
    meshes = [rest_mesh(surface) for surface in surfaces]
    weights = carry_skin_weights(nearest_points(mesh.vertices, surfaces, meshes), surfaces, len(rest.parents))
    weights = weights / weights.sum(1, keepdim=True)
    return _blend_transforms(weights, rest, pose, join_chains(surfaces, len(rest.parents))[0], swung)


def unpose(surface: Surface, rest: RestBody, pose: Pose, swung: ChainTransforms | None) -> Surface:
    """A surface whose vertices stand in a pose, at rest: the inverse of linear blend skinning.

    Args:
        swung: its chain joints in that pose; None: it has none.
    """
    rotation, shift = _blend_transforms(surface.skin_weights, rest, pose, surface.chains, swung)
    vertices = torch.linalg.solve(rotation, (surface.vertices - shift)[..., None])[..., 0]
    return replace(surface, vertices=vertices)


def _blend_transforms(
    weights: Tensor, rest: RestBody, pose: Pose, chains: Chains | None, swung: ChainTransforms | None
) -> tuple[Tensor, Tensor]:
    """V×3×3 and V×3, metres: what linear blend skinning does to each vertex."""
    rotations, positions, joints = *joint_transforms(rest, pose), rest.joints
    if swung is not None and chains is not None:
        rotations, positions = torch.cat([rotations, swung[0]]), torch.cat([positions, swung[1]])
        joints = torch.cat([joints, chains.positions])
    shift = positions - (rotations @ joints[..., None])[..., 0]
    return torch.einsum("vj,jab->vab", weights, rotations), weights @ shift


def _solid_of(surface: Surface, cell_m: float) -> Mesh:
    """The surface as a solid; the body is taken for one, though eyes and mouth are open.

    Hair and shoes that were cut along alpha have faces smaller than a cell: four of each take twice to thrice as long.
    """
    mesh = curve(rest_mesh(surface), cell_m)
    return thicken(mesh) if surface.kind != SurfaceKind.BODY and is_open(mesh.faces) else mesh


def _labels_at(surface: Surface, uv: Tensor) -> Tensor:
    """(N,) uint8 at 1×2×1×N uv."""
    if surface.texture.labels is None:
        return torch.full((uv.shape[3],), _LABELS.get(surface.kind, BACKGROUND), dtype=torch.uint8)
    row, column = texel_at(uv[0, :, 0].T, surface.texture.labels.shape[-1])
    return surface.texture.labels[row, column]
