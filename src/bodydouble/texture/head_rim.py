"""A head's rim in a photo: where a face turns away it goes over into what is made up, and has no edge.

On a head, flat views show more than elsewhere of what is not there: hair that stands off the cheek, the temple of
sunglasses, an ear that the fit has elsewhere. Torn islands of it stood on made-up skin. So a head's texels count as
seen from a steeper view on than others, islands off the face do not count, and the photo fades out over a wide band.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from scipy.ndimage import binary_closing, binary_opening, label
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.geometry.distance import distance_to
from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.parsing.labels import HAIR
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import Region, anatomy
from bodydouble.texture.covered_ears import SMALL, draw_covered_ears, find_covered_ears
from bodydouble.texture.foreign import forget_colours
from bodydouble.texture.multi_view import MergedTexture
from bodydouble.texture.rim import FLATTEST, TRUSTED
from bodydouble.values import FittedView, Texture

_SEEN = 0.5  # cosine from which on a head's texels count as seen; found by eye, on four heads
_FADED = 0.25  # cosine up to which nothing of the photo is left; in between it fades
_JOINS, _THIN = 0.003, 0.006  # of the texture's side: gaps that part no island, and width of what is a spur
_ISLAND = 0.25  # of the largest connected part's texels; smaller parts are islands
_REACH = 0.025  # of the texture's side, some 2 cm: beyond that from what counts as seen, nothing is left of the photo


def soften_head(merged: MergedTexture, first: FittedView, body: BodyModel) -> MergedTexture:
    """The photos' textures in which the head has no edge: its rim is left to `fill_rims`, over a wide band.

    Labels stay: they tell where the hairline runs, also where colours are not believed.

    Args:
        first: the first photo's view. Skin that it shows on ears beneath hair is that of the cheek, and does not count.
    """
    size = merged.texture.rgb.shape[-1]
    region = anatomy(body).regions(size)
    head = (region == Region.FACE) | (region == Region.SCALP)
    shown = head & (merged.texture.confidence > _SEEN)
    if merged.texture.labels is not None:
        ears = find_covered_ears(first, body, SMALL)
        cheek = draw_covered_ears(ears, mean_surface_graph(body, SMALL).surface, size)
        cheek &= (merged.best_view == 0) & (merged.texture.labels != HAIR)
        shown &= ~cheek
    kept = _select_solid(shown)
    texture = forget_colours(merged.texture, head & ~kept)
    near = _nearness(kept)
    return replace(merged, texture=texture, rims=tuple(_fade(rim, head, near) for rim in merged.rims), head=head)


def _select_solid(shown: Tensor) -> Tensor:
    """S×S, bool: of texels, S×S bool, those of the largest connected parts, without thin spurs."""
    texels = shown.numpy()
    size = len(texels)
    joins, thin = (np.ones((2 * max(1, round(width * size / 2)) + 1,) * 2, bool) for width in (_JOINS, _THIN))
    parts, count = label(binary_closing(binary_opening(texels, thin), joins))
    if count == 0:
        return shown & False
    areas = np.bincount(parts.ravel())[1:]
    large = 1 + np.flatnonzero(areas >= _ISLAND * areas.max())
    return torch.from_numpy(np.isin(parts, large) & texels)


def _nearness(kept: Tensor) -> Tensor:
    """S×S in [0, 1]: 1 where texels count as seen, S×S bool, 0 from `_REACH` on."""
    if not bool(kept.any()):
        return kept.float()
    away = distance_to(kept)
    return (1 - away / (_REACH * len(kept))).clamp(0, 1)


def _fade(rim: Texture, head: Tensor, near: Tensor) -> Texture:
    """A rim that `fill_grazing_texels` believes less on the head.

    Args:
        head: S×S, bool.
        near: S×S in [0, 1], as `_nearness` tells.
    """
    way = ((rim.confidence - _FADED) / (_SEEN - _FADED)).clamp(0, 1) * near
    believed = (FLATTEST + (TRUSTED - FLATTEST) * smoothstep(way)) * (rim.confidence > 0)
    return replace(rim, confidence=torch.where(head, believed, rim.confidence))
