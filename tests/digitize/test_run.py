"""A drawn person, digitised: the front is the photo, the mesh is closed and rigged, and its files can be read."""

from dataclasses import replace

import igl
import numpy as np
import pygltflib
import pytest
import torch
import trimesh
from typer.testing import CliRunner

import bodydouble
from bodydouble.cli import app
from bodydouble.digitize.figure import Sitter
from bodydouble.digitize.geometry import carry_look, carry_skin_weights, join_chains, nearest_points, unite_surfaces
from bodydouble.digitize.solid import is_open
from bodydouble.digitize.textured_mesh import TexturedMesh
from bodydouble.errors import InputError
from bodydouble.motion.chains import settle_chains
from bodydouble.surface.skeleton import check_surfaces
from bodydouble.values import Colliders, Mesh, SurfaceKind
from tests.digitize.conftest import COARSE


def test_the_front_is_the_photo(digitized: TexturedMesh):
    assert digitized.psnr is not None and digitized.psnr > 27


def test_the_back_is_invented_but_painted(digitized: TexturedMesh):
    back = digitized.render(180.0, size=(192, 144))
    inside = back[..., 3] > 250
    assert inside.sum() > 1000
    assert np.abs(back[inside][:, :3].astype(int).mean(0) - 127).max() < 40, "grey, as the double's"


def test_the_mesh_is_watertight_and_as_large_as_the_body(digitized: TexturedMesh, sitter: Sitter):
    assert not is_open(digitized.faces)
    assert len(digitized.faces) == pytest.approx(6000, rel=0.02)
    body = sitter.double.surfaces[0]
    distance = igl.point_mesh_squared_distance(
        digitized.surface.vertices.double().numpy(), body.vertices.double().numpy(), body.faces.numpy()
    )[0]
    assert float(np.sqrt(np.median(distance))) < 0.004


def test_it_moves_with_the_body(digitized: TexturedMesh):
    check_surfaces((digitized.surface,), len(digitized.rest.parents), len(digitized.body.expression_names))
    joints = torch.zeros_like(digitized.pose.joints)
    elbow = digitized.body.roles["left_elbow"]
    joints[elbow, 1] = 1.0
    bent = digitized.posed(type(digitized.pose)(**{**vars(digitized.pose), "joints": joints}))
    moved = (bent.vertices - digitized.posed().vertices).norm(dim=1)
    x = digitized.surface.vertices[:, 0]
    assert float(moved[x > digitized.rest.joints[elbow, 0] + 0.1].min()) > 0.02
    assert float(moved[x < 0].max()) < 1e-4


def test_a_skirt_takes_its_chains_along(sitter: Sitter):
    surfaces = sitter.double.surfaces
    meshes = [Mesh(vertices=surface.vertices, faces=surface.faces) for surface in surfaces]
    solid = unite_surfaces(surfaces, 0.012)
    joint_count = len(sitter.double.rest.parents)
    points = nearest_points(solid.vertices, surfaces, meshes)
    weights = carry_skin_weights(points, surfaces, joint_count)
    assert torch.allclose(weights.sum(1), torch.ones(len(weights)), atol=1e-4)
    skirt = (points.surface == 1).nonzero()[:, 0]
    assert len(skirt) > 500 and float(weights[skirt, joint_count:].sum()) > 100
    chains, colliders = join_chains(surfaces, joint_count)
    assert chains is not None and chains.names == surfaces[1].chains.names
    assert colliders is not None and torch.equal(colliders.radii, surfaces[1].colliders.radii)


def test_beside_hair_a_skirt_hangs_as_it_does_alone(sitter: Sitter):
    rest, skirt = sitter.double.rest, sitter.double.surfaces[1]
    assert skirt.chains is not None
    sideways = torch.tensor([1.0, 0.0, 0.0]).expand(len(skirt.chains.names), 3)
    skirt = replace(skirt, chains=replace(skirt.chains, hinges=sideways))
    trunk = torch.tensor([sitter.double.body.roles["pelvis"]])
    ball = Colliders(joints=trunk, heads=torch.zeros(1, 3), tails=torch.zeros(1, 3), radii=torch.tensor([0.3]))
    hair = replace(skirt, name="hair", kind=SurfaceKind.HAIR, colliders=ball, chains=replace(skirt.chains, hinges=None))
    chains, colliders = join_chains([sitter.double.surfaces[0], hair, skirt], len(rest.parents))
    united = replace(skirt, chains=chains, colliders=colliders)
    pose = sitter.double.fit.pose
    (alone,), (beside,) = (settle_chains([surface], rest, pose) for surface in (skirt, united))
    assert alone is not None and beside is not None
    assert torch.allclose(beside[1][-len(alone[1]) :], alone[1], atol=1e-6)


