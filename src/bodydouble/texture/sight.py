"""What a view's camera sees of every texel, however much of it is trusted: the photo's part, points, depths, labels.

`texture.project` asks it twice, once strictly and once for the rim.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import pose_fit, subtree_weight
from bodydouble.geometry.camera import clip_from_world, cropped, move_pixels, project, resized
from bodydouble.geometry.mesh import view_cosine
from bodydouble.parsing.at_photo import labels_at
from bodydouble.person.landmarks import SIDES
from bodydouble.raster import Fragments, rasteriser
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.misplaced import misplaced_skin
from bodydouble.values import Camera, FittedView, Mesh, RestBody

# The ends of limbs, and the limbs that bear them.
_ENDS = tuple(
    (f"{side}_{end}", f"{side}_{limb}") for end, limb in (("wrist", "elbow"), ("ankle", "knee")) for side in SIDES
)
_CUFF_M = 0.05  # how far beyond a wrist sleeves reach
REFERENCE_PX = 512  # distances below are meant for a person this tall in the photo, and grow with the person


@dataclass(frozen=True)
class Crop:
    """The part of the photo that holds the person."""

    rgb: Tensor  # 3×H×W
    mask: Tensor  # H×W
    box: tuple[int, int, int, int]  # top, bottom, left, right of it, pixels of the photo
    camera: Camera
    unit_px: float  # pixels of this crop that make one of a photo with a person 512 pixels tall
    mask_unit_px: float  # the same for the distance to the mask's edge


@dataclass(frozen=True)
class Points:
    """The surface points of the N covered texels, seen from the camera."""

    x: Tensor  # (N,), pixels of the view
    y: Tensor
    depth: Tensor  # metres
    cosine: Tensor  # between the normal and the direction to the camera


@dataclass(frozen=True)
class LimbEnd:
    """A drawn hand or foot."""

    name: str  # the joint's role
    depth: Tensor  # H×W, metres, of it alone; inf where it is not
    beside: Tensor  # (N,), bool: texels that neither it nor the limb that bears it moves


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What there is to be seen of N covered texels. Pixels are those of `crop`."""

    crop: Crop
    rest: RestBody
    mesh: Mesh  # posed
    texels: Fragments
    points: Points
    fragments: Fragments  # of the body in the crop's pixels
    ends: tuple[LimbEnd, ...]
    beneath_cuffs: Tensor  # (N,), bool: so near to a wrist that a sleeve may lie on them
    labels: Tensor | None  # (N,), uint8, the parser's; None where none was asked
    misplaced: Tensor | None  # H×W, bool, see `misplaced_skin`

    def with_colours(self, rgb: Tensor) -> Sight:
        """The same of a photo that has other colours, 3×H×W."""
        crop = self.crop
        return replace(self, crop=replace(crop, rgb=_cut_out(rgb, crop.box, crop.camera.size)))


def see_texels(view: FittedView, body: BodyModel, size: int) -> Sight | None:
    """What a view shows of a size×size texture; None where the body is outside the photo."""
    rest, mesh = body.rest(view.fit.shape), pose_fit(view.fit, body)
    crop = _crop_photo(view, mesh, size, height_m=float(rest.vertices[:, 1].max()))
    if crop is None:
        return None
    texels = texel_map(body.layout, size)
    points = _see_points(texels, mesh, crop.camera)
    clip = clip_from_world(mesh.vertices, crop.camera)[None]
    fragments = rasteriser()(clip, mesh.faces, crop.camera.size)
    labels, misplaced = None, None
    if view.understanding is not None:
        labels = labels_at(view.understanding, *move_pixels(points.x, points.y, crop.camera, view.fit.camera))
        misplaced = misplaced_skin(view, mesh, fragments.face[0], rest, body, crop.camera)
    return Sight(
        crop=crop,
        rest=rest,
        mesh=mesh,
        texels=texels,
        points=points,
        fragments=fragments,
        ends=tuple(_draw_end(end, limb, texels, mesh, rest, body, clip, crop) for end, limb in _ENDS),
        beneath_cuffs=_beneath_cuffs(texels, rest, body),
        labels=labels,
        misplaced=misplaced,
    )


