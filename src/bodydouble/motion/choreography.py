"""Writing a motion joint by joint: curves over time, turns of the standard skeleton, legs that reach for the ground.

Angles are degrees about the T-pose's axes: x to the left, y up, z forward. A phase runs from 0 to 1 over the clip, and
every curve is periodic in it, so a clip's end meets its beginning in position and speed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from scipy.interpolate import CubicSpline, PchipInterpolator
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.geometry.quaternion import matrix_from_quaternion, multiply_quaternions, quaternion_from_axis_angle
from bodydouble.geometry.rotation import matrix_from_axis_angle, quaternion_from_matrix
from bodydouble.motion.clip import Clip
from bodydouble.motion.standard_skeleton import STANDARD_JOINTS, STANDARD_NAMES, standard_clip
from bodydouble.motion.two_bones import reach_with_two_bones

Curve = Tensor | float


def smooth_curve(values: Sequence[float], phase: Tensor) -> Tensor:
    """The periodic cubic spline through evenly spaced values of one cycle, at `phase` (any range)."""
    spline = CubicSpline(np.linspace(0, 1, len(values) + 1), [*values, values[0]], bc_type="periodic")
    return torch.from_numpy(spline(phase.numpy() % 1.0)).float()


def held_curve(values: Sequence[float], phase: Tensor) -> Tensor:
    """The same without overshoot: equal neighbours are held exactly, as a standing foot needs it."""
    spline = PchipInterpolator(np.arange(-2, len(values) + 3) / len(values), [*values[-2:], *values, *values[:3]])
    return torch.from_numpy(spline(phase.numpy() % 1.0)).float()


class Score:
    """The turns of the standard skeleton's joints over a clip's frames."""

    def __init__(self, name: str, seconds: float, frames_per_second: float) -> None:
        self.name, self.frames_per_second = name, frames_per_second
        self.count = max(2, round(seconds * frames_per_second))
        self.phase = torch.arange(self.count) / self.count
        self.rotations = {joint: torch.tensor([1.0, 0.0, 0.0, 0.0]).repeat(self.count, 1) for joint in STANDARD_NAMES}
        self.position = torch.zeros(self.count, 3)  # of the pelvis, metres from where it is in T-pose

    def wave(self, cycles: int, phase: float = 0.0) -> Tensor:
        """A cosine of so many cycles over the clip that peaks `phase` of a cycle after the start."""
        return torch.cos(2 * torch.pi * (cycles * self.phase - phase))

    def rotate(self, joint: str, x: Curve = 0.0, y: Curve = 0.0, z: Curve = 0.0) -> None:
        """Turn a joint, after what turned it before, about x, then y, then z of its parent."""
        for axis, degrees in zip(torch.eye(3), (x, y, z), strict=True):
            angle = torch.deg2rad(torch.as_tensor(degrees, dtype=torch.float32)).expand(self.count)
            self.rotations[joint] = multiply_quaternions(
                quaternion_from_axis_angle(angle[:, None] * axis), self.rotations[joint]
            )

    def rotate_local(self, joint: str, x: Curve = 0.0, y: Curve = 0.0, z: Curve = 0.0) -> None:
        """Turn a joint before what turned it so far: about its own axes, of which an arm's x is its length."""
        outer = self.rotations[joint]
        self.rotations[joint] = torch.tensor([1.0, 0.0, 0.0, 0.0]).repeat(self.count, 1)
        self.rotate(joint, x, y, z)
        self.rotations[joint] = multiply_quaternions(outer, self.rotations[joint])

    def rotate_both(self, joint: str, x: Curve = 0.0, y: Curve = 0.0, z: Curve = 0.0) -> None:
        """Turn a joint of the left so, and its twin on the right as in a mirror."""
        self.rotate(f"left_{joint}", x, y, z)
        self.rotate(f"right_{joint}", x, -y, -z)

    def hang_arms(self, away: Curve = 14.0) -> None:
        """From the T-pose to arms that hang `away` degrees from the body, elbows slightly bent, fingers half closed."""
        self.rotate_both("elbow", y=-20)
        self.rotate_both("shoulder", x=15, z=away - 90)
        self.rotate_both("wrist", x=10)
        # Knuckles fan out, the tips of a hand that hangs lie side by side, and its thumb beside the index finger.
        for n, (finger, aside) in enumerate((("index", 7), ("middle", 0), ("ring", -5), ("pinky", -11))):
            self.rotate_both(f"{finger}_1", y=aside)
            for joint, curl in ((1, 16 + 5 * n), (2, 26 + 3 * n), (3, 14)):
                self.rotate_both(f"{finger}_{joint}", z=-curl)
        self.rotate_both("thumb_1", y=14)
        self.rotate_both("thumb_2", y=12)

    def place_foot(self, side: str, place: Tensor, heading: Curve = 0.0, pitch: Curve = 0.0) -> None:
        """Bend a leg so that its ankle is at `place` (T×3, metres from its place in T-pose).

        The foot is turned by `heading` about y and tipped by `pitch`, toes down positive. Call it last: it needs the
        pelvis where it will be. A place out of reach is approached with the leg nearly straight.
        """
        joints = [f"{side}_{name}" for name in ("hip", "knee", "ankle")]
        start, middle, end = (torch.tensor(STANDARD_JOINTS[joint]) for joint in joints)
        origin = torch.tensor(STANDARD_JOINTS["pelvis"])
        pelvis = matrix_from_quaternion(self.rotations["pelvis"])
        hip = origin + self.position + (pelvis @ (start - origin))
        foot = _about(1, heading, self.count) @ _about(0, pitch, self.count)
        thigh, shin = middle - start, end - middle
        reach = end + place - hip
        forward = normalize(pelvis[..., 2] + foot[..., 2], dim=-1)  # the knee points between the belly and the toes
        hinge = normalize(torch.linalg.cross(forward, normalize(reach, dim=-1)), dim=-1)
        left = torch.tensor([1.0, 0.0, 0.0])
        upper, lower = reach_with_two_bones(reach, hinge, thigh.norm(), shin.norm())
        world = [
            _frame(upper, hinge) @ _frame(normalize(thigh, dim=0), left).mT,
            _frame(lower, hinge) @ _frame(normalize(shin, dim=0), left).mT,
            foot,
        ]
        for joint, above, turned in zip(joints, [pelvis, *world], world, strict=False):
            self.rotations[joint] = quaternion_from_matrix(above.mT @ turned)

    def to_clip(self) -> Clip:
        """What was written, as a clip on the standard skeleton."""
        rotations = torch.stack([self.rotations[joint] for joint in STANDARD_NAMES], 1)
        return standard_clip(self.name, rotations, self.position, self.frames_per_second)


def _about(axis: int, degrees: Curve, count: int) -> Tensor:
    angle = (torch.as_tensor(degrees, dtype=torch.float32) * (math.pi / 180)).expand(count)
    return matrix_from_axis_angle(angle[:, None] * torch.eye(3)[axis])


def _frame(along: Tensor, hinge: Tensor) -> Tensor:
    """(…, 3, 3) with columns along the bone, about its hinge (made perpendicular), and across both."""
    hinge = normalize(hinge - (hinge * along).sum(-1, keepdim=True) * along, dim=-1)
    return torch.stack([along, hinge, torch.linalg.cross(along, hinge)], -1)
