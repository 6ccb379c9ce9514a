"""Garments: reading them, and hanging them on the body."""

from pathlib import Path

import pytest
import torch
from scipy.spatial import cKDTree

from bodydouble.body.skinning import skin
from bodydouble.errors import InputError
from bodydouble.values import Pose, RestBody
from workshop.synthesis.body import BASE_VERTICES, PackedBody
from workshop.synthesis.garments.wardrobe import hang, read_garment

MHCLO = """# made for a test
name square
obj_file square.obj
x_scale 0 1 2.0
y_scale 0 2 4.0
z_scale 0 3 1.0
verts 0
material something
0 1 2 0.5 0.25 0.25 0.1 0.2 0.3
5
7 1.0000
4 5 6 2.0 -0.5 -0.5 0 0 0
delete_verts
3 - 5 9
12 - 13
"""
OBJ = """v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
vt 0 0
vt 1 0
vt 1 0.75
vt 0 1
f 1/1 2/2 3/3 4/4
"""


def _write(folder: Path, mhclo: str = MHCLO, obj: str = OBJ) -> Path:
    (folder / "square.mhclo").write_text(mhclo)
    (folder / "square.obj").write_text(obj)
    return folder / "square.mhclo"


def _base() -> RestBody:
    """Random vertices on two joints; vertices 0 to 3 are the corners the scales are measured on."""
    generator = torch.Generator().manual_seed(0)
    vertices = torch.rand(BASE_VERTICES, 3, generator=generator)
    vertices[:4] = torch.tensor([[0.0, 0, 0], [1, 0.3, 0.3], [0.3, 2, 0.3], [0.3, 0.3, 3]])
    weights = torch.rand(BASE_VERTICES, 2, generator=generator)
    return RestBody(
        vertices=vertices,
        joints=torch.zeros(2, 3),
        skin_weights=weights / weights.sum(1, keepdim=True),
        expressions=torch.rand(1, BASE_VERTICES, 3, generator=generator),
        parents=(-1, 0),
    )


def test_reads_every_kind_of_line(tmp_path: Path) -> None:
    garment = read_garment(_write(tmp_path))
    assert garment.anchors.tolist() == [[0, 1, 2], [5, 5, 5], [7, 7, 7], [4, 5, 6]]
    assert torch.allclose(garment.weights.sum(1), torch.ones(4))
    assert garment.hides.nonzero()[:, 0].tolist() == [3, 4, 5, 9, 12, 13]
    assert garment.faces.tolist() == [[0, 1, 2], [0, 2, 3]]  # a quadrilateral is two triangles
    assert garment.uv[2].tolist() == [1.0, 0.25]  # v turned to the origin at the top


def test_hangs_by_the_published_formula(tmp_path: Path) -> None:
    base = _base()
    hung = hang(read_garment(_write(tmp_path)), base)
    scale = torch.tensor([1 / 2, 2 / 4, 3 / 1])
    a, b, c = base.vertices[:3]
    assert torch.allclose(hung.vertices[0], 0.5 * a + 0.25 * b + 0.25 * c + scale * torch.tensor([0.1, 0.2, 0.3]))
    assert torch.equal(hung.vertices[1], base.vertices[5])
    assert torch.allclose(hung.skin_weights.sum(1), torch.ones(4)) and hung.skin_weights.min() >= 0
    assert torch.allclose(hung.expressions[:, 2], base.expressions[:, 7])


@pytest.mark.parametrize(
    ("mhclo", "obj"),
    [
        (MHCLO.replace("obj_file square.obj", ""), OBJ),
        (MHCLO.replace("obj_file square.obj", "obj_file none.obj"), OBJ),
        (MHCLO.replace("\n5\n", "\n50000\n"), OBJ),
        (MHCLO.replace("\n5\n", "\n"), OBJ),
        (MHCLO, OBJ.replace("4/4", "9/4")),
        ("", OBJ),
    ],
)
def test_a_broken_garment_is_refused(tmp_path: Path, mhclo: str, obj: str) -> None:
    with pytest.raises(InputError, match="square.mhclo"):
        read_garment(_write(tmp_path, mhclo, obj))


def test_the_wardrobe_fits_the_body(packed_body: PackedBody, shared: Path) -> None:
    anny = packed_body
    rest = anny.base_rest(anny.mean_shape())
    pose = Pose(
        joints=torch.zeros(len(anny.joint_names), 3),
        root_rotation=torch.tensor([0.0, 0.7, 0.0]),
        root_translation=torch.tensor([0.2, 0.0, 0.0]),
        expression=torch.zeros(len(anny.expression_names)),
    )
    pose.joints[anny.roles["left_elbow"]] = torch.tensor([-0.8, 0.0, 0.0])
    body = cKDTree(skin(rest, pose)[anny.of_body].numpy())
    for name, reach in (
        ("clothes/male_casualsuit01", 0.09),
        ("clothes/shoes01", 0.06),
        ("eyebrows/eyebrow001", 0.01),
        ("eyes/low-poly", 0.01),
        ("hair/short02", 0.06),
    ):
        garment = read_garment(next((shared / "wardrobe" / name).glob("*.mhclo")))
        distance, _ = body.query(skin(hang(garment, rest), pose).numpy())
        assert distance.max() < reach, name
