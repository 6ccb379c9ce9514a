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
_LINE_M = ((0.045, 0.036), (0.095, 0.074))
_THIN_M = 0.04  # above that, over which hair thins out: cropped hair is tapered; over 2.4 cm it was an edge
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
    return _is_nape(surface.region, _place_nape(surface.position, surface.face_landmarks[EAR]).T)


def nape_thinness(body: BodyModel, size: int) -> Tensor:
    """S×S in [0, 1]: 1 below the nape's hairline, 0 where hair is full and on the rest of the head."""
    above, behind, _ = _nape_places(body, size)
    first, full = _BEHIND_M
    return (1 - above / _THIN_M).clamp(0, 1) * ((behind - first) / (full - first)).clamp(0, 1)


def nape_texels(body: BodyModel, size: int) -> Tensor:
    """S×S, bool: the same texels as `find_nape`."""
    return _is_nape(anatomy(body).regions(size), _nape_places(body, size))


@functools.lru_cache(maxsize=4)  # the same for every photo
def _nape_places(body: BodyModel, size: int) -> Tensor:
    """3×S×S metres, as `_place_nape` has them."""
    rest = body.rest(body.mean_shape())
    places = _place_nape(rest.vertices, body.landmarks.points(rest.vertices)[FACE_LANDMARKS][EAR])
    return interpolate(texel_map(body.layout, size), body.faces, places)[0]


def _place_nape(position: Tensor, ear: Tensor) -> Tensor:
    """N×3 metres of points, N×3: above the nape's hairline, behind the ear's landmark, and from the middle."""
    return torch.stack([above_nape(position, ear), ear[2] - position[:, 2], position[:, 0].abs()], 1)


def _is_nape(region: Tensor, places: Tensor) -> Tensor:
    """Bool, of the regions' shape: what of the neck is the nape; `places` are three planes of it, as above."""
    above, behind, aside = places
    return (region == Region.BODY) & (aside < _NECK_M) & (behind > _BEHIND_M[1]) & (above > 0)
