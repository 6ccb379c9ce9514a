"""What the photo shows beyond the double, carried along with the body while the motion begins.

A double repeats its photo to a grey level or two, but not the last hair. The difference between the two is added to
the first frames, moves with the surface that it lies on, and fades: so the photo comes alive without a jump.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble import raster
from bodydouble.geometry.camera import clip_from_world, project
from bodydouble.geometry.mesh import join_meshes
from bodydouble.raster.shade import interpolate
from bodydouble.values import Camera, Mesh, PosedSurface

_HIDDEN_M = 0.02  # by which a point lay behind what the photo shows from which the photo does not show it
_CARRIED = 0.015  # of the picture's longer side: standard deviation with which the motion goes on beside the body
_SCALE = 0.5  # of the picture's sides at which motion is told


class PhotoDetail:
    """The difference between a photo and the first frame, which follows the body."""

    def __init__(self, difference: np.ndarray, surfaces: Sequence[PosedSurface], camera: Camera) -> None:
        """Keep a difference.

        Args:
            difference: H×W×3 float32, what the photo has more than the first frame.
            surfaces: as they stand in the photo.
            camera: the photo's.
        """
        self._difference, self._camera = difference, camera
        mesh = join_meshes([surface.mesh for surface in surfaces])
        self._start = project(mesh.vertices, camera)  # pixels and depth
        self._depth = self._rasterise(mesh).depth[0]

    def moved_to(self, surfaces: Sequence[PosedSurface]) -> np.ndarray:
        """H×W×3: the difference where the surfaces, the same in another pose, carry it."""
        mesh = join_meshes([surface.mesh for surface in surfaces])
        fragments = self._rasterise(mesh)
        covered = fragments.face[0] >= 0
        x, y, depth = interpolate(fragments, mesh.faces, self._start)[0]
        height, width = covered.shape
        rows = torch.arange(height, dtype=torch.float32)[:, None] + 0.5
        columns = torch.arange(width, dtype=torch.float32)[None] + 0.5
        scale = self._scale
        move = torch.stack([x - columns / scale[0], y - rows / scale[1]])  # from here to the first frame
        shown = covered & (depth < self._depth_at(x, y) + _HIDDEN_M)
        return self._carry(move.numpy(), covered.numpy(), shown.numpy())

    @property
    def _scale(self) -> tuple[float, float]:
        """Across and down, of the size at which motion is told."""
        height, width = self._small_size
        return width / self._camera.size[1], height / self._camera.size[0]

    @property
    def _small_size(self) -> tuple[int, int]:
        return tuple(max(1, round(_SCALE * side)) for side in self._camera.size)  # type: ignore[return-value]

    def _rasterise(self, mesh: Mesh) -> raster.Fragments:
        return raster.rasteriser()(clip_from_world(mesh.vertices, self._camera)[None], mesh.faces, self._small_size)

    def _depth_at(self, x: Tensor, y: Tensor) -> Tensor:
        """Depth that the photo shows at pixels of it; infinite beyond its edge."""
        height, width = self._depth.shape
        column, row = (x * self._scale[0]).floor().long(), (y * self._scale[1]).floor().long()
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        depth = self._depth[row.clamp(0, height - 1), column.clamp(0, width - 1)]
        return torch.where(inside, depth, torch.inf)

    def _carry(self, move: np.ndarray, covered: np.ndarray, shown: np.ndarray) -> np.ndarray:
        """The difference moved by 2×h×w pixels; beside the body as near it, where it is covered and hidden not."""
        deviation = max(1.0, _CARRIED * max(covered.shape))
        weight = cv2.GaussianBlur(covered.astype(np.float32), (0, 0), deviation)
        beside = [cv2.GaussianBlur(axis * covered, (0, 0), deviation) / np.maximum(weight, 1e-3) for axis in move]
        full = self._camera.size[::-1]
        fields = [cv2.resize(np.where(covered, axis, far), full) for axis, far in zip(move, beside, strict=True)]
        trust = cv2.resize((shown | ~covered).astype(np.float32), full)
        columns, rows = np.meshgrid(*(np.arange(side, dtype=np.float32) for side in full))
        carried = cv2.remap(
            self._difference, columns + fields[0], rows + fields[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
        )
        return carried * trust[..., None]