def _crop_photo(view: FittedView, mesh: Mesh, size: int, height_m: float) -> Crop | None:
    """The box around the body within the photo, reduced where it has far more pixels than the texture has texels."""
    photo, camera = view.photo, view.fit.camera
    height, width = photo.size
    pixels = project(mesh.vertices, camera)
    x, y = pixels[:, 0], pixels[:, 1]
    left, right = max(0, int(x.min()) - 4), min(width, int(x.max()) + 5)
    top, bottom = max(0, int(y.min()) - 4), min(height, int(y.max()) + 5)
    if right <= left or bottom <= top:
        return None
    box = top, bottom, left, right
    camera = cropped(camera, left, top, (bottom - top, right - left))
    scale = 2 * size / max(bottom - top, right - left)
    if scale < 1:
        camera = resized(camera, (max(1, round((bottom - top) * scale)), max(1, round((right - left) * scale))))
    rgb, mask = (_cut_out(planes, box, camera.size) for planes in (photo.rgb, view.person.mask[None]))
    # The standing person's height, so that a crouching one counts no smaller.
    tall = float(camera.intrinsics[1, 1]) * height_m / max(0.1, float(pixels[:, 2].median()))
    unit_px, photo_px = tall / REFERENCE_PX, min(1.0, scale) * photo.reduction
    mask_unit_px = photo_px if view.person.mask_is_exact else max(photo_px, unit_px)
    return Crop(rgb, mask[0], box, camera, unit_px, mask_unit_px)


def _cut_out(planes: Tensor, box: tuple[int, int, int, int], size: tuple[int, int]) -> Tensor:
    """C×h×w: a box (top, bottom, left, right) of C×H×W, reduced to (height, width)."""
    top, bottom, left, right = box
    part = planes[:, top:bottom, left:right]
    if part.shape[1:] == size:
        return part
    return functional.interpolate(part[None], size, mode="bilinear", antialias=True, align_corners=False)[0]


def _see_points(texels: Fragments, mesh: Mesh, camera: Camera) -> Points:
    cosine = view_cosine(mesh.vertices, mesh.faces, camera)
    values = interpolate(texels, mesh.faces, torch.cat([mesh.vertices, cosine], 1))[0]
    points = values[:, texels.face[0] >= 0].T
    x, y, depth = project(points[:, :3], camera).unbind(1)
    return Points(x=x, y=y, depth=depth, cosine=points[:, 3])


def _beneath_cuffs(texels: Fragments, rest: RestBody, body: BodyModel) -> Tensor:
    """(N,), bool: texels so near to a wrist that a sleeve may lie on them."""
    wrists = torch.stack([rest.joints[body.roles[f"{side}_wrist"]] for side in SIDES])
    points = interpolate(texels, body.faces, rest.vertices)[0, :, texels.face[0] >= 0].T
    return torch.cdist(points, wrists).amin(1) < _CUFF_M


def _draw_end(
    end: str, limb: str, texels: Fragments, mesh: Mesh, rest: RestBody, body: BodyModel, clip: Tensor, crop: Crop
) -> LimbEnd:
    """A hand or foot, drawn.

    Args:
        end, limb: roles of its joint, and of that of the limb that bears it.
        clip: 1×V×4, the posed body in the crop.
    """
    of_end, of_limb = subtree_weight(rest, body.roles[end]), subtree_weight(rest, body.roles[limb])
    depth = rasteriser()(clip, mesh.faces[(of_end > 0.5)[mesh.faces].all(1)], crop.camera.size).depth[0]
    on_limb = (of_limb > 0.02)[mesh.faces].any(1)[texels.face[0][texels.face[0] >= 0]]
    return LimbEnd(name=end, depth=depth, beside=~on_limb)
