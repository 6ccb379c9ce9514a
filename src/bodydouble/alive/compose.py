"""One frame: the double in front of the background, with soft edges, the photo's grain and a shadow at its feet."""

from __future__ import annotations

import cv2
import numpy as np

from bodydouble.alive.grain import add_grain

_EDGE_PX = 0.8  # standard deviation of a photo's edges: lenses and demosaicing blur by about a pixel
_GRAIN_SEED = 1  # another noise than the background's


def compose(drawn: np.ndarray, background: np.ndarray, lit: np.ndarray, grain: float = 0.0) -> np.ndarray:
    """H×W×3 float32, [0, 255].

    Args:
        drawn: 4×H×W, [0, 1], straight alpha: the double.
        background: H×W×3, [0, 255].
        lit: H×W, share of its light that the background keeps.
        grain: deviation of the noise that the double lacks, levels of 255.
    """
    colour, alpha = 255 * drawn[:3].transpose(1, 2, 0), drawn[3, ..., None]
    premultiplied = np.dstack([colour * alpha, alpha]).astype(np.float32)
    soft = cv2.GaussianBlur(premultiplied, (0, 0), _EDGE_PX)
    coverage = soft[..., 3:]
    # Inside, colours stay as sharp as they are.
    inside = ((coverage - 0.9) / 0.1).clip(0, 1)
    body = soft[..., :3] / np.maximum(coverage, 1e-3) * (1 - inside) + colour * inside
    return add_grain(body, grain, _GRAIN_SEED) * coverage + background * lit[..., None] * (1 - coverage)
