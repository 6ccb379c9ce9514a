"""Readers of published layouts, each on a small folder of that layout."""

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
from workshop.evaluation.folders import person_and_side
from workshop.evaluation.snapshot import root_azimuths
from workshop.evaluation.subjects import TURNING, VARIED, Source, between_deg, open_dataset
from workshop.evaluation.thuman import Scan, seen_from_deg


def _write_picture(path: Path, value: int, size: tuple[int, int] = (80, 100)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*size, 3), value, np.uint8)).save(path)


def _facing(azimuth_deg: float) -> np.ndarray:
    """SMPL's root angles of a body seen from that side by a camera with y down."""
    # Half a turn about x faces the camera; then the body turns about its own vertical, away from the camera.
    about_x, about_y = _rotation(0, math.pi), _rotation(1, -math.radians(azimuth_deg))
    return Rotation.from_matrix(about_x @ about_y).as_rotvec()


def _rotation(axis: int, angle: float) -> np.ndarray:
    return Rotation.from_euler("xyz"[axis], angle).as_matrix()


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    folder = tmp_path / "male-3-casual"
    thetas = np.zeros((4, 72), np.float32)
    for frame, azimuth in enumerate((0, 90, 180, -90)):
        _write_picture(folder / f"images/image_{frame:04d}.png", 40 * frame)
        (folder / "masks").mkdir(exist_ok=True)
        mask = np.zeros((80, 100), np.uint8)
        mask[10:70, 40:60] = 1
        np.save(folder / f"masks/mask_{frame:04d}.npy", mask)
        thetas[frame, :3] = _facing(azimuth)
    np.savez(folder / "poses.npz", thetas=thetas)
    return tmp_path


def test_the_root_tells_the_side(snapshot: Path) -> None:
    thetas = np.load(snapshot / "male-3-casual/poses.npz")["thetas"]
    for found, azimuth in zip(root_azimuths(thetas), (0, 90, 180, -90), strict=True):
        assert between_deg(found, azimuth) < 0.1


def test_people_snapshot(snapshot: Path, anny: AnnyBody) -> None:
    dataset = open_dataset(Source(dataset="snapshot-people", folder=snapshot), anny)
    assert dataset.sets == {TURNING: ("male-3-casual",)}
    person = dataset.subject("male-3-casual")
    assert person.cluster == "male-3" and not person.anywhere
    back = person.view(180.0)
    assert between_deg(back.azimuth_deg, 180) < 0.1 and back.camera is None
    assert torch.allclose(back.rgb, torch.tensor(80 / 255)) and back.mask.sum() == 1200
    assert person.nearest(45.0) in person.azimuths_deg


def test_what_needs_a_pickle_says_what_to_unpack(tmp_path: Path, anny: AnnyBody) -> None:
    (tmp_path / "male-3-casual").mkdir()
    (tmp_path / "male-3-casual/camera.pkl").write_bytes(b"\x80\x04.")
    with pytest.raises(InputError, match="pickle.*poses.npz"):
        open_dataset(Source(dataset="snapshot-people", folder=tmp_path), anny)


def test_damaged_snapshots_are_the_callers_mistake(snapshot: Path, anny: AnnyBody) -> None:
    dataset = open_dataset(Source(dataset="snapshot-people", folder=snapshot), anny)
    mask = snapshot / "male-3-casual/masks/mask_0000.npy"
    np.save(mask, np.zeros((80, 100), np.uint8))
    with pytest.raises(InputError, match="empty"):
        dataset.subject("male-3-casual").view(0.0)
    np.save(mask, np.array([{"code": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="not an array"):
        dataset.subject("male-3-casual").view(0.0)
    (snapshot / "male-3-casual/masks/mask_0003.npy").unlink()
    with pytest.raises(InputError, match="4 frames and 3 masks"):
        dataset.subject("male-3-casual")


def test_azure_people(tmp_path: Path, anny: AnnyBody) -> None:
    for name, value in (("anna_front", 50), ("anna_back", 60), ("ben", 70)):
        _write_picture(tmp_path / f"rgb/{name}.png", value)
        _write_picture(tmp_path / f"segm/{name}.png", 255)
    dataset = open_dataset(Source(dataset="azure-people", folder=tmp_path), anny)
    assert dataset.sets == {VARIED: ("anna", "ben")}
    anna = dataset.subject("anna")
    assert set(anna.azimuths_deg) == {0.0, 180.0}
    assert torch.allclose(anna.view(180.0).rgb, torch.tensor(60 / 255))
    assert dataset.subject("ben").nearest(180.0) is None
    (tmp_path / "segm/ben.png").unlink()
    with pytest.raises(InputError, match="no mask"):
        open_dataset(Source(dataset="azure-people", folder=tmp_path), anny)


def test_names_with_sides() -> None:
    assert person_and_side("04_simple") == ("04_simple", 0.0)
    assert person_and_side("04_simple_back") == ("04_simple", 180.0)
    assert person_and_side("anna_-45") == ("anna", -45.0)


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
    assert between_deg(seen_from_deg(person), azimuth) < 1e-3


def test_the_front_of_a_scan_is_found(tmp_path: Path, anny: AnnyBody, shared: Path) -> None:
    """A body with a real skin's texture, turned by 70° to its left."""
    rest = anny.rest(anny.mean_shape())
    turn = torch.from_numpy(_rotation(1, math.radians(70))).float()
    layout = anny.data
    uv_faces = layout.uv_faces.numpy()
    uv = layout.uv.numpy()
    vertices = (rest.vertices @ turn.T)[anny.faces].reshape(-1, 3).numpy()
    faces = np.arange(len(vertices)).reshape(-1, 3)
    skin = Image.open(shared / "wardrobe/skins/young_caucasian_male.jpg")
    path = _write_scan(tmp_path / "0001", vertices, faces, uv[uv_faces].reshape(-1, 2), skin)
    assert between_deg(Scan(path).front_deg(), 70) < 25


@pytest.mark.parametrize("name", ["snapshot-people", "azure-people", "thuman"])
def test_a_missing_or_empty_folder_is_the_callers_mistake(name: str, tmp_path: Path, anny: AnnyBody) -> None:
    for folder in (None, tmp_path / "nowhere", tmp_path):
        with pytest.raises(InputError):
            open_dataset(Source(dataset=name, folder=folder), anny)