def test_each_point_carries_its_own_label(sitter: Sitter):
    body = sitter.double.surfaces[0]
    halves = torch.full((512, 512), 2, dtype=torch.uint8)
    halves[:, 256:] = 5
    body = replace(body, texture=replace(body.texture, labels=halves))
    points = nearest_points(body.vertices[::9], [body], [Mesh(vertices=body.vertices, faces=body.faces)])
    labels = carry_look(points, [body])[2]
    corners = body.layout.uv[body.layout.faces[points.face]]
    u = (corners * points.barycentric[..., None]).sum(1)[:, 0]
    clear = (u - 0.5).abs() > 1e-3  # from the middle line, on which either will do
    assert torch.equal(labels[clear], torch.where(u > 0.5, 5, 2).to(torch.uint8)[clear])
    assert labels.unique().tolist() == [2, 5]


def test_files_hold_the_mesh_and_its_texture(digitized: TexturedMesh, tmp_path):
    for suffix in (".glb", ".obj", ".ply"):
        digitized.save(tmp_path / f"me{suffix}")
        mesh = trimesh.load(tmp_path / f"me{suffix}", force="mesh", process=False)
        assert len(mesh.faces) == len(digitized.faces), suffix
        uv = np.asarray(mesh.visual.uv) if suffix != ".ply" else np.zeros((1, 2))
        assert uv.min() >= 0 and uv.max() <= 1, suffix
    assert sorted(path.name for path in tmp_path.iterdir()) == ["me.glb", "me.mtl", "me.obj", "me.ply", "me.png"]
    gltf = pygltflib.GLTF2().load(str(tmp_path / "me.glb"))
    assert len(gltf.skins) == 1 and len(gltf.meshes) == 1 and len(gltf.images) == 1
    assert gltf.meshes[0].primitives[0].attributes.JOINTS_0 is not None


def test_an_obj_lies_in_the_picture_as_the_texture_does(digitized: TexturedMesh, tmp_path):
    digitized.save(tmp_path / "me.obj")
    mesh = trimesh.load(tmp_path / "me.obj", force="mesh", process=False)
    rgba = mesh.visual.to_color().vertex_colors[:, :3].astype(int)
    assert rgba.std(0).min() > 20, "stripes"


def test_other_formats_are_refused(digitized: TexturedMesh, tmp_path):
    with pytest.raises(InputError, match=r"\.glb, \.obj, \.ply"):
        digitized.save(tmp_path / "me.stl")
    with pytest.raises(InputError, match="does not exist"):
        digitized.save(tmp_path / "nowhere" / "me.glb")
    assert list(tmp_path.iterdir()) == []


def test_a_double_can_be_digitised_without_its_photo(sitter: Sitter, tmp_path):
    stripes = torch.linspace(0, 60, 512).sin().mul(0.3).add(0.5).expand(3, 512, 512)
    texture = replace(sitter.double.texture, confidence=torch.full((512, 512), 0.9), rgb=stripes)
    double = replace(sitter.double, texture=texture, attached=())
    mesh = bodydouble.digitize(double, config=COARSE)
    assert mesh.psnr is not None and mesh.psnr > 25, "the front is as the double has it"
    trimesh.creation.box().export(tmp_path / "box.obj")
    with pytest.raises(InputError, match=r"box\.obj is laid over the photo, which a double has not"):
        bodydouble.digitize(double, config=replace(COARSE, mesh=tmp_path / "box.obj"))


def test_a_double_and_a_photo_are_not_one_source(tmp_path):
    result = CliRunner().invoke(app, ["digitize", "me.double", "me.jpg", "-o", str(tmp_path / "me.glb")])
    assert result.exit_code != 0 and "me.double is a double" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_can_be_called(tmp_path):
    with pytest.raises(InputError, match="unknown view painter"):
        bodydouble.digitize(tmp_path / "me.jpg", config=bodydouble.DigitizeConfig(painter="oil"))
