"""Spheres and capsules that swinging bones are turned out of.

VRMC_springBone 1.0 pushes the ball around a bone's tail out to where it touches the collider, then sets it back to the
bone's length, which may push it in again. Here the bone is turned about its head, in the plane of head, tail and
collider, until the ball touches: where the published steps lead when they are repeated.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bodydouble.motion.vectors import NOWHERE, norm, square_to, unit
from bodydouble.values import Collider

_PASSES = 16  # at most, over all colliders: a bone may be turned out of one into another
_TOUCH_M = 1e-4  # metres: what is no deeper in a collider than this after the first pass touches it


class Colliders:
    """The colliders (C of them) of a body, where the body's joints have them."""

    def __init__(self, colliders: Sequence[Collider]) -> None:
        self._joints = [collider.joint for collider in colliders]
        self._offsets = np.array([collider.offset for collider in colliders], float).reshape(-1, 3)
        ends = [collider.offset if collider.tail is None else collider.tail for collider in colliders]
        self._axes = np.array(ends, float).reshape(-1, 3) - self._offsets
        self._radii = np.array([collider.radius for collider in colliders], float)
        squared = (self._axes * self._axes).sum(1)
        self._inverse_squares = np.divide(1.0, squared, out=np.zeros_like(squared), where=squared > NOWHERE**2)

    def place(self, rotations: np.ndarray, positions: np.ndarray) -> None:
        """Go with the body's joints: rotations (J, 3, 3) from the rest frame, and positions (J, 3), metres."""
        if self._joints:
            turn = rotations[self._joints]
            self._starts = positions[self._joints] + np.einsum("cij,cj->ci", turn, self._offsets)
            self._directions = np.einsum("cij,cj->ci", turn, self._axes)

    def turn_out(
        self, heads: np.ndarray, directions: np.ndarray, lengths: np.ndarray, hit_radii: np.ndarray
    ) -> np.ndarray:
        """The directions (N, 3), unit, of bones whose balls are out of the colliders as far as bones can be turned.

        Rows do not depend on each other.

        Args:
            heads: N×3, metres: where the bones begin.
            lengths: N×1, metres: how far from it the balls are.
            hit_radii: N×1, metres: of the balls.
        """
        if not self._joints:
            return directions
        directions, rows = directions.copy(), np.arange(len(directions))
        for number in range(_PASSES):
            gaps = self._gaps(heads[rows] + directions[rows] * lengths[rows], hit_radii[rows])
            rows = rows[(gaps < (-_TOUCH_M if number else 0.0)).any(1)]
            if not len(rows):
                break
            bones = heads[rows], lengths[rows], hit_radii[rows]
            for collider in range(len(self._joints)):
                directions[rows] = self._turn_out_of(collider, directions[rows], *bones)
        return directions

    def _gaps(self, points: np.ndarray, hit_radii: np.ndarray) -> np.ndarray:
        """(N, C) metres between balls (centres N×3, radii N×1) and the colliders; below 0 they overlap."""
        from_start = points[:, None] - self._starts
        along = (from_start * self._directions).sum(-1) * self._inverse_squares
        from_axis = from_start - along.clip(0, 1)[..., None] * self._directions
        return np.sqrt((from_axis * from_axis).sum(-1)) - self._radii - hit_radii

    def _turn_out_of(
        self, collider: int, directions: np.ndarray, heads: np.ndarray, lengths: np.ndarray, hit_radii: np.ndarray
    ) -> np.ndarray:
        """The directions, turned until the balls touch the collider where they are in it."""
        tails = heads + directions * lengths
        start, axis = self._starts[collider], self._directions[collider]
        along = ((tails - start) * axis).sum(1, keepdims=True) * self._inverse_squares[collider]
        nearest = start + along.clip(0, 1) * axis  # point of the collider's axis
        reach = self._radii[collider] + hit_radii
        hit = norm(tails - nearest) < reach
        if not hit.any():
            return directions
        distance = np.maximum(norm(nearest - heads), NOWHERE)
        towards = (nearest - heads) / distance
        cosine = (lengths**2 + distance**2 - reach**2) / (2 * lengths * distance)  # of the angle at which they touch
        cosine = cosine.clip(-1, 1)
        across = directions - (directions * towards).sum(1, keepdims=True) * towards
        across = unit(across, square_to(towards))
        return np.where(hit, cosine * towards + np.sqrt(1 - cosine**2) * across, directions)
