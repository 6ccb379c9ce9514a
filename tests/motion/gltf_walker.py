"""The walker of `walker.py` as glTF, in the dialects of many programs: the same motion in each."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pygltflib as gl
from scipy.spatial.transform import Rotation

from bodydouble.export.accessors import Accessors
from tests.motion.walker import Walker

METRES = 0.01  # of the walker's centimetre
UPRIGHT = Rotation.from_euler("x", -90, degrees=True)  # a node above all others, as for skeletons with z up
_PARTS = {
    "UpLeg": "UpperLeg",
    "Leg": "LowerLeg",
    "Foot": "Foot",
    "ToeBase": "Toes",
    "Shoulder": "Shoulder",
    "Arm": "UpperArm",
    "ForeArm": "LowerArm",
    "Hand": "Hand",
}
VRM_BONES = {
    **{name: name.lower() for name in ("Hips", "Spine", "Neck", "Head")},
    **{"Spine1": "chest", "Spine2": "upperChest"},
    **{f"{side}{part}": side.lower() + bone for side in ("Left", "Right") for part, bone in _PARTS.items()},
}


def write_gltf(
    path: Path,
    motion: Walker,
    axes: Mapping[str, Rotation] | None = None,
    armature: bool = False,
    skin: bool = False,
    standing: int | None = None,
    interpolation: str = gl.ANIM_LINEAR,
    quantised: bool = False,
    buffer: str = "inside",
    vrma: bool = False,
    fps: float = 30.0,
) -> Path:
    """Write a motion.

    Args:
        axes: of joints in the T-pose, where they are not the world's.
        armature: the hips hang on a node that is turned, and scaled to a hundredth.
        skin: with the matrices with which the T-pose is bound.
        standing: nodes stand as in that frame; None: in the T-pose.
        quantised: rotations in 16 bits.
        buffer: "inside" the file, "beside" it, or in its "text".
        vrma: joints are numbered, and the extension of VRM's animations says which is which.
    """
    frames = {name: (axes or {}).get(name, Rotation.identity()) for name in motion.names}
    moved = motion.reaxed(frames)
    turns = np.stack([frames[name].as_matrix() for name in motion.names])
    above = np.stack([turns[parent] if parent >= 0 else np.eye(3) for parent in motion.parents])
    rest, unit = above.transpose(0, 2, 1) @ turns, 1.0 if armature else METRES
    offsets, rotations, positions = unit * moved.offsets, moved.rotations.copy(), unit * moved.positions
    if armature:
        back = UPRIGHT.inv().as_matrix()
        rest[0], rotations[:, 0] = back @ rest[0], back @ rotations[:, 0]
        offsets[0], positions = back @ offsets[0], positions @ back.T
    gltf = gl.GLTF2()
    accessors = Accessors(gltf)
    held = rest if standing is None else rotations[standing]
    for row, name in enumerate(motion.names):
        children = [child for child, parent in enumerate(motion.parents) if parent == row]
        node = gl.Node(name=f"joint {row}" if vrma else name, children=children, translation=offsets[row].tolist())
        node.rotation = Rotation.from_matrix(held[row]).as_quat().tolist()
        gltf.nodes.append(node)
    if armature:
        turn = UPRIGHT.as_quat().tolist()
        gltf.nodes.append(gl.Node(name="Armature", children=[0], rotation=turn, scale=[METRES] * 3))
    if skin:
        _add_skin(gltf, accessors, motion, turns)
    _add_animation(gltf, accessors, rotations, positions, interpolation, quantised, fps)
    if vrma:
        bones = {VRM_BONES[name]: {"node": row} for row, name in enumerate(motion.names) if name in VRM_BONES}
        gltf.extensions = {"VRMC_vrm_animation": {"specVersion": "1.0", "humanoid": {"humanBones": bones}}}
    accessors.finish()
    return _save(gltf, path, buffer)


def _add_skin(gltf: gl.GLTF2, accessors: Accessors, motion: Walker, turns: np.ndarray) -> None:
    places = METRES * motion.offsets
    for row, parent in enumerate(motion.parents):
        places[row] += places[parent] if parent >= 0 else 0
    bind = np.tile(np.eye(4), (len(turns), 1, 1))
    bind[:, :3, :3], bind[:, :3, 3] = turns, places
    inverse = np.ascontiguousarray(np.linalg.inv(bind).swapaxes(1, 2), np.float32)
    gltf.skins.append(gl.Skin(joints=list(range(len(turns))), inverseBindMatrices=accessors.add(inverse)))


def _add_animation(
    gltf: gl.GLTF2,
    accessors: Accessors,
    rotations: np.ndarray,
    positions: np.ndarray,
    interpolation: str,
    quantised: bool,
    fps: float,
) -> None:
    animation = gl.Animation(name="walk")
    keys = accessors.add((np.arange(len(positions)) / fps).astype(np.float32), bounds=True)

    def add(node: int, path: str, values: np.ndarray, integers: bool = False) -> None:
        if interpolation == gl.ANIM_CUBICSPLINE:
            slopes = np.gradient(values, 1 / fps, axis=0)
            values = np.stack([slopes, values, slopes], 1).reshape(-1, values.shape[1])
        values = np.round(32767 * values).astype(np.int16) if integers else values.astype(np.float32)
        sampler = gl.AnimationSampler(input=keys, output=accessors.add(values, normalised=integers))
        sampler.interpolation = interpolation
        animation.samplers.append(sampler)
        target = gl.AnimationChannelTarget(node=node, path=path)
        animation.channels.append(gl.AnimationChannel(sampler=len(animation.samplers) - 1, target=target))

    add(0, "translation", positions)
    for row in range(rotations.shape[1]):
        quaternions = Rotation.from_matrix(rotations[:, row]).as_quat()
        signs = np.cumprod(np.where((quaternions[1:] * quaternions[:-1]).sum(1) < 0, -1, 1))
        quaternions[1:] *= signs[:, None]
        add(row, "rotation", quaternions, quantised)
    gltf.animations.append(animation)


def _save(gltf: gl.GLTF2, path: Path, buffer: str) -> Path:
    if buffer == "inside":
        path.write_bytes(b"".join(gltf.save_to_bytes()))
        return path
    data = gltf.binary_blob()
    gltf.buffers[0].uri = "walk data.bin".replace(" ", "%20")
    if buffer == "text":
        gltf.buffers[0].uri = "data:application/octet-stream;base64," + base64.b64encode(data).decode()
    else:
        (path.parent / "walk data.bin").write_bytes(data)
    gltf.set_binary_blob(None)
    path.write_text(gltf.to_json())
    return path
