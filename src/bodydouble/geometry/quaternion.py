"""Unit quaternions as w, x, y, z: products, interpolation, and the way to and from other forms of a rotation."""

from __future__ import annotations

import torch
from torch import Tensor


def slerp(start: Tensor, end: Tensor, fraction: Tensor) -> Tensor:
    """Quaternions (…, 4) on the shorter arc between `start` and `end`; `fraction` (…, 1) in [0, 1] of the way."""
    cosine = (start * end).sum(-1, keepdim=True)
    end = torch.where(cosine < 0, -end, end)
    angle = torch.acos(cosine.abs().clamp(max=1.0))
    small = angle < 1e-3
    sine = torch.where(small, torch.ones_like(angle), angle.sin())
    first = torch.where(small, 1 - fraction, ((1 - fraction) * angle).sin() / sine)
    second = torch.where(small, fraction, (fraction * angle).sin() / sine)
    return torch.nn.functional.normalize(first * start + second * end, dim=-1)


def multiply_quaternions(a: Tensor, b: Tensor) -> Tensor:
    """Hamilton product of quaternions (…, 4): the rotation b, then a."""
    aw, ax, ay, az = a.unbind(-1)
    bw, bx, by, bz = b.unbind(-1)
    return torch.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        -1,
    )


def quaternion_from_axis_angle(axis_angle: Tensor) -> Tensor:
    """(…, 3) radians to (…, 4)."""
    half = axis_angle.norm(dim=-1, keepdim=True) / 2
    return torch.cat([half.cos(), axis_angle / 2 * torch.sinc(half / torch.pi)], -1)


def matrix_from_quaternion(quaternion: Tensor) -> Tensor:
    """(…, 4) unit quaternions to (…, 3, 3)."""
    w, x, y, z = quaternion.unbind(-1)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return torch.stack(rows, -1).reshape(*quaternion.shape[:-1], 3, 3)
