"""Made-up strands on the scalp: how much lighter or darker than the hair around each is."""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.inpaint.curls import CURLY
from bodydouble.inpaint.hair_tones import hair_tones, tint_strands
from bodydouble.inpaint.photo_colour import FEW
from bodydouble.parsing.labels import HAIR
from bodydouble.surface.regions import Region, anatomy
from bodydouble.values import FittedView, Texture

_STRAND_SIGMA = 0.003  # of the texture's side: what varies faster is strands
_STRANDED = 0.08  # deviation of what was seen, from which on it shows strands; of shorn hair it is less
_SHINE = 0.2  # of hair's tone, to a deviation of sheen: within strands' tones a head had no form
_DEEPER = 1.2  # power, beyond 1, of the tones of curls: between them it is dark
CONTRAST = (0.03, 0.1)  # least and greatest relative deviation of made-up strands


def tint_scalp(
    strands: Tensor,
    sheen: Tensor,
    partial: Texture,
    solid: Tensor,
    body: BodyModel,
    curl: float,
    view: FittedView | None,
) -> Tensor:
    """3×S×S, around 1: by what hair's colour is multiplied; 1 where hair, or its twin, was seen itself.

    Strands have the tones of the photo's hair, shorn hair less of them; without a photo, the contrast of what was seen.

    Args:
        strands: S×S, mean 0 and deviation 1.
        sheen: S×S deviations, as `draw_scalp_sheen` tells them.
    """
    unseen = partial.confidence == 0
    if body.layout.mirrored:
        unseen &= ~solid.flip(-1)
    on_scalp = anatomy(body).regions(len(unseen)) == Region.SCALP
    contrast = _measure_contrast(partial.rgb, (solid & (partial.labels == HAIR) & on_scalp).numpy())
    tones = hair_tones(view)
    if tones is None:
        drawn = 1 + strands * (1 + curl) * contrast
    else:
        tones = tones ** (1 + _DEEPER * curl) if curl > CURLY else tones
        drawn = 1 + min(1.0, contrast / _STRANDED) * (tint_strands(strands, tones) - 1)
    return torch.where(unseen, drawn * (1 + _SHINE * sheen), torch.tensor(1.0)).expand(3, -1, -1)


def _measure_contrast(rgb: Tensor, seen: np.ndarray) -> float:
    """In the range of `CONTRAST`, of what was seen, S×S bool."""
    if seen.sum() < FEW:
        return CONTRAST[0]
    light = rgb.mean(0).numpy() * seen
    sigma = _STRAND_SIGMA * light.shape[-1]
    smooth = gaussian_filter(light, sigma) / gaussian_filter(seen.astype("float32"), sigma).clip(1e-3)
    relative = (light - smooth)[seen] / smooth[seen].clip(0.05)
    return float(relative.std().clip(*CONTRAST))
