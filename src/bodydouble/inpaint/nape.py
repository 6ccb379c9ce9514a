"""The nape: hair goes on below the skull, on the neck, and thins out there without an edge.

Behind the ears the hairline runs slantwise down to the middle of the neck, some three centimetres below the lobes.
"""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.raster.shade import interpolate
from bodydouble.surface.graph import SurfaceTexels
from bodydouble.surface.regions import EAR, Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import FACE_LANDMARKS

# Metres behind the ear's landmark, and below it: where hair ends. By eye, on the 20 necks of photographs from behind.
_LINE_M = ((0.045, 0.03), (0.095, 0.066))
_THIN_M = 0.024  # above that, over which hair thins out
_BEHIND_M = (0.01, 0.035)  # behind the ear's landmark, between which a nape begins
_NECK_M = 0.08  # from the middle, on either side


def above_nape(position: Tensor, ear: Tensor) -> Tensor:
    """(N,) metres by which points, N×3 of the mean body at rest, lie above the nape's hairline.

    Args:
        ear: (3,), the landmark before an ear.
    """
    behind, below = np.array(_LINE_M).T
    line = np.interp((ear[2] - position[:, 2]).numpy(), behind, below)
    return position[:, 1] - ear[1] + torch.from_numpy(line).to(position)


def find_nape(surface: SurfaceTexels) -> Tensor:
    """(N,) bool: texels of the neck, below the skull, on which hair grows."""
    ear, position = surface.face_landmarks[EAR], surface.position
    behind = position[:, 2] < ear[2] - _BEHIND_M[1]
    on_neck = (surface.region == Region.BODY) & (position[:, 0].abs() < _NECK_M)
    return on_neck & behind & (above_nape(position, ear) > 0)


def nape_thinness(body: BodyModel, size: int) -> Tensor:
    """S×S in [0, 1]: 1 below the nape's hairline, 0 where hair is full and on the rest of the head."""
    above, behind, _ = _nape_places(body, size)
    first, full = _BEHIND_M
    return (1 - above / _THIN_M).clamp(0, 1) * ((behind - first) / (full - first)).clamp(0, 1)


def nape_texels(body: BodyModel, size: int) -> Tensor:
    """S×S, bool: the same texels as `find_nape`."""
    above, behind, aside = _nape_places(body, size)
    on_neck = (anatomy(body).regions(size) == Region.BODY) & (aside < _NECK_M)
    return on_neck & (behind > _BEHIND_M[1]) & (above > 0)


@functools.lru_cache(maxsize=4)  # the same for every photo
def _nape_places(body: BodyModel, size: int) -> Tensor:
    """3×S×S metres: above the nape's hairline, behind the ear's landmark, and from the middle."""
    rest = body.rest(body.mean_shape())
    ear = body.landmarks.points(rest.vertices)[FACE_LANDMARKS][EAR]
    x, _, z = rest.vertices.unbind(1)
    places = torch.stack([above_nape(rest.vertices, ear), ear[2] - z, x.abs()], 1)
    return interpolate(texel_map(body.layout, size), body.faces, places)[0]
