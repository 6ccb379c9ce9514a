"""The cloth of the trunk above a coat's sheet, unrolled as the sheet is, and turned over at its top as at a mirror."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.geometry.lengths import measure_lengths
from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.inpaint.cloth_belt import find_belt
from bodydouble.inpaint.cloth_layer import ClothLayer, blur
from bodydouble.inpaint.cloth_structure import level_weave, measure_structure
from bodydouble.parsing.labels import TOPS
from bodydouble.raster.shade import interpolate
from bodydouble.surface.around import TRUNK
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Surface

ALIKE = 0.2  # distance of a colour from that of the cloth behind, up to which it is the same cloth
BACK = 0.25  # of the way around from the middle in front, from which on the trunk's cloth is that behind
_REACH_M = 0.18  # of the trunk above a sheet, that comes again below: up to the armpits
_HIDDEN_M = 0.01  # above its top, up to where a sheet hides the body and what is drawn at its edge
_FEWEST = 0.002  # part of the texture that is cloth behind; less tells nothing
_ONE_LABEL = 0.7  # share of them, from which on it is one garment
_NEAREST = 4  # texels of the trunk that a colour is averaged from
_PRINTED = 0.1  # mean distance of colours from the usual one: plain backs of 8 coats have up to 0.05, printed ones 0.2
_TURNED_M = 0.05  # below a sheet's top, up to where folds of the trunk come again, turned over
_WEAVE_M, _TONE_M = 0.004, 0.06  # deviations of blurs: what is finer is weave, what is coarser tone, folds lie between


@dataclass(frozen=True, kw_only=True)
class UnrolledSheet:
    """A sheet as a rectangle."""

    centre: Tensor  # (2,), metres: x and z of the axis that it goes around
    top: np.ndarray  # (S,), metres: of each column's first texel the height
    angle: np.ndarray  # (S,), radians around the axis
    radius: float  # metres
    length: float  # metres, downwards
    texel_m: tuple[float, float]  # metres of a texel down and around


@dataclass(frozen=True, kw_only=True)
class TrunkCloth:
    """What lies above a sheet, N texels of it."""

    places: np.ndarray  # N×2, metres around and upwards
    rgb: Tensor  # N×3
    usual: Tensor  # (3,), of those behind
    spread: float  # mean distance of those from it

    @property
    def printed(self) -> bool:
        """Whether it has a print, which goes on whole."""
        return self.spread > _PRINTED


def unroll_sheet(sheet: Surface) -> UnrolledSheet:
    """A coat's sheet at rest, whose S×S texture runs around with its columns and down with its rows."""
    size = sheet.texture.rgb.shape[-1]
    points = interpolate(texel_map(sheet.layout, size), sheet.faces, sheet.vertices)[0]
    first, last = points[:, 0], points[:, -1]
    centre = first[[0, 2]].mean(1)
    x, z = first[[0, 2]] - centre[:, None]
    radius = float((x.square() + z.square()).sqrt().mean())
    length = max(1e-3, float((first[1] - last[1]).mean()))
    return UnrolledSheet(
        centre=centre,
        top=first[1].numpy(),
        angle=torch.atan2(x, z).numpy(),
        radius=radius,
        length=length,
        texel_m=(length / size, 2 * np.pi * radius / size),
    )


def measure_angle(points: Tensor, sheet: UnrolledSheet) -> Tensor:
    """…: radians around a sheet's axis of points, 3×…, metres at rest."""
    return torch.atan2(points[0] - sheet.centre[0], points[2] - sheet.centre[1])


def measure_above(height: Tensor, angle: Tensor, sheet: UnrolledSheet) -> Tensor:
    """(N,): how far points, at heights in metres and angles in radians, (N,) each, lie above a sheet's top, metres."""
    order = np.argsort(sheet.angle)
    top = np.interp(angle.numpy(), sheet.angle[order], sheet.top[order], period=2 * np.pi)
    return height - torch.from_numpy(top).float()


def gather_trunk(sheet: UnrolledSheet, skin: Surface, body: BodyModel) -> TrunkCloth | None:
    """The trunk's cloth of the commonest label behind; None where there is hardly any, or of several labels."""
    assert skin.texture.labels is not None
    size = skin.texture.rgb.shape[-1]
    points = interpolate(texel_map(body.layout, size), body.faces, skin.vertices)[0]
    labels, angle = skin.texture.labels.long(), measure_angle(points, sheet)
    cloth = torch.isin(labels, torch.tensor(TOPS)) & (texel_map(body.layout, size).face[0] >= 0)
    cloth &= (anatomy(body).limbs(size) == 0) & (anatomy(body).regions(size) == Region.BODY)
    above = torch.full_like(angle, -torch.inf)
    above[cloth] = measure_above(points[1, cloth], angle[cloth], sheet)
    cloth &= (above > _HIDDEN_M) & (above < _HIDDEN_M + _REACH_M)
    behind = cloth & (angle.abs() > 2 * np.pi * BACK)
    if float(behind.float().mean()) < _FEWEST:
        return None
    label = labels[behind].mode().values
    if float((labels[behind] == label).float().mean()) < _ONE_LABEL:
        return None
    cloth &= labels == label
    usual, spread = measure_colours(skin.texture.rgb[:, behind & cloth])
    cloth &= behind | (measure_lengths(skin.texture.rgb - usual[:, None, None], 0) < ALIKE)
    places = torch.stack([angle[cloth] * sheet.radius, above[cloth] - _HIDDEN_M], 1)
    return TrunkCloth(places=places.numpy(), rgb=skin.texture.rgb[:, cloth].T, usual=usual, spread=spread)


