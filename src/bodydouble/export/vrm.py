"""A double as a VRM avatar, 1.0 or 0.x: a glTF binary in T-pose with what avatar programs want to know of it.

Source: vrm-c/vrm-specification, `VRMC_vrm-1.0` and `0.0`. Version 1.0 faces +z, 0.x faces -z.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pygltflib as gl

from bodydouble.body import BodyModel
from bodydouble.errors import InputError
from bodydouble.export.at_t_pose import stand_in_t_pose
from bodydouble.export.avatar import Avatar, Credits
from bodydouble.export.glb import Scene, build_scene
from bodydouble.export.humanoid import gather_toes, humanoid_joints
from bodydouble.export.materials import make_toon, make_unlit
from bodydouble.export.mouth import open_mouth
from bodydouble.export.portrait import draw_portrait
from bodydouble.export.simplify import simplify
from bodydouble.export.spring_bones import thicken_legs
from bodydouble.export.vrm0 import vrm0_extensions
from bodydouble.export.vrm1 import vrm1_extensions
from bodydouble.values import RestBody, Surface, Texture, to_device

VERSIONS = {"1": vrm1_extensions, "0": vrm0_extensions}


def write_vrm(
    path: str | Path,
    body: BodyModel,
    rest: RestBody,
    texture: Texture,
    attached: Sequence[Surface] = (),
    credits: Credits | None = None,
    version: str = "1",
    lit: bool = False,
    notes: Mapping[str, Any] | None = None,
    triangles: int | None = None,
) -> None:
    """Write a VRM file. The same values give the same bytes.

    Args:
        rest, texture, attached: as `glb.write_glb` takes them.
        credits: whose it is; None: named like the file, of an author who is not named.
        version: "1" for VRM 1.0, "0" for 0.x, which some programs read alone.
        lit: lamps light it; else it looks everywhere as in the photo, whose light is in the texture already.
        notes: what else is to say of it, into the file's `asset.extras`.
        triangles: about how many all surfaces may have together; None: as many as they have.

    Raises:
        InputError: no such version, the body has no role for a bone that VRM requires, or the folder of `path` does
            not exist.
    """
    if version not in VERSIONS:
        raise InputError(f"there is no VRM version {version!r}; known: {', '.join(VERSIONS)}")
    rest, texture = to_device(rest, "cpu"), to_device(texture, "cpu")
    surfaces = [thicken_legs(to_device(surface, "cpu"), body, rest) for surface in attached]
    rest, texture, teeth = open_mouth(body, rest, texture)
    surfaces += teeth
    body, surfaces = simplify(body, rest, surfaces, triangles)
    portrait = draw_portrait(body, rest, texture, surfaces)
    rest, surfaces = stand_in_t_pose(body, rest, surfaces, backwards=version == "0")
    rest = gather_toes(body, rest)
    credits = credits or Credits(name=Path(path).stem)
    scene = build_scene(body, rest, texture, surfaces, credits.name)
    gltf, number = scene.gltf, _add_portrait(scene, portrait, version)
    avatar = Avatar(
        credits=credits,
        joints=rest.joints,
        bones=humanoid_joints(body, rest, version),
        expression_names=body.expression_names,
        morphed_nodes=tuple(
            node for node, mesh in zip(scene.mesh_nodes, gltf.meshes, strict=True) if mesh.primitives[0].targets
        ),
        mesh_nodes=scene.mesh_nodes,
        attached=tuple(surfaces),
        first_chain_nodes=scene.first_chain_nodes,
        portrait=number,
        material_names=tuple(material.name for material in gltf.materials),
    )
    gltf.extensions = VERSIONS[version](avatar)
    gltf.extensionsUsed = sorted({*gltf.extensions, *_choose_light(gltf, lit, version)})
    gltf.asset.extras = dict(notes or {})
    scene.write(path)


def _add_portrait(scene: Scene, portrait: bytes, version: str) -> int:
    """The number of the image, in 0.x of the texture, that a JPEG becomes."""
    gltf = scene.gltf
    gltf.images.append(gl.Image(name="portrait", mimeType="image/jpeg", bufferView=scene.accessors.view(portrait)))
    if version == "0":
        gltf.textures.append(gl.Texture(sampler=0, source=len(gltf.images) - 1))
    return len(gltf.images) - 1


def _choose_light(gltf: gl.GLTF2, lit: bool, version: str) -> set[str]:
    """Let materials be unlit or lit; the names of the extensions that say so. Lit in 0.x is what glTF has itself."""
    for material in gltf.materials:
        if not lit:
            make_unlit(material)
        elif version == "1":
            make_toon(material)
    return {name for material in gltf.materials for name in material.extensions}
