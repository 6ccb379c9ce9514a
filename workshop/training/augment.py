"""Photographs changed at random, so that the networks meet more people, light and detectors than there are.

Colours change together in all photographs of a person: the double has to look like the photo. What the person's colours
do not decide (light falling from one side, where a detector sees the edge) changes in each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from workshop.training.frames import Batch

_GREY = (0.299, 0.587, 0.114)


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How strong the changes are; 0 everywhere leaves the photographs as they are."""

    hue_turns: float = 0.06  # standard deviation, in turns
    saturation: float = 0.25  # of the logarithm
    gain: float = 0.12  # of the logarithm, in each channel
    gamma: float = 0.15  # of the logarithm
    light: float = 0.12  # of the logarithm: a smooth field over the input photo
    edge_px: float = 2.5  # standard deviation of how far a detector's edge lies off, at 512 pixels a side
    noise: float = 0.015  # of the input photo


def augment(batch: Batch, config: Augmentation) -> Batch:
    """A changed copy; random numbers are torch's own."""
    people = len(batch.photo)
    matrix, offset, gamma = _colour_change(people, config, batch.photo)
    photo = _apply_colour_change(batch.photo, matrix, offset, gamma)
    target = torch.cat([_apply_colour_change(batch.target[:, :, :3], matrix, offset, gamma), batch.target[:, :, 3:]], 2)
    field = _smooth_field(batch.mask, 4)
    photo = photo * torch.exp(config.light * field)[:, :, None]
    photo = (photo + config.noise * torch.rand(1, device=photo.device) * torch.randn_like(photo)).clamp(0, 1)
    return replace(batch, photo=photo, target=target, mask=_move_edge(batch.mask, config.edge_px))


def recolour(images: Sequence[Tensor], config: Augmentation) -> list[Tensor]:
    """Images of the same B people (each B×3×H×W, whatever H and W), all of a person's changed alike in colour."""
    matrix, offset, gamma = _colour_change(len(images[0]), config, images[0])
    return [_apply_colour_change(each[:, None], matrix, offset, gamma)[:, 0] for each in images]


def _colour_change(people: int, config: Augmentation, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """P×3×3 matrices, P×3 gains and P gammas: hue turned about grey, saturation and channels scaled."""
    draw = torch.randn(people, 6, device=like.device)
    angle = draw[:, 0] * config.hue_turns * 2 * math.pi
    grey = torch.full((3,), 1 / math.sqrt(3), device=like.device)
    cross = torch.linalg.cross(grey.expand(3, 3), torch.eye(3, device=like.device), dim=1).T
    eye, axis = torch.eye(3, device=like.device), torch.outer(grey, grey)
    cosine, sine = angle.cos()[:, None, None], angle.sin()[:, None, None]
    turn = cosine * eye + sine * cross + (1 - cosine) * axis
    luminance = torch.tensor(_GREY, device=like.device).expand(3, 3)
    saturation = torch.exp(draw[:, 1] * config.saturation)[:, None, None]
    return (
        (luminance + saturation * (eye - luminance)) @ turn,
        torch.exp(draw[:, 2:5] * config.gain),
        torch.exp(draw[:, 5] * config.gamma),
    )


def _apply_colour_change(images: Tensor, matrix: Tensor, gain: Tensor, gamma: Tensor) -> Tensor:
    """P×N×3×H×W images with each person's change."""
    turned = torch.einsum("pij,pnjhw->pnihw", matrix, images)
    bright = (turned * gain[:, None, :, None, None]).clamp(1e-4, 1)
    return bright ** gamma[:, None, None, None, None]


def _move_edge(mask: Tensor, deviation_px: float) -> Tensor:
    """P×N×H×W masks whose edges run smoothly in and out: the blurred mask against a threshold that wanders."""
    if deviation_px <= 0:
        return mask
    height, width = mask.shape[-2:]
    reach = 2 * round(2 * deviation_px * height / 512) + 1
    soft = functional.avg_pool2d(mask.flatten(0, 1)[:, None], reach, 1, reach // 2, count_include_pad=False)
    soft = functional.avg_pool2d(soft, reach, 1, reach // 2, count_include_pad=False).view_as(mask)
    # Across the edge the blurred mask falls by about 1/reach a pixel, so this threshold wanders by `deviation_px`.
    wander = _smooth_field(mask, max(4, height // 24)) * deviation_px * height / 512 / (1.3 * reach)
    wander = wander * torch.rand(*mask.shape[:2], 1, 1, device=mask.device) * 2
    return ((soft - 0.5 - wander.clamp(-0.4, 0.4)) * reach + 0.5).clamp(0, 1)


def _smooth_field(like: Tensor, cells: int) -> Tensor:
    """A random field as P×N×H×W `like`, of about unit variance, that changes over H/cells pixels."""
    people, count, height, width = like.shape
    coarse = torch.randn(people * count, 1, cells, cells, device=like.device)
    fine = functional.interpolate(coarse, (height, width), mode="bicubic", align_corners=True)
    return fine.view(people, count, height, width) * 1.2
