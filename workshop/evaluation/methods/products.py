"""Rows that are the product itself: the photo goes in, and everything that `create` and `digitize` do is done.

It goes in alone, but where the case's geometry is the true one: then they are told the body, its pose, the camera and
the mask, and `digitize` the whole mesh, too, and true cameras look at them. Else their fits are their own, beside the
case's: a target's camera is carried over by the joints of both.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from bodydouble.body.skinning import joint_transforms
from bodydouble.clothing.offsets import remove_clothing
from bodydouble.create_config import CreateConfig
from bodydouble.digitize import GuidanceKind, view_painter
from bodydouble.digitize.config import DigitizeConfig
from bodydouble.digitize.figure import Figure, Sitter, shape_figure, sit
from bodydouble.digitize.perceptual import ParserDistance
from bodydouble.digitize.run import paint_figure
from bodydouble.person import Box, Detector, detector
from bodydouble.pipeline import Pipeline
from bodydouble.progress import Progress
from bodydouble.render.image import eight_bits
from bodydouble.render.surfaces import PlainRenderer
from bodydouble.values import BodyFit, Person, Photo, Pose, PosedSurface, RestBody, Understanding
from workshop.evaluation.align import carried, large_joints, procrustes
from workshop.evaluation.cases import Case
from workshop.evaluation.methods import SEED, TargetView

VIEW_PX = (512, 384)  # (height, width) of synthesised views: pictures are compared at 512², the person 427 tall
TEXELS = 512  # a side, of textures, likewise


@dataclass(frozen=True, kw_only=True)
class Product:
    """What was made of a photo, on a body of its own."""

    case: Case
    rest: RestBody  # its own
    pose: Pose  # its own, of the photo
    pose_surfaces: Callable[[Pose], Sequence[PosedSurface]]

    def draw(self, target: TargetView) -> Tensor:
        """See `Drawable`."""
        pose = self.pose if target.pose is self.case.fit.pose else target.pose
        if self.case.true and pose is self.pose:  # it was told where all is
            return PlainRenderer()(self.pose_surfaces(pose), target.camera)
        large = large_joints(self.case.body, self.rest)
        ours = joint_transforms(self.rest, pose)[1][large]
        theirs = joint_transforms(self.case.body.rest(self.case.fit.shape), target.pose)[1][large]
        camera = carried(target.camera, procrustes(ours, theirs))
        return PlainRenderer()(self.pose_surfaces(pose), camera)


class TruePipeline(Pipeline):
    """`create`, told the true body and mask."""

    def __init__(self, case: Case, config: CreateConfig) -> None:
        """Begin with a case whose geometry is the true one."""
        super().__init__(config)
        self._case = case

    @functools.cached_property
    def detect(self) -> Detector:
        """The detector, with the true mask."""
        detect = detector(self.config.detector)

        def detect_masked(photo: Photo, box: Box | None = None, number: int | None = None) -> Person:
            return replace(detect(photo, box, number), mask=self._case.person.mask)

        return detect_masked

    def fit_first(
        self, photo: Photo, person: Person, understanding: Understanding, progress: Progress | None = None
    ) -> BodyFit:
        """The true one."""
        assert photo.window is None, "drawn photos are small"
        return remove_clothing(self._case.fit)


@functools.lru_cache(maxsize=1)  # rows of one case share it
def make_sitter(case: Case) -> Sitter:
    """The double of a case's photo, with what it was made of."""
    config = CreateConfig(body=case.body, seed=SEED, texture_size=TEXELS)
    return sit(eight_bits(case.photo.rgb), TruePipeline(case, config) if case.true else Pipeline(config))


@functools.lru_cache(maxsize=1)
def make_figure(case: Case) -> Figure:
    """The sitter as one mesh; the true one where that is known."""
    return shape_figure(make_sitter(case), DigitizeConfig(), case.true_mesh() if case.true_mesh else None)


def created(case: Case) -> Product:
    """The row of `create`: every surface, with its default inpainter."""
    double = make_sitter(case).double
    return Product(case=case, rest=double.rest, pose=double.fit.pose, pose_surfaces=double.pose_surfaces)


def digitized(case: Case, back_view: bool = True, guidance: GuidanceKind = "both") -> Product:
    """The row of `digitize`: one mesh, fused from all views; and of the paper's ablation, see `DigitizeConfig`."""
    config = DigitizeConfig(seed=SEED, view_size=VIEW_PX, back_view=back_view, guidance=guidance)
    made = paint_figure(make_figure(case), config, view_painter(config.painter, seed=SEED), ParserDistance())

    def pose_surfaces(pose: Pose) -> list[PosedSurface]:
        mesh = made.posed(None if pose is made.pose else pose)
        return [PosedSurface(mesh=mesh, layout=made.layout, texture=made.surface.texture)]

    return Product(case=case, rest=made.rest, pose=made.pose, pose_surfaces=pose_surfaces)


WITHOUT_BACK = functools.partial(digitized, back_view=False)
WITHOUT_GUIDANCE = functools.partial(digitized, guidance="none")
NORMALS_ONLY = functools.partial(digitized, guidance="normals")
SILHOUETTE_ONLY = functools.partial(digitized, guidance="silhouette")
