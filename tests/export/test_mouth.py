"""Mouths of exported avatars: lips meet, teeth are as bright as the eyes are white, tongues are painted if unseen."""

from dataclasses import replace

import numpy as np
import pygltflib as gl
import pytest
import torch

from bodydouble.body.anny_mouth import COLUMNS, ROWS, tongue_faces
from bodydouble.export.mouth import open_mouth
from bodydouble.export.vrm import write_vrm
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import FACE_LANDMARKS, SurfaceKind, Texture

SIZE = 256


@pytest.fixture(scope="module")
def rest(anny):
    return anny.rest(anny.mean_shape())


@pytest.fixture(scope="module")
def tongue(anny):
    """Texels of the tongue."""
    return texel_map(anny.layout, SIZE).face[0].clamp_min(0), tongue_faces(anny)


def grey(level: float = 0.6, seen: float = 0.0) -> Texture:
    return Texture(rgb=torch.full((3, SIZE, SIZE), level), confidence=torch.full((SIZE, SIZE), seen))


def gap(anny, vertices):
    upper, lower = anny.landmarks.points(vertices)[FACE_LANDMARKS][[13, 14], 1]
    return float(upper - lower)


def test_lips_meet_and_open_lips_stay_open(anny, rest):
    assert gap(anny, rest.vertices) > 0.001
    closed, _, _ = open_mouth(anny, rest, grey())
    assert gap(anny, closed.vertices) == pytest.approx(0, abs=1e-5)
    far = (closed.vertices - rest.vertices).norm(dim=1)
    assert float(far.max()) < 0.004 and int((far > 1e-4).sum()) < 2500
    jaw = rest.expressions[anny.expression_names.index("jawOpen")]
    agape = replace(rest, vertices=rest.vertices + jaw)
    assert torch.equal(open_mouth(anny, agape, grey())[0].vertices, agape.vertices)


def test_the_tongue_is_painted_unless_the_photo_shows_it(anny, rest, tongue):
    face, of_tongue = tongue
    texels = of_tongue[face] & (texel_map(anny.layout, SIZE).face[0] >= 0)
    _, texture, _ = open_mouth(anny, rest, grey())
    red, green, _ = texture.rgb[:, texels]
    assert bool((red > 1.2 * green).all()) and float(red.max()) > 2 * float(red.min()), "dark towards the throat"
    changed = (texture.rgb != grey().rgb).any(0)
    assert float(changed.float().mean()) < 0.05, "and nothing else"
    seen = grey(seen=1.0)
    assert torch.allclose(open_mouth(anny, rest, seen)[1].rgb, seen.rgb, atol=1e-6)


@pytest.mark.parametrize("level", [0.45, 0.8])
def test_teeth_are_as_bright_as_the_white_of_the_eyes(anny, rest, level):
    _, _, teeth = open_mouth(anny, rest, grey(level))
    assert [each.kind for each in teeth] == [SurfaceKind.TEETH] * 2
    crowns = teeth[0].texture.rgb[:, SIZE // 2, SIZE // 2 - 12 : SIZE // 2 + 12]
    assert float(crowns.max()) == pytest.approx(level, abs=0.04)
    gums, middle = teeth[0].texture.rgb[:, 10, SIZE // 2], teeth[0].texture.rgb[:, 10]
    assert float(gums[0]) > 1.4 * float(gums[1])
    assert float(middle[0, 2]) < 0.5 * float(middle[0, SIZE // 2]), "the hindmost are in the shade"


def test_faces_look_out_of_the_mouth(anny, rest):
    """The crowns of the front teeth face forwards."""
    for row in open_mouth(anny, rest, grey())[2]:
        corners = row.vertices[row.faces]
        normal = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        number = torch.arange(len(row.faces)) % ((COLUMNS - 1) * (ROWS - 1))  # two triangles to each
        column, strip = number // (ROWS - 1), number % (ROWS - 1)
        front = (strip == 1) & (column >= 6) & (column <= 9)
        assert int(front.sum()) == 8 and bool((normal[front, 2] > 0).all())


def test_an_avatar_has_teeth_that_its_expressions_move(anny, rest, tmp_path):
    write_vrm(tmp_path / "me.vrm", anny, rest, grey())
    gltf = gl.GLTF2.load_binary(tmp_path / "me.vrm")
    assert [mesh.name for mesh in gltf.meshes] == ["me", "upper_teeth", "lower_teeth"]
    binds = gltf.extensions["VRMC_vrm"]["expressions"]["preset"]["aa"]["morphTargetBinds"]
    lower = next(number for number, node in enumerate(gltf.nodes) if node.name == "lower_teeth")
    assert lower in {bind["node"] for bind in binds}
    views = {each["node"]: each["type"] for each in gltf.extensions["VRMC_vrm"]["firstPerson"]["meshAnnotations"]}
    assert views[lower] == "thirdPersonOnly"
    assert np.array(gltf.meshes[2].weights).shape == (52,)
