"""Light at the outline of long hair, which is the photo's and no colour of hair.

Strands at the outline give back light from behind, and the wall's gleams between them: in most photos the sides are a
third lighter than the rest, in the sun three times. From the front that is the outline. From the side it was a strip
down the middle, and hair that was not seen began as light as that.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from bodydouble.geometry.blur import blur_plane

_HEIGHT_SIGMA = 0.05  # of the texture's height, over which the hair's colour is evened
_FEW = 0.03  # of the texture's width: so many texels of the usual colour count with those of each height
_BRIGHT = 1.15  # of the mean brightness at a height, above which hair shines
_LEAST_HUE, _HUES = 0.1, 3.0  # difference of chroma, and times its median, up to which a texel is hair
# Shares of the way around from the middle of the near side, and how much of what is lighter there is taken off.
_SIDES = ((0.1, 0.15, 0.18), (0.0, 0.5, 1.0))
_LOCAL = 0.01  # of the texture's side, over which that is measured: strands stay
_DARKEST = 0.02  # of a channel, that a colour is compared with


def take_off_rim(rgb: Tensor, confidence: Tensor) -> Tensor:
    """3×S×S: the colours of a sheet of hair, at its sides no lighter than it usually is at that height.

    Args:
        rgb: 3×S×S, sRGB in [0, 1]; its columns run around, from behind to behind.
        confidence: S×S, above 0 where it was seen.
    """
    seen, size = confidence > 0, rgb.shape[-1]
    if not bool(seen.any()):
        return rgb
    weight = blur_plane(seen.numpy(), _LOCAL * size).clip(1e-3)
    local = np.stack([blur_plane((plane * seen).numpy(), _LOCAL * size) / weight for plane in rgb])
    usual = usual_colours(rgb, seen).clamp_min(_DARKEST)
    gain = usual / torch.from_numpy(local).float().clamp_min(_DARKEST)
    beside = np.interp(abs((np.arange(size) + 0.5) / size - 0.5), *_SIDES)
    lighter = seen & (gain.mean(0) < 1)
    return torch.where(lighter, rgb * gain ** torch.from_numpy(beside).float(), rgb).clamp(0, 1)


def usual_colours(rgb: Tensor, seen: Tensor) -> Tensor:
    """3×S×1: the colour at every height without its brightest: highlights, and light from behind, are at the rim.

    Args:
        rgb: 3×S×S, of a sheet whose columns run around.
        seen: S×S, bool, with a texel at least.
    """
    seen = seen & _like_hair(rgb, seen)
    darker = seen & (rgb.mean(0) <= _BRIGHT * _height_colours(rgb, seen, 1.0).mean(0))
    return _height_colours(rgb, darker, _FEW * rgb.shape[-1])


def _like_hair(rgb: Tensor, seen: Tensor) -> Tensor:
    """S×S, bool: texels of about the hair's usual hue; the others are cloth or background between its strands."""
    chroma = rgb / rgb.sum(0).clamp_min(0.05)
    usual = chroma[:, seen].median(1).values
    away = (chroma - usual[:, None, None]).abs().amax(0)
    return away <= max(_LEAST_HUE, _HUES * float(away[seen].median()))


def _height_colours(rgb: Tensor, seen: Tensor, few: float) -> Tensor:
    """3×S×1: the hair's colour at every height; where few texels were seen, as many of the whole hair's count, too."""
    size = rgb.shape[-1]
    weight = gaussian_filter1d(seen.sum(1).double().numpy(), _HEIGHT_SIGMA * size, mode="nearest")
    total = gaussian_filter1d((rgb * seen).sum(2).double().numpy(), _HEIGHT_SIGMA * size, axis=1, mode="nearest")
    mean = (rgb * seen).sum((1, 2)).double().numpy() / float(seen.sum())
    return torch.from_numpy((total + few * mean[:, None]) / (weight + few)).float()[..., None]
