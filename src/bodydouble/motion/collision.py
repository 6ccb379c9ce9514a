"""Spheres and capsules that swinging bones are turned out of.

VRMC_springBone 1.0 pushes the ball around a bone's tail out to where it touches the collider, then sets it back to the
bone's length, which may push it in again. Here the bone is turned about its head, in the plane of head, tail and
collider, until the ball touches: where the published steps lead when they are repeated.

Two colliders that are partners carry cloth between them: what lies there is turned out of all that is between the two,
as if the one swept over to the other. A skirt neither parts before a leg nor sinks in between two.
"""

from __future__ import annotations

import numpy as np

from bodydouble.motion.vectors import NOWHERE, norm, square_to, unit
from bodydouble.values import Colliders

_PASSES = 16  # at most, over all colliders: a bone may be turned out of one into another
_TOUCH_M = 1e-4  # metres: what is no deeper in a collider than this after the first pass touches it

_TURNS = np.linspace(0.0, 1.8, 16)  # radians, at which bones on hinges are tried
_SLACK_M = 1e-5  # metres: what hangs no deeper in a collider touches it as it was measured, and is left alone
_HALVINGS = 14  # of the step between two of them: to a hundred-thousandth of a radian, below which nothing trembles


class Obstacles:
    """The colliders (C of them) of a body, where the body's joints have them."""

    def __init__(self, colliders: Colliders | None) -> None:
        if colliders is None:
            self._joints, self._offsets, self._axes, self._radii = (
                np.zeros(0, np.int64),
                *np.zeros((2, 0, 3)),
                np.zeros(0),
            )
            pairs = np.zeros((0, 2), np.int64)
        else:
            self._joints = colliders.joints.cpu().numpy()
            self._offsets = colliders.heads.cpu().double().numpy()
            self._axes = colliders.tails.cpu().double().numpy() - self._offsets
            self._radii = colliders.radii.cpu().double().numpy()
            pairs = _pairs(colliders)
        self._first, self._second = pairs.T
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
            for pair in np.flatnonzero(hit.any(0)):
                hitting = rows[hit[:, pair]]
                bones = directions[hitting], heads[hitting], lengths[hitting], radii[hitting]
                directions[hitting] = self._turn_out_of(pair, *bones)
        return directions

    def turn_outwards(
        self, heads: np.ndarray, directions: np.ndarray, axes: np.ndarray, lengths: np.ndarray, radii: np.ndarray
    ) -> np.ndarray:
        """The same of bones on hinges: turned about these, the positive way, until they are out; else as far as helps.

        Args:
            axes: N×3, unit, square to the directions.
        """
        if not len(self._joints):
            return directions
        rows = np.flatnonzero((self._gaps(heads + directions * lengths, radii) < -_SLACK_M).any(1))
        if not len(rows):
            return directions
        bones = heads[rows], directions[rows], np.cross(axes[rows], directions[rows]), lengths[rows], radii[rows]
        gaps = self._hinged_gaps(*bones, np.broadcast_to(_TURNS, (len(rows), len(_TURNS))))
        out = np.where((gaps >= 0).any(1), (gaps >= 0).argmax(1), gaps.argmax(1))
        high, low = _TURNS[out], _TURNS[np.maximum(out - 1, 0)]
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            free = self._hinged_gaps(*bones, middle[:, None])[:, 0] >= 0
            high, low = np.where(free, middle, high), np.where(free, low, middle)
        directions = directions.copy()
        directions[rows] = bones[1] * np.cos(high)[:, None] + bones[2] * np.sin(high)[:, None]
        return directions

    def _hinged_gaps(
        self,
        heads: np.ndarray,
        directions: np.ndarray,
        outwards: np.ndarray,
        lengths: np.ndarray,
        radii: np.ndarray,
        angles: np.ndarray,
    ) -> np.ndarray:
        """(N, G) metres: the least gap of each bone's ball, turned by G angles (N×G, radians) towards `outwards`."""
        cosine, sine = np.cos(angles)[..., None], np.sin(angles)[..., None]
        turned = directions[:, None] * cosine + outwards[:, None] * sine
        points = (heads[:, None] + turned * lengths[:, None]).reshape(-1, 3)
        gaps = self._gaps(points, np.repeat(radii, angles.shape[1], 0)).min(1)
        return gaps.reshape(angles.shape)

    def _gaps(self, points: np.ndarray, radii: np.ndarray) -> np.ndarray:
        """(N, P) metres between balls (centres N×3, radii N×1) and pairs of colliders; below 0 they overlap."""
        nearest, reach = self._nearest(points, slice(None))
        away = points[:, None] - nearest
        return np.sqrt((away * away).sum(-1)) - reach - radii

    def _nearest(self, points: np.ndarray, pairs: slice) -> tuple[np.ndarray, np.ndarray]:
        """(N, P, 3) the points between the axes of pairs that are nearest to N points, and (N, P) the radius there."""
        first, second = self._first[pairs], self._second[pairs]
        start, end = self._on_axes(points, first), self._on_axes(points, second)
        across = end - start
        squared = (across * across).sum(-1)
        inverse = np.divide(1.0, squared, out=np.zeros_like(squared), where=squared > NOWHERE**2)
        between = (((points[:, None] - start) * across).sum(-1) * inverse).clip(0, 1)
        radius = self._radii[first] + between * (self._radii[second] - self._radii[first])
        return start + between[..., None] * across, radius

    def _on_axes(self, points: np.ndarray, colliders: np.ndarray) -> np.ndarray:
        """(N, P, 3): the nearest points of the colliders' axes."""
        starts, directions = self._starts[colliders], self._directions[colliders]
        along = ((points[:, None] - starts) * directions).sum(-1) * self._inverse_squares[colliders]
        return starts + along.clip(0, 1)[..., None] * directions

    def _turn_out_of(
        self, pair: int, directions: np.ndarray, heads: np.ndarray, lengths: np.ndarray, radii: np.ndarray
    ) -> np.ndarray:
        """The directions, turned until the balls touch the point within the pair that is nearest to them now."""
        tails = heads + directions * lengths
        points, radius = self._nearest(tails, slice(pair, pair + 1))
        nearest, reach = points[:, 0], radius + radii
        hit = norm(tails - nearest) < reach  # still: another collider may have turned it out
        distance = np.maximum(norm(nearest - heads), NOWHERE)
        towards = (nearest - heads) / distance
        cosine = (lengths**2 + distance**2 - reach**2) / (2 * lengths * distance)  # of the angle at which they touch
        cosine = cosine.clip(-1, 1)
        across = directions - (directions * towards).sum(1, keepdims=True) * towards
        across = unit(across, square_to(towards))
        return np.where(hit, cosine * towards + np.sqrt(1 - cosine**2) * across, directions)


def _pairs(colliders: Colliders) -> np.ndarray:
    """(P, 2): colliders that are partners, each pair once; those without one are paired with themselves."""
    numbers = np.arange(len(colliders.joints))
    partners = numbers if colliders.partners is None else colliders.partners.cpu().numpy()
    return np.unique(np.sort(np.stack([numbers, partners], 1), 1), axis=0)
