"""A body with a skirt that swings and a hair cap with a soft edge, as a GLB: valid, and in three.js as it is here."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pygltflib as gl
import pytest
import torch
from PIL import Image

from bodydouble.body.anny import AnnyBody
from bodydouble.export.glb import write_glb
from bodydouble.motion.chains import ChainTransforms, move_chains
from bodydouble.surface.skeleton import pose_surface
from bodydouble.values import Motion, RestBody, Surface
from tests.attached import hair_cap, tube_skirt
from tests.export.conftest import checker, dressed_rest, wave_and_turn

STEP = 3
FRAME = 12  # of 24 a second


@dataclass(frozen=True, kw_only=True)
class Dressed:
    path: Path
    body: AnnyBody
    rest: RestBody
    attached: tuple[Surface, ...]
    motion: Motion
    chains: list[ChainTransforms | None]


@pytest.fixture(scope="module")
def dressed(anny, tmp_path_factory) -> Dressed:
    path = tmp_path_factory.mktemp("attached") / "dressed.glb"
    rest, motion = dressed_rest(anny), wave_and_turn(anny)
    attached = (tube_skirt(anny, rest), hair_cap(anny, rest))
    chains = move_chains(attached, rest, motion)
    write_glb(path, anny, rest, checker(), attached, motion=motion, chain_motion=chains, name="double")
    return Dressed(path=path, body=anny, rest=rest, attached=attached, motion=motion, chains=chains)


def posed(dressed: Dressed, number: int) -> np.ndarray:
    """A surface's vertices at `FRAME`, as they are drawn here."""
    pose = dressed.motion.pose(FRAME, torch.zeros(len(dressed.rest.expressions)))
    chain = dressed.chains[number]
    now = None if chain is None else (chain[0][FRAME], chain[1][FRAME])
    return pose_surface(dressed.attached[number], dressed.rest, pose, now).mesh.vertices.numpy()


def sources(path: Path, number: int, surface: Surface) -> np.ndarray:
    """Which of the surface's vertices each of the file's vertices is."""
    gltf = gl.GLTF2().load(path)
    primitive = gltf.meshes[number].primitives[0]
    accessor = gltf.accessors[primitive.indices]
    view = gltf.bufferViews[accessor.bufferView]
    data = gltf.binary_blob()[view.byteOffset : view.byteOffset + view.byteLength]
    rows = np.full(gltf.accessors[primitive.attributes.POSITION].count, -1)
    rows[np.frombuffer(data, np.uint16)] = surface.faces.numpy().ravel()
    return rows


def test_each_surface_is_a_mesh_on_one_skin_whose_joints_end_with_the_chains(dressed):
    gltf = gl.GLTF2().load(dressed.path)
    assert [mesh.name for mesh in gltf.meshes] == ["double", "skirt", "hair"] and len(gltf.skins) == 1
    names = [gltf.nodes[joint].name for joint in gltf.skins[0].joints]
    assert names[-6:] == [f"SkirtFront{n}" for n in range(3)] + [f"SkirtBack{n}" for n in range(3)]
    hips = gltf.nodes[dressed.body.roles["pelvis"]]
    assert {len(names) - 6, len(names) - 3} <= set(hips.children)
    assert [material.alphaMode for material in gltf.materials] == ["OPAQUE", "OPAQUE", "BLEND"]
    assert [image.mimeType for image in gltf.images] == ["image/jpeg", "image/jpeg", "image/png"]
    moving = {channel.target.node for channel in gltf.animations[0].channels}
    assert {len(names) - 6, len(names) - 5} <= moving, "the chains are baked into the animation"


def test_the_official_validator_has_nothing_to_say(dressed, validate):
    issues = validate(dressed.path)
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]


def test_equal_values_give_equal_bytes(dressed, tmp_path):
    again = tmp_path / "again.glb"
    write_glb(
        again,
        dressed.body,
        dressed.rest,
        checker(),
        dressed.attached,
        motion=dressed.motion,
        chain_motion=move_chains(dressed.attached, dressed.rest, dressed.motion),
        name="double",
    )
    assert again.read_bytes() == dressed.path.read_bytes()


@pytest.mark.parametrize("number", [0, 1])
def test_three_moves_it_as_it_is_moved_here(dressed, open_in_three, number):
    surface = dressed.attached[number]
    report = open_in_three(dressed.path, mesh=surface.name, step=STEP, time=FRAME / 24)
    assert "error" not in report, report["error"]
    rows = sources(dressed.path, number + 1, surface)
    assert np.array(report["rest"]) == pytest.approx(surface.vertices.numpy()[rows][::STEP], abs=1e-5)
    assert np.array(report["animated"]) == pytest.approx(posed(dressed, number)[rows][::STEP], abs=3e-4)
    assert np.abs(np.array(report["animated"]) - report["rest"]).max() > 0.05
    assert report["transparent"] == (surface.texture.alpha is not None)


def test_three_draws_the_skirt_and_lets_the_face_through_the_fringe(dressed, open_in_three):
    png = open_in_three(dressed.path, step=STEP)["picture"]
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(png.partition(",")[2]))).convert("RGB")).astype(int)
    skirt = (pixels[..., 0] > 150) & (pixels[..., 1] < 110) & (pixels[..., 2] < 120)
    hair = (pixels.max(2) < 110) & (pixels[..., 0] > pixels[..., 2] + 15)
    assert skirt.mean() > 0.02 and hair.mean() > 0.002
