"""The shipped layout keeps its promises; layout files of the user are read or refused with a sentence."""

import cv2
import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from bodydouble.body.layout import load_layout
from bodydouble.errors import InputError
from workshop.layout.measure import cover_counts, signed_areas


@pytest.fixture(scope="module")
def uv(anny):
    return anny.layout.uv.double().numpy()


@pytest.fixture(scope="module")
def faces(anny):
    return anny.layout.faces.numpy()


@pytest.fixture(scope="module")
def chart(uv, faces):
    """(F,) the connected piece of the layout each face lies in."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    _, label = connected_components(coo_matrix((np.ones(len(edges)), edges.T), shape=(len(uv), len(uv))))
    return label[faces[:, 0]]


@pytest.fixture(scope="module")
def body(anny):
    """(vertices V×3, area of each face, weight of the head's joints on each face) of the average adult."""
    vertices = anny.rest(anny.mean_shape()).vertices.double().numpy()
    a, b, c = np.moveaxis(vertices[anny.faces.numpy()], 1, 0)
    joints = [n for n, name in enumerate(anny.joint_names) if name in ("head", "eye.L", "eye.R")]
    head = anny.skin_weights[:, joints].sum(1)[anny.faces].mean(1).numpy()
    return vertices, np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2, head


@pytest.fixture(scope="module")
def head_chart(anny, body, chart):
    crown = body[0][:, 1].argmax()
    return chart == chart[(anny.faces.numpy() == crown).any(1)][0]


def test_no_triangle_is_flipped(uv, faces):
    # v points down: counter-clockwise as seen is negative.
    assert (signed_areas(uv, faces) < 0).all()


def test_nothing_is_covered_twice(uv, faces):
    assert cover_counts(uv, faces, 2048).max() == 1


def test_an_overlap_is_noticed(uv, faces):
    assert cover_counts(uv, np.concatenate([faces[:50], faces[:50]]), 2048).max() == 2


def test_coverage(uv, faces, head_chart):
    areas = -signed_areas(uv, faces)
    assert areas.sum() >= 0.55
    assert areas[head_chart].sum() >= 0.15 * areas.sum()


def test_density_is_even(uv, faces, chart, body, head_chart):
    _, areas, head_weight = body
    inner = np.bincount(chart, head_weight)[chart] > 0.9 * np.bincount(chart)[chart]  # eyes, mouth, tongue
    density = -signed_areas(uv, faces) / areas
    low, high = np.quantile(density[~head_chart & ~inner], [0.05, 0.95])
    assert high / low <= 2.5


def test_charts_keep_apart(uv, faces, chart):
    taken = np.zeros((1024, 1024), np.uint8)
    for label in np.unique(chart):
        own = cover_counts(uv, faces[chart == label], 1024)
        grown = cv2.dilate(own, np.ones((5, 5), np.uint8))
        assert not (taken & grown).any()
        taken |= grown


def test_mirrored_exactly(anny, uv, faces, body):
    assert anny.layout.mirrored
    vertices, corners = body[0], anny.faces.numpy()
    key = {tuple(p): n for n, p in enumerate(np.round(vertices * 1e5).astype(int).tolist())}
    twin = np.array([key[-x, y, z] for x, y, z in np.round(vertices * 1e5).astype(int).tolist()])
    points = np.concatenate([corners.reshape(-1, 1), uv[faces].reshape(-1, 2)], 1)
    mirrored = np.concatenate([twin[corners].reshape(-1, 1), uv[faces].reshape(-1, 2) * [-1, 1] + [1, 0]], 1)
    assert {tuple(p) for p in points.tolist()} == {tuple(p) for p in mirrored.tolist()}


def places(anny, uv, faces, vertices):
    """For each vertex, the set of its u in the layout."""
    found = {int(v): set() for v in vertices}
    corners = anny.faces.numpy()
    for row, position in np.argwhere(np.isin(corners, vertices)):
        found[int(corners[row, position])].add(float(uv[faces[row, position], 0]))
    return found


def test_the_back_is_whole_and_the_front_is_cut(anny, uv, faces, body):
    x, y, z = body[0].T
    middle = (np.abs(x) < 1e-5) & (y > 1.1) & (y < 1.45)
    assert all(us == {0.5} for us in places(anny, uv, faces, np.flatnonzero(middle & (z < 0))).values())
    front = places(anny, uv, faces, np.flatnonzero(middle & (z > 0)))
    assert front and all(len(us) == 2 for us in front.values())


def test_the_face_is_whole(anny, uv, faces):
    # Nose tip, forehead, chin, cheeks: MediaPipe face points 4, 10, 152, 205, 425.
    rows = torch.tensor([4, 10, 152, 205, 425]) + 75
    vertices = np.unique(anny.landmarks.vertices[rows][anny.landmarks.weights[rows] > 0].numpy())
    assert all(len(us) == 1 for us in places(anny, uv, faces, vertices).values())


def test_small_file(anny):
    assert (anny.layout.uv.shape[0] * 2 + anny.layout.faces.numel()) * 4 < 1 << 20


UV = np.array([[0.1, 0.2], [0.9, 0.2], [0.5, 0.7]], np.float32)
FACES = np.array([[0, 1, 2]])
OBJ = "v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0.1 0.8\nvt 0.9 0.8\nvt 0.5 0.3\nf 1/1 2/2/1 3/3\n"


def write(folder, kind):
    path = folder / f"layout.{kind.split('-')[0]}"
    if kind == "obj":
        path.write_text(OBJ)
    elif kind == "safetensors":
        save_file({"uv": UV, "faces": FACES}, path)
    elif kind == "npz":
        np.savez(path, uv=UV, faces=FACES)
    else:
        np.savez(path, vt=UV * [1, -1] + [0, 1], ft=FACES)
    return path


@pytest.mark.parametrize("kind", ["obj", "safetensors", "npz", "npz-published"])
def test_every_file_kind_means_the_same(tmp_path, kind):
    layout = load_layout(write(tmp_path, kind), face_count=1)
    assert torch.allclose(layout.uv, torch.from_numpy(UV))
    assert layout.faces.tolist() == FACES.tolist()
    assert layout.faces.dtype == torch.int64 and layout.uv.dtype == torch.float32


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.obj", b"v 0 0 0\n", "no texture coordinates"),
        ("a.obj", OBJ.replace("f 1/1", "f 1").encode(), "cannot be read"),
        ("a.obj", OBJ.replace("3/3", "3/9").encode(), "outside its 3 coordinates"),
        ("a.obj", OBJ.replace("0.9", "nan").encode(), "outside 0 to 1"),
        ("a.obj", b"\xff\xfe\x00", "cannot be read"),
        ("a.npz", b"no archive", "cannot be read"),
        ("a.npz", b"", "cannot be read"),
        ("a.safetensors", b"\x08\x00\x00\x00\x00\x00\x00\x00{}", "cannot be read"),
        ("a.png", b"", "is no texture layout"),
        ("missing.obj", None, "does not exist"),
    ],
)
def test_bad_files_get_one_sentence(tmp_path, name, content, expected):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=expected):
        load_layout(tmp_path / name)


def test_a_pickle_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", uv=UV.astype(object), faces=FACES)
    with pytest.raises(InputError, match="cannot be read"):
        load_layout(tmp_path / "a.npz")


def test_wrong_face_count(tmp_path):
    with pytest.raises(InputError, match="has 1 faces, but the body has 7"):
        load_layout(write(tmp_path, "obj"), face_count=7)
