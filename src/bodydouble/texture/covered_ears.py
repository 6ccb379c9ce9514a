"""Ears beneath hair: where the photo shows hair over an ear, that ear has the hair's colour, not the skin's.

Long hair is a surface that leaves the face free, and ears stand out of it; bobs are the head's own surface. Either way
a patch of skin would lie in the middle of the hair.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import pose_fit
from bodydouble.geometry.camera import project
from bodydouble.geometry.mesh import view_cosine
from bodydouble.geometry.uv import enlarge
from bodydouble.parsing.at_photo import labels_at
from bodydouble.parsing.labels import HAIR
from bodydouble.surface.graph import SurfaceTexels, mean_surface_graph
from bodydouble.surface.regions import EAR, Region, anatomy
from bodydouble.values import FACE_LANDMARKS, FittedView

SMALL = 256  # texels a side of the texture in which ears are looked for
_FACING = 0.1  # cosine to the camera, from which on a pixel tells what lies on an ear
_FEW = 6  # vertices; fewer tell nothing
# Share of an ear's lower half whose pixels are hair. Of sixteen people it was up to 0.1 where ears are free, and 0.47
# to 0.83 where hair lies over them.
_COVERED = 0.45
_BEFORE_M = 0.008  # before the ear's landmark, as far as which hair covers
_LOBE_M = 0.04  # below it, to where ears reach


def find_covered_ears(view: FittedView, body: BodyModel, size: int) -> Tensor:
    """(N,) bool, of the surface of `mean_surface_graph`: the ears that hair covers, and the face behind them.

    A side that turns away from the camera is as the other one.
    """
    surface = mean_surface_graph(body, size).surface
    sides = _measure_hair(view, body)
    hair = [side if side is not None else other for side, other in zip(sides, sides[::-1], strict=True)]
    left, right = (part is not None and part > _COVERED for part in hair)
    x, y, z = surface.position.unbind(1)
    ear = surface.face_landmarks[EAR]
    behind = (surface.region == Region.FACE) & (z < ear[2] + _BEFORE_M) & (y > ear[1] - _LOBE_M)
    return behind & torch.where(x > 0, torch.tensor(left), torch.tensor(right))


def draw_covered_ears(covered: Tensor, surface: SurfaceTexels, size: int) -> Tensor:
    """S×S, bool, of the body's texture: what `find_covered_ears` has, (N,) bool of the surface."""
    return enlarge(surface.put(covered[:, None].float()), size)[0] > 0.5


def _measure_hair(view: FittedView, body: BodyModel) -> list[float | None]:
    """Of the left and of the right ear: which share of its lower half is hair in the photo; None: it does not tell."""
    if view.understanding is None:
        return [None, None]
    vertices = body.rest(view.fit.shape).vertices
    ear = body.landmarks.points(vertices)[FACE_LANDMARKS][EAR]
    x, y, z = vertices.unbind(1)
    lower = anatomy(body).face & (z < ear[2]) & (y < ear[1]) & (y > ear[1] - _LOBE_M)
    mesh = pose_fit(view.fit, body)
    shown = lower & (view_cosine(mesh.vertices, mesh.faces, view.fit.camera)[:, 0] > _FACING)
    pixel = project(mesh.vertices, view.fit.camera)
    hair = labels_at(view.understanding, pixel[:, 0], pixel[:, 1]) == HAIR
    sides = (shown & (x > 0), shown & (x < 0))
    return [float(hair[side].float().mean()) if int(side.sum()) >= _FEW else None for side in sides]
