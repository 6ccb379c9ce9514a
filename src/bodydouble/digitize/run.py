"""Human-SGD from its start to its end: geometry, back view, views, fusion.

photo ─▶ Double ─▶ one mesh ─▶ chart, with the double's look ─▶ photo as a view, back view
      ─▶ 45°, -45°, 90°, -90°, 135°, -135°, 180° ─▶ one texture ─▶ TexturedMesh
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from bodydouble.create_config import CreateConfig
from bodydouble.digitize import ViewPainter, view_painter
from bodydouble.digitize.chart import bind_to_double
from bodydouble.digitize.fuse import STEPS, FusedView, fuse_views
from bodydouble.digitize.geometry import CELL_M, FACES, change_posed, simplify, unite_surfaces, unpose
from bodydouble.digitize.guided import seed_view, synthesise_views
from bodydouble.digitize.perceptual import ParserDistance
from bodydouble.digitize.photo_view import photo_view, remembered_view
from bodydouble.digitize.relief import raise_relief
from bodydouble.digitize.textured_mesh import TexturedMesh
from bodydouble.digitize.user_mesh import lay_over, read_mesh
from bodydouble.digitize.views import SupportView
from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.motion.chains import ChainTransforms, settle_chains
from bodydouble.person.sources import Source
from bodydouble.pipeline import Pipeline
from bodydouble.progress import Progress, split_progress
from bodydouble.raster.shade import interpolate, sample_texture
from bodydouble.surface.skeleton import pose_surface
from bodydouble.values import FittedView, Mesh, Surface

_VIEW_PX = (1024, 768)  # (height, width) of a synthesised view: 1.9 mm a pixel, as a texel of 1024 a side


@dataclass(frozen=True, kw_only=True)
class DigitizeConfig:
    """What can be chosen about digitising."""

    painter: str = "exemplar"  # a name in `digitize.PAINTERS`, or module:attribute
    painter_options: Mapping[str, Any] = field(default_factory=dict)  # its own ones
    mesh: Path | None = None  # the user's geometry, made from the photo; None: the double's
    cell_m: float = CELL_M  # metres, of marching cubes
    relief: bool = True  # folds from normals, on geometry that is the double's
    face_count: int = FACES  # to which the mesh is simplified
    view_size: tuple[int, int] = _VIEW_PX  # (height, width) in pixels, of each view
    steps: int = STEPS  # of fusion
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Sitter:
    """A person as `create` leaves them: the double, and the photo that it was made of."""

    double: Double
    view: FittedView | None  # which may be a part of the whole photo; None: the photo is not at hand


def digitize(
    source: Double | Source | Sequence[Source],
    *,
    config: DigitizeConfig | None = None,
    create: CreateConfig | None = None,
    progress: Progress | None = None,
) -> TexturedMesh:
    """A textured mesh of the person in a photo, seen from every side.

    Args:
        source: as `Pipeline.create` takes it; of several photos, all give the double its texture, and the first one is
            the view that the mesh is to be like. Or a double that was made: what it shows from its photo's camera
            stands for the photo, and there is no relief, for nobody is asked what the photo shows.
        create: how the double is made.

    Raises:
        InputError: the photo, the mesh or the painter cannot be used; a mesh of the user's is given with a double.
    """
    config = config or DigitizeConfig()
    painter = view_painter(config.painter, seed=config.seed, **config.painter_options)  # what is missing, it says first
    geometry = None if config.mesh is None else read_mesh(config.mesh)
    if isinstance(source, Double):
        if geometry is not None:
            raise InputError(f"the mesh {config.mesh} is laid over the photo, which a double has not; give the photo")
        return digitize_sitter(Sitter(double=source, view=None), config, painter, None, progress)
    making, digitising = split_progress(progress, 2)
    return digitize_sitter(sit(source, create, making), config, painter, geometry, digitising)


def sit(source: Source | Sequence[Source], create: CreateConfig | None, progress: Progress | None = None) -> Sitter:
    """Make the double, and keep what it was made of."""
    values = list(Pipeline(create).stages(source, progress=progress))
    view = next(value for value in values if isinstance(value, FittedView))
    return Sitter(double=next(value for value in values if isinstance(value, Double)), view=view)


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
    shaping, painting, fusing = split_progress(progress, 3)
    if shaping:
        shaping("geometry", 0.0)
    double, view = sitter.double, sitter.view
    surface, swung = find_shape(sitter, config, geometry)
    posed = pose_surface(surface, double.rest, double.fit.pose, swung).mesh
    if view is None:
        photo = remembered_view(surface, posed, double.fit.camera)
    else:
        photo = photo_view(view.photo, view.person, view.understanding, view.fit.camera, surface, posed)
    back = seed_view(surface, posed, 180.0, config.view_size)
    support = replace(photo.view, valid=photo.sure)
    views = synthesise_views(surface, posed, [support], painter, config.view_size, back, progress=painting)
    fused = [FusedView(view=replace(photo.view, valid=photo.agreeing), photo=True)]
    fused += [FusedView(view=view, photo=False) for view in views]
    rgb = fuse_views(
        surface.texture.rgb,
        surface.layout,
        fused,
        config.steps,
        config.seed,
        ParserDistance(),
        fusing,
    )
    surface = replace(surface, texture=replace(surface.texture, rgb=rgb))
    return TexturedMesh(
        surface=surface,
        body=double.body,
        rest=double.rest,
        pose=double.fit.pose,
        camera=photo.view.geometry.camera,
        swung=swung,
        psnr=measure_psnr(surface, photo.view),
    )


def find_shape(sitter: Sitter, config: DigitizeConfig, geometry: Mesh | None) -> tuple[Surface, ChainTransforms | None]:
    """The geometry at rest, with the double's look, and where its chain joints are in the photo's pose."""
    double, surfaces = sitter.double, sitter.double.surfaces
    rest, pose, size = double.rest, double.fit.pose, double.texture.rgb.shape[-1]
    chains = settle_chains(surfaces, rest, pose)
    moved = [one for one in chains if one is not None]
    swung = (torch.cat([one[0] for one in moved]), torch.cat([one[1] for one in moved])) if moved else None
    view = sitter.view
    if geometry is not None and view is not None:
        meshes = [
            pose_surface(surface, rest, pose, chain).mesh for surface, chain in zip(surfaces, chains, strict=True)
        ]
        standing = torch.cat([mesh.vertices for mesh in meshes])
        laid = lay_over(geometry, view.person.mask, view.fit.camera, standing, str(config.mesh))
        surface = bind_to_double(simplify(laid, config.face_count), surfaces, meshes, len(rest.parents), size)
        return unpose(surface, rest, pose, swung), swung
    resting = [Mesh(vertices=surface.vertices, faces=surface.faces) for surface in surfaces]
    solid = unite_surfaces(surfaces, config.cell_m)
    if config.relief and view is not None and view.understanding is not None:
        add_folds = partial(raise_relief, camera=view.fit.camera, near=view.understanding, far=view.far)
        solid = change_posed(solid, surfaces, rest, pose, swung, add_folds)
    solid = simplify(solid, config.face_count)
    return bind_to_double(solid, surfaces, resting, len(rest.parents), size), swung


def measure_psnr(surface: Surface, photo: SupportView) -> float:
    """dB, of the surface's picture from the photo's camera, over the pixels of the person that it covers."""
    uv = interpolate(photo.geometry.fragments, surface.layout.faces, surface.layout.uv)
    error = (sample_texture(surface.texture.rgb, uv)[0] - photo.rgb)[:, photo.valid]
    return float(-10 * error.square().mean().clamp_min(1e-10).log10())
