"""Eyes that turn: what comes out from behind the lids is as bright as what the photo shows of them."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.export.humanoid import eye_joints
from bodydouble.geometry.uv import fill_seams
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import RestBody, Texture

_USUAL_WHITE = 0.78  # brightness of the white of eyes that the texture does not tell,
_DARKEST, _BRIGHTEST = 0.35, 0.85  # and the range in which it is believed
_WHITE_QUANTILE = 0.85  # of an eye's texels, by brightness: brighter ones are glints
_FEWEST = 20  # texels that the photo shows, to tell by them alone
_EYE = 0.5  # skin weight on the eyes' joints: eyeballs have more, and lids a tenth
_SEAM = 2.0  # texels around the eyes' charts, which nothing else uses


def match_eyes(body: BodyModel, rest: RestBody, texture: Texture) -> tuple[Texture, Tensor]:
    """The texture with what was not seen of the eyes no brighter than what was, and (3,) the colour of their white.

    Args:
        rest, texture: the clothed body's, on the CPU.
    """
    covered = _eye_texels(body, rest, texture)
    seen = covered & (texture.confidence > 0)
    if int(seen.sum()) < _FEWEST:
        white = _white(texture.rgb[:, covered])
        return texture, _believable(white)
    unseen, white = covered & ~seen, _white(texture.rgb[:, seen])
    rgb = texture.rgb.clone()
    rgb[:, unseen] *= (white / _white(texture.rgb[:, unseen]).clamp_min(0.01)).clamp(max=1.0)[:, None]
    return replace(texture, rgb=fill_seams(rgb, covered, _SEAM)), _believable(white)


def _eye_texels(body: BodyModel, rest: RestBody, texture: Texture) -> Tensor:
    """S×S, bool: texels of the eyeballs."""
    eyes = rest.skin_weights[:, list(eye_joints(body).values())].sum(1) > _EYE
    of_eyes, size = eyes[body.faces].all(1), texture.rgb.shape[-1]
    if not bool(of_eyes.any()):
        return torch.zeros(size, size, dtype=torch.bool)
    return texel_map(replace(body.layout, faces=body.layout.faces[of_eyes]), size).face[0] >= 0


def _white(colours: Tensor) -> Tensor:
    """(3,): one of the brighter of 3×N colours."""
    if not colours.shape[1]:
        return torch.full((3,), _USUAL_WHITE)
    order = colours.mean(0).argsort(stable=True)
    return colours[:, order[int(_WHITE_QUANTILE * (len(order) - 1))]]


def _believable(white: Tensor) -> Tensor:
    """(3,): the colour of something white in the photo's light."""
    grey = torch.lerp(white, white.mean().expand(3), 0.7)  # eyes are seldom white: most of their tint is theirs
    return grey / grey.mean() * grey.mean().clamp(_DARKEST, _BRIGHTEST)
