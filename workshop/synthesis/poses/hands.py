"""Hands from open to closed, and faces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bodydouble.body.joints import FINGERS
from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle
from workshop.synthesis.poses.anatomy import SIDES, JointAnatomy

# Degrees by which each joint of a finger closes beyond the rest pose, whose fingers are already a little bent. A closed
# fist bends the knuckles and the joints behind them by 70 to 100 degrees (Norkin and White).
_FIST = {
    "thumb": (18, 38, 45),
    "index": (68, 78, 50),
    "middle": (72, 82, 52),
    "ring": (72, 82, 52),
    "pinky": (70, 78, 50),
}
_FLAT = {
    "thumb": (-8, -8, -12),
    "index": (-8, -16, -12),
    "middle": (-14, -16, -14),
    "ring": (-14, -16, -12),
    "pinky": (-12, -12, -10),
}
_SPREAD = {"thumb": 0.0, "index": 7.0, "middle": 1.0, "ring": -5.0, "pinky": -11.0}  # towards the thumb

# How each finger may be held: 0 is flat, 1 a fist. Thumb to little finger.
_GESTURES: dict[str, tuple[tuple[float, ...], float]] = {  # and how often
    "flat": ((0.0, 0.0, 0.0, 0.0, 0.0), 0.2),
    "relaxed": ((0.25, 0.2, 0.27, 0.32, 0.34), 0.35),
    "curled": ((0.4, 0.5, 0.58, 0.62, 0.62), 0.12),
    "fist": ((1.0, 1.0, 1.0, 1.0, 1.0), 0.15),
    "pointing": ((0.8, 0.05, 0.95, 1.0, 1.0), 0.06),
    "two": ((0.9, 0.05, 0.05, 1.0, 1.0), 0.04),
    "thumb up": ((0.0, 1.0, 1.0, 1.0, 1.0), 0.04),
    "pinch": ((0.6, 0.45, 0.3, 0.2, 0.15), 0.04),
}


def with_hands(rng: np.random.Generator, anatomy: JointAnatomy, joints: Tensor, relaxed: bool = False) -> Tensor:
    """The pose J×3 with both hands' fingers held anew, half of the time alike.

    Args:
        relaxed: only hanging, half open hands, as of somebody who stands still.
    """
    joints = joints.clone()
    names = list(_GESTURES)
    chances = np.array([chance for _, chance in _GESTURES.values()])
    first, second = (str(rng.choice(names, p=chances / chances.sum())) for _ in SIDES)
    pair = ("relaxed", "relaxed") if relaxed else (first, first if rng.random() < 0.5 else second)
    for number, (side, _) in enumerate(SIDES):
        closed = np.array(_GESTURES[pair[number]][0]) + rng.normal(0, 0.05) + rng.normal(0, 0.04, 5)
        spread = rng.normal(0.2, 0.5) if closed.max() < 0.6 else 0.0
        for finger, closure in zip(FINGERS, np.clip(closed, -0.05, 1.0), strict=True):
            aside = np.deg2rad(_SPREAD[finger] * np.clip(spread, -0.5, 1.2))
            for n in (1, 2, 3):
                joint = anatomy.roles[f"{side}_{finger}_{n}"]
                angle = np.deg2rad((1 - closure) * _FLAT[finger][n - 1] + closure * _FIST[finger][n - 1])
                bend = float(angle + rng.normal(0, 0.03)) * anatomy.fingers[joint]
                if n == 1:  # fan out about the palm's normal, then close
                    axis = anatomy.palms[number] * (1.0 if side == "left" else -1.0)
                    both = matrix_from_axis_angle(float(aside) * axis) @ matrix_from_axis_angle(bend)
                    bend = axis_angle_from_matrix(both)
                joints[joint] = bend
    return joints


def sample_expression(rng: np.random.Generator, names: Sequence[str]) -> Tensor:
    """(E,) coefficients: half of the faces at ease, others smile, open the mouth, shut the eyes or lift the brows."""
    values = dict.fromkeys(names, 0.0)

    def both(name: str, value: float) -> None:
        for side in ("Left", "Right"):
            values[f"{name}{side}"] = float(np.clip(value + rng.normal(0, 0.04), 0, 1))

    kind = rng.choice(["neutral", "smile", "grin", "open", "brows"], p=[0.45, 0.22, 0.1, 0.13, 0.1])
    if kind in ("smile", "grin"):
        both("mouthSmile", rng.uniform(0.25, 0.8))
        both("cheekSquint", rng.uniform(0, 0.4))
    if kind == "grin":
        values["jawOpen"] = rng.uniform(0.05, 0.2)
        both("mouthUpperUp", rng.uniform(0.1, 0.5))
    if kind == "open":
        values["jawOpen"] = rng.uniform(0.15, 0.7)
    if kind == "brows":
        both("browOuterUp", rng.uniform(0.2, 0.7))
        values["browInnerUp"] = rng.uniform(0.2, 0.7)
    if rng.random() < 0.08:
        both("eyeBlink", rng.uniform(0.6, 1.0))
    return torch.tensor([values[name] for name in names])
