"""Sheets get thickness, solids become one, and what is apart stays apart."""

import igl
import numpy as np
import pytest
import torch
import trimesh

from bodydouble.digitize.solid import curve, is_open, signed_distance, thicken, unite
from bodydouble.errors import InputError
from bodydouble.values import Mesh


def ball(middle: tuple[float, float, float], radius: float) -> Mesh:
    """A closed ball of rings."""
    down, around = torch.meshgrid(torch.linspace(0, torch.pi, 24), torch.arange(32) * torch.pi / 16, indexing="ij")
    points = torch.stack([down.sin() * around.cos(), down.cos(), down.sin() * around.sin()], -1).reshape(-1, 3)
    return Mesh(vertices=points * radius + torch.tensor(middle), faces=grid_faces(24, 32))


def tube(length: float, radius: float) -> Mesh:
    """An upright tube without lids."""
    down, around = torch.meshgrid(torch.linspace(0, length, 12), torch.arange(32) * torch.pi / 16, indexing="ij")
    points = torch.stack([radius * around.cos(), down, radius * around.sin()], -1).reshape(-1, 3)
    return Mesh(vertices=points, faces=grid_faces(12, 32))


def grid_faces(rows: int, columns: int) -> torch.Tensor:
    """Quads of a grid that closes around."""
    row, column = torch.meshgrid(torch.arange(rows - 1), torch.arange(columns), indexing="ij")
    first, second = row * columns + column, row * columns + (column + 1) % columns
    quads = torch.stack([first, second, second + columns, first, second + columns, first + columns], -1)
    return quads.reshape(-1, 3)


def volume(mesh: Mesh) -> float:
    corners = mesh.vertices[mesh.faces].double()
    return float((corners[:, 0] * torch.linalg.cross(corners[:, 1], corners[:, 2])).sum() / 6)


def test_an_open_sheet_becomes_a_closed_one_as_thick_as_asked():
    sheet = tube(0.3, 0.1)
    solid = thicken(sheet, 0.01)
    assert is_open(sheet.faces) and not is_open(solid.faces)
    assert abs(volume(solid)) == pytest.approx(0.3 * 2 * torch.pi * 0.1 * 0.01, rel=0.03)


def test_two_balls_that_cross_become_one_watertight_mesh():
    united = unite([ball((0, 0, 0), 0.1), ball((0.1, 0, 0), 0.1)], 0.008)
    assert not is_open(united.faces)
    assert igl.facet_components(united.faces.numpy())[0] == 1
    lens = torch.pi * (4 * 0.1 + 0.1) * (2 * 0.1 - 0.1) ** 2 / 12  # of two balls of 0.1 m, 0.1 m apart
    assert volume(united) == pytest.approx(2 * 4 / 3 * torch.pi * 0.1**3 - lens, rel=0.02)


def test_what_is_apart_by_three_cells_does_not_fuse():
    assert igl.facet_components(unite([ball((0, 0, 0), 0.05), ball((0.112, 0, 0), 0.05)], 0.004).faces.numpy())[0] == 2


def test_a_skirt_stays_hollow():
    united = unite([thicken(tube(0.3, 0.1), 0.008)], 0.004)
    inside = np.array([[0.0, 0.15, 0.0], [0.1, 0.15, 0.0]])
    assert list(signed_distance(united, inside) < 0) == [False, True]


def test_what_is_larger_than_any_person_is_refused():
    with pytest.raises(InputError, match="larger cells"):
        unite([ball((0, 0, 0), 1.5)], 0.004)


def test_faces_finer_than_asked_are_curved_no_more():
    mesh = ball((0.0, 0.0, 0.0), 0.1)  # edges of about 2 cm
    assert curve(mesh, 0.04) is mesh
    assert len(curve(mesh, 0.004).faces) == 4 * len(mesh.faces)


def test_curved_faces_are_nearer_to_the_ball_than_flat_ones():
    flat = ball((0, 0, 0), 0.1)
    curved = curve(flat)
    assert len(curved.faces) == 4 * len(flat.faces) and is_open(curved.faces) == is_open(flat.faces)
    depths = [0.1 - mesh.vertices[mesh.faces].mean(1).norm(dim=1) for mesh in (flat, curved)]
    assert float(depths[1].mean()) < 0.4 * float(depths[0].mean())


def test_a_box_keeps_its_edges():
    box = trimesh.creation.box(extents=(0.2, 0.2, 0.2))
    mesh = Mesh(vertices=torch.from_numpy(box.vertices).float(), faces=torch.from_numpy(box.faces).long())
    assert float(curve(mesh).vertices.abs().max()) <= 0.1 + 1e-6
