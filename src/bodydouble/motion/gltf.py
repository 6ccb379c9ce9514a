"""Reading motions from glTF 2.0: `.glb` and `.gltf` animations of any person's skeleton, and `.vrma`.

Sources: the Khronos glTF 2.0 specification; vrm-c/vrm-specification, `VRMC_vrm_animation-1.0`.

Nodes of a glTF file are turned and scaled at rest, a `Clip`'s joints are not: with W the rest pose's rotations in the
world, and S its scales, a joint j on a joint p has

    rotation(t) = W_p · local(t) · W_j⁻¹          offset(t) = S_p · W_p · translation(t)
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pygltflib as gl
import torch

from bodydouble.errors import InputError, InputWarning
from bodydouble.geometry.quaternion import multiply_quaternions
from bodydouble.geometry.rotation import quaternion_from_matrix
from bodydouble.motion.clip import MAX_JOINTS, Clip
from bodydouble.motion.gltf_file import MALFORMED, GltfFile
from bodydouble.motion.gltf_nodes import Nodes, humanoid_nodes, read_nodes, rest_rotations
from bodydouble.motion.gltf_tracks import Tracks, read_tracks
from bodydouble.motion.people import keep_person

_STILL = 0.01  # of a common bone's length: a joint whose translation varies by less stays where it is on average
_LONGEST = 1e7  # of any length in the file: far beyond every unit in use


def read_gltf(path: Path, name: str | None = None) -> Clip:
    """Read an animation of a `.glb`, `.gltf` or `.vrma`.

    Where the file says which node is which of VRM's humanoid bones, these alone are read. Expressions, gaze and scales
    that change are not.

    Args:
        name: of the animation; None: the first that turns a joint.

    Raises:
        InputError: no glTF file, one without such an animation, one that is packed, damaged or not finite, or beyond
            the limits of `clip.py`.
    """
    file = GltfFile(path)
    try:
        nodes = read_nodes(file)
        animation = _choose_animation(file, name)
        tracks = read_tracks(file, animation)
        bones = humanoid_nodes(file.gltf)
        return keep_person(_build_clip(file, nodes, tracks, bones))
    except MALFORMED as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is a damaged glTF file: what its parts say of each other does not fit") from None


def _choose_animation(file: GltfFile, name: str | None) -> gl.Animation:
    """The one of that name; None: the first one that turns a node, and a warning names the others."""
    moving = [
        animation
        for animation in file.gltf.animations
        if any(channel.target.path == "rotation" for channel in animation.channels)
    ]
    if not moving:
        raise InputError(f"{file.path} holds no animation that turns a joint; export it together with its animation")
    names = ", ".join(repr(str(animation.name)[:40]) for animation in moving)
    if name is not None:
        named = [animation for animation in moving if animation.name == name]
        if not named:
            raise InputError(f"{file.path} holds no animation {name!r}; it has {names}")
        return named[0]
    if len(moving) > 1:
        message = f"{file.path.stem} holds {len(moving)} animations, {names}; the first is taken"
        warnings.warn(message, InputWarning, stacklevel=2)
    return moving[0]


def _build_clip(file: GltfFile, nodes: Nodes, tracks: Tracks, bones: dict[int, str]) -> Clip:
    rows = _choose_joints(file, nodes, tracks, bones)
    parents = [rows.index(nodes.parents[node]) if nodes.parents[node] in rows else -1 for node in rows]
    world, scales = rest_rotations(file, nodes, rows)
    paths = np.stack(
        [tracks.translations.get(node, np.tile(nodes.translations[node], (tracks.frames, 1))) for node in rows], 1
    )
    above = np.concatenate([world, np.eye(3)[None]])[parents]  # the root's parent, -1, is the world
    scale = np.append(scales, 1.0)[parents]
    paths = scale[:, None] * np.einsum("jab,tjb->tja", above, paths)
    if not (np.abs(paths) < _LONGEST).all():
        raise InputError(f"{file.path} holds a length beyond {_LONGEST:.0f}; repair or cut the recording")
    local = [tracks.rotations.get(node, np.tile(nodes.rotations[node], (tracks.frames, 1))) for node in rows]
    offsets = np.median(paths, 0)
    return Clip(
        name=file.path.stem,
        joint_names=tuple(bones.get(node, nodes.names[node]) for node in rows),
        parents=tuple(parents),
        offsets=torch.from_numpy(offsets).float(),
        rotations=_unturned(np.stack(local, 1), above, world),
        translations=_moving(paths, offsets, parents),
        frames_per_second=tracks.frames_per_second,
    )


def _choose_joints(file: GltfFile, nodes: Nodes, tracks: Tracks, bones: dict[int, str]) -> list[int]:
    """The nodes that become joints, parents before children: bones, what is animated, and what carries these.

    Without bones and skins it is all that hangs together with what is animated.
    """
    chosen = set(bones) or {
        *tracks.rotations,
        *tracks.translations,
        *(n for skin in file.gltf.skins for n in skin.joints),
    }
    if not bones and not file.gltf.skins:
        roots = {nodes.chain(node)[-1] for node in chosen}
        chosen = {node for node in nodes.order if nodes.chain(node)[-1] in roots}
    kept = {node for each in chosen for node in nodes.chain(each)}
    if len(kept) > MAX_JOINTS:
        raise InputError(f"{file.path} has {len(kept)} joints; a motion may have {MAX_JOINTS}")
    return [node for node in nodes.order if node in kept]


def _unturned(local: np.ndarray, above: np.ndarray, world: np.ndarray) -> torch.Tensor:
    """(T, J, 4) quaternions w, x, y, z between joints that are not turned at rest, of local ones x, y, z, w."""
    before = quaternion_from_matrix(torch.from_numpy(above))
    after = quaternion_from_matrix(torch.from_numpy(world.swapaxes(1, 2)))
    turns = torch.from_numpy(np.ascontiguousarray(local[..., [3, 0, 1, 2]]))
    turned = multiply_quaternions(multiply_quaternions(before.expand_as(turns), turns), after.expand_as(turns))
    return turned.float()


def _moving(paths: np.ndarray, offsets: np.ndarray, parents: list[int]) -> dict[int, torch.Tensor]:
    """(T, 3) of the roots, and of joints that move against their parents."""
    lengths = np.linalg.norm(offsets[[parent >= 0 for parent in parents]], axis=1)
    lengths = lengths[lengths > 0]
    still = _STILL * (np.median(lengths) if len(lengths) else 0.0)
    moves = np.abs(paths - offsets).max((0, 2)) > still
    return {
        row: torch.from_numpy(np.ascontiguousarray(paths[:, row])).float()
        for row, parent in enumerate(parents)
        if parent < 0 or moves[row]
    }
