"""Curly hair as a texture in space: strands that turn around tufts.

White noise is averaged along curves that go around the hills of smooth noise (line integral convolution: Cabral and
Leedom, "Imaging vector fields using line integral convolution", 1993), so that strands turn and tufts stand out.
"""

from __future__ import annotations

import functools

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor
from torch.nn import functional

from bodydouble.geometry.mesh import vertex_normals
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Surface

CURLY = 0.5  # of curl, from which on strands turn; below it straight hair with glints looked like marble
_SIDE = 96  # points along each side of the noise, which repeats
_TUFT_M, _TUFT_STEP_M = 0.009, 0.003  # how wide tufts are, and between points of their noise
_STRAND_STEP_M = 0.0014  # between points of the strands' noise: half a strand's width
_PATH_M, _PATH_STEPS = 0.009, 9  # how far to each side strands are followed, and in how many steps
_TUFT_SHADE = 0.7  # of tufts' deviation in light against strands'


def draw_curls(points: Tensor, normals: Tensor, seed: int = 0) -> Tensor:
    """(N,), mean 0 and deviation 1: how much lighter or darker curls are at each point of a surface.

    Args:
        points, normals: N×3, metres and unit, of a surface at rest.
    """
    tufts, slope, fine = _noise(seed)
    total, count = _sample(fine, points, _STRAND_STEP_M)[0], 1
    for sign in (-1, 1):
        place = points
        for _ in range(_PATH_STEPS):
            downhill = _sample(slope, place, _TUFT_STEP_M).T
            along = functional.normalize(torch.linalg.cross(downhill, normals), dim=1)
            place = place + sign * _PATH_M / _PATH_STEPS * along
            total = total + _sample(fine, place, _STRAND_STEP_M)[0]
            count += 1
    strands, shade = total / count, _sample(tufts, points, _TUFT_STEP_M)[0]
    value = strands / strands.std().clamp_min(1e-6) + _TUFT_SHADE * shade / shade.std().clamp_min(1e-6)
    return (value - value.mean()) / value.std().clamp_min(1e-6)


def sample_strands(points: Tensor, seed: int = 0) -> Tensor:
    """(N,) of white noise at points, N×3 metres, as wide as a strand."""
    return _sample(_noise(seed)[2], points, _STRAND_STEP_M)[0]


def sample_tufts(points: Tensor, seed: int = 0) -> Tensor:
    """(N,), deviation about 1: of smooth noise at points, N×3 metres, whose hills are as wide as tufts."""
    tufts = _noise(seed)[0]
    return _sample(tufts, points, _TUFT_STEP_M)[0] / tufts.std()


def draw_sheet_curls(surface: Surface, seed: int = 0) -> Tensor:
    """S×S, the same on the texels of a surface; 0 between its charts."""
    texels = texel_map(surface.layout, surface.texture.rgb.shape[-1])
    covered = texels.face[0] >= 0
    values = torch.cat([surface.vertices, vertex_normals(surface.vertices, surface.faces)], 1)
    points = interpolate(texels, surface.faces, values)[0][:, covered].T
    curls = torch.zeros(covered.shape)
    curls[covered] = draw_curls(points[:, :3], points[:, 3:], seed)
    return curls


@functools.lru_cache(maxsize=1)
def _noise(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """1, 3 and 1 planes of D×D×D: tufts, their slope along x, y and z, and white noise."""
    random = np.random.default_rng(seed)
    size = (_SIDE,) * 3
    tufts = gaussian_filter(
        random.standard_normal(size, dtype=np.float32), _TUFT_M / _TUFT_STEP_M, mode="wrap", truncate=3
    )
    slope = np.stack(np.gradient(tufts)[::-1])  # the volume's axes are z, y, x
    fine = random.standard_normal(size, dtype=np.float32)
    return torch.from_numpy(tufts)[None], torch.from_numpy(slope), torch.from_numpy(fine)[None]


def _sample(volume: Tensor, points: Tensor, step_m: float) -> Tensor:
    """C×N of a C×D×D×D volume that repeats."""
    place = (points / (step_m * _SIDE)) % 1.0 * 2 - 1
    grid = place[None, None, None]
    return functional.grid_sample(volume[None], grid, padding_mode="border", align_corners=False)[0, :, 0, 0]
