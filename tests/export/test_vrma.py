"""Motions that leave: as `.vrma` for other avatars, with their way on a root bone, or on the spot."""

from pathlib import Path

import numpy as np
import pygltflib as gl
import pytest
import torch

from bodydouble.errors import InputError
from bodydouble.export.humanoid import humanoid_joints
from bodydouble.export.vrm import write_vrm
from bodydouble.export.vrma import write_vrma
from bodydouble.export.write import ExportOptions, write_export
from bodydouble.motion.gltf_file import GltfFile
from bodydouble.motion.load import load_motion
from bodydouble.motion.travel import find_way, stay_in_place
from bodydouble.values import Motion, RestBody
from tests.export.conftest import checker
from tests.motion.posed import transforms
from tests.motion.walker import walker, write_bvh


@pytest.fixture(scope="module")
def rest(anny) -> RestBody:
    return anny.rest(anny.mean_shape())


@pytest.fixture(scope="module")
def stroll(anny, rest, tmp_path_factory) -> Motion:
    """A metre's way, while an arm rises."""
    return load_motion(write_bvh(tmp_path_factory.mktemp("bvh") / "stroll.bvh", walker()), anny, rest)


@pytest.fixture(scope="module")
def vrma(anny, rest, stroll, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("vrma") / "stroll.vrma"
    write_vrma(path, anny, rest, stroll, {"origin": "a recording"})
    return path


def test_it_holds_bones_in_t_pose_and_their_turns(anny, rest, stroll, vrma, validate):
    gltf = gl.GLTF2().load_binary(vrma)
    bones = gltf.extensions["VRMC_vrm_animation"]["humanoid"]["humanBones"]
    assert set(bones) == set(humanoid_joints(anny, rest)) - {"leftEye", "rightEye"}
    assert len(gltf.nodes) == len(bones) == 52 and not gltf.meshes and not gltf.skins
    assert all(not node.rotation for node in gltf.nodes)
    assert gltf.nodes[bones["leftLowerArm"]["node"]].translation == pytest.approx(
        [float((rest.joints[anny.roles["left_elbow"]] - rest.joints[anny.roles["left_shoulder"]]).norm()), 0, 0],
        abs=1e-5,
    )
    assert gltf.asset.extras == {"origin": "a recording"}
    targets = [(channel.target.node, channel.target.path) for channel in gltf.animations[0].channels]
    assert targets[0] == (bones["hips"]["node"], "translation")
    assert validate(vrma)["numErrors"] == 0


def test_it_comes_back(anny, rest, stroll, vrma):
    """Arms and legs are where they were; fingertips of a T-pose are straight."""
    loaded = load_motion(vrma, anny, rest)
    expected, found = (transforms(motion, rest)[1] for motion in (stroll, loaded))
    limbs = [joint for role, joint in anny.roles.items() if role.endswith(("knee", "ankle", "elbow", "wrist"))]
    assert (expected[:, limbs] - found[:, limbs]).norm(dim=-1).max() < 0.03


def test_equal_values_give_equal_bytes(anny, rest, stroll, vrma, tmp_path):
    write_export(tmp_path / "again.vrma", anny, rest, checker(), motion=stroll, notes={"origin": "a recording"})
    assert (tmp_path / "again.vrma").read_bytes() == vrma.read_bytes()
    with pytest.raises(InputError, match="a .vrma is a motion for other avatars; name one"):
        write_export(tmp_path / "none.vrma", anny, rest, checker())


@pytest.mark.parametrize("version", ["1", "0"])
def test_three_vrm_plays_it(anny, rest, stroll, vrma, open_in_three, tmp_path, version):
    write_vrm(tmp_path / "anny.vrm", anny, rest, checker(), version=version)
    frames = (0, 12, 30)
    times = ",".join(str(frame / stroll.frames_per_second) for frame in frames)
    report = open_in_three(tmp_path / "anny.vrm", page="play_vrma.html", motion=vrma, times=times)
    assert "error" not in report, report["error"]
    assert report["duration"] == pytest.approx((len(stroll) - 1) / stroll.frames_per_second, abs=1e-3)
    joints = {bone: joint for bone, joint in humanoid_joints(anny, rest).items() if bone in report["bones"][0]}
    assert len(joints) == 54
    positions = transforms(stroll, rest)[1][list(frames)][:, list(joints.values())]
    played = torch.tensor([[bones[bone] for bone in joints] for bones in report["bones"]])
    lift = (played - positions)[0, 0] * torch.tensor([0.0, 1.0, 0.0])  # soles stand at 0 in a T-pose
    off = (played - positions - lift).norm(dim=-1)
    assert off.max() < 0.01, {bone: float(value) for bone, value in zip(joints, off.amax(0), strict=True)}
    assert float(played[2, 0, 2] - played[0, 0, 2]) > 0.7, "it goes"


def test_the_way_is_split_from_the_sway(stroll):
    """A walk of one metre a second that sways by 2 cm; the way is a straight line, and on the spot it sways on."""
    time = torch.arange(120) / 30
    sway = 0.02 * torch.sin(2 * torch.pi * time / 1.0)
    path = torch.stack([sway, 0.01 * torch.cos(time), time], 1)
    motion = Motion(
        joints=torch.zeros(120, 2, 3), root_rotation=torch.zeros(120, 3), root_translation=path, frames_per_second=30.0
    )
    way = find_way(motion)
    assert not way[0].any() and not way[:, 1].any()
    torch.testing.assert_close(way[:, 2], time, atol=0.01, rtol=0)
    assert way[:, 0].abs().max() < 0.01
    still = stay_in_place(motion).root_translation
    assert still[:, 2].abs().max() < 0.01 and still[:, 0].max() - still[:, 0].min() > 0.03
    torch.testing.assert_close(still[:, 1], path[:, 1])
    assert not find_way(Motion(**{**vars(motion), "joints": motion.joints[:1], "root_translation": path[:1]})).any()


@pytest.mark.parametrize("profile", [None, "unreal", "mixamo"])
def test_a_root_bone_carries_the_way(anny, rest, stroll, tmp_path, profile, validate):
    for travel in (None, "root", "in-place"):
        options = ExportOptions(profile=profile, travel=travel)
        write_export(tmp_path / f"{travel}.glb", anny, rest, checker(), motion=stroll, options=options)
    file = GltfFile(tmp_path / "root.glb")
    names = [node.name for node in file.gltf.nodes]
    hips = names.index("mixamorig:Hips" if profile == "mixamo" else "Hips")
    paths = {
        channel.target.node: file.array(file.gltf.animations[0].samplers[channel.sampler].output)
        for channel in file.gltf.animations[0].channels
        if channel.target.path == "translation"
    }
    assert set(paths) == {names.index("root"), hips}
    root = paths[names.index("root")]
    assert root[-1, 2] > 0.8 and np.ptp(paths[hips][:, 2]) < 0.3 and not root[:, 1].any()
    if profile is None:  # which comes back
        expected, found = (transforms(each, rest)[1] for each in (stroll, load_motion(file.path, anny, rest)))
        assert (expected - found).norm(dim=-1).max() < 0.02
    assert validate(file.path)["numErrors"] == 0
    placed = load_motion(tmp_path / "in-place.glb", anny, rest)
    assert placed.root_translation[:, 2].abs().max() < 0.3
    with pytest.raises(InputError, match="unknown travel 'away'; known: root, in-place"):
        write_export(tmp_path / "x.glb", anny, rest, checker(), options=ExportOptions(travel="away"))
