"""Tops without sleeves end at an armhole: one curve around the shoulder, as far out as it was seen in front.

Behind, nothing but the arm's own border told where they end: which joint moves the skin there, a ragged line.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.inpaint.limb_ends import find_end
from bodydouble.inpaint.seam_lines import fold_left, measure_armhole
from bodydouble.parsing.labels import CLOTH, SKIN
from bodydouble.surface.graph import SurfaceTexels
from bodydouble.surface.regions import Region

_REACH_M = 0.08  # inwards and outwards from the seam of a sleeve, where armholes are; what ends farther out is a sleeve
_BARE = 0.75  # share of skin on an arm whose top has no sleeve
_ABOVE_M, _BELOW_M = 0.1, 0.12  # the shoulder's joint


def find_armholes(labels: Tensor, usable: Tensor, completed: Tensor, surface: SurfaceTexels, body: BodyModel) -> Tensor:
    """K×V, [-1, 1], as `Clothing.hems`: near armholes positive where cloth is, negative where the arm is bare.

    K is 1, or 0 where the shoulders show no armhole, as those do that have sleeves or are bare. An arm that is not bare
    farther down, as below a cape or behind a bag, has none.

    Args:
        labels: (N,) int64, where `usable`, (N,) bool.
        completed: (N,), of all texels.
        surface: of the mean body.
    """
    rest = body.rest(body.mean_shape())
    x, y, z = rest.joints[body.roles["left_shoulder"]].tolist()
    joints = {"left_shoulder": (x, y, z)}
    place, near = _measure_places(surface.position, joints)
    cloth = torch.isin(labels, torch.tensor(CLOTH))
    shown = near & usable & (surface.region == Region.BODY) & (cloth | (labels == SKIN))
    end = find_end(place[shown], cloth[shown])
    if end is None:
        return torch.zeros(0, len(rest.vertices))
    place, near = _measure_places(rest.vertices, joints)
    arm = surface.arm & (surface.region == Region.BODY)
    for side in (1, -1):
        bare = completed[arm & (side * surface.position[:, 0] > 0)] == SKIN
        near &= (side * rest.vertices[:, 0] <= 0) | bool(bare.float().mean() > _BARE)
    return (((sum(end) / 2 - place) / _REACH_M).clamp(-1, 1) * near)[None]


def _measure_places(points: Tensor, joints: Mapping[str, tuple[float, float, float]]) -> tuple[Tensor, Tensor]:
    """(N,) metres outwards from the armhole's seam, of N×3 points on the mean body, and (N,) bool, those near it."""
    place = measure_armhole(fold_left(points, points[:, 0] < 0), joints)
    above = points[:, 1] - joints["left_shoulder"][1]
    return place, (place.abs() < _REACH_M) & (above > -_BELOW_M) & (above < _ABOVE_M)
