"""Motions from glTF: one walk as many programs write it, our own files come back, and what is no motion is said."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pygltflib as gl
import pytest
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.errors import InputError, InputWarning
from bodydouble.export.profiles import PROFILES
from bodydouble.export.write import ExportOptions, write_export
from bodydouble.motion.joint_names import name_roles
from bodydouble.motion.load import load_motion
from bodydouble.values import RestBody
from tests.export.conftest import checker
from tests.motion.gltf_walker import VRM_BONES, write_gltf
from tests.motion.posed import degrees_between, transforms
from tests.motion.test_dialects import check_same
from tests.motion.walker import along_axis, walker

Move = Callable[..., tuple[Tensor, Tensor]]


@pytest.fixture(scope="module")
def plain(move: Move, tmp_path_factory: pytest.TempPathFactory) -> tuple[Tensor, Tensor]:
    return move(write_gltf(tmp_path_factory.mktemp("walk") / "walk.glb", walker()))


@pytest.mark.parametrize(
    "dialect",
    [
        {"armature": True},
        {"axes": along_axis(walker(), 1)},
        {"axes": along_axis(walker(), 1, True), "armature": True, "skin": True},
        {"axes": along_axis(walker(), 1), "skin": True, "standing": 9},
        {"quantised": True},
        {"interpolation": gl.ANIM_STEP},
        {"interpolation": gl.ANIM_CUBICSPLINE},
    ],
    ids=["armature", "turned", "Blender", "bound", "quantised", "step", "spline"],
)
def test_dialects(move: Move, plain: tuple[Tensor, Tensor], tmp_path: Path, dialect: dict) -> None:
    check_same(move(write_gltf(tmp_path / "walk.glb", walker(), **dialect)), plain)


def test_the_extension_of_vrm_says_which_joint_is_which(
    move: Move, plain: tuple[Tensor, Tensor], tmp_path: Path, anny: AnnyBody
) -> None:
    """The same poses; without the toes' ends, which are no bones, the ground is not quite where it was."""
    _, positions = move(write_gltf(tmp_path / "walk.vrma", walker(), axes=along_axis(walker(), 0), vrma=True))
    arms_and_legs = [joint for role, joint in anny.roles.items() if role.endswith(("knee", "ankle", "elbow", "wrist"))]
    moved, expected = (each[:, arms_and_legs] - each[:, :1] for each in (positions, plain[1]))
    assert (moved - expected).norm(dim=-1).max() < 0.002
    assert (positions - plain[1]).norm(dim=-1).max() < 0.05


def test_the_walk_is_that_of_bvh(plain: tuple[Tensor, Tensor], walk: tuple[Tensor, Tensor]) -> None:
    """Whose hands and feet end in joints more, which turns them a little."""
    check_same(plain, walk, 0.01)


@pytest.mark.parametrize("buffer", ["beside", "text"])
def test_numbers_lie_beside_the_text_or_in_it(
    move: Move, plain: tuple[Tensor, Tensor], tmp_path: Path, buffer: str
) -> None:
    check_same(move(write_gltf(tmp_path / "walk.gltf", walker(), buffer=buffer)), plain)


def test_few_keys_are_gone_between_as_the_file_says(move: Move, tmp_path: Path) -> None:
    """Of a spline that has a key every sixth of a second, frames between keys lie on the curve."""
    fine, coarse = walker(37), walker(7)
    dense = move(write_gltf(tmp_path / "dense.glb", fine))
    splined = move(write_gltf(tmp_path / "spline.glb", coarse, interpolation=gl.ANIM_CUBICSPLINE, fps=5))
    straight = move(write_gltf(tmp_path / "straight.glb", coarse, fps=5))
    assert len(dense[0]) == len(splined[0]) == len(straight[0])
    errors = [float((each[1] - dense[1]).norm(dim=-1).mean()) for each in (splined, straight)]
    assert errors[0] < 0.6 * errors[1]


@pytest.mark.parametrize("profile", [None, *PROFILES])
def test_what_was_baked_comes_back(anny: AnnyBody, rest: RestBody, tmp_path: Path, profile: str | None) -> None:
    """Within a degree; from a T-pose, in which feet point ahead and fingertips lie straight, nearly so."""
    motion = load_motion("walk", anny, rest)
    path = tmp_path / "walk.glb"
    write_export(path, anny, rest, checker(), motion=motion, options=ExportOptions(profile=profile))
    rotations, positions = transforms(motion, rest)
    loaded = load_motion(path, anny, rest)
    assert len(loaded) == len(motion)
    turns, places = transforms(loaded, rest)
    degrees = degrees_between(rotations, turns).amax(0)
    if profile in ("unity", "mixamo", "talkinghead"):
        limbs = [joint for role, joint in anny.roles.items() if role.endswith(("knee", "elbow", "shoulder", "head"))]
        assert degrees[limbs].max() < 1.5 and (places - positions).norm(dim=-1).max() < 0.03
    else:
        assert degrees.max() < 1 and (places - positions).norm(dim=-1).max() < 0.005


