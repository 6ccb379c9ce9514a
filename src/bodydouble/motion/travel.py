"""The way that a motion goes over the ground, apart from how the hips sway on it."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.values import Motion

_STRIDE_S = 1.1  # seconds, about two steps of a walk: what is faster than that is sway


def find_way(motion: Motion) -> Tensor:
    """(T, 3) metres, y 0: the hips' path over the ground without their sway, from the origin on.

    It is the mean over two steps; before the first frame and behind the last the path is taken to go on as it does
    there, turned about its end.
    """
    path = motion.root_translation * torch.tensor([1.0, 0.0, 1.0]).to(motion.root_translation)
    half = min(math.ceil(_STRIDE_S * motion.frames_per_second / 2), len(path) - 1)
    if half < 1:
        return path - path[:1]
    before, after = 2 * path[:1] - path[1 : half + 1].flip(0), 2 * path[-1:] - path[-half - 1 : -1].flip(0)
    sums = torch.cat([torch.zeros_like(path[:1]), torch.cat([before, path, after])]).double().cumsum(0)
    window = 2 * half + 1
    means = ((sums[window:] - sums[:-window]) / window).to(path)
    return means - means[:1]


def stay_in_place(motion: Motion) -> Motion:
    """The motion as on a treadmill: without its way over the ground."""
    return replace(motion, root_translation=motion.root_translation - find_way(motion))
