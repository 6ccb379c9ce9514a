"""A sleeve that a photo shows beside the trunk, where the fit has the trunk: it is no part of the trunk's garment.

Arms hang a little nearer or farther than fitted. A strip of a dark sleeve, or of the gap beneath it, then lies on a
light jumper's side and is wide enough to look well seen. It is told by three things: all of it is like the sleeve,
nothing well inside the trunk's garment of that label is, and it begins at the edge of what was seen.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import binary_dilation, label
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.geometry.distance import rough_distance_to
from bodydouble.geometry.neighbours import have_near
from bodydouble.parsing.labels import CLOTH
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.foreign import SIZE, Observed, mean_places, observe, stuff_colours, without_texels
from bodydouble.values import Texture

# Texels of `SIZE`, some 4 mm each. Chosen on 30 photographs, on four of which it finds something.
_INSIDE = 20.0  # from the edge of what was seen, where nothing is a sleeve's
_REACH = 40.0  # from that edge, up to which something may be
_SLEEVE_EDGE = 4.0  # from a sleeve's edge, within which colours are mixed
_MIXED = 3  # around what was suspects, where colours are mixed, too
_LEAST, _AT_EDGE = 12, 3  # of what is suspects, and of these at the very edge
_FEW_SLEEVE, _FEW_INSIDE = 60, 200  # well seen; fewer tell no colours
_FRONTAL = 0.4  # cosine to the camera from which on a sleeve is well seen
_LIKE_SLEEVE, _AGREEING = 0.8, 4  # distance (`stuff_colours`) to so many of the sleeve's texels
_SHARE = 0.02  # of the texels well inside, that are alike where a colour is the garment's own
_ARMPIT_M = 0.07  # below the shoulder joint; above, collars and raglan seams are the trunk's own


def leave_out_sleeves(shown: Texture, body: BodyModel) -> Texture:
    """A photo's partial texture, S×S, without what is a sleeve's on the sides of the trunk."""
    if shown.labels is None:
        return shown
    return without_texels(shown, find_sleeves(observe(shown), body))


def find_sleeves(observed: Observed, body: BodyModel) -> Tensor:
    """512×512, bool: texels of the trunk that show a sleeve."""
    texels, parts, (places, rest) = texel_map(body.layout, SIZE), anatomy(body), mean_places(body)
    below = places[1] < float(rest.joints[body.roles["left_shoulder"]][1]) - _ARMPIT_M
    away = rough_distance_to((texels.face[0] >= 0) & (observed.cosine == 0))
    worn, limbs = parts.regions(SIZE) == Region.BODY, parts.limbs(SIZE)
    trunk, arms = worn & (limbs == 0) & (observed.cosine > 0), worn & (limbs == 1) & (observed.cosine > _FRONTAL)
    suspects = torch.zeros_like(worn)
    for cloth in CLOTH:
        of_label = observed.labels == cloth
        sleeve = arms & of_label & (away > _SLEEVE_EDGE)
        inside = trunk & of_label & (away > _INSIDE)
        beside = trunk & of_label & below & (away < _REACH)
        if int(sleeve.sum()) >= _FEW_SLEEVE and int(inside.sum()) >= _FEW_INSIDE and bool(beside.any()):
            queries, of_sleeve, of_trunk = (stuff_colours(observed.rgb, each) for each in (beside, sleeve, inside))
            alike = have_near(queries, of_sleeve, _AGREEING, _LIKE_SLEEVE)
            alike &= ~have_near(queries, of_trunk, max(10, round(_SHARE * len(of_trunk))), 1.0)
            suspects[beside] |= torch.from_numpy(alike)
    solid = torch.from_numpy(_select_at_edge(suspects.numpy(), away.numpy()))
    return solid & trunk & torch.isin(observed.labels, torch.tensor(CLOTH))


def _select_at_edge(suspects: np.ndarray, away: np.ndarray) -> np.ndarray:
    """S×S, bool: of texels, those in patches that begin at the edge of what was seen, and what is mixed around them."""
    patches, count = label(suspects)
    area = np.bincount(patches.ravel(), minlength=count + 1)
    at_edge = np.bincount(patches[suspects & (away <= 2)], minlength=count + 1)
    chosen = (area >= _LEAST) & (at_edge >= _AT_EDGE)
    chosen[0] = False
    return binary_dilation(chosen[patches], np.ones((2 * _MIXED + 1,) * 2, bool))
