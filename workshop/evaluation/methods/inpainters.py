"""Completions to be beaten: each knows nothing but the texture. See `bodydouble.inpaint.Inpainter`."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.geometry.uv import fill_seams
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import BodyFit, Photo, Texture

_TELEA_RADIUS = 3.0  # texels of a 1024² texture
_NEAREST_SIZE = 256


class MeanColour:
    """One colour for everything that was not seen: the mean of what was."""

    def __call__(self, partial: Texture, photo: Photo, fit: BodyFit, body: BodyModel) -> Texture:
        """See `Inpainter`."""
        seen = partial.confidence > 0
        mean = partial.rgb[:, seen].mean(1) if bool(seen.any()) else torch.full((3,), 0.5)
        return _completed(partial, mean[:, None, None].expand_as(partial.rgb))


class Telea:
    """OpenCV's fast marching inpainting of the texture as a picture (Telea, 2004); charts mean nothing to it."""

    def __call__(self, partial: Texture, photo: Photo, fit: BodyFit, body: BodyModel) -> Texture:
        """See `Inpainter`."""
        size = partial.rgb.shape[-1]
        image = (partial.rgb.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
        hole = (partial.confidence <= 0).numpy().astype(np.uint8)
        radius = max(1.0, _TELEA_RADIUS * size / 1024)
        painted = cv2.inpaint(np.ascontiguousarray(image), hole, radius, cv2.INPAINT_TELEA)
        return _completed(partial, torch.from_numpy(painted).permute(2, 0, 1).float() / 255)


class Nearest:
    """The colour of the seen texel that is nearest on the body at rest, through the body where that is shorter.

    Sought at 256² texels: neighbours at 1024² would be found to lie at the same place, forty times slower.
    """

    def __call__(self, partial: Texture, photo: Photo, fit: BodyFit, body: BodyModel) -> Texture:
        """See `Inpainter`."""
        size = min(_NEAREST_SIZE, partial.rgb.shape[-1])
        texels = texel_map(body.layout, size)
        covered = texels.face[0] >= 0
        position = interpolate(texels, body.faces, body.rest(fit.shape).vertices)[0]
        taken = partial.confidence > 0
        share = functional.adaptive_avg_pool2d(taken[None].float(), size)[0]
        colour = functional.adaptive_avg_pool2d(partial.rgb * taken, size) / share.clamp_min(1e-6)
        seen = covered & (share > 0.25)
        if not bool(seen.any()):
            return MeanColour()(partial, photo, fit, body)
        unseen = covered & ~seen
        _, nearest = cKDTree(position[:, seen].T.numpy()).query(position[:, unseen].T.numpy())
        colour[:, unseen] = colour[:, seen][:, torch.from_numpy(nearest)]
        whole = fill_seams(colour, covered)[None]
        return _completed(partial, functional.interpolate(whole, partial.rgb.shape[-2:], mode="bilinear")[0])


def _completed(partial: Texture, colour: Tensor) -> Texture:
    return Texture(rgb=torch.where(partial.confidence > 0, partial.rgb, colour), confidence=partial.confidence)
