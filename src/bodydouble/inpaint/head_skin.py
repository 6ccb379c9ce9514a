"""A face's unseen skin: what the other cheek shows of it, in this side's light, else spread skin."""

from __future__ import annotations

import math

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.geometry.distance import rough_distance_to
from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.geometry.uv import enlarge, fill_seams
from bodydouble.parsing.labels import HAIR, HAT
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import EAR
from bodydouble.values import Texture

FEATURES_M = 0.045  # from the middle: eyes and mouth lie nearer
_SIZE = 256  # texels a side of the texture in which a face is told from its sides
_TWIN = (0.4, 0.6)  # cosines to the camera, between which the other cheek is believed: flatter ones are stretched
_TWIN_RIM = 0.02  # of the texture's side, over which that cheek sets in from its border: a copied border was a scar
_HOLE = 0.018  # of the texture's side: height of an open mouth, the highest of a face's holes
_LIGHT_SIGMA = 0.03  # of the texture's side: what varies more slowly between both sides of a face is light
_FACE_M = 0.035  # before the ear; there a face has features, which spread skin would lose
_FEATURES_SOFT_M = 0.02  # over which a face with features goes over into spread skin: a beard has no hard edge there
_PLAIN = 0.2  # difference of colour between a cheek's texel and the skin around


def mirror_skin(base: Tensor, smooth: Tensor, partial: Texture, solid: Tensor, body: BodyModel) -> Tensor:
    """3×S×S colours of skin: the other side's where that was seen, in this side's light; `base` at eyes and mouth."""
    assert partial.labels is not None
    surface = mean_surface_graph(body, _SIZE).surface
    front = (surface.position[:, 2] - surface.face_landmarks[EAR, 2] - _FACE_M) / _FEATURES_SOFT_M
    middle = (FEATURES_M - surface.position[:, 0].abs()) / _FEATURES_SOFT_M
    share = (0.5 + torch.minimum(front, middle)).clamp(0, 1)
    share = enlarge(fill_seams(surface.put(share[:, None]), surface.covered), smooth.shape[-1])[0]
    result, features = torch.lerp(smooth, base, share), share > 0.5
    if not body.layout.mirrored:
        return result
    twin = partial.rgb.flip(-1) + _blur_odd(smooth - smooth.flip(-1), _LIGHT_SIGMA * smooth.shape[-1])
    usable = solid & (partial.labels != HAIR) & (partial.labels != HAT)
    # Beside eyes and mouth a cheek is plain: what differs is a lock, or an earring.
    usable &= features | ((partial.rgb - smooth).abs().amax(0) < _PLAIN)
    trust = ((partial.confidence - _TWIN[0]) / (_TWIN[1] - _TWIN[0])).clamp(0, 1) * usable
    trust = trust * smoothstep((rough_distance_to(~_close_holes(usable)) / (_TWIN_RIM * len(usable))).clamp(0, 1))
    return torch.lerp(result, twin.clamp(0, 1), trust.flip(-1))


def _close_holes(usable: Tensor) -> Tensor:
    """S×S, bool, with its holes: around eyes and mouth, which have texels of their own, a face has no border."""
    reach = 2 * round(_HOLE * len(usable) / 2) + 1
    closed = cv2.morphologyEx(usable.numpy().astype(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    return torch.from_numpy(closed) > 0


def _blur_odd(planes: Tensor, sigma: float) -> Tensor:
    """3×S×S, blurred by `sigma` texels, of planes whose right half is the left one's mirror image times -1."""
    size, margin = planes.shape[-1], math.ceil(4 * sigma) + 1  # beyond which the blur looks at nothing
    half = (size + 1) // 2
    left = planes[..., : half + margin].permute(1, 2, 0).numpy()
    left = cv2.GaussianBlur(left, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)[:, :half]
    whole = np.concatenate([left, -left[:, : size - half][:, ::-1]], 1)
    return torch.from_numpy(whole).permute(2, 0, 1)
