"""A mesh's own texture: an atlas by xatlas (Human-SGD section 3.4), with the double's look to begin with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import xatlas
from torch import Tensor

from bodydouble.digitize.geometry import carry_look, carry_skin_weights, join_chains, nearest_points
from bodydouble.geometry.uv import fill_seams
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Mesh, Surface, SurfaceKind, Texture, UvLayout

NAME = "person"  # of the one surface
_PADDING = 2  # texels between charts


def unwrap(mesh: Mesh, size: int) -> UvLayout:
    """An atlas of the mesh in one square.

    Args:
        size: texels a side that the texture will have; charts keep their distance in these.
    """
    atlas = xatlas.Atlas()
    atlas.add_mesh(mesh.vertices.numpy(), mesh.faces.numpy().astype(np.uint32))
    pack = xatlas.PackOptions()
    pack.resolution, pack.padding = size, _PADDING
    atlas.generate(xatlas.ChartOptions(), pack)
    _, faces, uv = atlas[0]
    # xatlas may turn faces round in no other way than to begin at another corner; it keeps their order.
    return UvLayout(uv=_tensor(uv, np.float32).clamp(0, 1), faces=_tensor(faces, np.int64), mirrored=False)


def bind_to_double(
    mesh: Mesh,
    surfaces: Sequence[Surface],
    meshes: Sequence[Mesh],
    joint_count: int,
    size: int,
) -> Surface:
    """The mesh with the skin weights, chains and the look that the double has at the nearest point.

    Args:
        mesh: in the pose in which it is compared with the double.
        surfaces: of the double, the body first.
        meshes: these as they stand in that pose.
        joint_count: of the body.
        size: texels a side.

    Returns:
        The mesh's vertices as they came. Its texture's
        confidence is the double's: how well the photo showed each texel, 0 where it was invented.
    """
    layout = unwrap(mesh, size)
    weights = carry_skin_weights(nearest_points(mesh.vertices, surfaces, meshes), surfaces, joint_count)
    chains, colliders = join_chains(surfaces, joint_count)
    return Surface(
        name=NAME,
        kind=SurfaceKind.BODY,
        vertices=mesh.vertices,
        faces=mesh.faces,
        layout=layout,
        texture=_carry_texture(mesh, layout, surfaces, meshes, size),
        skin_weights=weights / weights.sum(1, keepdim=True),
        chains=chains,
        colliders=colliders,
    )


def _carry_texture(
    mesh: Mesh, layout: UvLayout, surfaces: Sequence[Surface], meshes: Sequence[Mesh], size: int
) -> Texture:
    texels = texel_map(layout, size)
    covered = texels.face[0] >= 0
    points = interpolate(texels, mesh.faces, mesh.vertices)[0][:, covered].T
    colours, trust, names = carry_look(nearest_points(points, surfaces, meshes), surfaces)
    rgb, confidence = torch.zeros(3, size, size), torch.zeros(1, size, size)
    labels = torch.zeros(1, size, size, dtype=torch.uint8)
    rgb[:, covered], confidence[:, covered], labels[:, covered] = colours, trust[None], names[None]
    return Texture(
        rgb=fill_seams(rgb, covered),
        confidence=fill_seams(confidence, covered)[0],
        labels=fill_seams(labels, covered)[0],
    )


def _tensor(array: np.ndarray, kind: type) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=kind))
