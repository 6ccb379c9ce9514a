"""Feet in shoes with heels: what they turn by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from bodydouble.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle


def raise_heels(joints: Tensor, roles: Mapping[str, int], parents: Sequence[int], pitch: float) -> Tensor:
    """The pose J×3 with feet pitched by that many radians at the ankles and toes as flat as before."""
    joints = joints.clone()
    ankles = [roles[f"{side}_ankle"] for side in ("left", "right")]
    toes = [joint for joint, parent in enumerate(parents) if parent in ankles]  # all five hang on the foot
    for rows, angle in ((ankles, pitch), (toes, -pitch)):
        tip = matrix_from_axis_angle(joints.new_tensor([angle, 0.0, 0.0]))
        joints[rows] = axis_angle_from_matrix(matrix_from_axis_angle(joints[rows]) @ tip)
    return joints
