"""Shape-guided inpainting, Human-SGD section 3.3: one view after another is gathered, painted, and joins the others.

The paper's painter is Stable Diffusion with two ControlNets (`stable_diffusion.py`); any `ViewPainter` will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from bodydouble.digitize import Guidance, GuidanceKind, ViewPainter
from bodydouble.digitize.views import AZIMUTHS, SupportView, ViewGeometry, aggregate, draw_look, see_geometry
from bodydouble.digitize.work_folder import WorkFolder
from bodydouble.geometry.camera import cropped, project
from bodydouble.geometry.uv import texel_at
from bodydouble.progress import Progress
from bodydouble.raster.shade import interpolate
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


def withhold(guidance: Guidance, kind: GuidanceKind) -> Guidance:
    """Leave of the guidance what a row of the paper's ablation has. Normals, 0 off the person, tell the outline."""
    if kind in ("silhouette", "none"):
        guidance = replace(guidance, normals=None, labels=None, seed=None)
    return replace(guidance, silhouette=None) if kind in ("normals", "none") else guidance


def draw_guidance(geometry: ViewGeometry, surface: Surface, azimuth: float, number: int = 0) -> Guidance:
    """What a painter is told of a view of the surface, whose texture is as the double has it."""
    uv = interpolate(geometry.fragments, surface.layout.faces, surface.layout.uv)
    texture, silhouette = surface.texture, geometry.silhouette
    assert texture.labels is not None
    row, column = texel_at(uv[0].permute(1, 2, 0), texture.labels.shape[-1])
    return Guidance(
        normals=geometry.normals,
        silhouette=silhouette,
        prompt=describe_view(azimuth),
        number=number,
        labels=torch.where(silhouette, texture.labels[row, column], 0).to(torch.uint8),
        seed=draw_look(geometry, surface),
    )


def synthesise_views(
    surface: Surface,
    posed: Mesh,
    photos: Sequence[SupportView],
    painter: ViewPainter,
    size: tuple[int, int],
    back: SupportView | None = None,
    azimuths: Sequence[float] = AZIMUTHS,
    guidance: GuidanceKind = "both",
    work: WorkFolder | None = None,
    progress: Progress | None = None,
) -> list[SupportView]:
    """The views of all azimuths, in their order, each gathered from those before it and painted where these end.

    Args:
        surface: with the double's look.
        posed: the surface as it stands in the photo, turned to face +z.
        photos: what is there before, of which nothing is invented.
        size: (height, width) in pixels, of each view.
        back: guides the others as if it were a view, and is none of them: the paper's back view.
        guidance: what the painter is told.
        work: where finished views are kept, and found again.
    """
    support = [*photos, *([] if back is None else [back])]
    views = []
    for number, azimuth in enumerate(azimuths):
        if progress:
            progress("views", number / len(azimuths))
        geometry = see_geometry(posed, synthesis_camera(posed, azimuth, size))
        finished = None if work is None else work.read(f"view-{number}")
        if finished is None:
            image, covered = aggregate(support, geometry)
            shape = withhold(draw_guidance(geometry, surface, azimuth, number), guidance)
            missing = ~covered if shape.silhouette is None else shape.silhouette & ~covered
            finished = {"rgb": painter(image * covered, missing, shape)}
            if work is not None:
                work.write(f"view-{number}", finished)
        views.append(SupportView(geometry=geometry, rgb=finished["rgb"], valid=geometry.silhouette))
        support.append(views[-1])
    return views


def seed_view(surface: Surface, posed: Mesh, azimuth: float, size: tuple[int, int]) -> SupportView:
    """The double's own look from an azimuth: the back view that guides the others."""
    geometry = see_geometry(posed, synthesis_camera(posed, azimuth, size))
    return SupportView(geometry=geometry, rgb=draw_look(geometry, surface), valid=geometry.silhouette)
