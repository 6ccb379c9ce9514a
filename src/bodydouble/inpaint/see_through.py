"""What the parser sees through the person, brought to the texels of the body's far side: labels and colours there.

And how much of what the photo shows is on the near side alone (a placket, a bag, a hand before the belly), which must
not go on behind.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import dress_rest, pose_fit
from bodydouble.geometry.camera import clip_from_world, project, resized
from bodydouble.geometry.mesh import view_cosine
from bodydouble.inpaint.worn_over import find_worn_over
from bodydouble.parsing.at_photo import labels_at
from bodydouble.parsing.labels import BACKGROUND, CLOTH, EYES, FACIAL_HAIR, LABELS, THING
from bodydouble.raster.depth import depth_range
from bodydouble.raster.shade import interpolate
from bodydouble.surface.graph import SurfaceTexels
from bodydouble.surface.skeleton import pose_surface
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import FarSide, FittedView, Surface

UNUSUAL = (BACKGROUND, EYES, FACIAL_HAIR, THING)  # what no texel that was not seen can be
FRONT_ONLY = 0.5  # chance from which on what was seen does not go on around
_DRAWN_PX = 512  # longer side at which the farthest surface is drawn
_FARTHEST_M = 0.02  # of it counts as it: what lies before is hidden by a hand or an arm
_OWN_SHARE = 0.3  # of a sheet's seen texels: labels with less are something else's
_AWAY = 0.1  # cosine from the camera at which a texel lies on the far side


@dataclass(frozen=True, kw_only=True)
class SeenThrough:
    """Of N texels."""

    labels: Tensor  # N×L, probabilities of what lies on the far side; 0 where the parser tells nothing
    away: Tensor  # (N,), [0, 1], how much each texel lies there
    colour: Tensor  # N×3, smooth, of the far side
    front_only: Tensor  # (N,), [0, 1], of texels on the near side: how likely the far one shows something else


def see_through(view: FittedView, surface: SurfaceTexels, body: BodyModel) -> SeenThrough:
    """What the parser sees of each texel's far side. Nothing where it was not asked."""
    if view.far is None:
        return nothing_through(len(surface))
    mesh, camera = pose_fit(view.fit, body), view.fit.camera
    values = torch.cat([mesh.vertices, view_cosine(mesh.vertices, mesh.faces, camera)], 1)
    height, width = camera.size
    scale = _DRAWN_PX / max(height, width)
    small = resized(camera, (round(height * scale), round(width * scale)))
    farthest = depth_range(clip_from_world(mesh.vertices, small), mesh.faces, small.size)[1]
    drawn = surface.take(interpolate(texel_map(body.layout, surface.size), body.faces, values)[0])
    pixel = project(drawn[:, :3], camera)
    shown = sample_far_side(view.far, pixel)
    row = (pixel[:, 1] * scale).long().clamp(0, small.size[0] - 1)
    column = (pixel[:, 0] * scale).long().clamp(0, small.size[1] - 1)
    away = ((-drawn[:, 3] - _AWAY) / 0.3).clamp(0, 1) * (1 - shown[:, BACKGROUND]).clamp(0, 1)
    away = away * (pixel[:, 2] > farthest[row, column] - _FARTHEST_M)
    chances, colour, front_only = shown.split([len(LABELS), 3, 1], 1)
    chances = chances.clone()
    chances[:, UNUSUAL] = 0
    chances = chances / chances.sum(1, keepdim=True).clamp_min(1e-3)
    return SeenThrough(labels=chances, away=away, colour=colour.clamp(0, 1), front_only=front_only[:, 0])


def nothing_through(count: int) -> SeenThrough:
    """What is known of so many texels without a parser."""
    return SeenThrough(
        labels=torch.zeros(count, len(LABELS)),
        away=torch.zeros(count),
        colour=torch.zeros(count, 3),
        front_only=torch.zeros(count),
    )


@dataclass(frozen=True, kw_only=True)
class SheetThrough:
    """Of an S×S texture of what hangs off the body; a texel's is that of the pixel that it lies on in the photo."""

    colour: Tensor  # 3×S×S, smooth, of the far side
    chance: Tensor  # S×S, [0, 1], how likely that is of the sheet's own cloth: a jacket over a skirt is none
    front_only: Tensor  # S×S, [0, 1], how likely what the photo shows is on the near side alone
    worn_over: Tensor  # S×S, bool, seen texels that show a top over it


def see_through_sheet(view: FittedView, surface: Surface, body: BodyModel) -> SheetThrough | None:
    """What the parser sees through a surface that hangs off the body; None where it was not asked."""
    if view.far is None or view.understanding is None:
        return None
    mesh = pose_surface(surface, dress_rest(view.fit, body), view.fit.pose).mesh
    texels = texel_map(surface.layout, surface.texture.rgb.shape[-1])
    point = interpolate(texels, mesh.faces, mesh.vertices)[0]
    shown = sample_far_side(view.far, project(point.flatten(1).T, view.fit.camera)).T.unflatten(1, point.shape[1:])
    chances, colour, front_only = shown.split([len(LABELS), 3, 1])
    seen = surface.texture.confidence > 0
    labels = torch.zeros(seen.shape, dtype=torch.long)
    labels[seen] = labels_at(view.understanding, *project(point[:, seen].T, view.fit.camera)[:, :2].T).long()
    own_labels = functional.one_hot(labels[seen], len(LABELS)).float().mean(0) > _OWN_SHARE
    cloth = [label for label in CLOTH if own_labels[label]]
    return SheetThrough(
        colour=colour.clamp(0, 1),
        chance=chances[cloth].sum(0).clamp(0, 1),
        front_only=front_only[0],
        worn_over=find_worn_over(surface.texture.rgb, labels, seen),
    )


def sample_far_side(far: FarSide, pixel: Tensor) -> Tensor:
    """N×(L + 3 + 1): labels, colour and front-only chance at N×2 pixels (or more columns) of the photo; 0 outside."""
    planes = torch.cat([far.labels, far.colour, far.front_only[None]])
    place = pixel[:, :2] - torch.tensor([far.left, far.top])
    grid = (place * 2 / far.side - 1)[None, None]
    return functional.grid_sample(planes[None].float(), grid, align_corners=False)[0, :, 0].T
