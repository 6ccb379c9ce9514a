"""Textured meshes as files: .glb with the skeleton, .obj and .ply as they stand, with the texture as a .png beside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pygltflib as gl

from bodydouble.body import BodyModel
from bodydouble.errors import InputError
from bodydouble.export.accessors import Accessors
from bodydouble.export.glb import begin_file, write_file
from bodydouble.export.meshes import add_attached
from bodydouble.export.skeleton import add_skeleton
from bodydouble.files import check_writable, whole_file
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.metadata import describe_origin, describe_provenance
from bodydouble.render.image import eight_bits, write_png
from bodydouble.values import Mesh, RestBody, Surface

FORMATS = (".glb", ".obj", ".ply")


def write_mesh(path: Path, surface: Surface, standing: Mesh, body: BodyModel, rest: RestBody, name: str) -> None:
    """Write a surface in the format of the name's end.

    Args:
        surface: at rest, textured.
        standing: the same in the pose that formats without a skeleton show.
        rest: the body whose joints the surface is bound to.
        name: of the mesh in the file.

    Raises:
        InputError: unknown format, or the folder does not exist.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise InputError(f"cannot write {path}: a mesh file's name ends in {', '.join(FORMATS)}, .double")
    check_writable(path)
    if suffix == ".glb":
        _write_glb(path, surface, body, rest, name)
        return
    picture = path.with_suffix(".png")
    write_png(eight_bits(surface.texture.rgb), picture, describe_provenance())
    if suffix == ".obj":
        _write_obj(path, surface, standing, picture.name)
    else:
        _write_ply(path, surface, standing, picture.name)


def _write_glb(path: Path, surface: Surface, body: BodyModel, rest: RestBody, name: str) -> None:
    gltf = begin_file()
    gltf.asset.extras = describe_origin()
    accessors = Accessors(gltf)
    first_chain_joint = add_skeleton(gltf, accessors, body, rest, [surface])[0]
    mesh_node = len(gltf.nodes)
    add_attached(gltf, accessors, surface, len(rest.parents), first_chain_joint)
    gltf.scenes.append(gl.Scene(name=name, nodes=[0, mesh_node]))
    gltf.scene = 0
    write_file(gltf, accessors, path)


def _write_obj(path: Path, surface: Surface, mesh: Mesh, picture: str) -> None:
    """Wavefront: v counts up from the bottom there."""
    material = path.with_suffix(".mtl")
    with whole_file(material) as temporary:
        text = f"newmtl person\nKd 1 1 1\nKa 0 0 0\nKs 0 0 0\nillum 1\nmap_Kd {picture}\n"
        temporary.write_text(text, encoding="utf-8")
    corners = np.stack([mesh.faces.numpy(), surface.layout.faces.numpy()], -1) + 1
    lines = [f"# {describe_provenance()}", f"mtllib {material.name}", "usemtl person"]
    lines += _rows("v", mesh.vertices.numpy())
    lines += _rows("vt", surface.layout.uv.numpy() * [1, -1] + [0, 1])
    lines += ["f " + " ".join(f"{vertex}/{place}" for vertex, place in face) for face in corners.tolist()]
    with whole_file(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _rows(kind: str, values: np.ndarray) -> list[str]:
    return [f"{kind} " + " ".join(f"{value:.6f}" for value in row) for row in values.tolist()]


def _write_ply(path: Path, surface: Surface, mesh: Mesh, picture: str) -> None:
    """Binary, one vertex for each place in the texture, s and t as MeshLab reads them."""
    vertex = np.zeros(len(surface.layout.uv), np.int64)
    vertex[surface.layout.faces.numpy().ravel()] = mesh.faces.numpy().ravel()
    fields: Sequence[str] = ("x", "y", "z", "nx", "ny", "nz", "s", "t")
    normals = vertex_normals(mesh.vertices, mesh.faces)
    uv = surface.layout.uv.numpy() * [1, -1] + [0, 1]
    table = np.concatenate([mesh.vertices.numpy()[vertex], normals.numpy()[vertex], uv], 1).astype("<f4")
    faces = np.zeros(len(mesh.faces), [("count", "u1"), ("rows", "<i4", 3)])
    faces["count"], faces["rows"] = 3, surface.layout.faces.numpy()
    header = ["ply", "format binary_little_endian 1.0", f"comment TextureFile {picture}"]
    header += [f"comment {describe_provenance()}"]
    header += [f"element vertex {len(table)}", *(f"property float {field}" for field in fields)]
    header += [f"element face {len(faces)}", "property list uchar int vertex_indices", "end_header", ""]
    with whole_file(path) as temporary:
        temporary.write_bytes("\n".join(header).encode() + table.tobytes() + faces.tobytes())
