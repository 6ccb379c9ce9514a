"""The usual colour of hair, as the photo's pixels tell it."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.parsing.at_photo import label_map
from bodydouble.parsing.labels import HAIR, HAT
from bodydouble.values import FittedView

FEW = 12  # pixels or texels; fewer tell no colour
TONE = 0.28  # quantile of seen hair that is its usual colour: highlights are in front; at 0.4 short hair was too light
# The same of hair that falls, of which all is lit. Of 27 people what was not seen of it was about as light as what was
# seen, but of three with hats, where little is seen, 0.6 to 0.7 times.
FALLING_TONE = 0.45
_HARDLY = 0.1  # of a hat's pixels; less hair is what shows below it, in its shade and half background
_LIT = 0.8  # quantile of that, which is its usual colour: a lower one was black
_MOST = 50_000  # pixels that tell a colour; more cost time
# Of the way from blue to red, how far green lies at least in hair's own hues, from black to blond: what is pinker or
# bluer by less than the second, of a channel, shines in the sky's light. By more it is dyed.
_GREEN, _DYED = 0.35, 0.1
# Of natural hair of all tones: green against red at most and at least, blue against green at most, and by how much of a
# channel dark colours waver. What share of such pixels is enough to tell hair's colour alone: of dyed hair it is less.
_GREENEST, _REDDEST, _BLUEST, _DARK = 1.08, 0.45, 1.02, 0.03
_FAIR = 0.25
_INSIDE = 0.9  # of the mask, from which on a pixel is the person's alone


def hair_pixels(view: FittedView) -> Tensor | None:
    """N×3: colours of the photo's pixels of hair, or of some of them; None where it shows too few."""
    if view.understanding is None:
        return None
    pixels = torch.from_numpy(label_map(view.understanding, view.photo.size) == HAIR) & (view.person.mask > _INSIDE)
    count = int(pixels.sum())
    return _leave_out_scarves(view.photo.rgb[:, pixels][:, :: 1 + count // _MOST].T) if count >= FEW else None


def _leave_out_scarves(colours: Tensor) -> Tensor:
    """N×3 without what no hair grows in, where there is enough else: a green or red band in it is taken for hair."""
    red, green, blue = colours.unbind(1)
    natural = (green < _GREENEST * red + _DARK) & (green > _REDDEST * red - _DARK) & (blue < _BLUEST * green + _DARK)
    return colours[natural] if int(natural.sum()) > max(FEW, _FAIR * len(colours)) else colours


def photo_colour(view: FittedView | None, tone: float = TONE) -> Tensor | None:
    """(3,): what the photo's pixels of hair usually are, at a quantile of theirs; None where it shows too few."""
    pixels = None if view is None else hair_pixels(view)
    if pixels is None:
        return None
    return take_off_sky(pixels.quantile(_LIT if _hardly_shows(view) else tone, 0)[None])[0]  # type: ignore[arg-type]


def take_off_sky(colours: Tensor) -> Tensor:
    """N×3: colours of hair without the blue of the sky that its sheen shows: behind, ash blond was mauve."""
    red, green, blue = colours.unbind(1)
    most = ((green - _GREEN * red) / (1 - _GREEN)).clamp_min(0)
    dyed = len(colours) == 0 or float((blue - most).median()) > _DYED
    return colours if dyed else torch.stack([red, green, torch.minimum(blue, most)], 1)


def _hardly_shows(view: FittedView) -> bool:
    """Whether a hat hides the hair but for a rim."""
    labels = label_map(view.understanding, view.photo.size)  # type: ignore[arg-type]
    return int((labels == HAIR).sum()) < _HARDLY * int((labels == HAT).sum())
