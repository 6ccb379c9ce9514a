"""Spheres and capsules that swinging bones are turned out of.

VRMC_springBone 1.0 pushes the ball around a bone's tail out to where it touches the collider, then sets it back to the
bone's length, which may push it in again. Here the bone is turned about its head, in the plane of head, tail and
collider, until the ball touches: where the published steps lead when they are repeated.
"""

from __future__ import annotations

import numpy as np

from bodydouble.motion.vectors import NOWHERE, norm, square_to, unit
from bodydouble.values import Colliders

_PASSES = 16  # at most, over all colliders: a bone may be turned out of one into another
_TOUCH_M = 1e-4  # metres: what is no deeper in a collider than this after the first pass touches it


class Obstacles:
    """The colliders (C of them) of a body, where the body's joints have them."""

    def __init__(self, colliders: Colliders | None) -> None:
        if colliders is None:
            self._joints, self._offsets, self._axes, self._radii = (
                np.zeros(0, np.int64),
                *np.zeros((2, 0, 3)),
                np.zeros(0),
            )
        else:
            self._joints = colliders.joints.cpu().numpy()
            self._offsets = colliders.heads.cpu().double().numpy()
            self._axes = colliders.tails.cpu().double().numpy() - self._offsets
            self._radii = colliders.radii.cpu().double().numpy()
        squared = (self._axes * self._axes).sum(1)
        self._inverse_squares = np.divide(1.0, squared, out=np.zeros_like(squared), where=squared > NOWHERE**2)

    def place(self, rotations: np.ndarray, positions: np.ndarray) -> None:
        """Go with the body's joints: rotations (J, 3, 3) from the rest frame, and positions (J, 3), metres."""
        if len(self._joints):
            turn = rotations[self._joints]
            self._starts = positions[self._joints] + np.einsum("cij,cj->ci", turn, self._offsets)
            self._directions = np.einsum("cij,cj->ci", turn, self._axes)

    def turn_out(self, heads: np.ndarray, directions: np.ndarray, lengths: np.ndarray, radii: np.ndarray) -> np.ndarray:
        """The directions (N, 3), unit, of bones whose balls are out of the colliders as far as bones can be turned.

        Rows do not depend on each other.

        Args:
            heads: N×3, metres: where the bones begin.
            lengths: N×1, metres: how far from it the balls are.
            radii: N×1, metres: of the balls.
        """
        if not len(self._joints):
            return directions
        directions, rows = directions.copy(), np.arange(len(directions))
        for number in range(_PASSES):
            gaps = self._gaps(heads[rows] + directions[rows] * lengths[rows], radii[rows])
            deep = (gaps < (-_TOUCH_M if number else 0.0)).any(1)
            rows, hit = rows[deep], gaps[deep] < 0
            if not len(rows):
                break
            for collider in np.flatnonzero(hit.any(0)):
                hitting = rows[hit[:, collider]]
                bones = directions[hitting], heads[hitting], lengths[hitting], radii[hitting]
                directions[hitting] = self._turn_out_of(collider, *bones)
        return directions

    def _gaps(self, points: np.ndarray, radii: np.ndarray) -> np.ndarray:
        """(N, C) metres between balls (centres N×3, radii N×1) and the colliders; below 0 they overlap."""
        from_start = points[:, None] - self._starts
        along = (from_start * self._directions).sum(-1) * self._inverse_squares
        from_axis = from_start - along.clip(0, 1)[..., None] * self._directions
        return np.sqrt((from_axis * from_axis).sum(-1)) - self._radii - radii

    def _turn_out_of(
        self, collider: int, directions: np.ndarray, heads: np.ndarray, lengths: np.ndarray, radii: np.ndarray
    ) -> np.ndarray:
        """The directions, turned until the balls touch the point of the collider's axis that is nearest to them now."""
        tails = heads + directions * lengths
        start, axis = self._starts[collider], self._directions[collider]
        along = ((tails - start) * axis).sum(1, keepdims=True) * self._inverse_squares[collider]
        nearest = start + along.clip(0, 1) * axis
        reach = self._radii[collider] + radii
        hit = norm(tails - nearest) < reach  # still: another collider may have turned it out
        distance = np.maximum(norm(nearest - heads), NOWHERE)
        towards = (nearest - heads) / distance
        cosine = (lengths**2 + distance**2 - reach**2) / (2 * lengths * distance)  # of the angle at which they touch
        cosine = cosine.clip(-1, 1)
        across = directions - (directions * towards).sum(1, keepdims=True) * towards
        across = unit(across, square_to(towards))
        return np.where(hit, cosine * towards + np.sqrt(1 - cosine**2) * across, directions)
