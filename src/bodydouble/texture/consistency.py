"""What a further photo may say where earlier ones have spoken: nothing that they deny.

Two photos of one person are never of one surface: a raised arm pulls the shirt up and bares a belt, a head turns, a fit
slips, a mask lets the chair behind through. A mean of both shows neither. Where coarse colours differ by more than the
light explains, the earlier photo is believed; the first one is what the double has to look like.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import subtree_weight
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import RestBody, Texture

COARSE = 256  # texels a side at which two photos are compared
_BLUR = 2  # texels of those; patterns that lie a centimetre apart agree
_REACH = 6  # how far a doubt spreads
_GROWN = 3  # and how far a foreign colour is stepped back from
_DOUBT = (0.12, 0.25)  # difference of coarse colours at which doubt begins, and is complete
_RING_M = 0.025  # width of the rings around trunk and limbs
_FEW = 12  # coarse texels of a ring by which it is not yet judged
_RING_SHARED = 0.35  # share of what the view shows of a ring that both must show before the whole ring is judged
_RING_DENIED = 0.4  # share of a ring, or of one beside it, that is doubted when all of it is denied
_FOREIGN = 0.2  # difference of colour, light or shade apart, that nothing on the same ring of a limb has
_SHADE = (0.6, 1.6)
_PARTS = (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"))  # arms, legs; the rest is the trunk
_PART = 200  # rings a part, some of them empty
_MARGIN = 20
_RINGS = 3 * _PART


def height_bands(body: BodyModel, rest: RestBody, size: int = COARSE) -> Tensor:
    """S×S, int64: which ring each texel lies on, -1 between charts. Both arms share their rings, and both legs.

    A ring goes once around the trunk or a limb at one height: where a hem is on one side of the body, there it is on
    the other.
    """
    limb_weights = [sum(subtree_weight(rest, body.roles[role]) for role in roles) for roles in _PARTS]
    arm, leg = (torch.as_tensor(weight) for weight in limb_weights)
    height = torch.where(arm > 0.5, rest.vertices[:, 0].abs(), rest.vertices[:, 1])
    values = interpolate(texel_map(body.layout, size), body.faces, torch.stack([arm, leg, height], 1))[0]
    limb = torch.where(values[0] > 0.5, 1, torch.where(values[1] > 0.5, 2, 0))
    covered = texel_map(body.layout, size).face[0] >= 0
    band = (values[2] / _RING_M).floor().long().clamp(1 - _MARGIN, _PART - _MARGIN - 2) + _MARGIN
    return torch.where(covered, limb * _PART + band, -1)


def inconsistent_texels(view: Texture, measure: Texture, ring: Tensor) -> Tensor:
    """S×S, bool: where the measure shows the view to be of something else.

    That is near coarse colours in which both differ; all around the body where most of a ring that both show differs;
    and on arms and legs near a colour that is far from all that is known of its ring.

    Args:
        measure: what earlier photos show.
        ring: COARSE×COARSE, from `height_bands`.
    """
    coarse_view, coarse_measure = _coarse(view), _coarse(measure)
    doubt, both = _compare(view, measure)
    spread = _blurred(doubt * both, _REACH) / _blurred(both, _REACH).clamp_min(1e-3)
    foreign = (
        functional.max_pool2d(_foreign(coarse_view, coarse_measure, ring)[None].float(), 2 * _GROWN + 1, 1, _GROWN)[0]
        > 0
    )
    inconsistent = (spread[0] > 0.5) | _doubted_bands(doubt, both, coarse_view[-1], ring) | (foreign & (ring >= _PART))
    size = view.rgb.shape[-1]
    return functional.interpolate(inconsistent[None, None].float(), (size, size), mode="bilinear")[0, 0] > 0.5


def _coarse(view: Texture) -> Tensor:
    """4×COARSE×COARSE: mean colours of what is seen, and how much of each coarse texel that is."""
    observed = view.confidence > 0
    amounts = torch.cat([view.rgb * observed, observed[None].float()])
    small = functional.adaptive_avg_pool2d(amounts, COARSE)
    return torch.cat([small[:-1] / small[-1:].clamp_min(1e-4), small[-1:]])


def _compare(view: Texture, measure: Texture) -> tuple[Tensor, Tensor]:
    """1×COARSE×COARSE: doubt in [0, 1], and how much of each coarse texel both show."""
    both = ((view.confidence > 0) & (measure.confidence > 0)).float()[None]
    amounts = torch.cat([view.rgb * both, measure.rgb * both, both])
    small = _blurred(functional.adaptive_avg_pool2d(amounts, COARSE), _BLUR)
    overlap = small[6:]
    difference = (small[:3] - small[3:6]).abs().mean(0, keepdim=True) / overlap.clamp_min(1e-4)
    low, high = _DOUBT
    return ((difference - low) / (high - low)).clamp(0, 1), overlap * (overlap > 0.1)


def _doubted_bands(doubt: Tensor, both: Tensor, of_view: Tensor, ring: Tensor) -> Tensor:
    """COARSE×COARSE, bool: rings, and those beside them, of which both show much and most of that is doubted.

    Args:
        of_view: COARSE×COARSE, how much of each texel the view shows.
    """
    number = ring.clamp_min(0).flatten()

    def total(amount: Tensor) -> Tensor:
        return torch.zeros(_RINGS).index_add(0, number, (amount * (ring >= 0)).flatten())

    of = total(both)
    doubted = (of >= _FEW) & (of > _RING_SHARED * total(of_view)) & (total(both * doubt) > _RING_DENIED * of)
    beside = functional.max_pool1d(doubted[None].float(), 3, 1, 1)[0] > 0
    return beside[number].view_as(ring) & (ring >= 0)


def _foreign(coarse_view: Tensor, coarse_measure: Tensor, ring: Tensor) -> Tensor:
    """COARSE×COARSE, bool: on an arm or a leg, a colour that is far from every colour told of its ring."""
    foreign = torch.zeros_like(ring, dtype=torch.bool)
    for number in ring[ring >= _PART].unique():
        here = ring == number
        of_view, of_measure = here & (coarse_view[-1] > 0.25), here & (coarse_measure[-1] > 0.25)
        if int(of_measure.sum()) >= _FEW and bool(of_view.any()):
            foreign[of_view] = (
                shading_invariant_distance(coarse_view[:3, of_view].T, coarse_measure[:3, of_measure].T).amin(1)
                > _FOREIGN
            )
    return foreign


def shading_invariant_distance(colours: Tensor, of_measure: Tensor) -> Tensor:
    """N×M: the distance of N×3 from M×3, each of these as bright as suits best."""
    products = colours @ of_measure.T
    scale = (products / of_measure.square().sum(1).clamp_min(1e-4)).clamp(*_SHADE)
    squared = colours.square().sum(1, keepdim=True) - 2 * scale * products + scale.square() * of_measure.square().sum(1)
    return squared.clamp_min(0).sqrt()


def _blurred(image: Tensor, radius: int) -> Tensor:
    """C×S×S: two box filters."""

    def box(values: Tensor) -> Tensor:
        return functional.avg_pool2d(values, 2 * radius + 1, 1, radius)

    return box(box(image[None]))[0]
