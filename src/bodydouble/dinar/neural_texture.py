"""The neural texture T that a photo gives, for the networks: 21 channels at 256² (DINAR section 3.1, Eq. 2).

| paper | here |
|---|---|
| T = T_gen ⊕ T_rgb ⊕ B_smp ⊕ B_fill (Eq. 2) | `NeuralView.texture`; channels as named in `compose` |
| E, G | `encoder`, `generator` |
| λ | `NeuralView.cosine` |
| T = Σ T_i · w_i (Eq. 5) | `merge_neural` |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import apply_clothing
from bodydouble.dinar.encoder import Encoder, encode_photo
from bodydouble.dinar.generator import Generator
from bodydouble.geometry.camera import camera_position, clip_from_world, cropped, project, resized
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.geometry.uv import texel_at
from bodydouble.raster import rasteriser
from bodydouble.raster.shade import interpolate
from bodydouble.texture.channels import FILLED, RGB, SAMPLED
from bodydouble.texture.merge import match_colours, view_weights
from bodydouble.texture.occlusion import occlusion_outline, part_colours
from bodydouble.texture.scatter import sample_texels
from bodydouble.values import BodyFit, Photo, Texture

_MARGIN = 0.1  # share of the square's half sides that stays free around the body; the networks learn from 0.03 to 0.2


@dataclass(frozen=True, kw_only=True)
class SquareView:
    """The square of the photo that holds the person, at the networks' size, and the body in it."""

    rgb: Tensor  # 3×s×s, [0, 1]; beyond the photo its border goes on
    mask: Tensor  # s×s, [0, 1], the person
    uv: Tensor  # 2×s×s, [0, 1], -1 beside the body
    cosine: Tensor  # s×s, λ, 0 beside the body
    outline: Tensor  # s×s, bool: outlines of limbs that overlap others (paper section 3.5)


@dataclass(frozen=True, kw_only=True)
class NeuralView:
    """The neural texture of one photo, not yet completed."""

    texture: Tensor  # 21×N×N
    cosine: Tensor  # N×N, λ; 0 where B_fill is


def square_view(photo: Photo, fit: BodyFit, body: BodyModel, side: int, mask: Tensor | None = None) -> SquareView:
    """The photo as the networks take it.

    Args:
        side: pixels.
        mask: H×W, [0, 1], the person; the photo's alpha or, where it has none, the body's own outline if not given.
    """
    rest = body.rest(fit.shape)
    mesh = body.pose(apply_clothing(rest, fit.clothing, body.mirror_joints), fit.pose)
    left, top, pixels = _square(project(mesh.vertices, fit.camera)[:, :2], photo.size)
    camera = resized(cropped(fit.camera, left, top, (pixels, pixels)), (side, side))
    fragments = rasteriser()(clip_from_world(mesh.vertices, camera)[None], mesh.faces, (side, side))
    covered = fragments.face[0] >= 0
    to_camera = functional.normalize(camera_position(camera) - mesh.vertices, dim=1)
    cosine = (vertex_normals(mesh.vertices, mesh.faces) * to_camera).sum(1, keepdim=True)
    drawn = interpolate(fragments, mesh.faces, torch.cat([cosine, part_colours(rest.skin_weights, body)], 1))[0]
    uv = interpolate(fragments, body.layout.faces, body.layout.uv)[0]
    known = photo.alpha if mask is None else mask
    # The person ends where the photo ends, the colours do not.
    inside = torch.ones(photo.size) if known is None else known
    inside = _cut(inside[None], left, top, pixels, side, "constant")[0]
    return SquareView(
        rgb=_cut(photo.rgb, left, top, pixels, side, "replicate"),
        mask=inside * covered if known is None else inside,
        uv=torch.where(covered, uv, -1.0),
        cosine=drawn[0].clamp(0, 1),
        outline=occlusion_outline(drawn[1:], covered),
    )


@torch.no_grad()
def neural_texture(
    view: SquareView,
    encoder: Encoder,
    generator: Generator,
    *,
    occlusion: bool = True,
    features: bool = True,
    colours: bool = True,
) -> NeuralView:
    """T of one photo (Eq. 2). The encoder's noise is always the same: it would change what is seen.

    Args:
        occlusion: leave out the pixels on outlines of overlapping limbs.
        features: draw T_gen; otherwise it is 0, as an ablation.
        colours: sample T_rgb; otherwise it and both masks are 0, as an ablation.
    """
    size = generator.config.side
    uv = torch.where(view.outline, -1.0, view.uv) if occlusion else view.uv
    sampled = sample_texels(view.rgb, uv, view.mask, view.cosine, size)
    masks = torch.stack([sampled.sampled, sampled.filled]).float()
    drawn = _features(view, encoder, generator) if features else view.rgb.new_zeros(16, size, size)
    return NeuralView(
        texture=torch.cat([drawn, sampled.rgb * colours, masks * colours]),
        cosine=sampled.cosine * colours,
    )


def _features(view: SquareView, encoder: Encoder, generator: Generator) -> Tensor:
    """16×N×N: T_gen."""
    both = torch.cat([view.rgb, view.mask[None]])[None].to(next(generator.parameters()).device)
    return generator(encode_photo(encoder, both[:, :3], both[:, 3:]))[0].float().to(view.rgb.device)


def merge_neural(views: Sequence[NeuralView]) -> NeuralView:
    """Several photos' neural textures as one (Eq. 5), in the first one's colours.

    Where none shows a texel, the features are the mean of what G drew for each photo.
    """
    measure = Texture(rgb=views[0].texture[RGB], confidence=views[0].cosine)
    textures = torch.stack([view.texture for view in views])
    for texture, view in zip(textures[1:], views[1:], strict=True):
        texture[RGB] = match_colours(Texture(rgb=view.texture[RGB], confidence=view.cosine), measure)
    cosines = torch.stack([view.cosine for view in views])
    filled = textures[:, FILLED][:, 0] > 0
    weights = view_weights(cosines, filled)
    weights = torch.where(filled.any(0), weights, 1 / len(views))
    merged = (textures * weights[:, None]).sum(0)
    merged[SAMPLED.start :] = textures[:, SAMPLED.start :].amax(0)  # masks are no colours
    return NeuralView(texture=merged, cosine=cosines.amax(0))


def visible_pixels(view: SquareView, texture: Tensor) -> Tensor:
    """s×s, bool: pixels of the view whose texel the photo showed, by the texture's own B_smp."""
    row, column = texel_at(view.uv.clamp_min(0).movedim(0, -1), texture.shape[-1])
    return (texture[SAMPLED][0][row, column] > 0) & (view.uv >= 0).all(0)


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
