"""Bare arms are as thick as the body's: what the mask has beside one is a bag, a cuff, hair, or a misfit."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import pose_fit, subtree_weight
from bodydouble.geometry.camera import project
from bodydouble.parsing.at_photo import labels_at
from bodydouble.parsing.labels import BACKGROUND, HAIR, SKIN, THING
from bodydouble.person.landmarks import SIDES
from bodydouble.values import BodyFit, RestBody, Understanding

# Metres by which a bare arm may be thicker or thinner than the fitted body's: muscles. Outlines made it 0.06, a slab
# beside the hip.
_MUSCLE_M = 0.012
_BARE = 0.6  # share of skin in what is seen of a ring of an arm, from which on it and all below it are bare
_RINGS = 3  # of upper arm and of forearm each
_FEW = 8  # vertices of a ring that show something
_NOTHING_WORN = (BACKGROUND, HAIR, THING)  # what lies beside an arm, or before it, and tells nothing of a sleeve


def cap_bare_arms(
    caps: Tensor, fit: BodyFit, rest: RestBody, understanding: Understanding | None, body: BodyModel
) -> Tensor:
    """(V,) metres: how far cloth may stand off, on arms from where they are bare no farther than muscles do.

    Args:
        caps: (V,) metres, as `offsets.offset_caps` has them.
        fit: of the bare body.
        rest: the body's, at rest.
        understanding: what each pixel is; None: no parser was asked, and nothing changes.
    """
    if understanding is None:
        return caps
    pixels = project(pose_fit(fit, body).vertices, fit.camera)
    labels = labels_at(understanding, pixels[:, 0], pixels[:, 1])
    told = ~torch.isin(labels, torch.tensor(_NOTHING_WORN, dtype=labels.dtype))
    for side in SIDES:
        ring, moved = _RINGS * _place_along(rest, side, body), subtree_weight(rest, body.roles[f"{side}_shoulder"])
        for number in range(2 * _RINGS):
            shown = told & (moved > 0.5) & (ring.floor() == number)
            if int(shown.sum()) >= _FEW and float((labels[shown] == SKIN).float().mean()) > _BARE:
                # A sleeve ends once: a bracelet below is none.
                caps = torch.lerp(caps, caps.clamp(max=_MUSCLE_M), (moved * (ring - number)).clamp(0, 1))
                break
    return caps


def _place_along(rest: RestBody, side: str, body: BodyModel) -> Tensor:
    """(V,) how far down an arm each vertex lies: 0 at the shoulder, 1 at the elbow, 2 from the wrist on."""
    joints = [rest.joints[body.roles[f"{side}_{joint}"]] for joint in ("shoulder", "elbow", "wrist")]
    shares = [
        ((rest.vertices - start) @ (end - start) / (end - start).square().sum()).clamp(0, 1)
        for start, end in pairwise(joints)
    ]
    return shares[0] + shares[1]