def test_an_animation_of_several_is_named(move: Move, plain: tuple[Tensor, Tensor], tmp_path: Path) -> None:
    path = write_gltf(tmp_path / "pack.glb", walker())
    gltf = gl.GLTF2.load_binary(path)
    still = gl.Animation(name="Stand: 1", samplers=gltf.animations[0].samplers[1:], channels=[])
    still.channels = [gl.AnimationChannel(sampler=0, target=gl.AnimationChannelTarget(node=1, path="rotation"))]
    gltf.animations.insert(0, still)
    path.write_bytes(b"".join(gltf.save_to_bytes()))
    check_same(move(f"{path}#walk"), plain)  # type: ignore[arg-type]
    with pytest.warns(InputWarning, match="pack holds 2 animations, 'Stand: 1', 'walk'; the first is taken"):
        assert move(path)[1].var(0).sum() < 0.01
    with pytest.raises(InputError, match="no animation 'run'; it has 'Stand: 1', 'walk'"):
        move(f"{path}#run")  # type: ignore[arg-type]


def test_fingers_of_vrm_are_known() -> None:
    bones = [*VRM_BONES.values(), "leftThumbMetacarpal", "leftThumbProximal", "leftThumbDistal", "leftLittleProximal"]
    roles = name_roles(bones)
    assert [bones[roles[f"left_thumb_{n}"]] for n in (1, 2, 3)] == bones[-4:-1]
    assert bones[roles["left_pinky_1"]] == "leftLittleProximal"
    older = ["leftThumbProximal", "leftThumbIntermediate", "leftThumbDistal"]
    assert [name_roles(older)[f"left_thumb_{n}"] for n in (1, 2, 3)] == [0, 1, 2]


def changed(path: Path, change: Callable[[gl.GLTF2], object]) -> Path:
    gltf = gl.GLTF2.load_binary(path)
    change(gltf)
    path.write_bytes(b"".join(gltf.save_to_bytes()))
    return path


def pack(gltf: gl.GLTF2) -> None:
    gltf.bufferViews[1].extensions = {"EXT_meshopt_compression": {"buffer": 0}}


def point_beyond(gltf: gl.GLTF2) -> None:
    gltf.bufferViews[2].byteOffset = 10**9


def name_one_that_is_not_there(gltf: gl.GLTF2) -> None:
    gltf.animations[0].samplers[3].output = 10**6


def hang_on_itself(gltf: gl.GLTF2) -> None:
    gltf.nodes[5].children = [0]


def make_no_number(gltf: gl.GLTF2) -> None:
    blob = np.frombuffer(gltf.binary_blob(), np.float32).copy()
    blob[40:60] = np.nan
    gltf.set_binary_blob(blob.tobytes())


def make_many(gltf: gl.GLTF2) -> None:
    gltf.accessors[0].count = 10**12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda gltf: gltf.animations.clear(), "holds no animation that turns a joint"),
        (pack, "is packed with EXT_meshopt_compression"),
        (point_beyond, "numbers lie beyond its end"),
        (name_one_that_is_not_there, "is a damaged glTF file"),
        (hang_on_itself, "nodes form no tree"),
        (make_no_number, "is not finite"),
        (make_many, "has 1000000000000 rows"),
        (lambda gltf: setattr(gltf.asset, "version", "1.0"), "is glTF 1.0; 2.0 is read"),
        (lambda gltf: [setattr(node, "children", []) for node in gltf.nodes], "no person's skeleton"),
    ],
)
def test_what_cannot_be_used_is_said(
    move: Move, tmp_path: Path, change: Callable[[gl.GLTF2], object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        move(changed(write_gltf(tmp_path / "walk.glb", walker()), change))


def test_what_is_no_gltf_is_said(move: Move, tmp_path: Path) -> None:
    whole = write_gltf(tmp_path / "walk.glb", walker()).read_bytes()
    for number, data in enumerate((b"", b"glTF", whole[:200], whole[:1000], b"{}", b"[1]", b"\xff\xfe\x00", b"null")):
        path = tmp_path / f"{number}.glb"
        path.write_bytes(data)
        with pytest.raises(InputError):
            move(path)
    beside = write_gltf(tmp_path / "walk.gltf", walker(), buffer="beside")
    (tmp_path / "walk data.bin").unlink()
    with pytest.raises(InputError, match="needs the file walk data.bin beside it"):
        move(beside)
    described = json.loads(beside.read_text())
    described["buffers"][0]["uri"] = "data:;base64,***"
    beside.write_text(json.dumps(described))
    with pytest.raises(InputError, match="no base64"):
        move(beside)
    with pytest.raises(InputError, match="FBX is not read; open it in Blender"):
        move(tmp_path / "walk.fbx")
