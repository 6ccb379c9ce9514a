"""Patches at the edge of what a photo shows of a plain garment, in colours that are rare on it around there.

Arms hang a little nearer or farther than fitted, and masks of bags are not whole. A strip of a dark sleeve, the gap
beneath an arm, its shadow or a strap then lies on a light jumper's side, wide enough to look well seen, and completion
carries it on. Such a patch is told by three things: hardly any of the texels well inside that garment around there have
its colour, though most have one; it begins at the edge of what was seen; and it ends before the inside, where prints
and belts lie. Compared is under even light, so that a side that turns away from the light stays.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from scipy.ndimage import binary_dilation, label
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.geometry.distance import rough_distance_to
from bodydouble.geometry.uv import resize_nearest
from bodydouble.parsing.labels import CLOTH
from bodydouble.surface.regions import Region, anatomy
from bodydouble.texture.even_light import divide_shade
from bodydouble.texture.foreign import find_gaps, mean_places, observe, stuff_colours, without_texels
from bodydouble.values import Texture

_SIZE = 256  # texels a side of what is looked at; about 8 mm each
# Texels of that size. Chosen on eight photographs with such patches, and as many without.
_INSIDE, _HALF = 10.0, 0.5  # from the edge of what was seen on, texels are well inside; of narrow parts the inner half
_REACH = 1.5  # times that: what goes on deeper is no patch
_AT_EDGE = 2.0  # from the edge, where patches begin
_LEAST = 3  # of what is a patch
_FEW = 30  # texels well inside; fewer tell no colours
_KEYS = 300  # of these that are compared, about
_FRONTAL = 0.4  # cosine to the camera from which on a texel is well seen
_AROUND_M = 0.15  # standard deviation of the places that count
_ARMPIT_M = 0.07  # below the shoulder joint at rest; above, collars, armholes and raglan seams are the garment's own
_BRIGHTNESS = 1.0  # weight of brightness against tint: a black strap on a grey jacket, a bag's shade on a dark one
_RARE = 0.05  # share of the garment around there up to which a colour is rare
_USUAL, _PLAIN = 0.5, 0.7  # share from which on it is usual; share of such texels from which on a garment is plain


def leave_out_patches(shown: Texture, body: BodyModel) -> Texture:
    """A photo's partial texture, S×S, without patches at its edge; what is left out counts as unseen."""
    if shown.labels is None:
        return shown
    patches = resize_nearest(find_patches(shown, body)[None].float(), shown.rgb.shape[-1])[0] > 0
    return without_texels(shown, patches & torch.isin(shown.labels, torch.tensor(CLOTH)))


def find_patches(shown: Texture, body: BodyModel) -> Tensor:
    """256×256, bool: texels of cloth that show what lies beside it, and some of what is around them."""
    lit = shown.rgb if shown.shade is None else divide_shade(shown.rgb, shown.shade)
    observed = observe(replace(shown, rgb=lit), _SIZE)
    rgb, cosine, labels = observed.rgb, observed.cosine, observed.labels
    places, rest = mean_places(body)
    parts, places = anatomy(body), resize_nearest(places, _SIZE)
    limbs = parts.limbs(_SIZE)
    below = places[1] < float(rest.joints[body.roles["left_shoulder"]][1]) - _ARMPIT_M
    away = rough_distance_to(find_gaps(shown, body, _SIZE))
    worn = (parts.regions(_SIZE) == Region.BODY) & (cosine > 0)
    patches = torch.zeros_like(worn)
    for cloth in CLOTH:
        for limb in range(3):
            garment = worn & (labels == cloth) & (limbs == limb)
            if int(garment.sum()) < _FEW:
                continue
            depth = min(_INSIDE, _HALF * float(away[garment].quantile(0.9)))
            inside = garment & (away > depth) & (cosine > _FRONTAL)
            if int(inside.sum()) < _FEW or not _is_plain(rgb, places, inside):
                continue
            rare = torch.zeros_like(worn)
            rare[garment] = _usual_share(rgb, places, garment, inside) < _RARE
            patches |= below & _select_at_edge(rare, away, _REACH * depth)
    return patches


def _is_plain(rgb: Tensor, places: Tensor, inside: Tensor) -> bool:
    """Whether most of a garment, texels S×S bool, has the colour that is usual around there."""
    return float((_usual_share(rgb, places, inside, inside) > _USUAL).float().mean()) > _PLAIN


def _usual_share(rgb: Tensor, places: Tensor, queries: Tensor, keys: Tensor) -> Tensor:
    """(N,) in [0, 1]: of the keys around each of the queries, texels S×S bool, the share of those alike in colour."""
    step = max(1, int(keys.sum()) // _KEYS)
    away = torch.cdist(places[:, queries].T, places[:, keys].T[::step]) / _AROUND_M
    weight = torch.exp(-0.5 * away.square())
    colours, others = (torch.from_numpy(stuff_colours(rgb, texels, _BRIGHTNESS)) for texels in (queries, keys))
    alike = torch.cdist(colours, others[::step]) < 1
    return (weight * alike).sum(1) / weight.sum(1).clamp_min(1e-6)


def _select_at_edge(rare: Tensor, away: Tensor, reach: float) -> Tensor:
    """S×S, bool: of rare texels, the patches that begin at the edge and end before the inside, with what is around."""
    patches, count = label(rare.numpy(), np.ones((3, 3), bool))
    at_edge, goes_on = np.zeros(count + 1, bool), np.zeros(count + 1, bool)
    at_edge[patches[(rare & (away <= _AT_EDGE)).numpy()]] = True
    goes_on[patches[(rare & (away > reach)).numpy()]] = True
    chosen = at_edge & ~goes_on & (np.bincount(patches.ravel(), minlength=count + 1) >= _LEAST)
    return torch.from_numpy(binary_dilation(chosen[patches], np.ones((3, 3), bool)))
