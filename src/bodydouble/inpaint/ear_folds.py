"""The shade in an ear's folds, which tells an ear from a flat patch of skin.

`texture.sky_light` follows what is larger than a centimetre. Here the head is drawn from near enough for the folds of
its ears, on the mean body, as they are alike in all.
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import subtree_weight
from bodydouble.clothing.hang import submesh
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import EAR
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.sky_light import measure_sky_light
from bodydouble.values import FACE_LANDMARKS

_FOLD_M, _LARGE_M = 0.002, 0.012  # depth of what shades: folds, and what `sky_light` sees as well
_BESIDE_M = 0.055  # from the middle, where ears begin
_AROUND_M, _FADE_M = 0.035, 0.012  # from an ear's landmark, where its folds are, and the way over which they end
_DARKEST = 0.45  # of the light around
_DEEPER = 1.2  # power that makes sRGB of it, 1 / 2.2, if the body model's ears were as deep as real ones; by eye


@functools.lru_cache(maxsize=4)  # the same for every photo
def draw_ear_folds(body: BodyModel, size: int) -> Tensor:
    """S×S in (0, 1]: share of the light that reaches each texel past the ears' folds, in sRGB; 1 off the ears."""
    rest = body.rest(body.mean_shape())
    of_head = subtree_weight(rest, body.roles["head"]) > 0.5
    head = submesh(rest.vertices, body.faces, of_head)
    fine, coarse = measure_sky_light(head, (_FOLD_M, _LARGE_M))
    light = torch.ones(len(rest.vertices))
    light[of_head] = (fine / coarse.clamp_min(1e-3)).clamp(_DARKEST, 1) ** _DEEPER
    ear = body.landmarks.points(rest.vertices)[FACE_LANDMARKS][EAR].abs()
    mirrored = torch.cat([rest.vertices[:, :1].abs(), rest.vertices[:, 1:]], 1)
    away = (mirrored - ear - torch.tensor([0.0, 0.0, -0.5 * _AROUND_M])).norm(dim=1)
    of_ear = (1 - (away - _AROUND_M) / _FADE_M).clamp(0, 1) * (mirrored[:, 0] > _BESIDE_M)
    light = 1 + of_ear * (light - 1)
    texels = texel_map(body.layout, size)
    return torch.where(texels.face[0] >= 0, interpolate(texels, body.faces, light[:, None])[0, 0], 1.0)
