"""A hat's crown made level, so that a band that leans in the photo goes around at one height.

A crown's rows are as level as its outline tells, but a hat leans as it is worn. What goes on around row by row
(`tube_sheet`) ended in a step where a band left what was seen at another height than it came in at. The colours tell
the lean: columns are moved up or down until each row is as much alike all along as it can be. On the side that was not
seen the lean goes evenly from one edge of what was seen to the other.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.values import Texture

_SIDE = 64  # texels of the reduced texture on which the lean is sought
_LEANS = np.linspace(-0.18, 0.18, 13)  # of the texture's height, from the middle to an edge of what was seen
_BOWS = np.linspace(-0.18, 0.18, 13)  # of it, by which both edges lie lower than the middle
_COST = 1.0  # share of the variance that a mean lean of the texture's height has to explain
_MOST_UNLIKE = 0.6  # share of it within rows that are level: the folds of a turban have 0.73, a band's lean leaves 0.3
_COLUMN = 0.2  # of what was seen of the usual column: one of which less was seen tells no lean
_LEAST_COLUMNS = 0.1  # of the way around, that have to be seen


def measure_lean(partial: Texture) -> Tensor | None:
    """(S,), whole texels by which each column of an S×S texture lies lower than usual; None where it has no bands."""
    size, weight = partial.rgb.shape[-1], partial.confidence.numpy()
    shown = weight.sum(0)
    columns = np.flatnonzero(shown > _COLUMN * shown.max())  # none where nothing was seen
    if len(columns) < _LEAST_COLUMNS * size:
        return None
    first, last = columns[0], columns[-1] + 1
    weighted = np.dstack([partial.rgb.permute(1, 2, 0).numpy() * weight[..., None], weight])[:, first:last]
    small = cv2.resize(weighted.astype(np.float32), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    across = np.linspace(-1, 1, _SIDE)
    total = _measure_spread(small.reshape(1, -1, 4))
    leans = [lean * across + bow * (across**2 - 1 / 3) for lean in _LEANS for bow in _BOWS]
    unlike = np.array([_measure_unlike(small, lean) for lean in leans]) / max(total, 1e-6)
    best = int(np.argmin(unlike + _COST * np.abs(leans).mean(1)))
    if unlike[best] > _MOST_UNLIKE:
        return None
    lean = np.interp(np.arange(size), np.linspace(first, last - 1, _SIDE), leans[best], period=size)
    return torch.from_numpy(lean * size).round().long()


def move_rows(texture: Texture, moved: Tensor) -> Texture:
    """Each column moved up by so many texels, (S,). Beyond an edge the colour there goes on, and nothing was seen."""
    size = len(moved)
    row = torch.arange(size)[:, None] + moved
    rows = row.clamp(0, size - 1)
    confidence = texture.confidence.gather(0, rows) * (row == rows)
    return replace(texture, rgb=texture.rgb.gather(1, rows.expand(3, size, size)), confidence=confidence)


def _measure_unlike(image: np.ndarray, lean: np.ndarray) -> float:
    """Variance within rows, of what `_measure_spread` takes, once its lean is taken off."""
    row = np.arange(_SIDE)[:, None] + np.rint(lean * _SIDE).astype(int)
    inside = (row >= 0) & (row < _SIDE)
    return _measure_spread(np.take_along_axis(image, row.clip(0, _SIDE - 1)[..., None], 0) * inside[..., None])


def _measure_spread(image: np.ndarray) -> float:
    """Variance within rows: R×C×4 colours, multiplied by their weights, and these."""
    colours, weight = image[..., :3], image[..., 3].clip(1e-9)
    mean = colours.sum(1, keepdims=True) / weight.sum(1)[:, None, None]
    away = np.square(colours / weight[..., None] - mean).sum(2)
    return float((away * weight).sum() / weight.sum())
