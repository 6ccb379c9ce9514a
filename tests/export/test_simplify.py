"""Fewer triangles and other sizes of texture: less of what is flat, and seams stay closed."""

import pygltflib as gl
import pytest
import torch

from bodydouble.errors import InputError
from bodydouble.export.texture_size import resize_textures
from bodydouble.export.write import ExportOptions, write_export
from bodydouble.geometry.mesh import unique_edges
from tests.attached import hair_cap, tube_skirt
from tests.export.conftest import checker


@pytest.fixture(scope="module")
def rest(anny):
    return anny.rest(anny.mean_shape())


def open_edges(vertices, faces):
    """How many edges have a face on one side alone, where corners at one place are one."""
    _, place = torch.unique(vertices, dim=0, return_inverse=True)
    corners = place[faces]
    edges = torch.cat([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]).sort(1).values
    return int((torch.unique(edges, dim=0, return_counts=True)[1] == 1).sum())


def test_corners_are_left_out_and_seams_stay_closed(anny, rest):
    pytest.importorskip("pyfqmr")
    from bodydouble.export.simplify import simplify

    attached = (tube_skirt(anny, rest), hair_cap(anny, rest))
    total = len(anny.faces) + sum(len(surface.faces) for surface in attached)
    body, surfaces = simplify(anny, rest, attached, 9000)
    assert len(body.faces) + sum(len(surface.faces) for surface in surfaces) == pytest.approx(9000, rel=0.1)
    assert open_edges(rest.vertices, body.faces) <= open_edges(rest.vertices, anny.faces)
    pairs = {(int(v), int(t)) for v, t in zip(anny.faces.flatten(), anny.layout.faces.flatten(), strict=True)}
    kept = {(int(v), int(t)) for v, t in zip(body.faces.flatten(), body.layout.faces.flatten(), strict=True)}
    assert kept < pairs, "a corner that stays lies in the texture where it lay"
    before, after = (torch.sort(unique_edges(faces)).values for faces in (anny.faces, body.faces))
    assert len(after) < 0.5 * len(before)
    same, _ = simplify(anny, rest, attached, 2 * total)
    assert torch.equal(same.faces, anny.faces)
    with pytest.raises(InputError, match="100 triangles is out of range"):
        simplify(anny, rest, attached, 100)


@pytest.mark.parametrize("suffix", [".glb", ".vrm"])
def test_files_have_as_many(anny, rest, tmp_path, suffix, validate):
    pytest.importorskip("pyfqmr")
    path, attached = tmp_path / f"me{suffix}", (tube_skirt(anny, rest),)
    write_export(path, anny, rest, checker(), attached, options=ExportOptions(triangles=8000, texture_size=128))
    gltf = gl.GLTF2.load_binary(path)
    indices = [primitive.indices for mesh in gltf.meshes for primitive in mesh.primitives]
    assert sum(gltf.accessors[each].count for each in indices) / 3 == pytest.approx(8000, rel=0.1)
    assert gltf.meshes[0].primitives[0].targets and validate(path)["numErrors"] == 0


def test_without_the_library_it_is_said(anny, rest, tmp_path, monkeypatch):
    monkeypatch.setattr("bodydouble.export.simplify.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'bodydouble\[simplify\]'"):
        write_export(tmp_path / "me.glb", anny, rest, checker(), options=ExportOptions(triangles=8000))


def test_textures_of_another_size(anny, rest):
    texture, skirt = checker(), tube_skirt(anny, rest)
    half = len(skirt.texture.rgb[0]) // 2
    resized, (surface,) = resize_textures(texture, [skirt], 128)
    assert resized.rgb.shape == (3, 128, 128) and surface.texture.rgb.shape == (3, half, half)
    torch.testing.assert_close(resized.rgb.mean((1, 2)), texture.rgb.mean((1, 2)), atol=0.01, rtol=0)
    same, _ = resize_textures(texture, [], 256)
    assert same is texture
    with pytest.raises(InputError, match="a texture of 8192 texels is out of range"):
        resize_textures(texture, [], 8192)
