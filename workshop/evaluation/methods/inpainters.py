"""Completions to be beaten: each knows nothing but the texture. See `bodydouble.inpaint.Inpainter`."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.geometry.uv import fill_seams
from bodydouble.inpaint.body_first import BodyFirstInpainter
from bodydouble.progress import Progress
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import FittedView, Texture

_TELEA_RADIUS = 3.0  # texels of a 1024² texture
_NEAREST_SIZE = 256  # texels a side
_LEAST_COVERAGE = 0.25  # of a coarse texel that must have been seen for its colour to be taken


class _Unseeded(BodyFirstInpainter):
    """What paints the same whatever the seed is."""

    def __init__(self, *, seed: int = 0) -> None:
        """Take what every inpainter is built with."""


class MeanColour(_Unseeded):
    """One colour for everything that was not seen: the mean of what was."""

    def complete_body(
        self, partial: Texture, views: Sequence[FittedView], body: BodyModel, progress: Progress | None = None
    ) -> Texture:
        """See `Inpainter`."""
        observed = partial.confidence > 0
        mean = partial.rgb[:, observed].mean(1) if bool(observed.any()) else torch.full((3,), 0.5)
        return _completed(partial, mean[:, None, None].expand_as(partial.rgb))


class Telea(_Unseeded):
    """OpenCV's fast marching inpainting of the texture as a picture (Telea, 2004); charts mean nothing to it."""

    def complete_body(
        self, partial: Texture, views: Sequence[FittedView], body: BodyModel, progress: Progress | None = None
    ) -> Texture:
        """See `Inpainter`."""
        size = partial.rgb.shape[-1]
        image = (partial.rgb.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
        hole = (partial.confidence <= 0).numpy().astype(np.uint8)
        radius = max(1.0, _TELEA_RADIUS * size / 1024)
        painted = cv2.inpaint(np.ascontiguousarray(image), hole, radius, cv2.INPAINT_TELEA)
        return _completed(partial, torch.from_numpy(painted).permute(2, 0, 1).float() / 255)


class Nearest(_Unseeded):
    """The colour of the seen texel that is nearest on the body at rest, through the body where that is shorter.

    Sought at 256² texels: neighbours at 1024² would be found to lie at the same place, forty times slower.
    """

    def complete_body(
        self, partial: Texture, views: Sequence[FittedView], body: BodyModel, progress: Progress | None = None
    ) -> Texture:
        """See `Inpainter`."""
        size = min(_NEAREST_SIZE, partial.rgb.shape[-1])
        texels = texel_map(body.layout, size)
        covered = texels.face[0] >= 0
        position = interpolate(texels, body.faces, body.rest(views[0].fit.shape).vertices)[0]
        observed = partial.confidence > 0
        coverage = functional.adaptive_avg_pool2d(observed[None].float(), size)[0]
        colour = functional.adaptive_avg_pool2d(partial.rgb * observed, size) / coverage.clamp_min(1e-6)
        source = covered & (coverage > _LEAST_COVERAGE)
        if not bool(source.any()):
            return MeanColour().complete_body(partial, views, body)
        target = covered & ~source
        _, nearest = cKDTree(position[:, source].T.numpy()).query(position[:, target].T.numpy())
        colour[:, target] = colour[:, source][:, torch.from_numpy(nearest)]
        filled = fill_seams(colour, covered)[None]
        return _completed(partial, functional.interpolate(filled, partial.rgb.shape[-2:], mode="bilinear")[0])


def _completed(partial: Texture, colour: Tensor) -> Texture:
    return Texture(rgb=torch.where(partial.confidence > 0, partial.rgb, colour), confidence=partial.confidence)
