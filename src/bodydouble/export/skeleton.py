"""Joints as glTF nodes, under names that game engines and modelling programs know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pygltflib as gl
import torch

from bodydouble.body import BodyModel
from bodydouble.export.accessors import Accessors, to_array
from bodydouble.geometry.rotation import quaternion_from_matrix
from bodydouble.motion.bone_names import bone_names, clean_name, free_name
from bodydouble.values import RestBody, Surface


def add_skeleton(
    gltf: gl.GLTF2,
    accessors: Accessors,
    body: BodyModel,
    rest: RestBody,
    attached: Sequence[Surface],
    prefix: str = "",
    axes: np.ndarray | None = None,
    root: str = "",
    mesh_matrix: np.ndarray | None = None,
) -> list[int]:
    """Nodes 0 to J-1 are the body's joints; chain joints follow; skin 0 binds all of them.

    Args:
        prefix: before the name of every bone.
        axes: J×3×3, of the body's joints in columns; None: those of the world, so that no joint is turned at rest.
        root: name of one joint more, at the origin, on which the body's root hangs, and which comes last; "": none.
        mesh_matrix: 4×4, from the numbers of the meshes' positions to metres; None: they are metres.

    Returns:
        for each attached surface, the node of its first chain joint.
    """
    joints, parents = to_array(rest.joints), list(rest.parents)
    names, firsts = list(bone_names(body.joint_names, body.roles)), []
    for surface in attached:
        firsts.append(len(parents))
        if surface.chains is not None:
            own = surface.chains.parents.numpy()
            parents += np.where(own >= len(rest.parents), own - len(rest.parents) + firsts[-1], own).tolist()
            joints = np.concatenate([joints, to_array(surface.chains.positions)])
            taken = set(names)
            for name in surface.chains.names:
                names.append(free_name(clean_name(name), taken))
                taken.add(names[-1])
    origin = np.zeros((1, 3), np.float32)
    offsets = joints - np.concatenate([joints, origin])[parents]  # the root's parent, -1, is the origin
    children: list[list[int]] = [[] for _ in parents]
    for joint, parent in enumerate(parents[1:], start=1):
        children[parent].append(joint)
    frames = np.tile(np.eye(3, dtype=np.float32), (len(joints) + 1, 1, 1))  # the last is that of the root's parent
    if axes is not None:
        frames[: len(axes)] = axes
    turns = frames[parents].swapaxes(1, 2) @ frames[:-1]
    places = (frames[parents].swapaxes(1, 2) @ offsets[..., None])[..., 0]
    for number, (bone, place, below) in enumerate(zip(names, places, children, strict=True)):
        node = gl.Node(name=prefix + bone, translation=place.tolist(), children=below)
        if axes is not None:
            node.rotation = _xyzw(turns[number])
        gltf.nodes.append(node)
    bind = np.tile(np.eye(4, dtype=np.float32), (len(joints), 1, 1))
    bind[:, :3, :3] = frames[:-1]  # glTF stores matrices by columns: this is the inverse,
    bind[:, 3, :3] = -(joints[:, None] @ frames[:-1])[:, 0]  # and the last column the translation
    if root:
        gltf.nodes.append(gl.Node(name=root, children=[0]))
        bind = np.concatenate([bind, np.eye(4, dtype=np.float32)[None]])
    if mesh_matrix is not None:
        bind = mesh_matrix.T @ bind  # both by columns
    top = len(joints) if root else 0
    gltf.skins.append(
        gl.Skin(name="skeleton", joints=list(range(len(bind))), skeleton=top, inverseBindMatrices=accessors.add(bind))
    )
    return firsts


def _xyzw(turn: np.ndarray) -> list[float]:
    w, x, y, z = quaternion_from_matrix(torch.from_numpy(turn)).tolist()
    return [x, y, z, w]
