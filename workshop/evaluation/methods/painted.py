"""Rows that paint a body: `create` with other inpainters, on a fit that is given."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from bodydouble.body.skinning import dress_rest
from bodydouble.inpaint import inpainter
from bodydouble.render.image import render_mesh
from bodydouble.values import Camera, Mesh, Pose, RestBody, Texture
from workshop.evaluation.cases import Case
from workshop.evaluation.methods import SEED, TargetView


@dataclass(frozen=True)
class InpainterMethod:
    """`create` with another inpainter: the fit is given, so that only the completion differs."""

    inpainter: str

    def __call__(self, case: Case) -> PaintedDouble:
        """See `Method`."""
        return painted_double(case, case.complete(inpainter(self.inpainter, seed=SEED)))


@dataclass(frozen=True, kw_only=True)
class PaintedDouble:
    """A textured, clothed, rigged body."""

    case: Case
    rest: RestBody  # clothed
    texture: Texture

    def posed(self, pose: Pose) -> Mesh:
        """The clothed surface in a pose."""
        with torch.no_grad():
            return self.case.body.pose(self.rest, pose)

    def draw(self, target: TargetView) -> Tensor:
        """See `Drawable`."""
        return self.seen_by(target.camera, target.pose)

    def seen_by(self, camera: Camera, pose: Pose) -> Tensor:
        """4×H×W, from any camera in any pose."""
        return render_mesh(self.posed(pose), self.case.body.layout, self.texture.rgb, camera)


def painted_double(case: Case, texture: Texture) -> PaintedDouble:
    """The case's body in that texture."""
    return PaintedDouble(case=case, rest=dress_rest(case.fit, case.body), texture=texture)
