"""Cloth goes on behind: with its pattern, if it has one all over (dots, checks, stripes, lace), else with its folds.

A pocket or a print is neither: it lies in one place. Only where a garment is about as busy everywhere does the far side
take all of what lies before it, so that the pattern meets itself at the outline; from other cloth it takes soft light
and shade alone, which no edge of a collar, a pocket or a zip survives.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.parsing.labels import CLOTH, OUTER
from bodydouble.surface.around import Around, texels_around
from bodydouble.surface.regions import Region, anatomy
from bodydouble.values import RestBody, Texture

_SCALE = 1 / 40  # of the texture's side: what is coarser is shade, no pattern
_BLOCK = 1 / 48  # of the texture's side: a garment is judged in squares of this
_LEAST_BLOCKS = 12
# Set on five photographs: dots, a print and a plaid had 0.10 to 0.19 and 0.79 to 0.93, checked trousers 0.09 and 0.54,
# a plain shirt 0.05. A leather jacket's lapels and zips had 0.09 and 0.83: what opens in front is left plain.
_BUSY = 0.06  # standard deviation of luminance in the usual block of patterned cloth
_EVEN = 0.7  # of that, in its plainest fifth
_LEAST_TEXELS = 0.002  # share of the texture's texels; of less cloth nothing is carried on
_FOLD_FINE, _FOLD_COARSE = 1 / 150, 1 / 16  # of the texture's side: sizes between which folds lie
_FOLD_STRONGEST = 0.25  # of a fold's relative light; edges of what is printed or sewn on are stronger
_FOLD_STRENGTH = 0.65
_FLANK = 0.75  # radians from straight ahead: farther around, what a photo shows is stretched
_RADII_M = (0.16, 0.05, 0.05, 0.08, 0.08)  # of the trunk, and of `LIMBS`, as they are unrolled
_NEAR_M = 0.016  # farther from what was seen, the cloth stays plain: one texel's pattern would be drawn out
_APART_M = 2.0  # between limbs, for the search of what lies in front


def carry_cloth(
    partial: Texture, labels: Tensor, solid: Tensor, rest: RestBody, body: BodyModel
) -> tuple[Tensor, Tensor]:
    """3×S×S, what pattern or folds add to cloth's smooth colours where it was not seen, and S×S, bool, where that is.

    Args:
        partial: what was seen, S×S.
        labels: S×S, of all texels.
        solid: S×S, bool, seen texels that serve as sources.
        rest: the body at rest.
    """
    size = labels.shape[-1]
    detail, chosen = torch.zeros_like(partial.rgb), torch.zeros_like(solid)
    parts = anatomy(body)
    cloth_region = parts.regions(size) == Region.BODY
    place = image = torch.empty(0)
    for label in CLOTH:
        source = solid & (labels == label)
        if int(source.sum()) < _LEAST_TEXELS * size**2:
            continue
        residual = None if label == OUTER else _residual(partial.rgb, source)
        if residual is None:
            residual = _folds(partial.rgb, source)
        if not len(place):
            place, image = _places(texels_around(body, rest, parts, size))
        target = cloth_region & ~(partial.confidence > 0) & (labels == label)
        tree = cKDTree(place[:, source].T.numpy(), balanced_tree=False, compact_nodes=False)
        distance, nearest = tree.query(image[:, target].T.numpy(), distance_upper_bound=_NEAR_M)
        near = torch.from_numpy(np.isfinite(distance))
        nearest = torch.from_numpy(nearest).clamp_max(tree.n - 1)  # n where there is none
        detail[:, target] = residual[:, source][:, nearest] * near
        chosen |= target
    return detail, chosen


def _places(around: Around) -> tuple[Tensor, Tensor]:
    """3×S×S each, metres: where every texel lies on its unrolled limb, and where on the near side its pattern lies.

    From the flank's border on the pattern is mirrored, at the side once more, and behind as the front: at its true
    scale everywhere, and without a step.
    """
    angle = around.angle.abs()
    behind = torch.where(angle > torch.pi / 2, torch.pi - angle, angle)
    mirrored = torch.where(behind > _FLANK, 2 * _FLANK - behind, behind) * around.angle.sign()
    radius = torch.tensor(_RADII_M)[around.limb]
    limb = _APART_M * around.limb
    return (
        torch.stack([around.along, radius * around.angle, limb]),
        torch.stack([around.along, radius * mirrored, limb]),
    )


def _residual(rgb: Tensor, source: Tensor) -> Tensor | None:
    """3×S×S: what the source texels (S×S, bool) show beyond their shade; None where they are no pattern."""
    size = rgb.shape[-1]
    smooth = _blur(rgb * source, source, max(3, 2 * round(_SCALE * size / 2) + 1))
    residual = (rgb - smooth) * source
    block = max(2, round(_BLOCK * size))
    full = functional.avg_pool2d(source[None, None].float(), block)[0, 0] > 0.9
    if int(full.sum()) < _LEAST_BLOCKS:
        return None
    deviation = functional.avg_pool2d(residual.mean(0).square()[None, None], block)[0, 0][full].sqrt()
    usual, plainest = float(deviation.median()), float(deviation.quantile(0.2))
    return residual if usual > _BUSY and plainest > _EVEN * usual else None


def _folds(rgb: Tensor, source: Tensor) -> Tensor:
    """3×S×S: light and shade of the source texels' folds (S×S, bool): a seam, a pocket's or a logo's edge is none."""
    size = rgb.shape[-1]
    colour = _blur(rgb * source, source, max(3, 2 * round(_FOLD_COARSE * size / 2) + 1))
    fine = _blur(rgb * source, source, max(3, 2 * round(_FOLD_FINE * size / 2) + 1))
    light = (fine.mean(0) - colour.mean(0)) / colour.mean(0).clamp_min(0.05)
    return _FOLD_STRENGTH * colour * light * torch.exp(-((light / _FOLD_STRONGEST) ** 2)) * source


def _blur(image: Tensor, weight: Tensor, side: int) -> Tensor:
    """3×S×S: means over squares of so many texels, of where the weight is."""
    total = torch.cat([image, weight[None].float()]).permute(1, 2, 0).numpy()
    for _ in range(2):
        total = cv2.blur(total, (side, side), borderType=cv2.BORDER_REFLECT)
    colour, coverage = torch.from_numpy(total).permute(2, 0, 1).split([3, 1])
    return colour / coverage.clamp_min(1e-4)
