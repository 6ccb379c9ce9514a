"""A double as a glTF 2.0 binary: skinned, textured, with face blendshapes and a motion if one is given.

Source: the Khronos glTF 2.0 specification. Its world (metres, y up, front at +z) and its uv (origin top left) are ours,
so nothing is flipped.

    nodes    the body's joints · the chains' joints · one for each surface's mesh
    skin     one, of all joints
    meshes   the body, with one morph target for each expression · what hangs off it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pygltflib as gl

from bodydouble.body import BodyModel
from bodydouble.errors import InputError
from bodydouble.export.accessors import Accessors, to_array
from bodydouble.export.animation import add_animation
from bodydouble.export.bone_axes import bone_axes
from bodydouble.export.expressions import add_visemes
from bodydouble.export.materials import UNLIT, make_unlit
from bodydouble.export.meshes import WEBP, add_attached, add_body
from bodydouble.export.profiles import DEFAULT, Profile
from bodydouble.export.quantise import EXTENSION as QUANTISATION
from bodydouble.export.quantise import grid_around
from bodydouble.export.skeleton import add_skeleton
from bodydouble.files import whole_file
from bodydouble.motion.chains import ChainTransforms
from bodydouble.motion.travel import find_way
from bodydouble.values import Motion, RestBody, Surface, Texture, to_device


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A file in the making: all surfaces at rest on their skeleton."""

    gltf: gl.GLTF2
    accessors: Accessors
    first_chain_nodes: tuple[int, ...]  # of each attached surface, the node of its first chain joint
    mesh_nodes: tuple[int, ...]  # of each surface, the node that carries it; the body first
    axes: np.ndarray | None  # J×3×3, of the body's joints; None: those of the world

    def write(self, path: str | Path) -> None:
        """Write the file; nothing is added to it afterwards. Raises InputError: the folder does not exist."""
        write_file(self.gltf, self.accessors, path)


def write_glb(
    path: str | Path,
    body: BodyModel,
    rest: RestBody,
    texture: Texture,
    attached: Sequence[Surface] = (),
    motion: Motion | None = None,
    chain_motion: Sequence[ChainTransforms | None] = (),
    name: str = "double",
    profile: Profile = DEFAULT,
    notes: Mapping[str, Any] | None = None,
    root_motion: bool = False,
) -> None:
    """Write all surfaces in the rest pose, their skeleton and blendshapes, and `motion` as an animation.

    The same values give the same bytes. `docs/export.md` says what the file holds.

    Args:
        rest: the clothed body (`body.skinning.dress_rest`).
        texture: in the body's `layout`; embedded as a JPEG at its own size.
        attached: what hangs off the body; textures with alpha are embedded as PNGs.
        chain_motion: of each of these, what its chains do in the motion (`motion.chains.move_chains`).
        name: of the body's mesh, the node that carries it, and its material.
        profile: what differs for a program; the shapes that it asks for are made here, its pose and its mouth are not.
        notes: what else is to say of it, into the file's `asset.extras`.
        root_motion: the profile's root bone carries the motion's way over the ground.

    Raises:
        InputError: the motion is empty or made for another body, or the folder of `path` does not exist.
    """
    if motion is not None and (len(motion) == 0 or motion.joints.shape[1] != len(rest.parents)):
        raise InputError(
            f"motion {motion.name!r} has {len(motion)} frames of {motion.joints.shape[1]} joints, but the body "
            f"{body.name} has {len(rest.parents)} joints; load the motion for this body"
        )
    rest, texture = to_device(rest, "cpu"), to_device(texture, "cpu")
    attached = [to_device(surface, "cpu") for surface in attached]
    scene = build_scene(body, rest, texture, attached, name, profile)
    if motion is not None:
        swung = list(zip(attached, scene.first_chain_nodes, chain_motion, strict=True)) if chain_motion else []
        motion = to_device(motion, "cpu")
        carrier = (scene.gltf.skins[0].skeleton, find_way(motion)) if root_motion else None
        add_animation(scene.gltf, scene.accessors, rest, motion, swung, scene.axes, carrier)
    for material in () if profile.lit else scene.gltf.materials:
        make_unlit(material)
    scene.gltf.extensionsUsed = [*scene.gltf.extensionsRequired, *([] if profile.lit else [UNLIT])]
    scene.gltf.asset.extras = dict(notes or {})
    scene.write(path)


def begin_file() -> gl.GLTF2:
    """A file with nothing in it yet but who writes it."""
    return gl.GLTF2(asset=gl.Asset(generator=f"Bodydouble {version('bodydouble')}"))


def write_file(gltf: gl.GLTF2, accessors: Accessors, path: str | Path) -> None:
    """Write a file to which nothing is added afterwards. Raises InputError: the folder does not exist."""
    accessors.finish()
    with whole_file(path) as temporary:
        temporary.write_bytes(b"".join(gltf.save_to_bytes()))


def build_scene(
    body: BodyModel,
    rest: RestBody,
    texture: Texture,
    attached: Sequence[Surface],
    name: str,
    profile: Profile = DEFAULT,
) -> Scene:
    """All surfaces, their skeleton and blendshapes; arguments are those of `write_glb`, on the CPU."""
    gltf = begin_file()
    accessors = Accessors(gltf)
    axes = bone_axes(body, rest) if profile.axes_along_bones else None
    shape_names = body.expression_names
    if profile.visemes:
        rest, attached, shape_names = add_visemes(rest, attached, shape_names)
    grid = None
    if profile.compact:
        grid = grid_around([to_array(vertices) for vertices in (rest.vertices, *(each.vertices for each in attached))])
        gltf.extensionsRequired = [QUANTISATION, WEBP]
    mesh_matrix = None if grid is None else grid.matrix()
    first_chain_joints = add_skeleton(
        gltf, accessors, body, rest, attached, profile.prefix, axes, profile.root_bone, mesh_matrix
    )
    joint_count = len(gltf.nodes)
    add_body(gltf, accessors, body, rest, texture, name, shape_names, grid)
    for surface, first in zip(attached, first_chain_joints, strict=True):
        add_attached(gltf, accessors, surface, len(rest.parents), first, grid)
    mesh_nodes = range(joint_count, len(gltf.nodes))
    tops = [gltf.skins[0].skeleton, *mesh_nodes]
    if profile.armature:
        gltf.nodes.append(gl.Node(name=profile.armature, children=tops))
        tops = [len(gltf.nodes) - 1]
    gltf.scenes.append(gl.Scene(name=name, nodes=tops))
    gltf.scene = 0
    return Scene(
        gltf=gltf,
        accessors=accessors,
        first_chain_nodes=tuple(first_chain_joints),
        mesh_nodes=tuple(mesh_nodes),
        axes=axes,
    )
