"""What was seen at the edge of a shoe's seen part, in a colour that the shoe does not have there, is not of the shoe.

Fitted shoes lie some pixels beside the photo's: at the flanks of what is seen they show the welt, the sole, the ground
or the leg above. Carried to the other side and on around, these were dark rims, pale flecks and glows.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

_EDGE = 0.024  # of the texture's side: as far inside of the edge of what was seen colours are doubted
_INSIDE = 0.025  # the same, deviation of the blur that tells the colours farther inside
_UNLIKE = 12.0  # distance in Lab from these, from which on a texel is no shoe; highlights are farther off, and go, too
_MIDDLE = 0.2  # share of a shoe's columns, from its laces to its toe cap, in which all is believed
_SHADOW = 0.3  # of the brightness of the upper, below which what is seen of a sole is the shadow under it
# Of an upper's usual brightness, below which what is not in its middle is shade between shoes, under a hem or on the
# ground beside it; and the usual brightness from which on that can be told.
_SHADE, _LIT = 0.45, 0.12
_EVEN = 7  # texels, over which the border of what is kept is even
_CRUMB = 0.01  # share of what was seen, below which a piece that is left alone goes, too


def leave_out_strays(rgb: Tensor, seen: Tensor, end: int) -> Tensor:
    """S×S, bool: the seen texels (S×S, bool) of both shoes without strays.

    Args:
        rgb: 3×S×S, [0, 1], of meaning where `seen`.
        end: row at which the uppers end; below it shadows alone are left out. Beside the middle of uppers, too, what is
            far darker than they are.
    """
    kept, half = seen.clone(), seen.shape[1] // 2
    for columns in (slice(0, half), slice(half, 2 * half)):
        image = rgb[:, :end, columns].permute(1, 2, 0).contiguous().numpy()
        kept[:end, columns] = torch.from_numpy(_without_strays(image, seen[:end, columns].numpy(), len(seen)))
    if bool(kept[:end].any()):
        bright = rgb.mean(0)
        usual = bright[:end][kept[:end]].median()
        kept[end:] &= bright[end:] > _SHADOW * usual
        if usual > _LIT:
            kept[:end] &= (bright[:end] > _SHADE * usual) | _find_middle(half).repeat(2)
    return kept


def _find_middle(columns: int) -> Tensor:
    """(columns,), bool: those of one shoe in which all is believed."""
    return (torch.arange(columns) / columns - 0.5).abs() < _MIDDLE / 2


def _without_strays(image: np.ndarray, seen: np.ndarray, size: int) -> np.ndarray:
    """H×W, bool: of one upper's seen texels (H×W, bool; image H×W×3) those that are shoe."""
    edge = round(_EDGE * size)
    depth = cv2.distanceTransform(seen.astype(np.uint8), cv2.DIST_L2, 5)
    depth[:, _find_middle(seen.shape[1]).numpy()] = size
    deep = seen & (depth > edge)
    if not deep.any():
        return seen
    lab = cv2.cvtColor(image.astype(np.float32), cv2.COLOR_RGB2LAB)
    weight = cv2.GaussianBlur(deep.astype(np.float32), (0, 0), _INSIDE * size)
    inner = cv2.GaussianBlur(lab * deep[..., None], (0, 0), _INSIDE * size) / np.maximum(weight, 1e-4)[..., None]
    inner = np.where(weight[..., None] > 1e-3, inner, np.median(lab[deep], 0))
    kept = (seen & ((depth > edge) | (np.linalg.norm(lab - inner, axis=2) < _UNLIKE))).astype(np.uint8)
    kept = cv2.medianBlur(kept, _EVEN) & seen
    _, pieces, figures, _ = cv2.connectedComponentsWithStats(kept, connectivity=4)
    large = figures[:, cv2.CC_STAT_AREA] >= _CRUMB * seen.sum()
    large[0] = False
    return large[pieces]
