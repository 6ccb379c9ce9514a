"""Human-SGD from its start to its end: geometry, back view, views, fusion.

photo ─▶ Double ─▶ one mesh ─▶ chart, with the double's look ─▶ photo as a view, back view
      ─▶ 45°, -45°, 90°, -90°, 135°, -135°, 180° ─▶ one texture ─▶ TexturedMesh
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import torch

from bodydouble.create_config import CreateConfig
from bodydouble.digitize import ViewPainter, view_painter
from bodydouble.digitize.chart import bind_to_double
from bodydouble.digitize.fuse import STEPS, FusedView, fuse_views
from bodydouble.digitize.geometry import CELL_M, FACES, build_solid, simplify, unpose
from bodydouble.digitize.guided import seed_view, synthesise_views
from bodydouble.digitize.perceptual import ParserDistance
from bodydouble.digitize.photo_view import photo_view
from bodydouble.digitize.textured_mesh import TexturedMesh
from bodydouble.digitize.user_mesh import lay_over, read_mesh
from bodydouble.digitize.views import SupportView
from bodydouble.double import Double
from bodydouble.motion.chains import ChainTransforms, settle_chains
from bodydouble.person.sources import Source
from bodydouble.pipeline import Pipeline
from bodydouble.progress import Progress
from bodydouble.raster.shade import interpolate, sample_texture
from bodydouble.surface.skeleton import pose_surface
from bodydouble.values import BodyFit, Mesh, Person, Photo, Surface

Value = TypeVar("Value")
_VIEW_PX = (1024, 768)  # (height, width) of a synthesised view: 1.9 mm a pixel, as a texel of 1024 a side


@dataclass(frozen=True, kw_only=True)
class DigitizeConfig:
    """What can be chosen about digitising."""

    painter: str = "exemplar"  # a name in `digitize.PAINTERS`, or module:attribute
    painter_options: Mapping[str, Any] = field(default_factory=dict)  # its own ones
    mesh: Path | None = None  # the user's geometry, made from the photo; None: the double's
    cell_m: float = CELL_M  # metres, of marching cubes
    face_count: int = FACES  # to which the mesh is simplified
    view_size: tuple[int, int] = _VIEW_PX  # (height, width) in pixels, of each view
    steps: int = STEPS  # of fusion
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Sitter:
    """A person as `create` leaves them: the double, and the photo that it was made of."""

    double: Double
    photo: Photo
    person: Person
    fit: BodyFit  # in the photo, which may be a part of the whole one


def digitize(
    source: Source | Sequence[Source],
    *,
    config: DigitizeConfig | None = None,
    create: CreateConfig | None = None,
    progress: Progress | None = None,
) -> TexturedMesh:
    """A textured mesh of the person in a photo, seen from every side.

    Args:
        source: as `Pipeline.create` takes it; of several photos, all give the double its texture, and the first one is
            the view that the mesh is to be like.
        create: how the double is made.

    Raises:
        InputError: the photo, the mesh or the painter cannot be used.
    """
    config = config or DigitizeConfig()
    painter = view_painter(config.painter, seed=config.seed, **config.painter_options)  # what is missing, it says first
    geometry = None if config.mesh is None else read_mesh(config.mesh)
    sitter = sit(source, create, _part_of(progress, 0.0, 0.5))
    return digitize_sitter(sitter, config, painter, geometry, _part_of(progress, 0.5, 1.0))


def sit(source: Source | Sequence[Source], create: CreateConfig | None, progress: Progress | None = None) -> Sitter:
    """Make the double, and keep what it was made of."""
    stages = list(Pipeline(create).stages(source, progress=progress))

    def last(kind: type[Value]) -> Value:
        return [value for value in stages if isinstance(value, kind)][-1]

    return Sitter(double=last(Double), photo=last(Photo), person=last(Person), fit=last(BodyFit))


def digitize_sitter(
    sitter: Sitter,
    config: DigitizeConfig,
    painter: ViewPainter,
    geometry: Mesh | None = None,
    progress: Progress | None = None,
) -> TexturedMesh:
    """The same for a double that was made.

    Args:
        geometry: the user's, as it was read; None: the double's.
    """
    tell = progress or (lambda what, done: None)
    tell("geometry", 0.0)
    double = sitter.double
    surface, swung = find_shape(sitter, config, geometry)
    posed = pose_surface(surface, double.rest, double.fit.pose, swung).mesh
    tell("views", 0.4)
    photo, sure = photo_view(sitter.photo, sitter.person, sitter.fit.camera, surface, posed)
    back = seed_view(surface, posed, 180.0, config.view_size)
    views = synthesise_views(
        surface, posed, [replace(photo, valid=sure)], painter, config.view_size, back, progress=_part_of(tell, 0.4, 0.7)
    )
    rgb = fuse_views(
        surface.texture.rgb,
        surface.layout,
        [FusedView(view=photo, photo=True), *(FusedView(view=view, photo=False) for view in views)],
        config.steps,
        config.seed,
        ParserDistance(),
        _part_of(tell, 0.7, 1.0),
    )
    surface = replace(surface, texture=replace(surface.texture, rgb=rgb))
    return TexturedMesh(
        surface=surface,
        body=double.body,
        rest=double.rest,
        pose=double.fit.pose,
        camera=photo.geometry.camera,
        swung=swung,
        psnr=measure_psnr(surface, photo),
    )


def find_shape(sitter: Sitter, config: DigitizeConfig, geometry: Mesh | None) -> tuple[Surface, ChainTransforms | None]:
    """The geometry at rest, with the double's look, and where its chain joints are in the photo's pose."""
    double, surfaces = sitter.double, sitter.double.surfaces
    rest, pose, size = double.rest, double.fit.pose, double.texture.rgb.shape[-1]
    chains = settle_chains(surfaces, rest, pose)
    moved = [one for one in chains if one is not None]
    swung = (torch.cat([one[0] for one in moved]), torch.cat([one[1] for one in moved])) if moved else None
    if geometry is None:
        meshes = [Mesh(vertices=surface.vertices, faces=surface.faces) for surface in surfaces]
        solid = build_solid(surfaces, config.cell_m, config.face_count)
        return bind_to_double(solid, surfaces, meshes, len(rest.parents), size), swung
    meshes = [pose_surface(surface, rest, pose, chain).mesh for surface, chain in zip(surfaces, chains, strict=True)]
    standing = torch.cat([mesh.vertices for mesh in meshes])
    laid = lay_over(geometry, sitter.person.mask, sitter.fit.camera, standing, str(config.mesh))
    surface = bind_to_double(simplify(laid, config.face_count), surfaces, meshes, len(rest.parents), size)
    return unpose(surface, rest, pose, swung), swung


def measure_psnr(surface: Surface, photo: SupportView) -> float:
    """dB, of the surface's picture from the photo's camera, over the pixels of the person that it covers."""
    uv = interpolate(photo.geometry.fragments, surface.layout.faces, surface.layout.uv)
    error = (sample_texture(surface.texture.rgb, uv)[0] - photo.rgb)[:, photo.valid]
    return float(-10 * error.square().mean().clamp_min(1e-10).log10())


def _part_of(progress: Progress | None, first: float, last: float) -> Progress:
    """Progress that runs from `first` to `last` of the whole."""

    def tell(what: str, done: float) -> None:
        if progress:
            progress(what, first + (last - first) * done)

    return tell
