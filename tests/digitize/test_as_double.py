"""A digitised person is a double like every other: kept, posed, animated, exported, digitised again."""

import numpy as np
import pygltflib
import pytest
import torch

import bodydouble
from bodydouble.digitize import view_painter
from bodydouble.digitize.figure import Sitter
from bodydouble.digitize.textured_mesh import TexturedMesh
from bodydouble.double import Double
from tests.digitize.conftest import COARSE, digitize_sitter


@pytest.fixture(scope="module")
def dressed(sitter: Sitter) -> TexturedMesh:
    """In a skirt that swings."""
    return digitize_sitter(sitter, COARSE, view_painter())


@pytest.fixture(scope="module")
def kept(dressed: TexturedMesh, anny, tmp_path_factory) -> Double:
    path = tmp_path_factory.mktemp("doubles") / "me.double"
    dressed.save(path)
    return bodydouble.load(path, body=anny)


@pytest.mark.parametrize("azimuth", [0.0, 150.0])
def test_it_looks_as_the_mesh_does(dressed: TexturedMesh, kept: Double, azimuth: float):
    mesh, double = dressed.render(azimuth, size=(256, 192)), kept.render(azimuth, size=(256, 192))
    both = (mesh[..., 3] > 250) & (double[..., 3] > 250)
    assert both.sum() > 0.95 * (mesh[..., 3] > 250).sum()
    assert np.abs(mesh[both][:, :3].astype(int) - double[both][:, :3]).mean() < 2


def test_the_body_beneath_is_not_seen(kept: Double):
    assert len(kept.surfaces[0].faces) == 1
    body, mesh = kept.surfaces[0], kept.surfaces[1]
    corners = body.vertices[body.faces[0]]
    nearest = torch.cdist(corners, mesh.vertices).min(1).values
    assert bool((nearest > 0.005).all()), "its one face lies inside"


def test_it_moves_and_its_skirt_swings(kept: Double, tmp_path):
    assert kept.attached[0].chains is not None
    frames = kept.pose_frames(kept.load_motion("walk"))
    first, later = (frames(index)[1].mesh.vertices for index in (0, 12))
    assert float((first - later).norm(dim=1).max()) > 0.1
    kept.export(tmp_path / "me.glb", "walk")
    gltf = pygltflib.GLTF2().load(str(tmp_path / "me.glb"))
    assert len(gltf.skins) == 1 and len(gltf.animations) == 1 and len(gltf.meshes) == 2


def test_it_can_be_digitised_again(kept: Double, dressed: TexturedMesh):
    again = bodydouble.digitize(kept, config=COARSE)
    assert again.texture.shape == dressed.texture.shape
    extent = again.surface.vertices.amax(0) - again.surface.vertices.amin(0)
    wanted = dressed.surface.vertices.amax(0) - dressed.surface.vertices.amin(0)
    assert torch.allclose(extent, wanted, atol=0.08), "cells of 12 mm wear the hem"
