"""A body with its texture as a glTF 2.0 binary: skinned, textured, with face blendshapes and a motion if one is given.

Source: the Khronos glTF 2.0 specification. Its world (metres, y up, front at +z) and its uv (origin top left) are ours,
so nothing is flipped.
"""

from __future__ import annotations

import io
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pygltflib as gl
from PIL import Image
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.errors import InputError
from bodydouble.export.accessors import Accessors, smallest_unsigned
from bodydouble.export.skeleton import bone_names
from bodydouble.export.skin_weights import four_weights
from bodydouble.files import whole_file
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.geometry.rotation import matrix_from_axis_angle, quaternion_from_matrix
from bodydouble.values import Motion, RestBody, Texture, UvLayout, to_device

JPEG_QUALITY = 95
LEAST_DELTA = 1e-5  # metres; a blendshape leaves vertices that it moves less where they are
LEAST_ANGLE = 1e-5  # radians; joints that never turn further get no animation channel


def write_glb(
    path: str | Path,
    body: BodyModel,
    rest: RestBody,
    texture: Texture,
    motion: Motion | None = None,
    name: str = "double",
) -> None:
    """Write the body in its rest pose, its skeleton and blendshapes, and `motion` as an animation.

    The same values give the same bytes. `docs/export.md` says what the file holds.

    Args:
        rest: the clothed body (`body.skinning.dressed`).
        texture: in the body's `layout`; embedded as a JPEG at its own size.
        name: of the mesh, the node that carries it, and its material.

    Raises:
        InputError: the motion is empty or made for another body, or the folder of `path` does not exist.
    """
    if motion is not None and (len(motion) == 0 or motion.joints.shape[1] != len(rest.parents)):
        raise InputError(
            f"motion {motion.name!r} has {len(motion)} frames of {motion.joints.shape[1]} joints, but the body "
            f"{body.name} has {len(rest.parents)} joints; load the motion for this body"
        )
    rest, texture = to_device(rest, "cpu"), to_device(texture, "cpu")
    gltf = gl.GLTF2(asset=gl.Asset(generator=f"Bodydouble {version('bodydouble')}"))
    accessors = Accessors(gltf)
    _add_skeleton(gltf, accessors, body, rest)
    _add_material(gltf, accessors, texture, name)
    _add_mesh(gltf, accessors, body, rest, name)
    if motion is not None:
        _add_animation(gltf, accessors, rest, to_device(motion, "cpu"))
    accessors.finish()
    with whole_file(path) as temporary:
        temporary.write_bytes(b"".join(gltf.save_to_bytes()))


def _add_skeleton(gltf: gl.GLTF2, accessors: Accessors, body: BodyModel, rest: RestBody) -> None:
    """Nodes 0 to J-1 are the joints, none of them turned at rest; skin 0 binds them where they stand."""
    joints = _array(rest.joints)
    origin = np.zeros((1, 3), np.float32)
    offsets = joints - np.concatenate([joints, origin])[list(rest.parents)]  # the root's parent, -1, is the origin
    children: list[list[int]] = [[] for _ in rest.parents]
    for joint, parent in enumerate(rest.parents[1:], start=1):
        children[parent].append(joint)
    for bone, offset, below in zip(bone_names(body.joint_names, body.roles), offsets, children, strict=True):
        gltf.nodes.append(gl.Node(name=bone, translation=offset.tolist(), children=below))
    bind = np.tile(np.eye(4, dtype=np.float32), (len(joints), 1, 1))
    bind[:, 3, :3] = -joints  # glTF stores matrices by columns: the last one is the translation
    gltf.skins.append(
        gl.Skin(name="skeleton", joints=list(range(len(joints))), skeleton=0, inverseBindMatrices=accessors.add(bind))
    )


