"""THuman2.0's layout, in a small folder: scans stand upright, and their front is found."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.spatial.transform import Rotation

from bodydouble.body.anny import AnnyBody
from bodydouble.errors import InputError
from bodydouble.values import LANDMARK_COUNT, Person
from workshop.evaluation.datasets import VARIED, Source, between_deg, open_dataset
from workshop.evaluation.datasets.thuman import Scan, camera_azimuth_deg


def _write_scan(folder: Path, vertices: np.ndarray, faces: np.ndarray, uv: np.ndarray, texture: Image.Image) -> Path:
    """A Wavefront file as THuman2.0 has them."""
    folder.mkdir(parents=True)
    lines = ["mtllib material0.mtl", "usemtl material0"]
    lines += [f"v {x:.5f} {y:.5f} {z:.5f}" for x, y, z in vertices]
    lines += [f"vt {u:.5f} {v:.5f}" for u, v in uv]
    lines += ["f " + " ".join(f"{corner + 1}/{corner + 1}" for corner in face) for face in faces]
    path = folder / f"{folder.name}.obj"
    path.write_text("\n".join(lines))
    (folder / "material0.mtl").write_text("newmtl material0\nmap_Kd material0.jpeg\n")
    texture.save(folder / "material0.jpeg", quality=95)
    return path


def _board(folder: Path) -> Path:
    """A board of 1×2: red above, blue below, seen from +z."""
    vertices = np.array([[-1, 0, 0], [1, 0, 0], [1, 4, 0], [-1, 4, 0]])
    texture = Image.new("RGB", (32, 32), (200, 0, 0))
    texture.paste((0, 0, 200), (0, 16, 32, 32))
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    return _write_scan(folder, vertices, np.array([[0, 1, 2], [0, 2, 3]]), corners, texture)


def test_a_scan_stands_upright_in_its_colours(tmp_path: Path) -> None:
    scan = Scan(_board(tmp_path / "0000"))
    assert scan.mesh.vertices[:, 1].min() == 0 and scan.mesh.vertices[:, 1].max() == pytest.approx(1.75)
    view = scan.view(0.0, 0.0)
    rows, columns = (view.mask > 0.99).nonzero(as_tuple=True)
    upper, lower = view.rgb[:, rows.min() + 20, 256], view.rgb[:, rows.max() - 20, 256]
    assert upper[0] > 0.7 > 0.1 > upper[2] and lower[2] > 0.7 > 0.1 > lower[0]
    assert (rows.max() - rows.min()) / (columns.max() - columns.min()) == pytest.approx(2, abs=0.02)
    assert scan.view(90.0, 0.0).mask.sum() < 0.05 * view.mask.sum()
    assert torch.allclose(scan.view(60.0, 30.0).mask, scan.view(90.0, 0.0).mask)


def test_thuman_is_found_in_both_places(tmp_path: Path, anny: AnnyBody) -> None:
    _board(tmp_path / "THuman2.0_Release/0007")
    for folder in (tmp_path, tmp_path / "THuman2.0_Release"):
        assert open_dataset(Source(dataset="thuman", folder=folder), anny).sets == {VARIED: ("0007",)}
    (tmp_path / "THuman2.0_Release/0007/material0.jpeg").unlink()
    with pytest.raises(InputError, match="texture"):
        Scan(tmp_path / "THuman2.0_Release/0007/0007.obj")


@pytest.mark.parametrize("azimuth", [0.0, 40.0, 90.0, -130.0, 180.0])
def test_shoulders_and_hips_tell_the_side(azimuth: float) -> None:
    world = torch.zeros(LANDMARK_COUNT, 3)
    turn = math.radians(azimuth)
    # Camera axes, z away from the camera: seen from the front, the left lies at +x; seen from the left, it is nearer.
    across = 0.2 * torch.tensor([math.cos(turn), 0.0, -math.sin(turn)])
    for left, right in ((11, 12), (23, 24)):
        world[left], world[right] = across, -across
    person = Person(mask=torch.ones(4, 4), landmarks=torch.zeros(LANDMARK_COUNT, 3), landmarks_world=world)
    assert between_deg(camera_azimuth_deg(person), azimuth) < 1e-3


def test_the_front_of_a_scan_is_found(tmp_path: Path, anny: AnnyBody, shared: Path) -> None:
    """A body with a real skin's texture, turned by 70° to its left."""
    rest = anny.rest(anny.mean_shape())
    turn = torch.from_numpy(Rotation.from_euler("y", 70, degrees=True).as_matrix()).float()
    layout = anny.data
    uv_faces = layout.uv_faces.numpy()
    uv = layout.uv.numpy()
    vertices = (rest.vertices @ turn.T)[anny.faces].reshape(-1, 3).numpy()
    faces = np.arange(len(vertices)).reshape(-1, 3)
    skin = Image.open(shared / "wardrobe/skins/young_caucasian_male.jpg")
    path = _write_scan(tmp_path / "0001", vertices, faces, uv[uv_faces].reshape(-1, 2), skin)
    assert between_deg(Scan(path).front_deg(), 70) < 25
