"""Relief of cloth and hair, from normals: what folds and strands lack on the mesh is integrated and added to it.

Human-SGD takes PIFuHD's geometry, which has folds because it is made from normals of both sides (Saito et al.,
"PIFuHD", 2020, section 3). Here the parser's normals of the near side and of the far one say how steep the surface is
at each pixel. What differs from the mesh's own slope is integrated in the least squares sense (Frankot and Chellappa,
"A method for enforcing integrability in shape from shading algorithms", 1988), screened, so that the mesh keeps its
shape and only what is smaller than a hand is added:

    min over δ of  Σ (∇δ - (s - ∇z))² + δ² / L²,    solved in cosines:  (-Δ + 1 / L²) δ = -div (s - ∇z)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.fft import dctn, idctn
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from bodydouble.geometry.camera import clip_from_world, project, square_camera
from bodydouble.parsing.labels import CLOTH, HAIR
from bodydouble.raster.depth import depth_range
from bodydouble.values import Camera, FarSide, Mesh, Understanding

_LARGEST_M = 0.02  # L, metres: folds are narrower, and what is wider the mesh's outline knows better
_DEEPEST_M = 0.012  # metres, of relief: a deep fold of a skirt; more would show from the side as a tear
_STEEPEST = 1.5  # slope, 56°, from which on neither normals nor depths are relied on
_FADE_PX = 4.0  # of the parser's square, over which relief begins at borders
_SAME_M = 0.006  # metres between a vertex and the side that the depths show, within which it lies on it


@dataclass(frozen=True, kw_only=True)
class _Square:
    """The parser's square, looked through by the photo's camera."""

    camera: Camera
    size: int  # pixels a side
    pixel_m: float  # metres across a pixel at the person


def raise_relief(mesh: Mesh, camera: Camera, near: Understanding, far: FarSide | None) -> Mesh:
    """The mesh with the folds that the normals of both sides show, on cloth and hair.

    Args:
        mesh: as it stands in the photo.
        camera: the photo's.
        near, far: what the parser says of both sides; None: the far side stays.
    """
    square = _square_of(near, camera, mesh)
    nearest, farthest = depth_range(clip_from_world(mesh.vertices, square.camera), mesh.faces, square.camera.size)
    vertices = mesh.vertices
    apart = farthest - nearest > _SAME_M
    for side, depth in ((near, nearest), (far, farthest)):
        if side is not None:
            relief = integrate_relief(depth, side.normals, apart & _rough(side), square.pixel_m)
            vertices = vertices + _along_rays(mesh.vertices, square, depth, relief)
    return Mesh(vertices=vertices, faces=mesh.faces)


def integrate_relief(depth: Tensor, normals: Tensor, inside: Tensor, pixel_m: float) -> Tensor:
    """S×S, metres away from the camera: what a surface lacks of the slopes that its normals have; 0 outside.

    Args:
        depth: S×S, metres, of the surface; not finite where nothing is.
        normals: 3×S×S, unit, camera axes, of either side.
        inside: S×S, bool, where relief is wanted.
        pixel_m: metres across a pixel.
    """
    wanted = -normals[:2] / torch.where(normals[2].abs() < 0.1, 0.1 * normals[2].sign() + 1e-6, normals[2])
    covered = inside & depth.isfinite()
    solid = torch.where(covered, depth, 0.0)
    slope = torch.stack([_difference(solid, 1), _difference(solid, 0)]) / pixel_m
    wanted = torch.stack([(wanted[axis] + wanted[axis].roll(-1, 1 - axis)) / 2 for axis in (0, 1)])
    within = covered & covered.roll(-1, 1) & covered.roll(-1, 0)
    whole = within & (slope.norm(dim=0) < _STEEPEST)  # nothing lies before something else here
    lack = (wanted - slope) * _fade(whole & (wanted.norm(dim=0) < _STEEPEST))
    divergence = lack[0] - lack[0].roll(1, 1) + lack[1] - lack[1].roll(1, 0)
    relief = _solve_screened(divergence * pixel_m, pixel_m / _LARGEST_M)
    return relief.clamp(-_DEEPEST_M, _DEEPEST_M) * _fade(whole)


def _solve_screened(right: Tensor, screen: float) -> Tensor:
    """S×S δ with Δδ - screen² δ = right, no slope at the square's edges."""
    size = right.shape[-1]
    frequency = 2 * np.cos(np.pi * np.arange(size) / size) - 2
    operator = frequency[:, None] + frequency[None, :] - screen**2
    return torch.from_numpy(idctn(dctn(right.double().numpy()) / operator)).float()


def _difference(values: Tensor, axis: int) -> Tensor:
    """S×S, between each pixel and the next one."""
    return values.roll(-1, axis) - values


def _fade(mask: Tensor) -> Tensor:
    """S×S, 0 beyond a mask, rising to 1 within it."""
    return (torch.from_numpy(distance_transform_edt(mask.numpy())).float() / _FADE_PX).clamp(max=1)


def _rough(side: Understanding | FarSide) -> Tensor:
    """S×S, bool: cloth and hair. Of skin, a face above all, the body model knows more than normals of this size do."""
    return torch.isin(side.labels.argmax(0), torch.tensor([*CLOTH, HAIR]))


def _square_of(side: Understanding, camera: Camera, mesh: Mesh) -> _Square:
    size = side.labels.shape[-1]
    view = square_camera(camera, side.left, side.top, side.side, size)
    distance = float(project(mesh.vertices, camera)[:, 2].mean())
    return _Square(camera=view, size=size, pixel_m=distance / float(view.intrinsics[0, 0]))


def _along_rays(vertices: Tensor, square: _Square, depth: Tensor, relief: Tensor) -> Tensor:
    """V×3, metres: the relief where each vertex is seen, along its ray; 0 for vertices that are not on that side."""
    x, y, away = project(vertices, square.camera).unbind(-1)
    place = torch.stack([x, y], -1) * 2 / square.size - 1
    moved = torch.nn.functional.grid_sample(relief[None, None], place[None, None], align_corners=False)[0, 0, 0]
    column, row = (value.long().clamp(0, square.size - 1) for value in (x, y))
    there = (away - depth[row, column]).abs() < _SAME_M + square.pixel_m * _STEEPEST
    rotation, shift = square.camera.camera_from_world[:3, :3], square.camera.camera_from_world[:3, 3]
    rays = (vertices + shift @ rotation) / away[:, None].clamp_min(1e-3)
    return rays * (moved * there)[:, None]
