"""What must not be painted on what lies behind: skin of an arm that is not where the fit has it, and loose hair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from bodydouble.body import BodyModel
from bodydouble.body.skinning import arm_weight, dress_rest, pose_fit, subtree_weight
from bodydouble.geometry.camera import clip_from_world, move_pixels, resized
from bodydouble.geometry.distance import rough_distance_to
from bodydouble.parsing.at_photo import labels_at
from bodydouble.parsing.labels import HAIR, SKIN
from bodydouble.raster import Fragments, rasteriser
from bodydouble.raster.shade import interpolate as interpolate_corners
from bodydouble.surface.regions import anatomy
from bodydouble.surface.skeleton import pose_surface
from bodydouble.values import Camera, FittedView, Mesh, Person, PosedSurface, RestBody, Surface, SurfaceKind

_REACH_M = 0.06  # how far from where it is an arm may have been fitted
# Share of a vertex that an arm moves: of the arm itself, and of all that an arm's skin may lie on, as far as the chest.
_MOVED_BY_ARM, _MOVED_BY_SHOULDER = 0.5, 0.02
_FARTHER = 1.5  # of that reach: beyond it from the arm itself skin is a neckline's, though a shoulder may be near
_COARSE_PX = 640  # longer side at which a photo is searched: a centimetre is three pixels


def misplaced_skin(
    view: FittedView, mesh: Mesh, shown: Tensor, rest: RestBody, body: BodyModel, camera: Camera
) -> Tensor:
    """H×W, bool: pixels of skin beside a drawn arm, where the drawn body shows neither arm nor head.

    An arm that has sunk into the trunk is not drawn; its skin stays on the trunk, for the photo's own view needs it.

    Args:
        mesh: the view's body, posed.
        shown: H×W, int64, its face in each pixel; -1 where there is none.
        camera: a part of the view's, maybe reduced.
    """
    nothing = torch.zeros(camera.size, dtype=torch.bool)
    if view.understanding is None:
        return nothing
    moved = arm_weight(rest, body)
    arm, shoulder = (
        (moved > share)[mesh.faces].any(1)[shown] & (shown >= 0) for share in (_MOVED_BY_ARM, _MOVED_BY_SHOULDER)
    )
    if not bool(arm.any()):
        return nothing
    metres = mesh.vertices - torch.linalg.inv(camera.camera_from_world)[:3, 3]
    reach = _REACH_M * float(camera.intrinsics[0, 0]) / max(0.1, float(metres.norm(dim=1).median()))
    near = _within(shoulder, reach) & _within(arm, _FARTHER * reach)
    head = (subtree_weight(rest, body.roles["neck"]) > 0.5)[mesh.faces].any(1)[shown] & (shown >= 0)  # has skin itself
    return near & ~shoulder & ~head & (_labels(view, camera) == SKIN)


def without_misplaced(view: FittedView, body: BodyModel) -> FittedView:
    """The view with a mask that leaves out `misplaced_skin` and loose hair; the same where no parser was asked."""
    if view.understanding is None:
        return view
    camera, mesh, drawn = _draw_coarse(view, body)
    wrong = misplaced_skin(view, mesh, drawn.face[0], body.rest(view.fit.shape), body, camera)
    return without_locks(replace(view, person=_without(view, _at_photo(wrong, view))))


def without_locks(view: FittedView) -> FittedView:
    """The view with a mask that leaves out loose hair."""
    return view if view.locks is None else replace(view, person=_without(view, view.locks))


def find_locks(view: FittedView, worn: Sequence[Surface], body: BodyModel) -> FittedView:
    """The view with its `locks`: hair where a surface of hair is drawn before the body, but for the scalp.

    Strands that no such surface covers stay on the body, where the photo shows them. The same where no parser was
    asked, or where no hair is worn.
    """
    hair = [surface for surface in worn if surface.kind == SurfaceKind.HAIR]
    if view.understanding is None or not hair:
        return view
    camera, mesh, drawn = _draw_coarse(view, body)
    rest, shown = dress_rest(view.fit, body), drawn.face[0]
    scalp = anatomy(body).scalp[mesh.faces].all(1)
    depths = [_opaque_depth(pose_surface(surface, rest, view.fit.pose), camera) for surface in hair]
    over = torch.stack(depths).amin(0) < drawn.depth[0]
    lock = (_labels(view, camera) == HAIR) & ~(scalp[shown] & (shown >= 0)) & over
    locks = _at_photo(lock, view)
    return replace(view, locks=locks if view.locks is None else view.locks | locks)


def _opaque_depth(surface: PosedSurface, camera: Camera) -> Tensor:
    """H×W, metres, of a surface; infinite where it is not drawn, or transparent."""
    fragments = rasteriser()(clip_from_world(surface.mesh.vertices, camera)[None], surface.mesh.faces, camera.size)
    depth, alpha = fragments.depth[0], surface.texture.alpha
    if alpha is None:
        return depth
    place = interpolate_corners(fragments, surface.layout.faces, surface.layout.uv).permute(0, 2, 3, 1) * 2 - 1
    opaque = grid_sample(alpha[None, None], place, align_corners=False)[0, 0] > 0.5
    return torch.where(opaque, depth, torch.inf)


def _draw_coarse(view: FittedView, body: BodyModel) -> tuple[Camera, Mesh, Fragments]:
    """The view's camera at a coarse size, its posed body, and how the body is drawn in it."""
    height, width = view.photo.size
    scale = min(1.0, _COARSE_PX / max(height, width))
    camera = resized(view.fit.camera, (max(1, round(height * scale)), max(1, round(width * scale))))
    mesh = pose_fit(view.fit, body)
    return camera, mesh, rasteriser()(clip_from_world(mesh.vertices, camera)[None], mesh.faces, camera.size)


def _within(places: Tensor, distance: float) -> Tensor:
    """H×W, bool: pixels no farther than that from one of some, H×W, bool."""
    return rough_distance_to(places) <= distance


def _at_photo(pixels: Tensor, view: FittedView) -> Tensor:
    """H×W, bool, of pixels of the coarse view."""
    return interpolate(pixels[None, None].float(), view.photo.size, mode="nearest")[0, 0] > 0


def _without(view: FittedView, pixels: Tensor) -> Person:
    """The view's person with a mask that leaves out pixels, H×W, bool."""
    return replace(view.person, mask=view.person.mask * ~pixels)


def _labels(view: FittedView, camera: Camera) -> Tensor:
    """H×W, uint8: the parser's labels in a part of the view's camera."""
    assert view.understanding is not None
    y, x = torch.meshgrid(*(torch.arange(side) + 0.5 for side in camera.size), indexing="ij")
    return labels_at(view.understanding, *move_pixels(x.flatten(), y.flatten(), camera, view.fit.camera)).view(
        camera.size
    )
