"""VRM files, 1.0 and 0.x: as the specification has them, valid, and alive in three-vrm."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pygltflib as gl
import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.body.smplx import SmplxBody
from bodydouble.clothing.leg_colliders import leg_colliders
from bodydouble.errors import InputError
from bodydouble.export.avatar import Credits
from bodydouble.export.expressions import PRESETS, VISEMES, clip_name, formula_terms, viseme_shapes
from bodydouble.export.humanoid import humanoid_joints
from bodydouble.export.spring_bones import chain_paths, thicken_legs
from bodydouble.export.vrm import write_vrm
from bodydouble.export.write import ExportOptions, write_export
from bodydouble.values import RestBody, Surface
from tests.attached import hair_cap, tube_skirt
from tests.export.conftest import checker, dressed_rest
from workshop.smplx_stand_in import write_stand_in

REQUIRED = (
    *("hips", "spine", "head"),
    *(
        f"{side}{bone}"
        for side in ("left", "right")
        for bone in ("UpperLeg", "LowerLeg", "Foot", "UpperArm", "LowerArm", "Hand")
    ),
)
ANNY = Credits(name="Anny", author="Somebody")


@dataclass(frozen=True, kw_only=True)
class Dressed:
    body: AnnyBody
    rest: RestBody
    attached: tuple[Surface, ...]
    files: dict[str, Path]  # by the version of VRM


@pytest.fixture(scope="module")
def dressed(anny, tmp_path_factory) -> Dressed:
    folder, rest = tmp_path_factory.mktemp("vrm"), dressed_rest(anny)
    attached = (tube_skirt(anny, rest), hair_cap(anny, rest))
    files = {version: folder / f"anny{version}.vrm" for version in "10"}
    for version, path in files.items():
        write_vrm(path, anny, rest, checker(), attached, ANNY, version)
    return Dressed(body=anny, rest=rest, attached=attached, files=files)


def extension(path: Path, name: str):
    return gl.GLTF2.load_binary(path).extensions[name]


@pytest.mark.parametrize("version", ["1", "0"])
def test_humanoid_bones_are_nodes_below_each_other_as_the_specification_has_them(dressed, version):
    gltf = gl.GLTF2.load_binary(dressed.files[version])
    if version == "1":
        bones = {name: bone["node"] for name, bone in gltf.extensions["VRMC_vrm"]["humanoid"]["humanBones"].items()}
    else:
        bones = {bone["bone"]: bone["node"] for bone in gltf.extensions["VRM"]["humanoid"]["humanBones"]}
    assert set(REQUIRED) | {"chest", "neck", "leftToes", "leftEye", "rightLittleDistal"} <= set(bones)
    assert len(bones) == len(set(bones.values())) == 54
    assert ("leftThumbMetacarpal" in bones) == (version == "1") != ("leftThumbIntermediate" in bones)
    parents = {child: node for node, values in enumerate(gltf.nodes) for child in values.children or []}

    def above(node):
        while node in parents:
            node = parents[node]
            yield node

    for lower, upper in (("spine", "hips"), ("chest", "spine"), ("leftHand", "leftLowerArm"), ("leftEye", "head")):
        assert bones[upper] in above(bones[lower])
    assert all(not node.rotation and not node.scale for node in gltf.nodes)
    assert gltf.nodes[bones["spine"]].name != gltf.nodes[bones["hips"]].name
    spine = torch.tensor(gltf.nodes[bones["spine"]].translation)
    assert float(spine.norm()) > 0.02, "programs take no bone without a length"


def test_meta_is_whose_it_is_and_strict(dressed, tmp_path):
    meta = extension(dressed.files["1"], "VRMC_vrm")["meta"]
    assert (meta["name"], meta["authors"], meta["licenseUrl"]) == (
        "Anny",
        ["Somebody"],
        "https://vrm.dev/licenses/1.0/",
    )
    assert meta["avatarPermission"] == "onlyAuthor" and meta["modification"] == "prohibited"
    assert not any(value for name, value in meta.items() if name.startswith("allow"))
    meta = extension(dressed.files["0"], "VRM")["meta"]
    assert (meta["title"], meta["author"], meta["allowedUserName"]) == ("Anny", "Somebody", "OnlyAuthor")
    write_export(tmp_path / "me.vrm", dressed.body, dressed.rest, checker(), notes={"origin": "a photograph"})
    meta = extension(tmp_path / "me.vrm", "VRMC_vrm")["meta"]
    assert (meta["name"], meta["authors"]) == ("me", ["not named"])
    assert gl.GLTF2.load_binary(tmp_path / "me.vrm").asset.extras == {"origin": "a photograph"}


def test_expressions_are_sums_of_the_bodys_shapes(dressed):
    names = list(dressed.body.expression_names)
    expressions = extension(dressed.files["1"], "VRMC_vrm")["expressions"]
    assert set(expressions["preset"]) == set(PRESETS) and len(PRESETS) == 18
    assert set(expressions["custom"]) == {clip_name(name) for name in names} and len(names) == 52
    blink = {names[bind["index"]]: bind["weight"] for bind in expressions["preset"]["blink"]["morphTargetBinds"]}
    assert blink == {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}
    assert "morphTargetBinds" not in expressions["preset"]["neutral"]
    groups = extension(dressed.files["0"], "VRM")["blendShapeMaster"]["blendShapeGroups"]
    presets = {group["presetName"]: group for group in groups}
    assert len(groups) == 70 and len(presets) == 18
    assert {names[bind["index"]]: bind["weight"] for bind in presets["blink_l"]["binds"]} == {"eyeBlinkLeft": 100.0}
    assert {"JawOpen", "Surprised"} <= {group["name"] for group in groups if group["presetName"] == "unknown"}


def test_what_swings_keeps_its_numbers(dressed):
    chains, colliders = dressed.attached[0].chains, dressed.attached[0].colliders
    springs = extension(dressed.files["1"], "VRMC_springBone")
    assert [len(spring["joints"]) for spring in springs["springs"]] == [3, 3]
    joint = springs["springs"][1]["joints"][0]
    assert joint["stiffness"] == pytest.approx(float(chains.stiffness[3]))
    assert joint["hitRadius"] == pytest.approx(float(chains.radius[3]))
    names = [node.name for node in gl.GLTF2.load_binary(dressed.files["1"]).nodes]
    assert names[joint["node"]] == "SkirtBack0"
    capsule = springs["colliders"][0]["shape"]["capsule"]
    length = torch.tensor(capsule["tail"]) - torch.tensor(capsule["offset"])
    assert float(length.norm()) == pytest.approx(float((colliders.tails - colliders.heads)[0].norm()), abs=1e-5)
    assert springs["springs"][0]["colliderGroups"] == [0]
    old = extension(dressed.files["0"], "VRM")["secondaryAnimation"]
    assert [names[bone] for bone in old["boneGroups"][0]["bones"]] == ["SkirtFront0", "SkirtBack0"]
    balls = old["colliderGroups"][0]["colliders"]
    assert all(set(ball) == {"offset", "radius"} for ball in balls) and len(balls) > 4
    gap = (torch.tensor(list(balls[0]["offset"].values())) - torch.tensor(list(balls[1]["offset"].values()))).norm()
    assert float(gap) <= balls[0]["radius"], "balls that stand for a capsule leave no gap"


def test_legs_push_nearly_as_thick_as_they_are(dressed):
    """Those of panels, which were thinned for hinges; others keep their size."""
    rest = dressed.body.rest(dressed.body.mean_shape())
    legs = leg_colliders(dressed.body, rest)
    thin = replace(legs, radii=0.5 * legs.radii)
    surface = thicken_legs(replace(dressed.attached[0], colliders=thin), dressed.body, rest)
    torch.testing.assert_close(surface.colliders.radii, 0.8 * legs.radii, atol=0.006, rtol=0)
    shared = thicken_legs(replace(dressed.attached[0], colliders=thin), dressed.body, dressed.rest)
    assert bool((shared.colliders.radii > 0.7 * legs.radii).all()), "where legs share their weights, too"
    assert thicken_legs(dressed.attached[0], dressed.body, rest) is dressed.attached[0]
    assert thicken_legs(dressed.attached[1], dressed.body, rest) is dressed.attached[1]


def test_a_branch_swings_by_itself_and_tips_do_not(dressed):
    """0 - 1 - 2, and 3 - 4 on joint 1; 5 hangs on the body alone."""
    chains = replace(dressed.attached[0].chains, parents=torch.tensor([0, 104, 105, 105, 107, 0]))
    assert chain_paths(chains, 104) == [[0, 1, 2], [3, 4]]


def test_materials(dressed, tmp_path):
    assert all("KHR_materials_unlit" in each.extensions for each in gl.GLTF2.load_binary(dressed.files["1"]).materials)
    write_vrm(tmp_path / "lit.vrm", dressed.body, dressed.rest, checker(), dressed.attached, ANNY, lit=True)
    gltf = gl.GLTF2.load_binary(tmp_path / "lit.vrm")
    toon = [material.extensions["VRMC_materials_mtoon"] for material in gltf.materials]
    assert [each["shadeMultiplyTexture"]["index"] for each in toon] == [0, 1, 2, 3, 4]
    assert {"VRMC_materials_mtoon", "VRMC_vrm", "VRMC_springBone"} <= set(gltf.extensionsUsed)


@pytest.mark.parametrize("version", ["1", "0"])
def test_equal_values_give_equal_bytes(dressed, version, tmp_path):
    again = tmp_path / "again.vrm"
    write_vrm(again, dressed.body, dressed.rest, checker(), dressed.attached, ANNY, version)
    assert again.read_bytes() == dressed.files[version].read_bytes()


@pytest.mark.parametrize("version", ["1", "0"])
def test_the_official_validator_finds_no_error(dressed, version, validate):
    """It knows neither extension, and does not like the name of that of 0.x."""
    issues = validate(dressed.files[version])
    assert issues["numErrors"] == 0, issues["messages"]
    known = {"UNSUPPORTED_EXTENSION", "INVALID_EXTENSION_NAME_FORMAT"}
    assert {message["code"] for message in issues["messages"]} <= known


@pytest.mark.parametrize("version", ["1", "0"])
def test_three_vrm_brings_it_to_life(dressed, version, open_in_three):
    report = open_in_three(dressed.files[version], page="open_vrm.html")
    assert "error" not in report, report["error"]
    assert report["meta"]["metaVersion"] == version and len(report["bones"]) == 54
    assert report["box"][0][1] == pytest.approx(0, abs=1e-3), "soles on the ground"
    left, right, head = (report["bones"][bone] for bone in ("leftHand", "rightHand", "head"))
    assert left[0] > 0.5 and right[0] < -0.5, "0.x, which faces -z in its file, is turned to the front by the page"
    assert report["bones"]["leftToes"][2] - report["bones"]["leftFoot"][2] > 0.1
    moved = report["expressions"]
    assert len(moved) == 70
    mouth = moved["aa"]
    assert mouth["farthest"] > 0.015 and mouth["high"][1] < head[1] + 0.08
    blink, wink = moved["blink"], moved["blinkLeft"]
    assert blink["count"] > 1.5 * wink["count"] > 300 and blink["low"][1] > head[1] - 0.01
    assert moved["neutral"]["count"] == 0
    assert all(moved[name]["count"] > 100 for name in moved if name != "neutral")
    assert report["gaze"]["left"] == pytest.approx([20, 0], abs=0.1)
    assert report["gaze"]["up"] == pytest.approx([0, 10], abs=0.1)
    assert report["swing"]["joints"] >= 4 and report["swing"]["farthest"] > 0.05 and report["swing"]["left"] < 0.01


def test_visemes_are_sums_too(dressed):
    names = dressed.body.expression_names
    shapes, viseme_names = viseme_shapes(dressed.rest.expressions, names)
    assert len(viseme_names) == 15 and viseme_names[0] == "viseme_sil" and viseme_names[-1] == "viseme_U"
    assert not shapes[0].any()
    expected = sum(value * dressed.rest.expressions[number] for number, value in formula_terms(VISEMES["O"], names))
    torch.testing.assert_close(shapes[viseme_names.index("viseme_O")], expected)
    used = {name for formula in (*VISEMES.values(), *PRESETS.values()) for name in formula}
    assert used <= set(names), "a name that ARKit does not have"


def test_the_spine_begins_above_the_hips(dressed):
    joints = humanoid_joints(dressed.body, dressed.rest)
    assert dressed.body.joint_names[joints["spine"]] == "spine04"


def test_what_cannot_be_written_is_said(dressed, exported, tmp_path):
    arguments = (dressed.body, dressed.rest, checker())
    with pytest.raises(InputError, match="a .vrm holds no motion"):
        write_export(tmp_path / "me.vrm", *arguments, motion=exported.motion)
    with pytest.raises(InputError, match="no VRM version '2'"):
        write_export(tmp_path / "me.vrm", *arguments, options=ExportOptions(vrm="2"))
    with pytest.raises(InputError, match="unknown material 'shiny'"):
        write_export(tmp_path / "me.vrm", *arguments, options=ExportOptions(material="shiny"))
    with pytest.raises(InputError, match=r"ends in \.glb or \.vrm"):
        write_export(tmp_path / "me.fbx", *arguments)
    assert list(tmp_path.iterdir()) == []
    assert json.dumps(extension(dressed.files["1"], "VRMC_vrm"), allow_nan=False)


@pytest.mark.parametrize("version", ["1", "0"])
def test_a_body_with_other_expressions_and_a_jaw(version, tmp_path, validate):
    """Presets that ARKit's shapes make are empty then; of no teeth is known."""
    body = SmplxBody(write_stand_in(tmp_path / "SMPLX_NEUTRAL.npz"))
    path = tmp_path / "other.vrm"
    write_vrm(path, body, body.rest(body.mean_shape()), checker(), version=version)
    gltf = gl.GLTF2.load_binary(path)
    assert len(gltf.meshes) == 1 and validate(path)["numErrors"] == 0
    if version == "1":
        extension = gltf.extensions["VRMC_vrm"]
        assert {"jaw", "leftEye", "rightLittleDistal"} <= set(extension["humanoid"]["humanBones"])
        assert all("morphTargetBinds" not in each for each in extension["expressions"]["preset"].values())
        assert len(extension["expressions"]["custom"]) == len(body.expression_names)
    else:
        bones = {bone["bone"] for bone in gltf.extensions["VRM"]["humanoid"]["humanBones"]}
        assert {"jaw", "leftEye", "rightThumbIntermediate"} <= bones
