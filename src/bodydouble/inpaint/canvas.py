"""Cloth laid flat: the texels of the trunk's and of each limb's clothes, unrolled onto a canvas of their own.

Rows run down and columns around, at the same scale; the middle column is the middle of what was observed, and the last
column meets the first.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.parsing.labels import CLOTH, LOWER, SHOES
from bodydouble.surface.around import TRUNK, unroll_vertices
from bodydouble.surface.regions import LIMBS, Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import RestBody

PIXELS_PER_METRE = 580  # of a canvas at 1024 texels a side and above, which have as many a metre
_TEXELS = 1024
_TOPS_BELOW_HIP_M = 0.15  # so far down tops are unrolled with the trunk; farther, with each leg
_GAP_PX = 3.0  # of a canvas, which no texel fell into, are filled from beside


@dataclass(frozen=True, kw_only=True, eq=False)
class Canvas:
    """T texels on H×W pixels."""

    limb: int  # `TRUNK`, or 1 + a row of `LIMBS`
    texel: np.ndarray  # (T,), int64, rows of the flattened texture
    row: np.ndarray  # (T,), float32, pixels
    column: np.ndarray  # (T,), float32, pixels in [0, W)
    nearest: np.ndarray  # H×W, int64, row of the flattened texture; -1 where there is no cloth
    top: int  # rows down from the limb's first joint of the upper edge
    scale: float  # pixels a metre
    behind: float  # column, pixels, of the middle of the side that faces back

    @property
    def width(self) -> int:
        """Pixels once around."""
        return self.nearest.shape[1]

    def draw(self, image: Tensor) -> np.ndarray:
        """S×S of the texture to H×W, the nearest texel; of no meaning where there is no cloth."""
        return image.flatten().numpy()[self.nearest.clip(0)]

    def average(self, image: Tensor) -> np.ndarray:
        """C×S×S of the texture to H×W×C: the mean of the texels in each pixel, lest a fine pattern be aliased."""
        pixel = np.rint(self.row).astype(np.int64) * self.width + np.rint(self.column).astype(np.int64) % self.width
        count = np.bincount(pixel, minlength=self.nearest.size)
        planes = [np.bincount(pixel, plane, self.nearest.size) for plane in image.flatten(1).numpy()[:, self.texel]]
        mean = np.stack(planes, 1) / count.clip(1)[:, None]
        nearest = image.flatten(1).numpy().T[self.nearest.clip(0).ravel()]
        drawn = np.where(count[:, None] > 0, mean, nearest)
        return drawn.reshape(*self.nearest.shape, -1).astype(np.float32)

    def sample(self, image: np.ndarray, chosen: np.ndarray) -> Tensor:
        """C×K: bilinear samples of h×w×C, at any scale, at the texels that are `chosen`, (T,) bool."""
        scale = image.shape[1] / self.width
        padded = np.concatenate([image[:, -1:], image, image[:, :1]], 1)
        column = (self.column[chosen] + 0.5) * scale + 0.5
        row = (self.row[chosen] + 0.5) * scale - 0.5
        # OpenCV's maps have at most 32767 rows.
        side = 1 << 14
        count = len(row)
        fold = (-(-count // side), side)
        maps = [np.resize(values, fold).astype(np.float32) for values in (column, row)]
        drawn = cv2.remap(padded, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return torch.from_numpy(drawn.reshape(fold[0] * side, -1)[:count].T.copy())


def lay_flat(labels: Tensor, observed: Tensor, rest: RestBody, body: BodyModel) -> list[Canvas]:
    """A canvas for the trunk and for each limb that has cloth, or a boot's shaft.

    Trousers are unrolled with the legs as far up as they go, so that their seams are where trousers have them; tops
    with the trunk down to their hems.

    Args:
        labels: S×S, of all texels.
        observed: S×S, bool.
        rest: the body at rest.
    """
    size = labels.shape[-1]
    texels = texel_map(body.layout, size)
    cloth = torch.isin(labels, torch.tensor((*CLOTH, SHOES))) & (anatomy(body).regions(size) == Region.BODY)
    flat = cloth.flatten().nonzero()[:, 0]
    corner = body.faces[texels.face.flatten()[flat]]
    weight = texels.barycentric.view(-1, 3)[flat]
    limb = _choose_limbs(labels.flatten()[flat], corner, weight, rest, body)
    canvases = []
    for number in range(len(LIMBS) + 1):
        chosen = limb == number
        if bool(chosen.any()):
            down, circle, girth = unroll_vertices(body, rest, number)
            values = _blend(torch.cat([down[:, None], circle], 1), corner[chosen], weight[chosen]).numpy()
            canvases.append(_canvas(number, flat[chosen], values, girth, observed))
    return canvases


def _blend(values: Tensor, corner: Tensor, weight: Tensor) -> Tensor:
    """T×C: V×C values of vertices at texels whose T×3 corners have T×3 weights."""
    first, second, third = corner.T
    return values[first] * weight[:, :1] + values[second] * weight[:, 1:2] + values[third] * weight[:, 2:]


def _choose_limbs(labels: Tensor, corner: Tensor, weight: Tensor, rest: RestBody, body: BodyModel) -> Tensor:
    """(T,) int64: with what each texel is unrolled."""
    moves = anatomy(body).limb_share
    limb = _blend(torch.cat([1 - moves.sum(1, keepdim=True), moves], 1), corner, weight).argmax(1)
    x, height = _blend(rest.vertices[:, :2].contiguous(), corner, weight).unbind(1)
    hip = rest.joints[body.roles["left_hip"]][1]
    leg = torch.where(x > 0, 3, 4)
    limb = torch.where((labels == LOWER) & (limb == TRUNK), leg, limb)
    return torch.where((labels != LOWER) & (limb > 2) & (height > hip - _TOPS_BELOW_HIP_M), TRUNK, limb)


def _canvas(limb: int, texel: Tensor, values: np.ndarray, girth: float, observed: Tensor) -> Canvas:
    """Of texels whose metres down and cosine and sine around are T×3."""
    scale = PIXELS_PER_METRE * min(1.0, observed.shape[-1] / _TEXELS)
    width = max(8, round(girth * scale))
    turned = np.arctan2(values[:, 2], values[:, 1])
    weight = observed.flatten()[texel].numpy()
    middle = np.angle(np.exp(1j * turned[weight]).sum()) if weight.any() else 0.0
    column = ((turned - middle) / (2 * np.pi) + 0.5) % 1 * width - 0.5
    top = float(values[:, 0].min())
    row = (values[:, 0] - top) * scale
    nearest = np.full((int(row.max()) + 2, width), -1, np.int64)
    nearest[np.rint(row).astype(int), np.rint(column).astype(int) % width] = texel.numpy()
    distance, (rows, columns) = distance_transform_edt(nearest < 0, return_indices=True)
    nearest = np.where(distance <= _GAP_PX, nearest[rows, columns], -1)
    return Canvas(
        limb=limb,
        texel=texel.numpy(),
        row=row.astype(np.float32),
        column=column.astype(np.float32),
        nearest=nearest,
        top=round(top * scale),
        scale=scale,
        behind=float((1 - middle / (2 * np.pi)) % 1 * width),
    )
