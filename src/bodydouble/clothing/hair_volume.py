"""Short hair stands off the skull behind as it does in the photo's outline.

The outline tells how thick hair is over the crown and at both sides. Seen from the side and from behind the rest of the
scalp would be a bare skull; it gets the thickness that the outline has as far from the crown, down to the hairline.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import pose_fit
from bodydouble.clothing.offsets import offset_caps
from bodydouble.geometry.camera import project
from bodydouble.geometry.mesh import vertex_normals, view_cosine
from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.parsing.at_photo import labels_at
from bodydouble.parsing.labels import HAIR, HAT, SKIN
from bodydouble.surface.regions import anatomy, height_above_hairline
from bodydouble.values import BodyFit, Understanding

_LEAST_HAIR = 0.15  # share of the scalp that faces the camera; on less, the head is shorn
_FACING = 0.3  # cosine to the camera, from which on a pixel tells what a vertex is
_OUTLINE = 0.35  # cosine to the camera up to which a vertex lies on the outline
_BEHIND = 0.6  # and from which on it is behind it, so that what rises there stands out nowhere
_OTHER_SIDE = 0.1  # weight of the other side's outline against this side's, before both are squared
_KERNEL = 0.2  # radians from the crown, over which the outline's thickness is evened
_EARS, _NAPE = 1.2, 2.2  # radians from the crown: below the first the outline is the ears'; the hair's end
_TAPER = 0.4  # of its thickness that hair loses from there to the nape
_MOST = 2.0  # of the usual thickness; more is a bun on top
_THICKNESS_M = (0.006, 0.06)  # least and greatest; the fit's own error is some 5 mm
_SETS_IN_M = 0.03  # above the hairline hair has its thickness
_BALD_M = 0.03  # around scalp that shows skin, where hair sets in likewise


def raise_hair(fit: BodyFit, understanding: Understanding | None, body: BodyModel) -> BodyFit:
    """The clothed fit whose scalp stands off by the hair's thickness; the same where the photo shows no hair on it."""
    if understanding is None:
        return fit
    mesh = pose_fit(fit, body)
    facing = view_cosine(mesh.vertices, mesh.faces, fit.camera)[:, 0]
    scalp = anatomy(body).scalp
    pixel = project(mesh.vertices, fit.camera)
    label = labels_at(understanding, pixel[:, 0], pixel[:, 1])
    front = scalp & (facing > _FACING)
    hairy = (label == HAIR) | (label == HAT)
    if int((front & hairy).sum()) < _LEAST_HAIR * max(1, int(front.sum())):
        return fit
    rest = body.rest(fit.shape)
    normals = vertex_normals(rest.vertices, body.faces)
    height = (fit.clothing.offsets * normals).sum(1)
    outline = scalp & (facing.abs() < _OUTLINE)
    thickness = _thickness(rest.vertices, height, scalp, outline)
    sets_in = (height_above_hairline(rest, body) / _SETS_IN_M).clamp(0, 1)
    bare = front & (label == SKIN) & (sets_in > 0.5)
    if bool(bare.any()):
        sets_in = sets_in * (torch.cdist(rest.vertices, rest.vertices[bare]).amin(1) / _BALD_M).clamp(0, 1)
    smooth = smoothstep(sets_in)
    # What lies on the outline meets it already.
    off_outline = (facing.abs() / _BEHIND).clamp(0, 1)
    most = torch.minimum(thickness * smooth, offset_caps(rest, body))
    rise = (most - height).clamp_min(0) * off_outline * scalp
    offsets = fit.clothing.offsets + rise[:, None] * normals
    return replace(fit, clothing=replace(fit.clothing, offsets=offsets))


def _thickness(vertices: Tensor, height: Tensor, scalp: Tensor, outline: Tensor) -> Tensor:
    """(V,) metres, of hair: the mean of the outline's at the same angle from the crown.

    Args:
        vertices: V×3, of the bare body at rest.
        height: (V,) metres, how far each stands off.
        scalp, outline: (V,) bool.
    """
    middle = (vertices[scalp].amin(0) + vertices[scalp].amax(0)) / 2
    direction = functional.normalize(vertices - middle, dim=1)
    polar = direction[:, 1].clamp(-1, 1).acos()
    around = functional.normalize(direction[:, [0, 2]], dim=1)
    outline = outline & (polar < _EARS)
    if not bool(outline.any()):
        return torch.full_like(height, _THICKNESS_M[0])
    near = torch.exp(-(((polar.clamp(max=_EARS)[:, None] - polar[outline]) / _KERNEL) ** 2)) + 1e-9
    # Behind, both sides count alike; on either side its own does.
    near = near * (_OTHER_SIDE + (1 + around @ around[outline].T) / 2).square()
    thickness = (near * height[outline]).sum(1) / near.sum(1)
    thickness = thickness.clamp(max=_MOST * float(thickness[scalp].median()))
    tapers = 1 - _TAPER * ((polar - _EARS) / (_NAPE - _EARS)).clamp(0, 1)
    return (thickness * tapers).clamp(*_THICKNESS_M)
