"""Garments painted over the labels of a drawn person: what a detector and a parser would make of them."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from bodydouble.parsing.labels import LABELS
from bodydouble.values import BodyFit, Person, Photo, Understanding

SIDE = 400  # pixels of the photo
PIXELS_PER_METRE = 180.0


@dataclass(frozen=True)
class Scene:
    """A person as the stages before clothing leave them."""

    fit: BodyFit
    photo: Photo
    person: Person
    understanding: Understanding
    joints: Tensor  # J×3, pixels and depth


Paint = Callable[[Tensor, Tensor, Tensor], Tensor]  # (labels S×S, joints, legs S×S) -> labels


def paint_skirt(label: str, length_m: float, half_width_m: float, flare_m: float = 0.0) -> Paint:
    """A trapezoid from the hips down, over whatever lies there but hands."""

    def paint(labels: Tensor, joints: Tensor, covered: Tensor) -> Tensor:
        y, x = torch.meshgrid(torch.arange(SIDE) + 0.5, torch.arange(SIDE) + 0.5, indexing="ij")
        down = (y - SIDE / 2) / PIXELS_PER_METRE - hip_drop(joints) + 0.1
        width = half_width_m + flare_m * (down / length_m).clamp(0, 1)
        inside = (down > 0) & (down < length_m + 0.1) & ((x - SIDE / 2).abs() / PIXELS_PER_METRE < width)
        return torch.where(inside, LABELS.index(label), labels)

    return paint


def hip_drop(joints: Tensor) -> float:
    """Metres from the picture's middle down to the root."""
    return (float(joints[0, 1]) - SIDE / 2) / PIXELS_PER_METRE


def paint_trousers(labels: Tensor, joints: Tensor, covered: Tensor) -> Tensor:
    """Both legs, and nothing between them."""
    y = torch.arange(SIDE)[:, None] + 0.5
    below = (y > float(joints[0, 1]) - 0.1 * PIXELS_PER_METRE) & (y < float(joints[0, 1]) + 0.75 * PIXELS_PER_METRE)
    middle = (torch.arange(SIDE) + 0.5 - SIDE / 2).abs() < 0.22 * PIXELS_PER_METRE
    return torch.where(covered & below & middle, LABELS.index("lower"), labels)


def paint_hair(below_chin_m: float, half_width_m: float = 0.13) -> Paint:
    """Hair around the head, beside face and neck, down to so far below the chin on both sides."""

    def paint(labels: Tensor, joints: Tensor, covered: Tensor) -> Tensor:
        y, x = torch.meshgrid(torch.arange(SIDE) + 0.5, torch.arange(SIDE) + 0.5, indexing="ij")
        top = float(covered.any(1).float().argmax())
        head = covered[: round(top + 0.2 * PIXELS_PER_METRE)].any(0).nonzero()[:, 0]
        middle, chin = float(head.float().mean()), top + 0.24 * PIXELS_PER_METRE
        across = (x - middle).abs() / PIXELS_PER_METRE
        cap = (((y - top - 18) / 28) ** 2 + (across / half_width_m) ** 2 < 1) & (y < top + 18)
        sides = (y >= top + 18) & (y < chin + below_chin_m * PIXELS_PER_METRE) & (across < half_width_m)
        sides &= across > 0.065
        return torch.where(cap | sides, LABELS.index("hair"), labels)

    return paint
