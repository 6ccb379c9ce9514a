"""Human-SGD from its start to its end: geometry, back view, views, fusion.

photos ─▶ Double ─▶ one mesh ─▶ chart, with the double's look ─▶ photos as views ─▶ Figure
       ─▶ back view ─▶ 45°, -45°, 90°, -90°, 135°, -135°, 180° ─▶ one texture ─▶ TexturedMesh
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bodydouble.body import BodyModel
from bodydouble.create_config import CreateConfig
from bodydouble.digitize import ViewPainter, view_painter
from bodydouble.digitize.config import DigitizeConfig
from bodydouble.digitize.figure import Figure, Sitter, lay_over_photo, shape_figure, sit
from bodydouble.digitize.fuse import FURTHER_COUNTS, PHOTO_COUNTS, FusedView, fuse_views, lay_between
from bodydouble.digitize.guided import seed_view, synthesise_views
from bodydouble.digitize.lpips import read_lpips
from bodydouble.digitize.perceptual import ParserDistance, PerceptualDistance
from bodydouble.digitize.resume import figure_from_tensors, figure_to_tensors
from bodydouble.digitize.textured_mesh import TexturedMesh
from bodydouble.digitize.user_mesh import read_mesh
from bodydouble.digitize.views import SupportView, draw_look
from bodydouble.digitize.work_folder import WorkFolder
from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.person.sources import Source
from bodydouble.pipeline import Pipeline
from bodydouble.progress import Progress, split_progress
from bodydouble.values import Surface

_FIGURE = "figure"  # the work folder's step


def digitize(
    source: Double | Source | Sequence[Source],
    *,
    config: DigitizeConfig | None = None,
    create: CreateConfig | None = None,
    work: WorkFolder | None = None,
    progress: Progress | None = None,
) -> TexturedMesh:
    """A textured mesh of the person in a photo, seen from every side.

    Args:
        source: as `Pipeline.create` takes it; of several photos or a video, the first one is the view that the mesh is
            to be like, and the others are views beside it. Or a double that was made: what it shows from its photo's
            camera stands for the photo, and folds come from its look alone, for nobody is asked what the photo shows.
        create: how the double is made.
        work: where finished steps are kept, and found again by a run that was interrupted; None: nowhere.

    Raises:
        InputError: the photo, the mesh or the painter cannot be used; a mesh of the user's is given with a double.
    """
    config = config or DigitizeConfig()
    painter = view_painter(config.painter, seed=config.seed, **config.painter_options)  # what is missing, it says first
    distance = ParserDistance() if config.lpips is None else read_lpips(config.lpips)
    geometry = None if config.mesh is None else read_mesh(config.mesh)
    if geometry is not None and isinstance(source, Double):
        raise InputError(f"the mesh {config.mesh} is laid over the photo, which a double has not; give the photo")
    making, digitising = split_progress(progress, 2)

    def make_figure() -> Figure:
        sitter = Sitter(double=source) if isinstance(source, Double) else sit(source, pipeline, making)
        if digitising:
            digitising("geometry", 0.0)
        laid = None if geometry is None else lay_over_photo(geometry, sitter, str(config.mesh))
        return shape_figure(sitter, config, laid)

    pipeline = Pipeline(create)
    body = (lambda: source.body) if isinstance(source, Double) else (lambda: pipeline.body)
    figure = _resume_figure(work, make_figure, body)
    return paint_figure(figure, config, painter, distance, work, digitising)


def _resume_figure(work: WorkFolder | None, make: Callable[[], Figure], body: Callable[[], BodyModel]) -> Figure:
    """The figure that the work folder keeps, or else a new one, which it then keeps."""
    tensors = None if work is None else work.read(_FIGURE)
    if tensors is not None:
        return figure_from_tensors(tensors, body())
    figure = make()
    if work is not None:
        work.write(_FIGURE, figure_to_tensors(figure))
    return figure


def paint_figure(
    figure: Figure,
    config: DigitizeConfig,
    painter: ViewPainter,
    distance: PerceptualDistance,
    work: WorkFolder | None = None,
    progress: Progress | None = None,
) -> TexturedMesh:
    """All views of a figure, and the one texture that they make."""
    _, painting, fusing = split_progress(progress, 3)
    surface, first = figure.surface, figure.photos[0]
    views = synthesise_views(
        surface,
        figure.posed,
        [replace(photo.view, valid=photo.sure) for photo in figure.photos],
        painter,
        config.view_size,
        seed_view(surface, figure.posed, 180.0, config.view_size) if config.back_view else None,
        guidance=config.guidance,
        work=work,
        progress=painting,
    )
    fused = [
        FusedView(
            view=replace(photo.view, valid=photo.agreeing), counts=PHOTO_COUNTS if photo is first else FURTHER_COUNTS
        )
        for photo in figure.photos
    ]
    fused += [FusedView(view=view) for view in views]
    rgb = fuse_views(
        surface.texture.rgb, surface.layout, fused, config.steps, config.seed, distance, work=work, progress=fusing
    )
    rgb = lay_between(rgb, surface, figure.posed, fused[0].view)
    surface = replace(surface, texture=replace(surface.texture, rgb=rgb))
    return TexturedMesh(
        surface=surface,
        body=figure.body,
        fit=figure.fit,
        metadata=figure.metadata,
        camera=first.view.geometry.camera,
        swung=figure.swung,
        psnr=measure_psnr(surface, first.view),
    )


def measure_psnr(surface: Surface, photo: SupportView) -> float:
    """dB, of the surface's picture from the photo's camera, over the pixels of the person that it covers."""
    error = (draw_look(photo.geometry, surface) - photo.rgb)[:, photo.valid]
    return float(-10 * error.square().mean().clamp_min(1e-10).log10())
