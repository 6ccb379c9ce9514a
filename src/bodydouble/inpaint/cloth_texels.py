"""The texels of trunk and limbs on the mean body, on which clothes are sewn."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.geometry.lengths import normalise
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.raster.shade import interpolate
from bodydouble.surface.graph import find_limbs
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import TexelSet, texel_map

_BESIDE = 2  # texels of hands, feet and neck beside trunk and limbs, which tell where sleeves and legs end


@dataclass(frozen=True, kw_only=True, eq=False)
class ClothTexels(TexelSet):
    """N texels of a size×size texture, of the mean body at rest."""

    number: Tensor  # size×size, int64: which of these each texel is; -1 for the others
    position: Tensor  # N×3, metres
    normal: Tensor  # N×3, unit
    arm: Tensor  # (N,), bool: on an arm
    along: Tensor  # (N,), metres: along the arm from the shoulder, or down the trunk and the legs
    joints: Mapping[str, tuple[float, float, float]]  # metres, by role

    @property
    def height(self) -> Tensor:
        """(N,), metres above the ground."""
        return self.position[:, 1]


@functools.lru_cache(maxsize=2)  # the same for every person
def mean_cloth_texels(body: BodyModel, size: int) -> ClothTexels:
    """Those of a texture of that size."""
    rest, parts, texels = body.rest(body.mean_shape()), anatomy(body), texel_map(body.layout, size)
    inside = (parts.regions(size) == Region.BODY).numpy().astype(np.uint8)
    near = torch.from_numpy(cv2.dilate(inside, np.ones((2 * _BESIDE + 1,) * 2, np.uint8))) > 0
    row, column = (near & (texels.face[0] >= 0)).nonzero(as_tuple=True)
    number = torch.full((size, size), -1)
    number[row, column] = torch.arange(len(row))
    along = find_limbs(body, rest, parts.limb_share)[1]
    attributes = torch.cat([rest.vertices, vertex_normals(rest.vertices, body.faces), along], 1)
    values = interpolate(texels, body.faces, attributes)[0][:, row, column].T
    arm = parts.limbs(size)[row, column] == 1
    return ClothTexels(
        size=size,
        number=number,
        row=row,
        column=column,
        position=values[:, :3].contiguous(),
        normal=normalise(values[:, 3:6], 1),
        arm=arm,
        along=torch.where(arm, values[:, 6], values[:, 7]),
        joints={name: _as_point(rest.joints[joint]) for name, joint in body.roles.items()},
    )


def _as_point(joint: Tensor) -> tuple[float, float, float]:
    x, y, z = joint.tolist()
    return x, y, z
