"""Which vertices a fit computes: those that landmarks and contact hang on, and those whose outline is compared.

A body at rest is a sum of hundreds of blend shapes; every vertex that nobody asks for costs as much as one that counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel, LandmarkMap
from bodydouble.body.skinning import subtree_weight
from bodydouble.values import RestBody

_MOVED = 0.5  # share of a vertex that the head moves, from which it is the head's


@dataclass(frozen=True, kw_only=True)
class NeededVertices:
    """Rows of the body's vertices."""

    pinned: Tensor  # (P,), int64: what landmarks, contact and a known height hang on
    landmarks: LandmarkMap  # in terms of `pinned`
    outlined: Tensor  # (N,), int64: `pinned` and all vertices of `faces`
    faces: Tensor  # F×3, int64, in terms of `outlined`: what is drawn to compare outlines
    pinned_rows: Tensor  # (P,), int64: the rows of `pinned` in `outlined`


def needed_vertices(body: BodyModel, rest: RestBody, further: Tensor, headless: bool) -> NeededVertices:
    """What to compute of a body.

    Args:
        further: (N,), int64: vertices beside those of the landmarks.
        headless: the outline is compared without the head, see `outline.leave_out_head`.
    """
    landmarks = _without_idle_corners(body.landmarks)
    pinned = torch.unique(torch.cat([landmarks.vertices.flatten(), further]))
    faces = body.faces
    if headless:
        of_head = subtree_weight(rest, body.roles["head"]) > _MOVED
        faces = faces[~of_head[faces].all(1)]
    outlined = torch.unique(torch.cat([faces.flatten(), pinned]))
    return NeededVertices(
        pinned=pinned,
        landmarks=replace(landmarks, vertices=torch.searchsorted(pinned, landmarks.vertices)),
        outlined=outlined,
        faces=torch.searchsorted(outlined, faces),
        pinned_rows=torch.searchsorted(outlined, pinned),
    )


def _without_idle_corners(landmarks: LandmarkMap) -> LandmarkMap:
    """The same points, whose corners of no weight name vertices that have some."""
    order = landmarks.weights.abs().argsort(dim=1, descending=True, stable=True)
    order = order[:, : int((landmarks.weights != 0).sum(1).max())]
    weights, vertices = landmarks.weights.gather(1, order), landmarks.vertices.gather(1, order)
    return LandmarkMap(vertices=torch.where(weights != 0, vertices, vertices[:, :1]), weights=weights)
