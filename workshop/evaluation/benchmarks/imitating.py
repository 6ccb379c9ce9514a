"""How well the motion of somebody in a video is found again: on videos of a double, whose motion is known.

Joints are compared with the hips held together, and turned about the vertical as fits best; how far that is, is told.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from bodydouble.body.skinning import joint_paths
from bodydouble.double import Double
from bodydouble.geometry.rotation import turn_about_y
from bodydouble.person.landmarks import SIDES
from bodydouble.values import Motion
from workshop.evaluation.benchmarks.table import Table

COLUMNS = {"joints, cm": 1, "heading, °": 1, "m/s²": 1, "its truth": 1, "slides, cm/s": 1, "its truth ": 1}
_PARTS = ("shoulder", "elbow", "wrist", "knee", "ankle")
_ROLES = ("neck", "head", *(f"{side}_{part}" for side in SIDES for part in _PARTS))
_STANDS_M, _STANDS_SPEED = 0.02, 0.3  # metres above its lowest place, and m/s, of a ball that stands


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `Benchmark`."""
    parser.add_argument("double", type=Path, help="whose videos are made")
    parser.add_argument("motions", nargs="*", default=["dance", "walk"], help="built-in ones, or files")
    parser.add_argument("--azimuth", type=float, default=20.0, help="degrees from which they are filmed")


def run(options: argparse.Namespace) -> None:
    """See `Benchmark`."""
    double, table = Double.load(options.double), Table(COLUMNS)
    for name in options.motions:
        truth = double.load_motion(name)
        with TemporaryDirectory() as folder:
            video = Path(folder) / "known.mp4"
            double.animate(name, video, azimuth=options.azimuth)
            found = double.load_motion(video)
        table.add(name, *compare_motions(double, truth, found))


def compare_motions(double: Double, truth: Motion, found: Motion) -> tuple[float, ...]:
    """The values of `COLUMNS`, of two motions of one body at one rate."""
    paths = [joint_paths(double.rest, motion)[1][: min(len(truth), len(found))] for motion in (truth, found)]
    rows = [double.body.roles[role] for role in _ROLES]
    still, turned = ((path - path[:, :1])[:, rows] for path in paths)
    heading = _heading_between(turned, still)
    turned = turned @ turn_about_y(heading).T
    rate = truth.frames_per_second
    accelerations = [float(points.diff(n=2, dim=0).norm(dim=-1).mean()) * rate**2 for points in (turned, still)]
    balls = [path[:, [double.body.roles[f"{side}_toe"] for side in SIDES]] for path in paths]
    standing = _standing(balls[0], rate)
    slides = [100 * float((ball.diff(dim=0).norm(dim=-1) * rate)[standing].mean()) for ball in balls[::-1]]
    off = 100 * float((turned - still).norm(dim=-1).mean())
    return off, float(torch.rad2deg(heading)), *accelerations, *slides


def _heading_between(moving: Tensor, fixed: Tensor) -> Tensor:
    """Radians about y by which points (T, J, 3) are turned to lie on others as well as they can."""
    (x, z), (fixed_x, fixed_z) = moving[..., [0, 2]].reshape(-1, 2).T, fixed[..., [0, 2]].reshape(-1, 2).T
    return torch.atan2((z * fixed_x - x * fixed_z).sum(), (x * fixed_x + z * fixed_z).sum())


def _standing(balls: Tensor, rate: float) -> Tensor:
    """(T - 1, 2) whether a ball, of (T, 2, 3), stands from one frame to the next."""
    low = balls[..., 1] < balls[..., 1].amin(0) + _STANDS_M
    slow = balls.diff(dim=0).norm(dim=-1) * rate < _STANDS_SPEED
    return low[1:] & low[:-1] & slow
