"""The photo as the first of the views: cut to the person, with the pixels that are surely the surface's."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.digitize.views import SupportView, ViewGeometry, see_geometry
from bodydouble.geometry.camera import cropped, project, resized
from bodydouble.raster.shade import interpolate, sample_texture
from bodydouble.texture.rim import without_fringe
from bodydouble.values import Camera, Mesh, Person, Photo, Surface

TALLEST_PX = 1400  # of the person: more than a texture of 1024 texels a side takes in
_SURE = 0.25  # confidence, a cosine, from which on the photo shows a texel: none is taken below 0.3
_EDGE = 0.003  # of the person's height, at the edge of what is sure that is not: there pixels are mixed of two things
_MARGIN = 0.04  # of the longer side, around the mesh


def photo_view(
    photo: Photo, person: Person, camera: Camera, surface: Surface, posed: Mesh
) -> tuple[SupportView, Tensor]:
    """The photo as a view of which nothing is invented.

    Args:
        camera: the photo's.
        surface: with the double's look, whose confidence tells what the photo shows of it.
        posed: as it stands in the photo.

    Returns:
        the view, whose `valid` is all of the person that the mesh covers; and H×W, bool, the pixels among them whose
        surface point is surely what they show: no arm before the trunk, no outline.
    """
    crop, rgb, mask = _cut_out(photo, person, camera, posed)
    geometry = see_geometry(posed, crop)
    inside = geometry.silhouette & (mask > 0.5)
    return SupportView(geometry=geometry, rgb=without_fringe(rgb, mask), valid=inside), inside & _sure(
        geometry, surface
    )


def _cut_out(photo: Photo, person: Person, camera: Camera, posed: Mesh) -> tuple[Camera, Tensor, Tensor]:
    """Camera, 3×H×W colours and H×W mask of the part of the photo around the mesh, reduced where it is large."""
    height, width = photo.size
    x, y, _ = project(posed.vertices, camera).unbind(-1)
    margin = _MARGIN * float(torch.maximum(x.max() - x.min(), y.max() - y.min()))
    left, right = (int(min(max(edge, 0), width)) for edge in (float(x.min()) - margin, float(x.max()) + margin))
    top, bottom = (int(min(max(edge, 0), height)) for edge in (float(y.min()) - margin, float(y.max()) + margin))
    scale = min(1.0, TALLEST_PX / max(bottom - top, right - left))
    size = (round((bottom - top) * scale), round((right - left) * scale))
    crop = resized(cropped(camera, left, top, (bottom - top, right - left)), size)
    planes = torch.cat([photo.rgb, person.mask[None]])[:, top:bottom, left:right]
    small = [cv2.resize(plane.contiguous().numpy(), size[::-1], interpolation=cv2.INTER_AREA) for plane in planes]
    images = torch.from_numpy(np.stack(small))
    return crop, images[:3], images[3]


def _sure(geometry: ViewGeometry, surface: Surface) -> Tensor:
    uv = interpolate(geometry.fragments, surface.layout.faces, surface.layout.uv)
    sure = sample_texture(surface.texture.confidence[None], uv)[0, 0] > _SURE
    edge_px = max(1, round(_EDGE * geometry.camera.size[0]))
    outside = functional.max_pool2d((~sure).float()[None], 2 * edge_px + 1, 1, edge_px)[0]
    return outside == 0
