"""A shoe's upper goes on around it in its own material: with its grain, its pattern, its creases and highlights.

A photo from the front shows toes and insteps. The rest of an upper in one flat colour reads as plastic, and ends at the
seen part in a line. So it is quilted (`inpaint/quilt.py`) from pieces of what was seen, at about their height over the
sole; laces, toe caps and what else is unlike the photo's shoes in colour come again as little as can be. A pattern is
all over a shoe, and goes on as strong as it is; highlights and creases are in some places, and of them a plain shoe has
a weak grain elsewhere.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from bodydouble.inpaint.quilt import Quilt, Sources

_BROAD, _FINE = 7.0, 2.5  # columns, deviations of the blurs below which detail and fine detail lie; a column is 2.5 mm
_COARSE = 0.6  # strength of what lies between both: highlights of the toes are stronger than those of a side
_LONG = 0.12  # of an upper's height: what is longer is a highlight along the foot; around the heel it was a fan
_NEAR = 0.25  # share of a broad blur that was seen, from which on its colour is believed alone
_LEAST = 64  # square pixels that were seen; fewer show no material
# Of the detail's energy in squares of so many pixels, the quantile that has what a shoe has everywhere; and between
# which parts that this has of the mean a shoe becomes patterned. Zigzags had 0.48, sequins 0.63, plain light pairs 0.1
# to 0.3; of dark ones, below that brightness, gloss alone has up to 0.58.
_SQUARE, _EVERYWHERE, _PATTERNED = 9, 0.35, (0.3, 0.5)
_DARK_PATTERNED, _DARK_SHOE = (0.57, 0.66), 0.3
# A plain shoe's grain: its contrast, the most of what was seen, and the contrast from which on that is gloss, no grain.
# Suede has 0.1, black leather up to 0.4, which became a fan of pleats around the heel.
_GRAIN, _STRONGEST_GRAIN, _GLOSS = 0.04, 0.5, 0.22
_DARK = 0.05  # brightness that is added where detail is relative to it: else that of black leather is noise
# Of a source's colour, relative to the usual one: how far it may be off, and the share of sources that has to be left.
_UNLIKE, _ENOUGH = 0.4, 0.3
_ODDEST = 3.0  # times that, beyond which all are as odd
_PIECES = (28, 24, 16)  # columns of a piece; whole heights of an upper first, then less where these do not fit
_SMALLEST = 16  # of the rows that an upper is drawn in, at least, and of the last pieces, which fit anywhere
_MOVED = 8  # rows by which a piece may come from higher up or lower
_SOFT = 1.0  # pixels, deviation of the edge of a piece


def carry_material(rgb: Tensor, known: Tensor, usual: Tensor, aspect: float) -> Tensor | None:
    """3×H×W, [0, 1]: one shoe's upper, whole; None where too little is known of it.

    Args:
        rgb: 3×H×W, [0, 1], of meaning where `known`, H×W bool; its first and last column are neighbours.
        usual: (3,), [0, 1], colour of the photo's shoes, which what lies far from anything known has.
        aspect: height of the upper, of the way around it.
    """
    height, width = known.shape
    size = width, max(_SMALLEST, round(aspect * width))
    image = cv2.resize(rgb.permute(1, 2, 0).contiguous().numpy(), size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(known.float().numpy(), size, interpolation=cv2.INTER_AREA)
    shown = share > 0.99
    if int(shown.sum()) < _LEAST:
        return None
    colour = usual.numpy()
    broad, near = _smooth(image, shown, _BROAD)
    base = colour + (broad - colour) * near
    light = base.mean(2, keepdims=True) + _DARK
    detail = (image - base) / light * shown[..., None]
    close, beside = _smooth(detail, shown, _FINE)
    detail -= _smooth_down(detail, shown)
    fine = detail - _smooth(detail, shown, _FINE)[0]
    detail = (fine + _COARSE * (detail - fine)) * shown[..., None]
    strength, filled = _measure_strength(detail, shown, float(colour.mean())), np.zeros_like(detail)
    if strength:
        unlike = np.linalg.norm(broad - colour, axis=2) / light[..., 0]
        filled = strength * _quilt(detail.astype(np.float32), shown, unlike)
    whole = (base + (filled + (close - filled) * beside) * light).astype(np.float32).clip(0, 1)
    whole = cv2.resize(whole, (width, height), interpolation=cv2.INTER_LINEAR)
    return torch.from_numpy(whole).permute(2, 0, 1)


def _smooth(image: np.ndarray, shown: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """H×W×3, what was shown (H×W, bool), blurred, and H×W×1, [0, 1], how near it is."""
    sigmas, mode = (sigma, sigma, 0.0), ("nearest", "wrap", "nearest")
    share = gaussian_filter(shown[..., None].astype(np.float32), sigmas, mode=mode)
    blurred = gaussian_filter(image * shown[..., None], sigmas, mode=mode) / np.maximum(share, 1e-3)
    return blurred, (share / _NEAR).clip(0, 1)


def _smooth_down(image: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """H×W×3: what runs down an upper (H×W×3, of meaning where shown, H×W bool) from its opening towards the toes."""
    sigmas = (_LONG * len(image), 0.5, 0.0)
    share = gaussian_filter(shown[..., None].astype(np.float32), sigmas, mode="nearest")
    return gaussian_filter(image * shown[..., None], sigmas, mode="nearest") / np.maximum(share, 1e-3)


def _measure_strength(detail: np.ndarray, shown: np.ndarray, bright: float) -> float:
    """[0, 1]: how strong the detail of a shoe of that brightness, H×W×3, shown where H×W bool, goes on."""
    energy = np.square(detail).sum(2).astype(np.float32)
    share = cv2.blur(shown.astype(np.float32), (_SQUARE, _SQUARE))
    inside = shown & (share > min(0.7, float(np.median(share[shown]))))
    local = (cv2.blur(energy, (_SQUARE, _SQUARE)) / share.clip(1e-3))[inside if inside.any() else shown]
    part = float(np.quantile(local, _EVERYWHERE)) / max(1e-9, float(local.mean()))
    low, high = _PATTERNED if bright > _DARK_SHOE else _DARK_PATTERNED
    contrast = float(energy[shown].mean()) ** 0.5
    plain = min(_STRONGEST_GRAIN, _GRAIN / max(1e-6, contrast)) if contrast < _GLOSS else 0.0
    return plain + (1 - plain) * min(1.0, max(0.0, (part - low) / (high - low)))


def _quilt(detail: np.ndarray, shown: np.ndarray, unlike: np.ndarray) -> np.ndarray:
    """H×W×3: detail, of meaning where it was shown (H×W, bool), that goes on around.

    Args:
        unlike: H×W, how far the colour around each pixel is off the usual one, relative to it.
    """
    wrapped = np.hstack([shown] * 3).astype(np.uint8)  # columns run on around
    inside = cv2.erode(wrapped, np.ones((3, 3), np.uint8))[:, shown.shape[1] : 2 * shown.shape[1]] > 0
    usable = inside & (unlike < _UNLIKE)
    if usable.sum() < max(_LEAST, _ENOUGH * inside.sum()):
        usable = inside if inside.sum() >= _LEAST else shown
    odd = (unlike / _UNLIKE).clip(0, _ODDEST).astype(np.float32)
    quilt = Quilt(detail, shown, Sources(image=detail, usable=usable, oddness=odd), _SOFT)
    for columns in _PIECES:
        rows = len(shown) if columns == _PIECES[0] else columns
        quilt.fill(~shown, (rows, columns), _MOVED, 0.9 if columns > _SMALLEST else 0.5)
    return quilt.image * quilt.filled[..., None]
