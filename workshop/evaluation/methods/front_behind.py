"""The usual recipe for a back from one photo: what is in front, hair on the scalp, and the rest from around.

Every texel that was not seen takes the photo's colour at the same place, straight through the body; the scalp takes the
median of the hair that was seen; what lies outside the person's outline is inpainted in the texture (Telea, 2004).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import pose_fit
from bodydouble.geometry.camera import project
from bodydouble.inpaint.body_first import BodyFirstInpainter
from bodydouble.parsing.labels import HAIR
from bodydouble.progress import Progress
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import FittedView, Texture
from workshop.evaluation.methods.inpainters import Telea

_RIM_PX = 3  # of the mask's inside that is not taken: it is mixed with the background


class FrontBehind(BodyFirstInpainter):
    """See above. What hangs off the body is completed as by every built-in inpainter."""

    def __init__(self, *, seed: int = 0) -> None:
        """Take what every inpainter is built with; it paints the same whatever the seed is."""

    def complete_body(
        self, partial: Texture, views: Sequence[FittedView], body: BodyModel, progress: Progress | None = None
    ) -> Texture:
        """See `Inpainter`."""
        size = partial.rgb.shape[-1]
        behind = look_through(views[0], body, size)
        scalp = anatomy(body).regions(size) == Region.SCALP
        hair = _hair_colour(partial)
        if hair is not None:
            behind = Texture(
                rgb=torch.where(scalp, hair[:, None, None], behind.rgb),
                confidence=torch.where(scalp, 1.0, behind.confidence),
            )
        observed = partial.confidence > 0
        painted = Texture(
            rgb=torch.where(observed, partial.rgb, behind.rgb * (behind.confidence > 0)),
            confidence=torch.where(observed, partial.confidence, behind.confidence),
        )
        return replace(partial, rgb=Telea().complete_body(painted, views, body).rgb)


def look_through(view: FittedView, body: BodyModel, size: int) -> Texture:
    """The photo's colour on the line of sight of every texel, seen or not; confidence 1 within the person's outline.

    Args:
        size: texels a side.
    """
    mesh, texels = pose_fit(view.fit, body), texel_map(body.layout, size)
    row, column = (texels.face[0] >= 0).nonzero(as_tuple=True)
    points = interpolate(texels, mesh.faces, mesh.vertices)[0][:, row, column].T
    x, y, _ = project(points, view.fit.camera).unbind(1)
    height, width = view.photo.size
    grid = torch.stack([2 * x / width - 1, 2 * y / height - 1], 1)[None, None]
    inside = -functional.max_pool2d(-view.person.mask[None], 2 * _RIM_PX + 1, stride=1, padding=_RIM_PX)
    planes = torch.cat([view.photo.rgb, inside])[None]
    values = functional.grid_sample(planes, grid, mode="bilinear", align_corners=False)[0, :, 0]
    rgb, confidence = torch.zeros(3, size, size), torch.zeros(size, size)
    rgb[:, row, column] = values[:3]
    confidence[row, column] = (values[3] > 0.5).float()
    return Texture(rgb=rgb, confidence=confidence)


def _hair_colour(partial: Texture) -> Tensor | None:
    """(3,) the median of the hair that was seen; None where there was none."""
    if partial.labels is None:
        return None
    hair = (partial.labels == HAIR) & (partial.confidence > 0)
    return partial.rgb[:, hair].median(1).values if bool(hair.any()) else None
