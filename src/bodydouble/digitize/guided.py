"""Shape-guided inpainting, Human-SGD section 3.3: one view after another is gathered, painted, and joins the others.

The paper's painter is Stable Diffusion with two ControlNets (`stable_diffusion.py`); any `ViewPainter` will do.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from bodydouble.digitize import Guidance, ViewPainter
from bodydouble.digitize.views import AZIMUTHS, SupportView, ViewGeometry, aggregate, see_geometry
from bodydouble.geometry.camera import cropped, project
from bodydouble.geometry.uv import texel_at
from bodydouble.progress import Progress
from bodydouble.raster.shade import interpolate, sample_texture
from bodydouble.render.framing import framing_camera, surrounding_rings
from bodydouble.values import Camera, Mesh, Surface

PROMPT = (
    "a person wearing nice clothes in front of a solid white background, {view} view, best quality, extremely detailed"
)
_MARGIN_PX = 4  # around the mesh in a view
_VIEW_NAMES = {0.0: "front", 45.0: "left", -45.0: "right", 90.0: "side", -90.0: "side"}  # the rest is "back"


def describe_view(azimuth: float) -> str:
    """The paper's prompt for a view of its azimuths, degrees."""
    return PROMPT.format(view=_VIEW_NAMES.get(azimuth, "back"))


def synthesis_camera(mesh: Mesh, azimuth: float, size: tuple[int, int]) -> Camera:
    """The camera of a view: on a circle around the mesh, level, so that all of it is seen from every azimuth.

    The paper's cameras are orthographic; these have perspective, as everywhere in this project.

    Args:
        size: (height, width) in pixels, of what has room for the mesh from every azimuth; the view is the part of it
            that holds the mesh.
    """
    camera = framing_camera(surrounding_rings(mesh.vertices), size, azimuth)
    place = project(mesh.vertices, camera)[:, :2]
    left, top = (int(edge) for edge in place.amin(0).floor() - _MARGIN_PX)
    right, bottom = (int(edge) for edge in place.amax(0).ceil() + _MARGIN_PX)
    return cropped(camera, left, top, (bottom - top, right - left))


def draw_guidance(geometry: ViewGeometry, surface: Surface, azimuth: float) -> Guidance:
    """What a painter is told of a view of the surface, whose texture is as the double has it."""
    uv = interpolate(geometry.fragments, surface.layout.faces, surface.layout.uv)
    texture, silhouette = surface.texture, geometry.silhouette
    assert texture.labels is not None
    row, column = texel_at(uv[0].permute(1, 2, 0), texture.labels.shape[-1])
    return Guidance(
        normals=geometry.normals,
        silhouette=silhouette,
        prompt=describe_view(azimuth),
        labels=torch.where(silhouette, texture.labels[row, column], 0).to(torch.uint8),
        seed=sample_texture(texture.rgb, uv)[0] * silhouette,
    )


def synthesise_views(
    surface: Surface,
    posed: Mesh,
    photos: Sequence[SupportView],
    painter: ViewPainter,
    size: tuple[int, int],
    back: SupportView | None = None,
    azimuths: Sequence[float] = AZIMUTHS,
    progress: Progress | None = None,
) -> list[SupportView]:
    """The views of all azimuths, in their order, each gathered from those before it and painted where these end.

    Args:
        surface: with the double's look.
        posed: the surface as it stands in the photo, turned to face +z.
        photos: what is there before, of which nothing is invented.
        size: (height, width) in pixels, of each view.
        back: guides the others as if it were a view, and is none of them: the paper's back view.
    """
    support = [*photos, *([] if back is None else [back])]
    views = []
    for number, azimuth in enumerate(azimuths):
        if progress:
            progress("views", number / len(azimuths))
        geometry = see_geometry(posed, synthesis_camera(posed, azimuth, size))
        image, covered = aggregate(support, geometry)
        painted = painter(image * covered, geometry.silhouette & ~covered, draw_guidance(geometry, surface, azimuth))
        views.append(SupportView(geometry=geometry, rgb=painted, valid=geometry.silhouette))
        support.append(views[-1])
    return views


def seed_view(surface: Surface, posed: Mesh, azimuth: float, size: tuple[int, int]) -> SupportView:
    """The double's own look from an azimuth: the back view that guides the others."""
    geometry = see_geometry(posed, synthesis_camera(posed, azimuth, size))
    seed = draw_guidance(geometry, surface, azimuth).seed
    return SupportView(geometry=geometry, rgb=seed, valid=geometry.silhouette)
