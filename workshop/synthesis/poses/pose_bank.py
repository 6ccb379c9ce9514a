"""A bank of recorded poses: frames of motions on a body, the most alike dropped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from bodydouble.geometry.rotation import matrix_from_axis_angle, remove_heading

if TYPE_CHECKING:
    from bodydouble.body.anny import AnnyBody

_RATE = 15.0  # frames a second looked at
_SHARE = 0.12  # of the bank that one clip may have: a long climb is not what most people do
_TEST_EVERY = 4  # every fourth clip, by name, is kept for testing
_FEATURES = {  # how much a joint's turn counts when two poses are compared
    "spine_3": 1.5, "head": 0.7,
    **{f"{side}_{name}": weight for side in ("left", "right") for name, weight in
       (("hip", 2.0), ("knee", 1.5), ("ankle", 0.4), ("shoulder", 2.0), ("elbow", 1.5), ("wrist", 0.4))},
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PoseBank:
    """Poses of one body model, without heading and place."""

    joints: Tensor  # P×J×3, float32, as in `Pose`
    root_rotation: Tensor  # P×3, float32, axis-angle: tilt alone, the pelvis faces +z
    clips: tuple[str, ...]  # P names of the motions they come from
    test: Tensor  # (P,) bool: from a clip kept for testing

    def __len__(self) -> int:
        return len(self.joints)


def pose_bank(body: AnnyBody, motions: Path | None, count: int = 1500) -> PoseBank:
    """Frames of the built-in motions and of every `.bvh` and `.npy` in a folder, on the body's mean shape.

    Every fourth clip is kept for testing as a whole. Of each clip, then of each half, the poses most unlike each other
    are chosen, farthest first (Gonzalez, Clustering to minimize the maximum intercluster distance, 1985).

    Args:
        count: the most poses; fewer where the clips have not as many.

    Raises:
        InputError: a motion cannot be read.
    """
    from bodydouble.motion.builtin import BUILTIN_MOTIONS
    from bodydouble.motion.load import load_motion

    files = sorted(path for path in motions.iterdir() if path.suffix in (".bvh", ".npy")) if motions else []
    names = sorted(BUILTIN_MOTIONS) + [str(path) for path in files if "tpose" not in path.stem]
    rest = body.rest(body.mean_shape())
    loaded = [load_motion(name, body, rest, _RATE) for name in names]
    joints = torch.cat([motion.joints for motion in loaded])
    roots = torch.cat([remove_heading(motion.root_rotation) for motion in loaded])
    clip = torch.cat([torch.full((len(motion),), number) for number, motion in enumerate(loaded)])
    test = clip % _TEST_EVERY == _TEST_EVERY - 1
    features = _features(body, joints, roots)
    capped = torch.zeros(len(joints), dtype=torch.bool)
    for number in range(len(loaded)):
        rows = (clip == number).nonzero()[:, 0]
        capped[rows[farthest_first(features[rows], round(_SHARE * count))]] = True
    chosen = []
    for half in (capped & ~test, capped & test):
        rows = half.nonzero()[:, 0]
        quota = round(count * len(rows) / int(capped.sum()))
        chosen.append(rows[farthest_first(features[rows], quota)])
    rows_of_bank = torch.cat(chosen).sort().values
    return PoseBank(
        joints=joints[rows_of_bank],
        root_rotation=roots[rows_of_bank],
        clips=tuple(Path(names[int(number)]).stem for number in clip[rows_of_bank]),
        test=test[rows_of_bank],
    )


def farthest_first(points: Tensor, count: int) -> Tensor:
    """(min(count, N),) rows of N×D points, each as far as can be from those before it; begins at the most central."""
    nearest = (points - points.mean(0)).square().sum(1)
    chosen = [int(nearest.argmin())]
    nearest = (points - points[chosen[0]]).square().sum(1)
    while len(chosen) < min(count, len(points)):
        chosen.append(int(nearest.argmax()))
        nearest = torch.minimum(nearest, (points - points[chosen[-1]]).square().sum(1))
    return torch.tensor(chosen)


def _features(body: AnnyBody, joints: Tensor, roots: Tensor) -> Tensor:
    """T×D: the turns that make two poses look different, weighted."""
    turns = [
        weight * matrix_from_axis_angle(joints[:, body.roles[role]]).flatten(1) for role, weight in _FEATURES.items()
    ]
    return torch.cat([*turns, matrix_from_axis_angle(roots).flatten(1)], 1)
