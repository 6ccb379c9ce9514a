"""Rows that are the product itself: the photo alone goes in, and everything that `create` and `digitize` do is done.

Their fits are their own, beside the case's: a target's camera is carried over by the joints of both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from bodydouble.body.skinning import joint_transforms
from bodydouble.create_config import CreateConfig
from bodydouble.digitize.run import DigitizeConfig, digitize
from bodydouble.pipeline import create
from bodydouble.render.image import eight_bits
from bodydouble.render.surfaces import PlainRenderer
from bodydouble.values import Pose, PosedSurface, RestBody
from workshop.evaluation.align import carried, procrustes
from workshop.evaluation.cases import Case
from workshop.evaluation.methods import SEED, TargetView


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
        ours = joint_transforms(self.rest, pose)[1]
        theirs = joint_transforms(self.case.body.rest(self.case.fit.shape), target.pose)[1]
        camera = carried(target.camera, procrustes(ours, theirs))
        return PlainRenderer()(self.pose_surfaces(pose), camera)


def created(case: Case) -> Product:
    """The row of `create`: every surface, with its default inpainter."""
    double = create(eight_bits(case.photo.rgb), config=CreateConfig(body=case.body, seed=SEED))
    return Product(case=case, rest=double.rest, pose=double.fit.pose, pose_surfaces=double.pose_surfaces)


def digitized(case: Case) -> Product:
    """The row of `digitize`: one mesh, fused from all views."""
    made = digitize(
        eight_bits(case.photo.rgb), config=DigitizeConfig(seed=SEED), create=CreateConfig(body=case.body, seed=SEED)
    )

    def pose_surfaces(pose: Pose) -> list[PosedSurface]:
        mesh = made.posed(None if pose is made.pose else pose)
        return [PosedSurface(mesh=mesh, layout=made.layout, texture=made.surface.texture)]

    return Product(case=case, rest=made.rest, pose=made.pose, pose_surfaces=pose_surfaces)
