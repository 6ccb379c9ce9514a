"""Folds that normals show and a mesh lacks are raised on it, on both sides, on cloth alone."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.digitize.relief import integrate_relief, raise_relief
from bodydouble.geometry.camera import photo_camera
from bodydouble.parsing.labels import LABELS, SKIN, UPPER
from bodydouble.values import FarSide, Mesh, Understanding

SIZE = 192
PIXEL_M = 0.004
DEEP_M, LONG_M = 0.005, 0.06  # half the height of the folds, and from one to the next


def folds() -> Tensor:
    """SIZE×SIZE, metres away from the camera: upright folds."""
    across = (torch.arange(SIZE) + 0.5) * PIXEL_M
    return (DEEP_M * (across * 2 * math.pi / LONG_M).sin()).expand(SIZE, SIZE)


def normals_of(depth: Tensor, towards: float) -> Tensor:
    """3×S×S, unit: of a surface that faces the camera (-1) or away from it (1)."""
    slope = (depth.roll(-1, 1) - depth.roll(1, 1)) / (2 * PIXEL_M)
    return normalize(torch.stack([-slope * towards, torch.zeros_like(slope), torch.full_like(slope, towards)]), dim=0)


@pytest.mark.parametrize("towards", [-1.0, 1.0])
def test_folds_are_found_on_either_side(towards):
    flat, inside = torch.full((SIZE, SIZE), 2.0), torch.zeros(SIZE, SIZE, dtype=torch.bool)
    inside[8:-8, 8:-8] = True
    relief = integrate_relief(flat, normals_of(folds(), towards), inside, PIXEL_M)
    middle = (slice(40, -40),) * 2
    error = relief[middle] - folds()[middle]
    assert float(error.std()) < 0.35 * float(folds()[middle].std())
    assert float(relief[~inside].abs().max()) == 0


def test_what_the_surface_has_is_not_added_again():
    inside = torch.ones(SIZE, SIZE, dtype=torch.bool)
    relief = integrate_relief(2.0 + folds(), normals_of(folds(), -1.0), inside, PIXEL_M)
    assert float(relief[40:-40, 40:-40].abs().max()) < 0.1 * DEEP_M


def wall(depth: float) -> Mesh:
    """An upright square of 0.768 m, before the camera."""
    line = torch.linspace(-0.384, 0.384, 97)
    y, x = torch.meshgrid(line, line, indexing="ij")
    vertices = torch.stack([x, y, torch.full_like(x, -depth)], -1).reshape(-1, 3)
    first = (torch.arange(96)[:, None] * 97 + torch.arange(96)).flatten()
    faces = torch.cat([torch.stack([first, first + 1, first + 98], 1), torch.stack([first, first + 98, first + 97], 1)])
    return Mesh(vertices=vertices, faces=faces)


def test_a_mesh_gets_folds_on_its_far_side_and_none_on_skin():
    near, far = wall(2.0), wall(2.3)
    mesh = Mesh(
        vertices=torch.cat([near.vertices, far.vertices]),
        faces=torch.cat([near.faces, far.faces + len(near.vertices)]),
    )
    camera = photo_camera(2.0 / PIXEL_M, (SIZE, SIZE))
    square = {"left": 0, "top": 0, "side": SIZE}
    kinds = torch.arange(len(LABELS))[:, None, None].expand(-1, SIZE, SIZE)
    skin = Understanding(labels=(kinds == SKIN).float(), normals=normals_of(folds(), -1.0), **square)
    cloth = FarSide(
        labels=(kinds == UPPER).float(),
        normals=normals_of(folds(), 1.0),
        colour=torch.zeros(3, SIZE, SIZE),
        front_only=torch.zeros(SIZE, SIZE),
        **square,
    )
    moved = (raise_relief(mesh, camera, skin, cloth).vertices - mesh.vertices)[:, 2]
    assert float(moved[: len(near.vertices)].abs().max()) == 0
    assert 0.4 * DEEP_M < float(moved[len(near.vertices) :].abs().quantile(0.9)) < 1.2 * DEEP_M
