"""Several views' textures made one: DINAR section 3.2, Eq. 5.

| paper | here |
|---|---|
| T_i, λ_i | `textures`, `cosines`: one of each a view |
| w_i = softmax(λ / τ) | `view_weights` |
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.values import Texture

Blending = Literal["softmax", "pyramid"]
TEMPERATURE = 0.1  # τ, as published with the paper
FIRST = 0.2  # added to the first view's λ: it is the one to look like, and the body was fitted to it
_BANDS = 4
_BOTH_SEEN = 0.4  # λ from which a texel's colour is trusted to compare two photos by
_LARGEST_GAIN = 2.0


def view_weights(cosines: Tensor, filled: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """N×S×S: how much each view counts at each texel; sums to 1 over the views, 0 where none sees the texel.

    A view that does not see a texel has λ = −∞ there, not 0: otherwise its emptiness would take part.

    Args:
        cosines: N×S×S, λ, between the surface normal and the direction to the camera.
        filled: N×S×S, bool, whether the view shows the texel.
    """
    weight = torch.where(filled, cosines / temperature, -torch.inf).softmax(0)
    return weight.nan_to_num(0.0)  # no view at all


def merge_textures(textures: Tensor, cosines: Tensor, filled: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """C×S×S: the weighted mean of N×C×S×S textures (Eq. 5); 0 where no view sees the texel."""
    weights = view_weights(cosines, filled, temperature)
    return (textures * weights[:, None]).sum(0)


def biased_view_weights(views: Sequence[Texture]) -> Tensor:
    """N×S×S: `view_weights` of textures, the first of which counts more."""
    confidence = torch.stack([view.confidence for view in views])
    bonus = torch.zeros(len(views), 1, 1)
    bonus[0] = FIRST
    return view_weights(confidence + bonus, confidence > 0)


def merge_views(views: Sequence[Texture], blending: Blending = "pyramid") -> Texture:
    """Partial textures of one person, from several photos, as one.

    Args:
        views: all of one size; `confidence` is λ, 0 where the photo does not show the texel.
        blending: "softmax" is Eq. 5. "pyramid" blends coarse colours as Eq. 5 does but takes each finer detail from the
            view that counts most, so that what two photos show a texel apart is not seen double.

    Returns:
        `confidence` is the best of the views'.
    """
    if len(views) == 1:
        return views[0]
    textures = torch.stack([view.rgb for view in views])
    weights = biased_view_weights(views)
    if blending == "softmax":
        rgb = (textures * weights[:, None]).sum(0)
    else:
        rgb = _pyramid_blend(textures, weights, torch.stack([view.confidence > 0 for view in views]))
    confidence = torch.stack([view.confidence for view in views]).amax(0)
    return Texture(rgb=rgb.clamp(0, 1) * (confidence > 0), confidence=confidence)


def match_colours(view: Texture, measure: Texture) -> Tensor:
    """3×S×S: the view's colours under the measure's light: a gain for each channel, from the texels that both show.

    Two photos differ in exposure and white balance before anything else; where fewer than 1 % of the texels are shown
    by both, nothing is changed.
    """
    both = (view.confidence > _BOTH_SEEN) & (measure.confidence > _BOTH_SEEN)
    if float(both.float().mean()) < 0.01:
        return view.rgb
    ratio = (measure.rgb[:, both] + 0.02) / (view.rgb[:, both] + 0.02)
    gain = ratio.median(1).values.clamp(1 / _LARGEST_GAIN, _LARGEST_GAIN)
    return (view.rgb * gain[:, None, None]).clamp(0, 1)


def _pyramid_blend(textures: Tensor, weights: Tensor, filled: Tensor) -> Tensor:
    """C×S×S from N×C×S×S: band by band (Burt and Adelson, A multiresolution spline with application to image mosaics,
    1983), each band with the views' weights made sharper the finer it is. Unseen texels take no part in any band."""
    coarse, size = filled.float()[:, None], textures.shape[-1]
    images = textures * coarse
    result = torch.zeros_like(textures[0])
    bands = max(1, min(_BANDS, size.bit_length() - 4))
    for band in range(bands):
        last = band == bands - 1
        smooth = images if last else _normalised_blur(images, coarse)
        sharpness = float(bands - band)
        band_weights = (weights.clamp_min(1e-12) ** sharpness) * filled
        band_weights = band_weights / band_weights.sum(0).clamp_min(1e-12)
        if not last:
            band_weights = _normalised_blur(band_weights[:, None], coarse, 1 << band)[:, 0] * filled
            band_weights = band_weights / band_weights.sum(0).clamp_min(1e-12)
        detail = images if last else images - smooth
        result += (detail * band_weights[:, None]).sum(0)
        images = smooth * coarse
    return result


def _normalised_blur(images: Tensor, filled: Tensor, radius: int = 4) -> Tensor:
    """N×C×S×S: box filters over the texels that are seen alone."""

    def box(values: Tensor) -> Tensor:
        return functional.avg_pool2d(values, 2 * radius + 1, 1, radius, count_include_pad=False)

    return box(box(images * filled)) / box(box(filled)).clamp_min(1e-6)
