"""What differs for a program differs, and the double and its motion stay what they are."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pygltflib as gl
import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.body.skinning import joint_paths
from bodydouble.errors import InputError
from bodydouble.export.profiles import PROFILES
from bodydouble.export.write import ExportOptions, write_export
from bodydouble.geometry.quaternion import matrix_from_quaternion
from bodydouble.values import Motion, RestBody, Surface
from tests.attached import hair_cap, tube_skirt
from tests.export.conftest import checker, dressed_rest, wave_and_turn

FRAME = 15
DOCS = Path(__file__).parents[2] / "docs" / "export.md"


@dataclass(frozen=True, kw_only=True)
class Dressed:
    body: AnnyBody
    rest: RestBody
    attached: tuple[Surface, ...]
    motion: Motion
    folder: Path

    def path(self, name: str) -> Path:
        path = self.folder / f"{name}.glb"
        if not path.exists():
            options = ExportOptions(profile=name)
            write_export(path, self.body, self.rest, checker(), self.attached, self.motion, options)
        return path


@pytest.fixture(scope="module")
def dressed(anny, tmp_path_factory) -> Dressed:
    rest = dressed_rest(anny)
    attached = (tube_skirt(anny, rest), hair_cap(anny, rest))
    folder = tmp_path_factory.mktemp("profiles")
    return Dressed(body=anny, rest=rest, attached=attached, motion=wave_and_turn(anny), folder=folder)


def array(gltf: gl.GLTF2, index: int, width: int) -> np.ndarray:
    """An accessor of float32 that is not sparse."""
    view = gltf.bufferViews[gltf.accessors[index].bufferView]
    data = gltf.binary_blob()[view.byteOffset : view.byteOffset + view.byteLength]
    return np.frombuffer(data, np.float32).reshape(-1, width)


def world(gltf: gl.GLTF2, frame: int | None = None) -> dict[int, np.ndarray]:
    """4×4 from nodes to the world, at rest or in a frame of the animation."""
    changed = {}
    for channel in gltf.animations[0].channels if frame is not None else []:
        path, sampler = channel.target.path, gltf.animations[0].samplers[channel.sampler]
        changed[channel.target.node, path] = array(gltf, sampler.output, 4 if path == "rotation" else 3)[frame]
    placed = {}

    def visit(number: int, above: np.ndarray) -> None:
        node, local = gltf.nodes[number], np.eye(4)
        x, y, z, w = changed.get((number, "rotation"), node.rotation or (0, 0, 0, 1))
        local[:3, :3] = matrix_from_quaternion(torch.tensor([w, x, y, z], dtype=torch.float64)).numpy()
        local[:3, 3] = changed.get((number, "translation"), node.translation or (0, 0, 0))
        placed[number] = above @ local
        for child in node.children or []:
            visit(child, placed[number])

    for top in gltf.scenes[0].nodes:
        visit(top, np.eye(4))
    return placed


def named(gltf: gl.GLTF2, name: str) -> int:
    return next(number for number, node in enumerate(gltf.nodes) if node.name == name)


@pytest.mark.parametrize("name", PROFILES)
def test_joints_go_where_they_go_in_the_motion(dressed, name):
    gltf = gl.GLTF2.load_binary(dressed.path(name))
    placed = world(gltf, FRAME)
    joints = np.stack([placed[joint][:3, 3] for joint in range(len(dressed.rest.parents))])
    _, positions = joint_paths(dressed.rest, dressed.motion)
    assert joints == pytest.approx(positions[FRAME].numpy(), abs=2e-5)


@pytest.mark.parametrize("name", PROFILES)
def test_at_rest_the_mesh_is_where_it_is_stored(dressed, name):
    gltf = gl.GLTF2.load_binary(dressed.path(name))
    bind = array(gltf, gltf.skins[0].inverseBindMatrices, 16).reshape(-1, 4, 4).swapaxes(1, 2)
    placed = world(gltf)
    matrices = np.stack([placed[joint] for joint in gltf.skins[0].joints]) @ bind
    expected = matrices[0] if PROFILES[name].compact else np.eye(4)  # there from the grid to metres
    assert matrices == pytest.approx(np.broadcast_to(expected, bind.shape), abs=1e-5)


@pytest.mark.parametrize("name", PROFILES)
def test_the_official_validator_finds_no_error(dressed, name, validate):
    issues = validate(dressed.path(name))
    assert issues["numErrors"] == 0, issues["messages"]
    known = {"NODE_SKINNED_MESH_NON_ROOT"} if PROFILES[name].armature else set()
    assert {message["code"] for message in issues["messages"] if message["severity"] < 2} <= known


@pytest.mark.parametrize("name", PROFILES)
def test_the_same_bytes_and_a_line_in_the_docs(dressed, name, tmp_path):
    options, again = ExportOptions(profile=name), tmp_path / f"{name}.glb"
    write_export(again, dressed.body, dressed.rest, checker(), dressed.attached, dressed.motion, options)
    assert again.read_bytes() == dressed.path(name).read_bytes()
    assert f"| `{name}` |" in DOCS.read_text(encoding="utf-8")


def test_talkinghead_finds_what_it_turns(dressed):
    """Under "Armature", with Mixamo's axes: its poses are numbers of local rotations."""
    gltf = gl.GLTF2.load_binary(dressed.path("talkinghead"))
    top = gltf.nodes[gltf.scenes[0].nodes[0]]
    assert top.name == "Armature" and {named(gltf, "Hips"), named(gltf, "talkinghead")} <= set(top.children)
    targets = gltf.meshes[0].extras["targetNames"]
    assert len(targets) == len(gltf.meshes[0].primitives[0].targets) == 67 and "viseme_PP" in targets
    teeth = gltf.meshes[next(n for n, mesh in enumerate(gltf.meshes) if mesh.name == "lower_teeth")]
    assert teeth.extras["targetNames"] == targets and len(teeth.primitives[0].targets) == 67
    assert all("KHR_materials_unlit" in material.extensions for material in gltf.materials)
    half = 0.5
    assert gltf.nodes[named(gltf, "LeftShoulder")].rotation == pytest.approx([half, half, -half, half], abs=1e-6)
    for name in ("LeftArm", "RightForeArm", "LeftHandIndex2", "Head"):
        assert gltf.nodes[named(gltf, name)].rotation == pytest.approx([0, 0, 0, 1], abs=1e-6)
    assert {"LeftEye", "RightEye", "LeftToeBase", "Neck"} <= {node.name for node in gltf.nodes}


