"""The square of a photo that holds the person, at a fixed size, and the body in it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import pose_fit
from bodydouble.geometry.camera import clip_from_world, cropped, project, resized
from bodydouble.geometry.mesh import view_cosine
from bodydouble.raster import rasteriser
from bodydouble.raster.shade import interpolate
from bodydouble.texture.occlusion import occlusion_outline, part_colours
from bodydouble.values import FittedView

_MARGIN = 0.1  # share of the square's half sides that stays free around the body; the networks learn from 0.03 to 0.2


@dataclass(frozen=True, kw_only=True)
class SquareView:
    """The square of the photo that holds the person, at the networks' size, and the body in it."""

    rgb: Tensor  # 3×s×s, [0, 1]; beyond the photo its border goes on
    mask: Tensor  # s×s, [0, 1], the person
    uv: Tensor  # 2×s×s, [0, 1], -1 beside the body
    cosine: Tensor  # s×s, λ, 0 beside the body
    outline: Tensor  # s×s, bool: outlines of limbs that overlap others (paper section 3.5)


def square_view(view: FittedView, body: BodyModel, side: int) -> SquareView:
    """The photo as the networks take it, `side` pixels a side."""
    photo, fit = view.photo, view.fit
    rest, mesh = body.rest(fit.shape), pose_fit(fit, body)
    left, top, pixels = _square(project(mesh.vertices, fit.camera)[:, :2], photo.size)
    camera = resized(cropped(fit.camera, left, top, (pixels, pixels)), (side, side))
    fragments = rasteriser()(clip_from_world(mesh.vertices, camera)[None], mesh.faces, (side, side))
    covered = fragments.face[0] >= 0
    cosine = view_cosine(mesh.vertices, mesh.faces, camera)
    drawn = interpolate(fragments, mesh.faces, torch.cat([cosine, part_colours(rest.skin_weights, body)], 1))[0]
    uv = interpolate(fragments, body.layout.faces, body.layout.uv)[0]
    return SquareView(
        rgb=_cut(photo.rgb, left, top, pixels, side, "replicate"),
        mask=_cut(view.person.mask[None], left, top, pixels, side, "constant")[0],  # it ends where the photo ends
        uv=torch.where(covered, uv, -1.0),
        cosine=drawn[0].clamp(0, 1),
        outline=occlusion_outline(drawn[1:], covered),
    )


def _square(pixels: Tensor, size: tuple[int, int]) -> tuple[int, int, int]:
    """Left, top and side of the square around V×2 points, as far as they are within a photo's size of the photo."""
    reach = torch.tensor([size[1], size[0]])
    pixels = torch.minimum(torch.maximum(pixels, -reach), 2 * reach)
    low, high = pixels.amin(0), pixels.amax(0)
    side = max(16, round(float((high - low).max()) / (1 - _MARGIN)))
    left, top = ((low + high - side) / 2).round().tolist()
    return int(left), int(top), side


def _cut(image: Tensor, left: int, top: int, pixels: int, side: int, beyond: str) -> Tensor:
    """C×side×side: a square of a C×H×W image, which may reach beyond it."""
    height, width = image.shape[-2:]
    # Only the part that meets the image is cut before it is padded; a body far outside leaves one pixel.
    x0, x1 = (min(max(x, 0), width) for x in (left, left + pixels))
    y0, y1 = (min(max(y, 0), height) for y in (top, top + pixels))
    x0, y0 = min(x0, width - 1), min(y0, height - 1)
    x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)
    around = [max(0, each) for each in (x0 - left, left + pixels - x1, y0 - top, top + pixels - y1)]
    padded = functional.pad(image[None, :, y0:y1, x0:x1], around, mode=beyond)
    return functional.interpolate(padded, (side, side), mode="bilinear", antialias=True, align_corners=False)[0]
