"""The arms of sunglasses: from the lens's outer edge back to the ear.

A photo from in front shows them foreshortened, on flat skin that is not believed (`texture.head_rim`): from the side
sunglasses ended in the middle of the temple. They are found by colour: where eyes should be, all is dark.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.surface.regions import EAR
from bodydouble.texture.foreign import mean_places
from bodydouble.values import FACE_LANDMARKS, Texture

_EYE = 33  # of the face's landmarks: an eye's outer corner
# Metres: of the middle and of a lens's side from the face's middle, of a lens above and below the eye, and what of it
# eyes without glasses cannot fill.
_LENS_X_M, _LENS_Y_M = (0.016, 0.056), 0.013
_CHEEK_Y_M = (0.03, 0.05)  # below the eye, where the skin's tone is looked for
_DARK = 0.5  # of the cheek's luminance
_FILLED = 0.7  # share of a lens that is darker: of four pairs of sunglasses 0.77 or more is, of two pairs of eyes 0.42
_FEW = 30  # texels; fewer tell nothing
_RIM_M = (0.074, 0.026)  # as far as which from the face's middle, and above and below the eye, a lens may reach
_EDGE_M = 0.01  # along the face, of a lens that is its outer edge, where the arm begins
_REARMOST = 0.02  # quantile of how far ahead lenses lie, where that edge is: a few texels are a lash's or hair's
_JOINT = 0.65  # quantile of that edge's height, where it begins
_EAR_M = (0.015, 0.002)  # above the ear's landmark and behind it, where arms rest on the ear
_HALF_M, _SOFT_M = 0.003, 0.001  # half an arm's width, and over which its edge fades: a texel


def draw_arms(colour: Tensor, skin: Tensor, partial: Texture, body: BodyModel) -> Tensor:
    """3×S×S: completed colours, 3×S×S, with the arms of sunglasses where the photo shows their lenses.

    Args:
        skin: S×S, bool, what is bare: under hair arms are not seen.
        partial: what was seen, S×S; its texels stay.
    """
    places, eye, ear = face_places(body, len(skin))
    across, up, ahead = places[0].abs(), places[1] - eye[1], places[2]
    seen, luminance = (partial.confidence > 0) & (ahead > ear[2]), partial.rgb.mean(0)
    cheek = seen & (across < _LENS_X_M[1]) & (-up > _CHEEK_Y_M[0]) & (-up < _CHEEK_Y_M[1])
    lens = seen & (across > _LENS_X_M[0]) & (across < _LENS_X_M[1]) & (up.abs() < _LENS_Y_M)
    if min(int(cheek.sum()), int(lens.sum())) < _FEW:
        return colour
    dark = seen & (luminance < _DARK * luminance[cheek].median())
    if float(dark[lens].float().mean()) < _FILLED:
        return colour
    glasses = dark & (across < _RIM_M[0]) & (up.abs() < _RIM_M[1]) & (across > _LENS_X_M[0])
    hinge = _find_hinge(glasses, up, ahead)
    frame = partial.rgb[:, glasses & (ahead < hinge[1] + _EDGE_M)].median(1).values
    top = ear[1] + _EAR_M[0] - eye[1]
    back = ear[2] - _EAR_M[1]
    way = ((hinge[1] - ahead) / (hinge[1] - back)).clamp(0, 1)
    beside = (up - torch.lerp(hinge[0].expand_as(way), top.expand_as(way), way)).abs()
    drawn = ((_HALF_M - beside) / _SOFT_M + 0.5).clamp(0, 1)
    drawn = drawn * (skin & ~(partial.confidence > 0) & (ahead < hinge[1]) & (ahead > back) & (across > eye[0].abs()))
    return torch.lerp(colour, frame[:, None, None].expand_as(colour), drawn)


def _find_hinge(glasses: Tensor, up: Tensor, ahead: Tensor) -> Tensor:
    """(2,) metres, above the eye and ahead: where arms begin, at the rearmost of both lenses' outer edges."""
    rear = ahead[glasses].quantile(_REARMOST)
    edge = glasses & (ahead < rear + _EDGE_M)
    return torch.stack([up[edge].quantile(_JOINT), rear])


def face_places(body: BodyModel, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """3×size×size metres, where texels lie on the mean body at rest; its eye's outer corner and its ear, (3,) each."""
    places, rest = mean_places(body, size)
    face = body.landmarks.points(rest.vertices)[FACE_LANDMARKS]
    return places, face[_EYE], face[EAR]