def test_mixamo_names_and_a_root_bone(dressed):
    gltf = gl.GLTF2.load_binary(dressed.path("mixamo"))
    names = [gltf.nodes[joint].name for joint in gltf.skins[0].joints]
    assert all(name.startswith("mixamorig:") for name in names) and "mixamorig:LeftForeArm" in names
    assert "extensionsUsed" not in gltf.to_json() or not gltf.extensionsUsed
    gltf = gl.GLTF2.load_binary(dressed.path("unreal"))
    root = gltf.skins[0].joints[-1]
    assert gltf.nodes[root].name == "root" and gltf.nodes[root].children == [named(gltf, "Hips")]
    assert gltf.skins[0].skeleton == root and root in gltf.scenes[0].nodes


@pytest.mark.parametrize("query", [{"target": "jawOpen"}, {"mesh": "skirt"}])
def test_the_smallest_file_looks_the_same_in_three(dressed, query, open_in_three):
    """Vertices are half a step of the grid away, and what moves them is the same."""
    files = (dressed.path("blender"), dressed.path("web"))
    usual, small = (open_in_three(path, step=5, time=FRAME / 24, **query) for path in files)
    assert "error" not in small, small["error"]
    for shown in {"rest", "animated", "morphed"} & set(usual):
        away = np.abs(np.array(usual[shown]) - np.array(small[shown]))
        assert away.max() < 2e-4 and away.mean() < 5e-5
    assert small["targets"] == usual["targets"] and small["texture"] == usual["texture"]


def test_the_smallest_file_is_smaller(dressed):
    gltf = gl.GLTF2.load_binary(dressed.path("web"))
    assert {"KHR_mesh_quantization", "EXT_texture_webp"} <= set(gltf.extensionsRequired)
    assert dressed.path("web").stat().st_size < 0.7 * dressed.path("blender").stat().st_size
    weights = gltf.accessors[gltf.meshes[0].primitives[0].attributes.WEIGHTS_0]
    view = gltf.bufferViews[weights.bufferView]
    data = gltf.binary_blob()[view.byteOffset : view.byteOffset + view.byteLength]
    assert (np.frombuffer(data, np.uint16).reshape(-1, 4).sum(1, dtype=np.int64) == 2**16 - 1).all()


def test_without_a_program_it_stays_as_it_was(dressed, tmp_path):
    write_export(tmp_path / "me.glb", dressed.body, dressed.rest, checker(), dressed.attached)
    gltf = gl.GLTF2.load_binary(tmp_path / "me.glb")
    assert [mesh.name for mesh in gltf.meshes] == ["me", "skirt", "hair"]
    assert len(gltf.meshes[0].primitives[0].targets) == 52 and not any(node.rotation for node in gltf.nodes)


def test_an_unknown_program_is_refused(dressed, tmp_path):
    arguments = (dressed.body, dressed.rest, checker())
    with pytest.raises(InputError, match="for 'maya'; known: blender"):
        write_export(tmp_path / "me.glb", *arguments, options=ExportOptions(profile="maya"))
    with pytest.raises(InputError, match="a .vrm is for all that reads VRM"):
        write_export(tmp_path / "me.vrm", *arguments, options=ExportOptions(profile="unity"))
