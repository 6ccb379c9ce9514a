"""The usual colour of hair, as the photo's pixels tell it."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.parsing.at_photo import label_map
from bodydouble.parsing.labels import HAIR
from bodydouble.values import FittedView

FEW = 12  # pixels or texels; fewer tell no colour
TONE = 0.28  # quantile of seen hair that is its usual colour: highlights are in front; at 0.4 short hair was too light
_MOST = 50_000  # pixels that tell a colour; more cost time
_INSIDE = 0.9  # of the mask, from which on a pixel is the person's alone


def hair_pixels(view: FittedView) -> Tensor | None:
    """N×3: colours of the photo's pixels of hair, or of some of them; None where it shows too few."""
    if view.understanding is None:
        return None
    pixels = torch.from_numpy(label_map(view.understanding, view.photo.size) == HAIR) & (view.person.mask > _INSIDE)
    count = int(pixels.sum())
    return view.photo.rgb[:, pixels][:, :: 1 + count // _MOST].T if count >= FEW else None


def photo_colour(view: FittedView | None) -> Tensor | None:
    """(3,): what the photo's pixels of hair usually are; None where it shows too few."""
    pixels = None if view is None else hair_pixels(view)
    return None if pixels is None else pixels.quantile(TONE, 0)
