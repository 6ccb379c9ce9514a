"""A motion as a glTF animation: what the body's joints do, and what the chains do because of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pygltflib as gl
import torch
from torch import Tensor

from bodydouble.body.skinning import joint_paths
from bodydouble.export.accessors import Accessors, to_array
from bodydouble.geometry.rotation import matrix_from_axis_angle, quaternion_from_matrix
from bodydouble.motion.chains import ChainTransforms
from bodydouble.values import Motion, RestBody, Surface

LEAST_ANGLE = 1e-5  # radians; joints that never turn further get no animation channel


def add_animation(
    gltf: gl.GLTF2,
    accessors: Accessors,
    rest: RestBody,
    motion: Motion,
    swung: Sequence[tuple[Surface, int, ChainTransforms | None]],
    axes: np.ndarray | None = None,
    carrier: tuple[int, Tensor] | None = None,
) -> None:
    """One channel for each joint that turns, and one for the root's path.

    Args:
        swung: surfaces, the first of their chains' joints among the nodes, and what these do.
        axes: as `skeleton.add_skeleton` got them.
        carrier: a node that carries the root, and what of its path is that node's, T×3, metres; None: nothing is.
    """
    turns = motion.joints.clone()
    turns[:, 0] = motion.root_rotation
    moving = np.flatnonzero(to_array(turns.norm(dim=-1).amax(0)) > LEAST_ANGLE)
    matrices = matrix_from_axis_angle(turns)
    if axes is not None:
        frames = torch.from_numpy(axes)
        above = torch.cat([torch.eye(3)[None], frames[list(rest.parents[1:])]])
        matrices = above.mT @ matrices @ frames
    quaternions = _xyzw(matrices)
    times = (np.arange(len(motion)) / motion.frames_per_second).astype(np.float32)
    keys = accessors.add(times, bounds=True)
    animation = gl.Animation(name=motion.name)

    def channel(joint: int, path: str, values: np.ndarray) -> None:
        sampler = gl.AnimationSampler(input=keys, output=accessors.add(values), interpolation=gl.ANIM_LINEAR)
        animation.samplers.append(sampler)
        target = gl.AnimationChannelTarget(node=joint, path=path)
        animation.channels.append(gl.AnimationChannel(sampler=len(animation.samplers) - 1, target=target))

    path = rest.joints[0] + motion.root_translation
    if carrier is not None:
        channel(carrier[0], gl.TRANSLATION, to_array(carrier[1]))
        path = path - carrier[1]
    channel(0, gl.TRANSLATION, to_array(path))
    for joint in moving.tolist():
        channel(joint, gl.ROTATION, np.ascontiguousarray(quaternions[:, joint]))
    for surface, first, transforms in swung:
        if transforms is not None:
            for number, turn in enumerate(_local_turns(surface, rest, motion, transforms).unbind(1)):
                channel(first + number, gl.ROTATION, _xyzw(turn[:, None])[:, 0])
    gltf.animations.append(animation)


def _local_turns(surface: Surface, rest: RestBody, motion: Motion, transforms: ChainTransforms) -> Tensor:
    """T×K×3×3: rotations of the chain joints relative to the joints that they hang on."""
    assert surface.chains is not None
    world = torch.cat([joint_paths(rest, motion)[0], transforms[0].cpu()], 1)
    return world[:, surface.chains.parents].mT @ transforms[0].cpu()


def _xyzw(matrices: Tensor) -> np.ndarray:
    """T×J×4 of T×J×3×3, each with the sign that brings it nearest to the one before; q and -q are the same rotation."""
    quaternions = to_array(quaternion_from_matrix(matrices))[..., [1, 2, 3, 0]]
    flips = np.where((quaternions[1:] * quaternions[:-1]).sum(-1, keepdims=True) < 0, -1, 1)
    signs = np.concatenate([np.ones_like(flips[:1]), flips]).cumprod(0) if len(flips) else 1
    return np.ascontiguousarray(quaternions * signs).astype(np.float32)