def turn_over(trunk: TrunkCloth, sheet: UnrolledSheet, size: int, own: Tensor | None = None) -> Tensor:
    """3×S×S: the trunk's cloth at the same angle, as far above the sheet's top as a texel lies below it, but for belts.

    Of plain cloth the folds do not come again: with their mirror image they are a figure that no cloth has. A print
    does: large flowers, far from each other, were a mush of their mean colour.

    Args:
        own: 3×S×S, a sheet of that plain cloth, whose folds begin a little below its top; None: it has none.
    """
    rows = max(8, round(size * sheet.length / (2 * np.pi * sheet.radius)))
    depth, scale = (np.arange(rows) + 0.5) * sheet.length / rows, rows / sheet.length
    flat, sharp = _draw_strip(trunk, sheet, max(1, round(_REACH_M * scale)), scale)
    kept = np.flatnonzero(~find_belt(_lay(flat, scale)))  # a belt does not come again
    kept = kept if len(kept) else np.arange(len(flat))
    turned = np.concatenate([kept, kept[::-1]])[np.arange(rows) % (2 * len(kept))]  # down and up again in a long coat
    flat, sharp = flat[turned], sharp[turned]
    if own is not None:
        below = cv2.resize(own.permute(1, 2, 0).numpy(), (size, rows), interpolation=cv2.INTER_AREA)
        flat = _change_folds(flat, sharp, below, depth, scale)
    elif not trunk.printed:
        flat = _leave_out_folds(flat, sharp, scale)
    return torch.from_numpy(cv2.resize(flat, (size, size), interpolation=cv2.INTER_LINEAR)).permute(2, 0, 1)


def _draw_strip(trunk: TrunkCloth, sheet: UnrolledSheet, rows: int, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Twice R×S×3, float32: the trunk's cloth from a sheet's top upwards, blended and of the nearest texels alone.

    Args:
        scale: rows a metre.
    """
    around, up = np.meshgrid(sheet.angle * sheet.radius, (np.arange(rows) + 0.5) / scale)
    distance, nearest = cKDTree(trunk.places).query(np.stack([around, up], -1), _NEAREST)
    weight = 1 / (distance + 1e-4)
    weight /= weight.sum(-1, keepdims=True)
    blended = (trunk.rgb.numpy()[nearest] * weight[..., None]).sum(2).astype(np.float32)
    return blended, trunk.rgb.numpy()[nearest[..., 0]]


def _leave_out_folds(flat: np.ndarray, sharp: np.ndarray, scale: float) -> np.ndarray:
    """H×W×3, float32: the tone and the weave of cloth, H×W×3, of so many pixels a metre; a pattern stays.

    Args:
        sharp: the same, of the nearest texels alone: averages have less of a weave.
    """
    cloth = _lay(flat, scale)
    plain = blur(flat, cloth.observed, _TONE_M * scale) + sharp - level_weave(sharp, cloth, _WEAVE_M)
    return (plain + measure_structure([cloth]).patterned * (flat - plain)).astype(np.float32)


def _change_folds(flat: np.ndarray, sharp: np.ndarray, own: np.ndarray, depth: np.ndarray, scale: float) -> np.ndarray:
    """The same, with folds and weave: those of `sharp` at the top go over into those of a sheet's own, H×W×3.

    Args:
        depth: (H,), metres below the top.
    """
    cloth = _lay(flat, scale)
    near = 1 - smoothstep((depth / _TURNED_M).clip(0, 1))[:, None, None]
    tone, above, below = (blur(image, cloth.observed, _TONE_M * scale) for image in (flat, sharp, own))
    # The squares of the weights sum to 1: so the deviation of what is unlike stays the same where it is mixed.
    plain = tone + near * (sharp - above) + np.sqrt(1 - np.square(near)) * (own - below)
    return (plain + measure_structure([cloth]).patterned * (flat - plain)).astype(np.float32)


def _lay(rgb: np.ndarray, scale: float) -> ClothLayer:
    """Cloth, H×W×3, of so many pixels a metre, all of it observed."""
    everywhere = np.ones(rgb.shape[:2], bool)
    return ClothLayer(limb=TRUNK, top=0, scale=scale, observed=everywhere, gaps=~everywhere, source=everywhere, rgb=rgb)


def measure_colours(colours: Tensor) -> tuple[Tensor, float]:
    """Of 3×N colours the usual one, (3,), and their mean distance from it; 0 where there are none."""
    if colours.shape[1] == 0:
        return torch.zeros(3), 0.0
    usual = colours.median(1).values
    return usual, float(measure_lengths(colours - usual[:, None], 0).mean())
