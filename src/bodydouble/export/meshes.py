"""Surfaces as glTF meshes: vertices split at seams, four weights each, textures and materials."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import pygltflib as gl
from PIL import Image
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.export.accessors import Accessors, smallest_unsigned, to_array
from bodydouble.export.quantise import Grid, quantise_fractions, quantise_normals, quantise_weights
from bodydouble.export.skin_weights import four_weights, strongest_four
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.values import RestBody, Surface, SurfaceKind, Texture, UvLayout

JPEG_QUALITY = 95
WEBP, WEBP_QUALITY = "EXT_texture_webp", 85  # for small files
# What is cloth, and transparent only where it was cut away: it needs no drawing from far to near.
_CUT = (SurfaceKind.SKIRT, SurfaceKind.COAT, SurfaceKind.HAT)
LEAST_DELTA = 1e-5  # metres; a blendshape leaves vertices that it moves less where they are


def add_body(
    gltf: gl.GLTF2,
    accessors: Accessors,
    body: BodyModel,
    rest: RestBody,
    texture: Texture,
    name: str,
    shape_names: Sequence[str],
    grid: Grid | None = None,
) -> None:
    """The body in the rest pose, bound to skin 0, with one morph target for each of its expressions, so named.

    Args:
        grid: on which vertices are to lie, in a small file; None: they are floating-point numbers.
    """
    _add_material(gltf, accessors, texture, name, compact=grid is not None)
    vertex, uv, indices = _split_at_seams(to_array(body.faces), body.layout)
    joints, weights = four_weights(rest, body.roles.values())
    mesh = _mesh(gltf, accessors, name, (rest.vertices, body.faces), (vertex, uv, indices), (joints, weights), grid)
    _add_targets(accessors, mesh, rest.expressions, vertex, grid)
    mesh.extras = {"targetNames": list(shape_names)}
    gltf.nodes.append(gl.Node(name=name, mesh=len(gltf.meshes) - 1, skin=0))


def add_attached(
    gltf: gl.GLTF2,
    accessors: Accessors,
    surface: Surface,
    body_joints: int,
    first_chain_joint: int,
    grid: Grid | None = None,
) -> None:
    """A surface that hangs off the body.

    Args:
        body_joints: how many joints the body has.
        first_chain_joint: the surface's first own joint in the skin.
        grid: as above.
    """
    _add_material(gltf, accessors, surface.texture, surface.name, compact=grid is not None, cut=surface.kind in _CUT)
    split = _split_at_seams(to_array(surface.faces), surface.layout)
    joints, weights = strongest_four(to_array(surface.skin_weights))
    joints = np.where(joints >= body_joints, joints - body_joints + first_chain_joint, joints)
    mesh = _mesh(gltf, accessors, surface.name, (surface.vertices, surface.faces), split, (joints, weights), grid)
    if surface.blendshapes is not None:
        _add_targets(accessors, mesh, surface.blendshapes, split[0], grid)
        mesh.extras = gltf.meshes[0].extras
    gltf.nodes.append(gl.Node(name=surface.name, mesh=len(gltf.meshes) - 1, skin=0))


def _mesh(
    gltf: gl.GLTF2,
    accessors: Accessors,
    name: str,
    shape: tuple[Tensor, Tensor],
    split: tuple[np.ndarray, np.ndarray, np.ndarray],
    skin: tuple[np.ndarray, np.ndarray],
    grid: Grid | None,
) -> gl.Mesh:
    """Append a mesh with the last material.

    Args:
        shape: V×3 vertices and F×3 faces.
        split: what `_split_at_seams` returned.
        skin: V×4 joints and V×4 weights.
    """
    (vertices, faces), (vertex, uv, indices), (joints, weights) = shape, split, skin
    joint_type = np.uint8 if len(gltf.skins[0].joints) <= 256 else np.uint16
    buffer = gl.ARRAY_BUFFER
    points, normals, weights = to_array(vertices)[vertex], _normals(vertices, faces)[vertex], weights[vertex]
    if grid is not None:
        points, normals = grid.positions(points), quantise_normals(normals)
        uv, weights = quantise_fractions(uv), quantise_weights(weights)
    fractions = grid is not None
    attributes = gl.Attributes(
        POSITION=accessors.add(points, buffer, bounds=True, normalised=fractions),
        NORMAL=accessors.add(normals, buffer, normalised=fractions),
        TEXCOORD_0=accessors.add(uv, buffer, normalised=fractions),
        JOINTS_0=accessors.add(joints[vertex].astype(joint_type), buffer),
        WEIGHTS_0=accessors.add(weights, buffer, normalised=fractions),
    )
    primitive = gl.Primitive(
        attributes=attributes,
        indices=accessors.add(smallest_unsigned(indices), gl.ELEMENT_ARRAY_BUFFER),
        material=len(gltf.materials) - 1,
    )
    mesh = gl.Mesh(name=name, primitives=[primitive])
    gltf.meshes.append(mesh)
    return mesh


def _add_targets(
    accessors: Accessors, mesh: gl.Mesh, blendshapes: Tensor, vertex: np.ndarray, grid: Grid | None
) -> None:
    """Morph targets, all of them at 0."""
    deltas = list(_deltas(blendshapes, vertex))
    if grid is not None:
        deltas = [grid.displacements(delta) for delta in deltas]
    targets = [accessors.add_sparse(delta, normalised=grid is not None) for delta in deltas]
    mesh.primitives[0].targets = [gl.Attributes(POSITION=target) for target in targets]
    mesh.weights = [0.0] * len(deltas)


def _add_material(
    gltf: gl.GLTF2, accessors: Accessors, texture: Texture, name: str, compact: bool, cut: bool = False
) -> None:
    """A matt material with the texture; both sides of a face are drawn, as everywhere in this package.

    Args:
        cut: what is half transparent is the edge of a hole.
    """
    data, kind = _encode(texture, compact)
    gltf.images.append(gl.Image(name=name, mimeType=kind, bufferView=accessors.view(data)))
    if not gltf.samplers:
        edge = gl.CLAMP_TO_EDGE
        gltf.samplers.append(gl.Sampler(magFilter=gl.LINEAR, minFilter=gl.LINEAR_MIPMAP_LINEAR, wrapS=edge, wrapT=edge))
    index = len(gltf.textures)
    if compact:
        gltf.textures.append(gl.Texture(sampler=0, extensions={WEBP: {"source": index}}))
    else:
        gltf.textures.append(gl.Texture(sampler=0, source=index))
    look = gl.PbrMetallicRoughness(
        baseColorTexture=gl.TextureInfo(index=index), metallicFactor=0.0, roughnessFactor=0.9
    )
    material = gl.Material(name=name, pbrMetallicRoughness=look, doubleSided=True)
    if texture.alpha is not None:
        material.alphaMode = gl.MASK if cut else gl.BLEND
    gltf.materials.append(material)


def _encode(texture: Texture, compact: bool) -> tuple[bytes, str]:
    """An image file of the texture, and its type."""
    pixels = (to_array(texture.rgb).transpose(1, 2, 0).clip(0, 1) * 255).round().astype(np.uint8)
    if texture.alpha is not None:
        alpha = (to_array(texture.alpha).clip(0, 1) * 255).round().astype(np.uint8)
        pixels = np.concatenate([pixels, alpha[..., None]], 2)
    image, encoded = Image.fromarray(pixels), io.BytesIO()
    if compact:
        image.save(encoded, "WEBP", quality=WEBP_QUALITY, method=6)
        return encoded.getvalue(), "image/webp"
    if texture.alpha is not None:
        image.save(encoded, "PNG")  # optimised, hair takes a second more and a tenth less
        return encoded.getvalue(), "image/png"
    # Full colour resolution: halved, it would mix the colours of neighbouring charts.
    image.save(encoded, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return encoded.getvalue(), "image/jpeg"


def _deltas(blendshapes: Tensor, vertex: np.ndarray) -> np.ndarray:
    """E×N×3, what each moves less than can be seen left where it is."""
    deltas = to_array(blendshapes)[:, vertex]
    return np.where(np.linalg.norm(deltas, axis=-1, keepdims=True) < LEAST_DELTA, np.float32(0), deltas)


def _split_at_seams(faces: np.ndarray, layout: UvLayout) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """glTF has one index for position and uv: one vertex for each pair of the two that a face uses.

    Returns:
        N mesh vertices, N×2 uv, and 3F indices into them.
    """
    pairs = np.stack([faces.ravel(), to_array(layout.faces).ravel()], 1)
    unique, indices = np.unique(pairs, axis=0, return_inverse=True)
    return unique[:, 0], to_array(layout.uv)[unique[:, 1]], indices.ravel()


def _normals(vertices: Tensor, faces: Tensor) -> np.ndarray:
    """V×3 unit normals; up where a vertex has only faces without area, because glTF allows no normal of length 0."""
    normals = to_array(vertex_normals(vertices, faces.cpu()))
    return np.where(normals.any(1, keepdims=True), normals, np.array([0, 1, 0], np.float32))
