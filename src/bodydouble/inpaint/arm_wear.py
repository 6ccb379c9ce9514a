"""Arms whose labels their colours belie: white sleeves that were taken for skin, and skin that was taken for sleeves.

The far side of such a sleeve would be half cloth and half skin, and hands as white as it is; of such skin, a sleeve.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from bodydouble.geometry.neighbours import reach_near
from bodydouble.inpaint.see_through import SeenThrough
from bodydouble.parsing.labels import CLOTH, SKIN
from bodydouble.surface.graph import SurfaceTexels
from bodydouble.surface.regions import Region
from bodydouble.texture.foreign import stuff_colours
from bodydouble.texture.tint import find_grey

FEW = 12  # texels; fewer tell nothing
FRONTAL = 0.45  # cosine to the camera from which on a texel lies well within the limb's outline
_MOSTLY = 0.5  # share of an arm that must be so grey
# Brightness, as a share of that of the cloth above, with which what is grey is that cloth: white sleeves in the shade.
# A tattooed arm below a white sleeve had 0.44.
_LIGHT = 0.6
_STRAY = 0.02  # share of a sleeve's texels that may lie below its end
_SKIN, _CLOTH = 0.6, 0.5  # distances of stuffs up to which a colour is skin's, and from which on it is not the cloth's
_NEARER = 0.5  # times its distance from the cloth's that a colour is from skin's, at most
_AGREEING, _SHARE = 4, 0.01  # texels that must be alike, and the least share of those that are compared with


def bare_arms(labels: Tensor, rgb: Tensor, confidence: Tensor, surface: SurfaceTexels) -> Tensor:
    """(N,) labels in which skin is skin that the parser took for sleeves: in the shade, or beside a shawl.

    Of an arm, what has the colour of skin that was seen elsewhere and none of what its label has on the trunk. As they
    are where no skin was seen on arms: it may be a nude sleeve.

    Args:
        labels: (N,) int64, where something was seen.
        rgb: N×3, likewise, sRGB in [0, 1].
        confidence: (N,), the cosine to the camera; 0: nothing was seen.
    """
    sure, body = confidence > FRONTAL, surface.region == Region.BODY
    arms, skin = surface.arm & body & (confidence > 0), sure & (labels == SKIN)
    if int((arms & skin).sum()) < FEW:
        return labels
    settled, tones = labels.clone(), _stuffs(rgb, skin & ~surface.trunk)
    for number in CLOTH:
        queries, keys = arms & (labels == number), _stuffs(rgb, surface.trunk & body & sure & (labels == number))
        if len(keys) < FEW or not bool(queries.any()):
            continue
        colours, least = _stuffs(rgb, queries), max(_AGREEING, round(_SHARE * len(keys)))
        to_skin, to_cloth = reach_near(colours, tones, _AGREEING), reach_near(colours, keys, least)
        bare = (to_skin < _SKIN) & (to_cloth > _CLOTH) & (to_skin < _NEARER * to_cloth)
        settled[queries] = torch.where(torch.from_numpy(bare), SKIN, number)
    return settled


def _stuffs(rgb: Tensor, chosen: Tensor) -> np.ndarray:
    """K×4, as `stuff_colours` has them, of the chosen of N×3 colours, (N,) bool."""
    return stuff_colours(rgb.T[:, :, None], chosen[:, None])


def settle_arms(
    labels: Tensor, rgb: Tensor, confidence: Tensor, through: SeenThrough, surface: SurfaceTexels
) -> tuple[Tensor, SeenThrough]:
    """Sleeves that were taken for skin get the label of the cloth above them, down to where they end.

    They are as light as that: grey skin that is darker is tattooed.

    Args:
        labels: (N,) int64, where something was seen.
        rgb: N×3, likewise, sRGB in [0, 1].
        confidence: (N,), the cosine to the camera; 0: nothing was seen.

    Returns:
        (N,) labels, and what the parser sees through the person, in which it is the same.
    """
    seen, skin = confidence > 0, labels == SKIN
    covered = find_covered(rgb, skin & (confidence > FRONTAL), surface) & surface.arm & (surface.region == Region.BODY)
    cloth = _cloth_beside(labels, seen & surface.arm) or _cloth_beside(labels, seen & surface.trunk)
    if cloth is None or not bool(covered.any()):
        return labels, through
    face = rgb[skin & (confidence > FRONTAL) & (surface.region == Region.FACE)].median(0).values
    grey = covered & skin & seen & find_grey(rgb, face)
    bright = rgb.mean(1)
    light = bright > _LIGHT * bright[seen & (labels == cloth)].median()
    labels, chances = labels.clone(), through.labels.clone()
    for side in (surface.position[:, 0] > 0, surface.position[:, 0] <= 0):
        if bool((grey & side).any()) and float(light[grey & side].float().mean()) > _MOSTLY:
            sleeve = covered & side & (surface.along <= surface.along[grey & side].quantile(1 - _STRAY))
            labels[sleeve & skin & seen] = cloth
            chances[sleeve, cloth] += chances[sleeve, SKIN]
            chances[sleeve, SKIN] = 0
    return labels, replace(through, labels=chances)


def _cloth_beside(labels: Tensor, chosen: Tensor) -> int | None:
    """The commonest label of cloth among chosen texels, (N,) bool; None where there are too few of any."""
    counts = {label: int((chosen & (labels == label)).sum()) for label in CLOTH}
    commonest = max(counts, key=counts.__getitem__)
    return commonest if counts[commonest] >= FEW else None


def find_covered(rgb: Tensor, source: Tensor, surface: SurfaceTexels) -> Tensor:
    """(N,), bool: arms, legs, hands and feet most of whose skin is much greyer than the face.

    These are white sleeves and gloves that the parser took for skin. None where no face was seen.

    Args:
        source: (N,), bool, what counts as skin and tells its tone.
    """
    covered, left = torch.zeros_like(source), surface.position[:, 0] > 0
    face = source & (surface.region == Region.FACE)
    if int(face.sum()) < FEW:
        return covered
    grey = find_grey(rgb, rgb[face].median(0).values)
    for region in (Region.BODY, Region.HAND, Region.FOOT):
        for limb in (surface.arm, ~surface.arm & ~surface.trunk):
            for side in (left, ~left):
                part = (surface.region == region) & limb & side
                if int((part & source).sum()) >= FEW:
                    covered[part] = float(grey[part & source].float().mean()) > _MOSTLY
    return covered
