"""Motions written in code, as turns of the standard skeleton's joints; each loops without a jump.

Angles are degrees about the body's axes in T-pose: x points to the left, y up, z forward. Every curve is a sum of
harmonics of the clip's length, so position and speed agree where the end meets the beginning.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bodydouble.render.clip import Clip, multiply, quaternion_from_axis_angle
from bodydouble.render.standard import STANDARD_NAMES, standard_clip

# Textbook sagittal joint angles of level walking at a natural speed, degrees, at every tenth of the gait cycle from
# heel strike to heel strike (after Perry and Burnfield, Gait Analysis, and Winter, Biomechanics): flexion positive.
_HIP = (30, 27, 18, 7, -4, -11, -3, 15, 28, 34)
_KNEE = (4, 15, 16, 9, 6, 12, 38, 62, 52, 18)
_ANKLE = (0, -5, 3, 8, 11, 4, -18, -6, 1, 1)  # dorsiflexion positive
_TOE = (8, 0, 0, 0, 4, 18, 28, 4, 2, 6)  # extension positive

Curve = Tensor | float


class _Score:
    """The turns of joints over a clip's frames, written joint by joint."""

    def __init__(self, name: str, seconds: float, frames_per_second: float) -> None:
        self.name, self.frames_per_second = name, frames_per_second
        self.count = max(2, round(seconds * frames_per_second))
        self.phase = torch.arange(self.count) / self.count  # [0, 1) over the clip
        self.turns = {joint: torch.tensor([1.0, 0.0, 0.0, 0.0]).repeat(self.count, 1) for joint in STANDARD_NAMES}
        self.position = torch.zeros(self.count, 3)

    def wave(self, cycles: int, shift: float = 0.0) -> Tensor:
        """A sine of so many cycles over the clip, that starts `shift` cycles late."""
        return torch.sin(2 * torch.pi * (cycles * self.phase - shift))

    def turn(self, joint: str, x: Curve = 0.0, y: Curve = 0.0, z: Curve = 0.0) -> None:
        """Turn a joint, after what turned it before, by degrees about x, then y, then z of its parent's T-pose axes."""
        for axis, degrees in zip(torch.eye(3), (x, y, z), strict=True):
            angle = torch.deg2rad(torch.as_tensor(degrees, dtype=torch.float32)).expand(self.count)
            self.turns[joint] = multiply(quaternion_from_axis_angle(angle[:, None] * axis), self.turns[joint])

    def both(self, joint: str, x: Curve = 0.0, y: Curve = 0.0, z: Curve = 0.0) -> None:
        """Turn a joint of the left side so, and its twin as in a mirror."""
        self.turn(f"left_{joint}", x, y, z)
        self.turn(f"right_{joint}", x, -y, -z)

    def clip(self) -> Clip:
        rotations = torch.stack([self.turns[joint] for joint in STANDARD_NAMES], 1)
        return standard_clip(self.name, rotations, self.position, self.frames_per_second)


def walk(frames_per_second: float) -> Clip:
    """Two steps on the spot, as on a treadmill."""
    score = _Score("walk", 1.1, frames_per_second)
    _relax_arms(score)
    for side, shift in (("left", 0.0), ("right", 0.5)):
        hip, knee, ankle, toe = (_periodic(curve, score.phase - shift) for curve in (_HIP, _KNEE, _ANKLE, _TOE))
        score.turn(f"{side}_hip", x=-hip)
        score.turn(f"{side}_knee", x=knee)
        score.turn(f"{side}_ankle", x=-ankle)
        score.turn(f"{side}_toe", x=-toe)
    return score.clip()


def _periodic(samples: tuple[float, ...], phase: Tensor, harmonics: int = 4) -> Tensor:
    """A smooth periodic curve through evenly spaced samples of one cycle, from its first harmonics."""
    spectrum = torch.fft.rfft(torch.tensor(samples, dtype=torch.float32)) / len(samples)
    curve = spectrum[0].real.expand_as(phase).clone()
    for n in range(1, harmonics + 1):
        angle = 2 * torch.pi * n * phase
        curve += 2 * (spectrum[n].real * angle.cos() - spectrum[n].imag * angle.sin())
    return curve


def _relax_arms(score: _Score) -> None:
    """From the T-pose to arms that hang beside the body, elbows slightly bent, fingers curled a little."""
    score.both("elbow", y=-18)
    score.both("shoulder", z=-76)


BUILTIN_MOTIONS: dict[str, Callable[[float], Clip]] = {"walk": walk}
