"""A mesh of the user's is laid over the photo wherever it was, however large; what is no person's is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh

import bodydouble
from bodydouble.digitize import view_painter
from bodydouble.digitize.figure import Sitter
from bodydouble.digitize.user_mesh import lay_over, read_mesh
from bodydouble.errors import InputError
from bodydouble.values import Mesh
from tests.digitize.conftest import COARSE, digitize_sitter
from tests.digitize.test_solid import ball


@pytest.fixture(scope="module")
def standing(sitter: Sitter) -> Mesh:
    """The bare body as it stands in the photo."""
    return sitter.double.posed(sitter.double.fit.pose)


def written(mesh: Mesh, path: Path) -> Path:
    trimesh.Trimesh(mesh.vertices.numpy(), mesh.faces.numpy(), process=False).export(path)
    return path


@pytest.mark.parametrize("suffix", [".obj", ".ply", ".glb"])
def test_a_mesh_in_other_units_elsewhere_comes_to_where_the_person_stands(sitter, standing, tmp_path, suffix):
    elsewhere = Mesh(vertices=standing.vertices * 100 + torch.tensor([30.0, -12.0, 700.0]), faces=standing.faces)
    mesh = read_mesh(written(elsewhere, tmp_path / f"scan{suffix}"))
    laid = lay_over(mesh, sitter.views[0].person.mask, sitter.views[0].fit.camera, standing.vertices, "scan")
    assert len(laid.faces) == len(standing.faces)
    low, high = laid.vertices.amin(0) - standing.vertices.amin(0), laid.vertices.amax(0) - standing.vertices.amax(0)
    assert float(torch.cat([low, high]).abs().max()) < 0.03


def test_it_becomes_the_geometry_and_moves(sitter, standing):
    bare = replace(sitter, double=replace(sitter.double, attached=()))
    thick = Mesh(vertices=standing.vertices + 0.002, faces=standing.faces)
    mesh = digitize_sitter(bare, replace(COARSE, steps=5), view_painter(), thick)
    assert float((mesh.vertices.amax(0) - standing.vertices.amax(0)).abs().max()) < 0.03
    at_rest = mesh.surface.vertices
    assert float((at_rest.amax(0) - sitter.double.surfaces[0].vertices.amax(0)).abs().max()) < 0.05


def test_another_person_s_mesh_is_refused(sitter, standing):
    with pytest.raises(InputError, match="0.85 is needed"):
        lay_over(
            ball((0, 0, 0), 1.0), sitter.views[0].person.mask, sitter.views[0].fit.camera, standing.vertices, "ball.obj"
        )


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("none.obj", None, "does not exist"),
        ("photo.jpg", b"", "no mesh that can be read"),
        ("empty.obj", b"", "cannot be read|no faces"),
        ("noise.ply", bytes(range(256)) * 8, "cannot be read"),
        ("noise.glb", bytes(range(256)) * 8, "cannot be read"),
        ("points.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 1\n", "cannot be read|no faces"),
        ("nan.obj", b"v 0 0 0\nv nan 0 0\nv 0 1 1\nv 1 1 1\nf 1 2 3\nf 2 3 4\n", "not finite"),
        ("flat.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nv 1 1 0\nf 1 2 3\nf 2 3 4\n", "is flat"),
    ],
)
def test_what_is_no_mesh_is_told_in_a_sentence(tmp_path, name, content, sentence):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        read_mesh(path)


def test_a_huge_mesh_is_refused(tmp_path, monkeypatch):
    path = written(ball((0, 0, 0), 1.0), tmp_path / "ball.ply")
    monkeypatch.setattr("bodydouble.digitize.user_mesh._MOST_FACES", 100)
    with pytest.raises(InputError, match="simplify it"):
        read_mesh(path)
    monkeypatch.setattr("bodydouble.digitize.user_mesh._LARGEST_FILE", 100)
    with pytest.raises(InputError, match="MB"):
        read_mesh(path)


def test_a_bad_mesh_is_told_before_the_work(tmp_path):
    config = bodydouble.DigitizeConfig(mesh=tmp_path / "none.obj")
    with pytest.raises(InputError, match="does not exist"):
        bodydouble.digitize(np.zeros((8, 8, 3), np.uint8), config=config)