def _add_material(gltf: gl.GLTF2, accessors: Accessors, texture: Texture, name: str) -> None:
    """A matt material with the texture; both sides of a face are drawn, as everywhere in this package."""
    pixels = (_array(texture.rgb).transpose(1, 2, 0).clip(0, 1) * 255).round().astype(np.uint8)
    jpeg = io.BytesIO()
    # Full colour resolution: halved, it would mix the colours of neighbouring charts.
    Image.fromarray(pixels).save(jpeg, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    gltf.images.append(gl.Image(name=name, mimeType="image/jpeg", bufferView=accessors.view(jpeg.getvalue())))
    edge = gl.CLAMP_TO_EDGE
    sampler = gl.Sampler(magFilter=gl.LINEAR, minFilter=gl.LINEAR_MIPMAP_LINEAR, wrapS=edge, wrapT=edge)
    gltf.samplers.append(sampler)
    gltf.textures.append(gl.Texture(sampler=0, source=0))
    surface = gl.PbrMetallicRoughness(baseColorTexture=gl.TextureInfo(index=0), metallicFactor=0.0, roughnessFactor=0.9)
    gltf.materials.append(gl.Material(name=name, pbrMetallicRoughness=surface, doubleSided=True))


def _add_mesh(gltf: gl.GLTF2, accessors: Accessors, body: BodyModel, rest: RestBody, name: str) -> None:
    """Mesh 0 in the rest pose, bound to skin 0, with one morph target for each expression."""
    vertex, uv, indices = _split_at_seams(_array(body.faces), body.layout)
    positions = _array(rest.vertices)
    joints, weights = four_weights(rest, body.roles.values())
    joint_type = np.uint8 if len(rest.parents) <= 256 else np.uint16
    buffer = gl.ARRAY_BUFFER
    attributes = gl.Attributes(
        POSITION=accessors.add(positions[vertex], buffer, bounds=True),
        NORMAL=accessors.add(_normals(rest, body)[vertex], buffer),
        TEXCOORD_0=accessors.add(uv, buffer),
        JOINTS_0=accessors.add(joints[vertex].astype(joint_type), buffer),
        WEIGHTS_0=accessors.add(weights[vertex], buffer),
    )
    deltas = _array(rest.expressions)[:, vertex]
    deltas = np.where(np.linalg.norm(deltas, axis=-1, keepdims=True) < LEAST_DELTA, np.float32(0), deltas)
    primitive = gl.Primitive(
        attributes=attributes,
        indices=accessors.add(smallest_unsigned(indices), gl.ELEMENT_ARRAY_BUFFER),
        material=0,
        targets=[gl.Attributes(POSITION=accessors.add_sparse(delta)) for delta in deltas],
    )
    mesh = gl.Mesh(name=name, primitives=[primitive], weights=[0.0] * len(deltas))
    mesh.extras = {"targetNames": list(body.expression_names)}
    gltf.meshes.append(mesh)
    gltf.nodes.append(gl.Node(name=name, mesh=0, skin=0))
    gltf.scenes.append(gl.Scene(name=name, nodes=[0, len(gltf.nodes) - 1]))
    gltf.scene = 0


def _add_animation(gltf: gl.GLTF2, accessors: Accessors, rest: RestBody, motion: Motion) -> None:
    """One channel for each joint that turns, and one for the root's path."""
    turns = motion.joints.clone()
    turns[:, 0] = motion.root_rotation
    moving = np.flatnonzero(_array(turns.norm(dim=-1).amax(0)) > LEAST_ANGLE)
    quaternions = _continuous(_array(quaternion_from_matrix(matrix_from_axis_angle(turns)))[..., [1, 2, 3, 0]])
    times = (np.arange(len(motion)) / motion.frames_per_second).astype(np.float32)
    keys = accessors.add(times, bounds=True)
    animation = gl.Animation(name=motion.name)

    def channel(joint: int, path: str, values: np.ndarray) -> None:
        sampler = gl.AnimationSampler(input=keys, output=accessors.add(values), interpolation=gl.ANIM_LINEAR)
        animation.samplers.append(sampler)
        target = gl.AnimationChannelTarget(node=joint, path=path)
        animation.channels.append(gl.AnimationChannel(sampler=len(animation.samplers) - 1, target=target))

    channel(0, gl.TRANSLATION, _array(rest.joints[0] + motion.root_translation))
    for joint in moving.tolist():
        channel(joint, gl.ROTATION, np.ascontiguousarray(quaternions[:, joint]))
    gltf.animations.append(animation)


def _split_at_seams(faces: np.ndarray, layout: UvLayout) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """glTF has one index for position and uv: one vertex for each pair of the two that a face uses.

    Returns:
        N mesh vertices, N×2 uv, and 3F indices into them.
    """
    pairs = np.stack([faces.ravel(), _array(layout.faces).ravel()], 1)
    unique, indices = np.unique(pairs, axis=0, return_inverse=True)
    return unique[:, 0], _array(layout.uv)[unique[:, 1]], indices.ravel()


def _normals(rest: RestBody, body: BodyModel) -> np.ndarray:
    """V×3 unit normals; up where a vertex has only faces without area, because glTF allows no normal of length 0."""
    normals = _array(vertex_normals(rest.vertices, body.faces.cpu()))
    return np.where(normals.any(1, keepdims=True), normals, np.array([0, 1, 0], np.float32))


def _continuous(quaternions: np.ndarray) -> np.ndarray:
    """T×J×4, each with the sign that brings it nearest to the one before; q and -q are the same rotation."""
    flips = np.where((quaternions[1:] * quaternions[:-1]).sum(-1, keepdims=True) < 0, -1, 1)
    signs = np.concatenate([np.ones_like(flips[:1]), flips]).cumprod(0) if len(flips) else 1
    return (quaternions * signs).astype(np.float32)


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy()
