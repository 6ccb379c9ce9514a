"""A person's outline in the image: the square view in which outlines are compared, and how far they lie apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.geometry.camera import cropped, move_pixels, resized
from bodydouble.geometry.window import mask_box
from bodydouble.parsing.windows import pixels_per_metre
from bodydouble.person.landmarks import HEAD_ROWS
from bodydouble.values import BODY_LANDMARKS, Camera, Person

_HEAD_M = 0.24  # from the face's middle: a head with its hair up; loose hair beyond that still counts as body


@dataclass(frozen=True, kw_only=True)
class MaskView:
    """A square view around the person."""

    camera: Camera
    mask: Tensor  # S×S, [0, 1]
    inside: Tensor  # S×S, 1 inside the photo, 0 beyond its edge, and where a thing hides the body: there nobody knows
    hidden: Tensor | None = None  # S×S, bool, where a held thing is; None: there is none


@dataclass(frozen=True, kw_only=True)
class OutlineErrors:
    """The drawn outline's pixels and how far each has to go, along the outline's normal, to meet the mask's."""

    y: Tensor  # (N,), int64, pixels that are covered and have a neighbour that is not
    x: Tensor
    normal: Tensor  # N×2, unit, x and y, pointing out of the silhouette
    distance: Tensor  # (N,), pixels, positive: the outline must move outwards
    met: Tensor  # (N,), bool: on its way out it meets the silhouette again, before the mask's edge


def mask_view(person: Person, camera: Camera, side: int) -> MaskView:
    """The square around the person with a tenth of margin, as a view of `side` pixels."""
    left, top, right, bottom = mask_box(person.mask)
    extent = round(1.2 * max(bottom - top, right - left))
    top, left = round((top + bottom - extent) / 2), round((left + right - extent) / 2)
    grid = (torch.arange(side) + 0.5) * extent / side
    y, x = torch.meshgrid(grid + top, grid + left, indexing="ij")
    height, width = camera.size
    blur = max(1, round(extent / side)) // 2 * 2 + 1  # against aliasing where the view is coarser than the photo
    smooth = functional.avg_pool2d(person.mask[None, None], blur, 1, blur // 2, count_include_pad=False)
    where = torch.stack([2 * x / width - 1, 2 * y / height - 1], -1)[None]
    inside = (x > 0) & (x < width) & (y > 0) & (y < height)
    hidden = None
    if person.things is not None:
        hidden = functional.grid_sample(person.things[None, None].float(), where, align_corners=False)[0, 0] > 0.5
        inside &= ~hidden
    return MaskView(
        camera=resized(cropped(camera, left, top, (extent, extent)), (side, side)),
        mask=functional.grid_sample(smooth, where, align_corners=False)[0, 0],
        inside=inside.float(),
        hidden=hidden,
    )


def leave_out_head(view: MaskView, person: Person, camera: Camera) -> MaskView:
    """The view without a verdict on the head: to cover the hair, a bald head would nod.

    Args:
        camera: of the whole photo.
    """
    scale, points = pixels_per_metre(person), person.landmarks[BODY_LANDMARKS][HEAD_ROWS]
    if scale is None or not float(points[:, 2].max()) > 0:
        return view
    zoom = view.camera.intrinsics[0, 0] / camera.intrinsics[0, 0]
    middle = points[:, :2].mean(0)
    x, y = move_pixels(middle[0], middle[1], camera, view.camera)
    place = torch.arange(len(view.mask)) + 0.5
    distance = torch.hypot(place - x, place[:, None] - y)
    return replace(view, inside=view.inside * (distance > _HEAD_M * scale * zoom))


def leave_out(view: MaskView, pixels: Tensor) -> MaskView:
    """The view without what some of its pixels show: nobody knows what lies there. `pixels` is s×s, bool."""
    size = view.mask.shape
    kept = 1 - functional.interpolate(pixels[None, None].float(), size, mode="nearest")[0, 0]
    return replace(view, mask=view.mask * kept, inside=view.inside * kept)


def outline_errors(covered: Tensor, view: MaskView, reach: int) -> OutlineErrors:
    """Compare a drawn silhouette with the mask.

    From each outline pixel a ray goes along the normal: outwards through what the mask covers and the silhouette does
    not, or inwards through what the silhouette covers and the mask does not. Its length is the error; half of it
    where two parts of the silhouette face each other across the gap, for they meet in the middle. Pixels whose ray
    ends at a held thing are left out: where the body ends behind it is not known.

    Args:
        covered: S×S, bool.
        reach: longest ray in pixels; an inward ray that finds no mask within reach counts as 0 (nothing to hold on).
    """
    solid = covered.float()[None, None]
    free = functional.max_pool2d(1 - solid, 3, 1, 1)[0, 0] > 0
    y, x = (covered & free & (view.inside > 0)).nonzero(as_tuple=True)
    normal = _outward(solid, y, x)
    steps = torch.arange(1, reach + 1)
    mask = view.mask > 0.5
    out_y, out_x = _ray(y, x, normal, steps, covered.shape)
    gap = mask[out_y, out_x] & ~covered[out_y, out_x]
    # The first pixels of a ray still lie on the outline itself.
    gap |= (steps <= 2) & mask[out_y, out_x]
    outward = gap.long().cumprod(1).sum(1)
    end = outward.clamp(max=reach - 1)[:, None]
    beyond_y, beyond_x = out_y.gather(1, end)[:, 0], out_x.gather(1, end)[:, 0]
    met = (outward > 2) & (outward < reach) & covered[beyond_y, beyond_x]
    in_y, in_x = _ray(y, x, -normal, steps - 1, covered.shape)
    outside = ~mask[in_y, in_x] & covered[in_y, in_x] & (view.inside[in_y, in_x] > 0)
    inward = outside.long().cumprod(1).sum(1)
    end_y, end_x = (
        in_y.gather(1, inward.clamp(max=reach - 1)[:, None]),
        in_x.gather(1, inward.clamp(max=reach - 1)[:, None]),
    )
    inward = torch.where(mask[end_y, end_x][:, 0], inward, 0)
    distance = torch.where(inward > 0, -inward, torch.where(met, outward / 2, outward)).float()
    clear = torch.ones_like(met)
    if view.hidden is not None:
        clear = ~view.hidden[beyond_y, beyond_x] & ~view.hidden[end_y, end_x][:, 0]
    return OutlineErrors(y=y[clear], x=x[clear], normal=normal[clear], distance=distance[clear], met=met[clear])


def _outward(solid: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Unit normals out of a silhouette (1×1×S×S) at given pixels, from the slope of its blurred coverage."""
    kernel = torch.hann_window(9, periodic=False)[1:-1]
    kernel = kernel / kernel.sum()
    blurred = functional.conv2d(
        functional.conv2d(solid, kernel.view(1, 1, 1, -1), padding=(0, 3)), kernel.view(1, 1, -1, 1), padding=(3, 0)
    )
    slope_y, slope_x = torch.gradient(blurred[0, 0])
    return functional.normalize(torch.stack([-slope_x[y, x], -slope_y[y, x]], -1), dim=-1)


def _ray(y: Tensor, x: Tensor, direction: Tensor, steps: Tensor, size: torch.Size) -> tuple[Tensor, Tensor]:
    """Pixels (N×T, N×T) along rays from pixel centres, kept inside the image."""
    ray_x = (x[:, None] + direction[:, :1] * steps).round().long().clamp(0, size[1] - 1)
    ray_y = (y[:, None] + direction[:, 1:] * steps).round().long().clamp(0, size[0] - 1)
    return ray_y, ray_x
