"""The view painter that needs no weights: the double's own look, made to meet what is there, with its detail.

It begins from the view as the double has it. Where that meets the gathered pixels, the difference is spread into what
is missing, within the same label, and fades: no step is left at the border. What is smoother there than the seen
pixels of the same label gets their detail, in pieces that are cut where they differ least (Efros and Freeman, "Image
quilting for texture synthesis and transfer", 2001), and only where the surface is turned to the camera.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from scipy.sparse import coo_array, diags_array
from scipy.sparse.linalg import cg
from torch import Tensor

from bodydouble.digitize import Guidance
from bodydouble.digitize.quilting import quilt_detail
from bodydouble.geometry.uv import spread_colours
from bodydouble.parsing.labels import BACKGROUND, CLOTH

_BORDER_PX = 6.0  # how far into what is seen the difference at the border is looked at
_SCREEN = 1e-6  # by which a membrane keeps to where it began: pieces that nothing seen borders on stay there
_MEMBRANE_STEPS = 200  # of conjugate gradients, from a beginning that is nearly right
_FADE_PX = 30.0  # over which the difference at the border fades, of a view about 1000 pixels tall


class ExemplarPainter:
    """See `ViewPainter`."""

    def __init__(self, seed: int = 0) -> None:
        """`seed` is of no use: nothing here is drawn by lot."""

    def __call__(self, image: Tensor, missing: Tensor, guidance: Guidance) -> Tensor:
        """See `ViewPainter`."""
        if not bool(missing.any()):
            return image
        covered = ~missing if guidance.silhouette is None else guidance.silhouette & ~missing
        if guidance.seed is None or guidance.labels is None or guidance.normals is None:
            return torch.where(missing, stretch_membrane(image, covered, missing), image)
        painted = guidance.seed.clone()
        for label in guidance.labels[missing].unique().tolist():
            if label == BACKGROUND:
                continue
            here = guidance.labels == label
            difference = spread_difference(image - guidance.seed, covered & here, missing & here)
            painted = painted + difference * (missing & here)
            if label in CLOTH:
                detail = quilt_detail(image, covered & here, painted, missing & here)
                painted = painted + detail * guidance.normals[2].neg().clamp(0, 1)
        return torch.where(missing, painted.clamp(0, 1), image)


def stretch_membrane(image: Tensor, covered: Tensor, missing: Tensor) -> Tensor:
    """3×H×W, [0, 1]: what is missing as smooth as can be from what is covered, by Laplace's equation within both.

    That is what is left to paint where nothing is told of what lies within the outline.

    Args:
        image: 3×H×W, known where it is covered.
        covered, missing: H×W, bool, apart; beyond both nothing is.
    """
    start = _spread(image, covered)
    if not bool(covered.any()) or not bool(missing.any()):
        return start
    inside = covered | missing
    graph = _join_neighbours(inside.numpy())
    free, fixed = (np.flatnonzero(part[inside].numpy()) for part in (missing, covered))
    laplacian = (diags_array(graph.sum(1)) - graph).tocsr()[free]
    inner, outer = laplacian[:, free] + _SCREEN * diags_array(np.ones(len(free))), laplacian[:, fixed]
    filled = image.clone()
    for channel in range(3):
        values = start[channel, inside].double().numpy()
        right = _SCREEN * values[free] - outer @ image[channel, covered].double().numpy()
        solution, _ = cg(inner, right, x0=values[free], rtol=1e-4, maxiter=_MEMBRANE_STEPS)
        filled[channel, missing] = torch.from_numpy(solution).float()
    return filled.clamp(0, 1)


def _join_neighbours(inside: np.ndarray) -> coo_array:
    """N×N, symmetric: 1 between pixels of the N that are inside and lie side by side."""
    number = np.cumsum(inside.ravel()).reshape(inside.shape) - 1
    pairs = [
        (number[first][inside[first] & inside[second]], number[second][inside[first] & inside[second]])
        for first, second in (
            (np.s_[:, :-1], np.s_[:, 1:]),
            (np.s_[:-1], np.s_[1:]),
        )
    ]
    row, column = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    both = (np.concatenate([row, column]), np.concatenate([column, row]))
    return coo_array((np.ones(len(both[0])), both), shape=(int(inside.sum()),) * 2)


def spread_difference(difference: Tensor, covered: Tensor, missing: Tensor) -> Tensor:
    """3×H×W: what a membrane makes of the difference at the border, fading with the distance from it.

    Args:
        difference: 3×H×W, known where it is covered.
        covered, missing: H×W, bool, apart.
    """
    if not bool(covered.any()):
        return torch.zeros_like(difference)
    away = torch.from_numpy(distance_transform_edt(~covered.numpy())).float()
    border = covered & (torch.from_numpy(distance_transform_edt(covered.numpy())) <= _BORDER_PX)
    return _spread(difference, border) * torch.exp(-away / _FADE_PX) * missing


def _spread(values: Tensor, covered: Tensor) -> Tensor:
    """3×H×W, everywhere, from where they are covered; padded to a square, whose side is a power of two."""
    height, width = covered.shape
    side = 1 << (max(height, width) - 1).bit_length()
    square, weight = values.new_zeros(1, 3, side, side), values.new_zeros(1, 1, side, side)
    square[0, :, :height, :width], weight[0, 0, :height, :width] = values, covered.float()
    return spread_colours(square, weight)[0, :, :height, :width]
