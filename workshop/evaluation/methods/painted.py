"""Rows that paint a body: `create` with other inpainters, on a fit that is given."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from bodydouble.body.skinning import dress_rest
from bodydouble.inpaint import inpainter
from bodydouble.render import Renderer
from bodydouble.render.surfaces import PlainRenderer
from bodydouble.values import Camera, Mesh, Pose, PosedSurface, RestBody, Texture
from workshop.evaluation.cases import Case
from workshop.evaluation.methods import SEED, TargetView


@dataclass(frozen=True)
class InpainterMethod:
    """`create` with another inpainter: the fit is given, so that only the completion differs."""

    inpainter: str

    def __call__(self, case: Case) -> PaintedDouble:
        """See `Method`."""
        return build_double(case, case.complete(inpainter(self.inpainter, seed=SEED)))


@dataclass(frozen=True, kw_only=True)
class PaintedDouble:
    """A textured, clothed, rigged body, and what draws it."""

    case: Case
    rest: RestBody  # clothed
    texture: Texture
    renderer: Renderer

    def posed(self, pose: Pose) -> Mesh:
        """The clothed surface in a pose."""
        with torch.no_grad():
            return self.case.body.pose(self.rest, pose)

    def draw(self, target: TargetView) -> Tensor:
        """See `Drawable`."""
        return self.render(target.camera, target.pose)

    def render(self, camera: Camera, pose: Pose) -> Tensor:
        """4×H×W, from any camera in any pose."""
        surface = PosedSurface(mesh=self.posed(pose), layout=self.case.body.layout, texture=self.texture)
        return self.renderer([surface], camera)


def build_double(case: Case, texture: Texture, renderer: Renderer | None = None) -> PaintedDouble:
    """The case's body in that texture, drawn as it is where no renderer is given."""
    rest = dress_rest(case.fit, case.body)
    return PaintedDouble(case=case, rest=rest, texture=texture, renderer=renderer or PlainRenderer())
