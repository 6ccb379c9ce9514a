"""Bare arms and legs go on around in the tone of the skin that was seen at the same place along the limb.

What lies at the limb's outline is in another light, or mixed with the background; spread as it is, it makes the whole
far side of a limb chalky or grey. Here a limb's skin has one smooth profile of tones from its root to its end, and what
was seen beside a border runs into it over a few centimetres.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.geometry.lengths import measure_lengths
from bodydouble.inpaint.arm_wear import FEW, FRONTAL, find_covered
from bodydouble.parsing.labels import SKIN
from bodydouble.surface.diffusion import diffuse
from bodydouble.surface.graph import SurfaceGraph, SurfaceTexels, edges_within
from bodydouble.surface.regions import Region
from bodydouble.texture.tint import tint_of

_TINT = 0.05  # distance from the limb's usual tint from which on something is jewellery, a strap, a label's error
_SHINE = 0.5  # of the way from that tint to grey: so pale is skin where it shines, which tells no tone but is met
_DARK, _BRIGHT = 0.6, 1.5  # times the limb's usual brightness, within which its skin is neither in shade nor shining
_BAND_M = 0.02  # length along a limb over which a median is taken
_SMOOTH_M = 0.04  # deviation of the blur of these medians
# Frontal texels of arms, legs or face from which on they tell their own colour: 85 were a sleeve's yellow patch and its
# mirror image, 115 the least of a real forearm.
_OWN = 96
_USUAL = 0.05  # weight of the limb's usual tone, against that of what was seen near by
# Share of the other limb's skin that has to be seen of one for its own median to be what is usual on it: a patch at the
# outline, in the wall's colour, tells nothing of the rest.
_ENOUGH = 0.5
_SEEN = 30.0  # weight of a colour that was seen, against one between neighbours
_TONE = 0.08  # of a limb's tone: what was seen beside it fades over about eight texels, 5 cm
_SHADED = 0.85  # of skin's usual brightness, at least, on trunk and neck: what was seen of it is in the chin's shade


def tone_limbs(
    colour: Tensor, rgb: Tensor, confidence: Tensor, labels: Tensor, label: Tensor, graph: SurfaceGraph
) -> Tensor:
    """N×3: colours in which the unseen skin of arms and legs, hands and feet has the tone that was seen there.

    A limb of which no skin was seen has that of its twin, else the face's. A nape is not as dark as what was seen
    beneath the chin. Without seen skin nothing changes, nor on sleeves and gloves that are taken for it.

    Args:
        colour: N×3, of every texel, [0, 1].
        rgb: N×3, what was seen.
        confidence: (N,), the cosine to the camera of what was seen; 0: nothing was.
        labels: (N,) int64, of what was seen.
        label: (N,) int64, of every texel.
    """
    surface = graph.surface
    head = torch.isin(surface.region, torch.tensor([int(Region.SCALP), int(Region.EYE), int(Region.INSIDE)]))
    source = (confidence > 0) & (labels == SKIN) & (label == SKIN) & ~head
    frontal = source & (confidence > FRONTAL)
    if int(frontal.sum()) < FEW:
        return colour
    covered = find_covered(rgb, frontal, surface)
    source, frontal = source & ~covered, frontal & ~covered
    if not bool(frontal.any()):
        return colour
    usual = _usual_skin(rgb, frontal, surface)
    source &= tint_distance(rgb, usual, _SHINE) < _TINT
    frontal &= tint_distance(rgb, usual, 0.0) < _TINT
    skin = (label == SKIN) & ~head & (surface.region != Region.FACE) & ~covered
    if not bool(frontal.any() and skin.any()):
        return colour
    tone, limbs = limb_tones(rgb, frontal, surface)
    unseen = skin & (confidence == 0)
    anchor = torch.where(source, _SEEN * confidence.square(), _TONE)
    lightest = _SHADED * rgb[frontal].mean(1).median()
    beyond_chin = colour * (lightest / colour.mean(1).clamp_min(1e-3)).clamp_min(1)[:, None]
    value = torch.where(source[:, None], rgb, torch.where(limbs[:, None], tone, beyond_chin))
    blended = colour.clone()
    blended[skin] = diffuse(edges_within(graph.edges, skin), anchor[skin], value[skin]).clamp(0, 1)
    return torch.where((skin & limbs | unseen)[:, None], blended, colour)


def _usual_skin(rgb: Tensor, source: Tensor, surface: SurfaceTexels) -> Tensor:
    """N×3: the usual colour of skin, on arms and on legs that of their own: in the sun it is not the face's.

    Args:
        source: (N,), bool, skin; at least one texel.
    """
    usual = _own_skin(rgb, source, surface).repeat(len(rgb), 1)
    for limbs in (surface.arm, ~surface.arm & ~surface.trunk):
        if int((limbs & source).sum()) >= _OWN:
            usual[limbs] = rgb[limbs & source].median(0).values
    return usual


def _own_skin(rgb: Tensor, source: Tensor, surface: SurfaceTexels) -> Tensor:
    """(3,): the face's colour where enough of it is skin, else that of all skin: a collar and tights may be among it.

    Args:
        source: (N,), bool, skin; at least one texel.
    """
    face = source & (surface.region == Region.FACE)
    return rgb[face if int(face.sum()) >= _OWN else source].median(0).values


def limb_tones(rgb: Tensor, source: Tensor, surface: SurfaceTexels) -> tuple[Tensor, Tensor]:
    """N×3, the tone of skin at each texel's place along its limb; and (N,), bool, which texels lie on a limb.

    Args:
        rgb: N×3, skin where `source`, (N,) bool; at least one texel.
    """
    leg = ~surface.arm & ~surface.trunk & torch.isin(surface.region, torch.tensor([Region.BODY, Region.FOOT]))
    left = surface.position[:, 0] > 0
    tone = _own_skin(rgb, source, surface).repeat(len(rgb), 1)
    for limbs in (surface.arm, leg):
        sides = [limbs & left, limbs & ~left]
        for side, twin in zip(sides, reversed(sides), strict=True):
            places, own, other = surface.along[side], side & source, twin & source
            enough = min(1.0, int(own.sum()) / max(FEW, _ENOUGH * int(other.sum())))
            if int(other.sum()) >= FEW:
                tone[side] = profile_tones(surface.along[other], rgb[other], places)
            if int(own.sum()) >= FEW:
                usual = torch.lerp(tone[side], rgb[own].median(0).values, enough)
                tone[side] = profile_tones(surface.along[own], rgb[own], places, usual)
    return tone, surface.arm | leg


def profile_tones(along: Tensor, rgb: Tensor, places: Tensor, usual: Tensor | None = None) -> Tensor:
    """P×3: smooth tones at P places, metres along a limb, from K colours, K×3, seen at (K,) metres along it.

    Args:
        usual: P×3, the tones where nothing was seen near by; None: the median.
    """
    brightness = rgb.mean(1)
    middle = brightness.median()
    plain = (brightness >= _DARK * middle) & (brightness <= _BRIGHT * middle)
    along, rgb = along[plain], rgb[plain]
    band = (along / _BAND_M).floor().long()
    bands, index = band.unique(return_inverse=True)
    medians = torch.stack([rgb[index == number].median(0).values for number in range(len(bands))])
    count = index.bincount(minlength=len(bands)).clamp(max=FEW) / FEW
    distance = (places[:, None] - (bands + 0.5) * _BAND_M) / _SMOOTH_M
    weight = torch.exp(-0.5 * distance.square()) * count
    total = weight.sum(1, keepdim=True) + _USUAL
    return (weight @ medians + _USUAL * (rgb.median(0).values if usual is None else usual)) / total


def tint_distance(rgb: Tensor, usual: Tensor, shine: float) -> Tensor:
    """(N,): how far the tints of N×3 colours are from usual ones, N×3, or from those between these and grey.

    Args:
        shine: [0, 1], how far towards grey; skin is paler where it shines.
    """
    tint, plain = tint_of(rgb), tint_of(usual)
    to_grey = 1 / 3 - plain
    paler = ((tint - plain) * to_grey).sum(1) / to_grey.square().sum(1).clamp_min(1e-6)
    return measure_lengths(tint - plain - paler.clamp(0, shine)[:, None] * to_grey, 1)
