"""A skirt, a coat or a hat laid flat: where each texel lies on cloth in which equal lengths are equal.

A tube's columns are even angles of a section that is wider than deep: at its flanks a column is twice as wide as in
front, and what was carried there column by column was drawn out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Surface

_EVENED = 0.008  # of the texture's side, deviation of the blur of columns' widths: they change at the mesh's edges
_NARROWEST, _WIDEST = 0.3, 4.0  # times the usual width of a column, of the narrowest and of the widest


@dataclass(frozen=True, kw_only=True)
class TubeShape:
    """How large a tube is, and where its texels lie around it."""

    length_m: float = 1.0  # metres from its top to its hem
    girth_m: float = 1.0  # metres once around, on average
    around: np.ndarray | None = None  # S×S, (0, 1), share of the way around from column 0 on; None: columns are even

    def lay(self, image: np.ndarray) -> np.ndarray:
        """H×S×C, or H×S of a mask, of a texture, S×S×C or S×S: square pixels, the same lengths around as down.

        The texture is as large as `around` is.
        """
        flat = self._size(len(image))
        if image.dtype == bool:
            nearest = cv2.resize(image.astype(np.uint8), flat, interpolation=cv2.INTER_NEAREST)
            return self._take(nearest, self._columns, cv2.INTER_NEAREST) > 0
        drawn = cv2.resize(image, flat, interpolation=cv2.INTER_AREA)
        return self._take(drawn, self._columns, cv2.INTER_LINEAR).astype(np.float32)

    def draw(self, image: np.ndarray, size: int) -> np.ndarray:
        """S×S×C of what was laid flat, h×w×C at any scale, S being the texture's size."""
        if self.around is None:
            return cv2.resize(image, (size, size), interpolation=cv2.INTER_LINEAR)
        tall = cv2.resize(image, (image.shape[1], size), interpolation=cv2.INTER_LINEAR)
        return self._take(tall, self.around * image.shape[1] - 0.5, cv2.INTER_LINEAR)

    def _size(self, side: int) -> tuple[int, int]:
        """Width and height, pixels, of what is laid flat."""
        return side, max(8, round(side * self.length_m / self.girth_m))

    @cached_property  # a tube is laid flat many times
    def _columns(self) -> np.ndarray | None:
        """H×S: which column of the texture each pixel of what is laid flat shows; None: its own."""
        if self.around is None:
            return None
        flat = width, _ = self._size(len(self.around))
        around = cv2.resize(self.around.astype(np.float32), flat, interpolation=cv2.INTER_LINEAR)
        share = (np.arange(width) + 0.5) / width
        beyond = np.concatenate([around[:, -1:] - 1, around, around[:, :1] + 1], 1)
        places = np.arange(-1, width + 1)
        return np.stack([np.interp(share, row, places) for row in beyond])

    @staticmethod
    def _take(image: np.ndarray, column: np.ndarray | None, interpolation: int) -> np.ndarray:
        """H×W of an image of H rows, at H×W columns; its last column meets the first."""
        if column is None:
            return image
        around = np.concatenate([image[:, -1:], image, image[:, :1]], 1)
        row = np.broadcast_to(np.arange(len(image), dtype=np.float32)[:, None], column.shape)
        return cv2.remap(around, (column + 1).astype(np.float32), np.ascontiguousarray(row), interpolation)


def measure_tube(surface: Surface) -> TubeShape:
    """How large a tube is, and where its texels lie around it. Its texture's columns run around, its rows down."""
    first, second, third = surface.vertices[surface.faces].unbind(1)
    area = float(torch.linalg.cross(second - first, third - first).norm(dim=1).sum()) / 2
    length = max(1e-3, float(surface.vertices[:, 1].max() - surface.vertices[:, 1].min()))
    return TubeShape(length_m=length, girth_m=area / length, around=_measure_around(surface))


def _measure_around(surface: Surface) -> np.ndarray:
    """S×S, (0, 1): which share of its row's cloth lies between column 0 and the middle of each texel."""
    texels = texel_map(surface.layout, surface.texture.rgb.shape[-1])
    place = interpolate(texels, surface.faces, surface.vertices)[0]
    return _share_lengths(place, texels.face[0] >= 0)


def _share_lengths(place: Tensor, covered: Tensor) -> np.ndarray:
    """S×S, (0, 1): shares of their row's length, between its start and the middle of each texel.

    Args:
        place: 3×S×S, metres.
        covered: S×S, bool, where that is.
    """
    step = (place - place.roll(1, 2)).norm(dim=0).numpy()
    known = (covered & covered.roll(1, 1)).numpy()
    usual = float(np.median(step[known])) if known.any() else 1.0
    step = np.where(known, step, usual).clip(_NARROWEST * usual, _WIDEST * usual)
    step = gaussian_filter(step, _EVENED * step.shape[1], mode=("nearest", "wrap"))
    width = (step + np.roll(step, -1, 1)) / 2
    return ((width.cumsum(1) - width / 2) / width.sum(1, keepdims=True)).astype(np.float32)
