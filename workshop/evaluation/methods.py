"""The rows of the tables: what is made of a photo, and how it is drawn from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from bodydouble import plugins
from bodydouble.body.skinning import dress_rest
from bodydouble.errors import InputError
from bodydouble.inpaint import inpainter
from bodydouble.render.image import render_mesh
from bodydouble.values import Camera, Mesh, Pose, RestBody, Texture
from bodydouble.weights import WeightsFile
from workshop.evaluation.cases import Case
from workshop.evaluation.metrics import Truth, Window, window_around
from workshop.evaluation.subjects import between_deg


@dataclass(frozen=True, kw_only=True)
class Target:
    """A true view that a method is to draw, cut to the square that is compared."""

    camera: Camera  # in the case's own world, of the square
    pose: Pose
    azimuth_deg: float  # relative to the input's: 0 is the side the photo shows
    truth: Truth  # only for placing what is no double and cannot be seen by a camera


class Drawn(Protocol):
    """What a method made of one person."""

    def draw(self, target: Target) -> Tensor:
        """4×H×W of the target's camera, [0, 1], straight alpha."""
        ...


class Method(Protocol):
    """Makes something of a photo that can be drawn from elsewhere."""

    def __call__(self, case: Case) -> Drawn:
        """Only the photo, the person and the fit are looked at."""
        ...


# Rows that need no networks, by name: an inpainter's name or module:attribute (a texture completed by it, everything
# else as in `create`), or a method's, told apart by the word before the colon.
ROWS = {
    "exemplar": "inpainter:exemplar",
    "symmetry": "inpainter:symmetry",
    "mean-colour": "inpainter:workshop.evaluation.inpainters:MeanColour",
    "telea": "inpainter:workshop.evaluation.inpainters:Telea",
    "nearest": "inpainter:workshop.evaluation.inpainters:Nearest",
    "mirrored-photo": "method:workshop.evaluation.methods:mirrored_photo",
}

_NO_STAGE_ONE = "no trained encoder, generator and renderer ship yet"
_NO_DIFFUSION = "no trained networks for latent diffusion ship yet"
SEED = 0  # of every completion
MISSING: Mapping[str, str] = {  # rows that need networks, and why they are empty where there are none
    "dinar": _NO_DIFFUSION,
    "dinar-plain": _NO_DIFFUSION,
    "rgb only": _NO_STAGE_ONE,
    "neural only": _NO_STAGE_ONE,
    "both": _NO_STAGE_ONE,
    "+ inpainting": _NO_DIFFUSION,
    "+ occlusion": _NO_DIFFUSION,
    "+ rgb tuning": _NO_DIFFUSION,
}
PLAIN = "dinar-plain"  # the texture of "dinar", drawn without the neural renderer
DINAR = ("dinar", PLAIN)
ABLATION = ("rgb only", "neural only", "both", "+ inpainting", "+ occlusion", "+ rgb tuning")  # DINAR table 2


def method(row: str, networks: WeightsFile | None = None) -> Method:
    """The method of that row, of "inpainter:module:attribute", or of "method:module:attribute".

    Args:
        networks: what the rows in `MISSING` are painted with.

    Raises:
        InputError: no such row, it cannot be loaded, or it lacks networks.
    """
    if row in MISSING:
        if networks is None:
            raise InputError(f"the row {row!r} needs networks: {MISSING[row]}; name a file of them with --weights")
        from workshop.evaluation.painters import painted_by_networks  # networks take seconds to import

        return painted_by_networks(row, networks)
    kind, _, name = ROWS.get(row, row).partition(":")
    if kind == "inpainter":
        return Painted(name)
    if kind == "method":
        found: Method = plugins.resolve(name, {}, "method")
        return found
    known = ", ".join((*ROWS, *MISSING))
    raise InputError(
        f"unknown method {row!r}; known: {known}, or your own as inpainter:module:attribute or method:module:attribute"
    )


def check_rows(rows: Iterable[str], networks: WeightsFile | None = None) -> None:
    """Raise InputError where a row cannot be made, before hours are spent on the others."""
    for row in rows:
        made = method(row, networks)
        if isinstance(made, Painted):
            inpainter(made.inpainter)


@dataclass(frozen=True)
class Painted:
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

    def draw(self, target: Target) -> Tensor:
        """See `Drawn`."""
        return self.seen_by(target.camera, target.pose)

    def seen_by(self, camera: Camera, pose: Pose) -> Tensor:
        """4×H×W, from any camera in any pose."""
        return render_mesh(self.posed(pose), self.case.body.layout, self.texture.rgb, camera)


def painted_double(case: Case, texture: Texture) -> PaintedDouble:
    """The case's body in that texture."""
    return PaintedDouble(case=case, rest=dress_rest(case.fit, case.body), texture=texture)


def mirrored_photo(case: Case) -> MirroredPhoto:
    """The oldest trick: from the front the photo itself, from behind its mirror image."""
    return MirroredPhoto(case=case)


@dataclass(frozen=True, kw_only=True)
class MirroredPhoto:
    """A cut-out that always faces the camera. It has no place in the world, so the true mask's box places it."""

    case: Case

    def draw(self, target: Target) -> Tensor:
        """See `Drawn`. Height and middle are those of the true mask."""
        rgba = torch.cat([self.case.photo.rgb, self.case.person.mask[None]])
        size = target.truth.mask.shape[-1]
        own = window_around(self.case.person.mask)
        if between_deg(target.azimuth_deg, 0) > 90:
            rgba = rgba.flip(-1)
            own = Window(left=self.case.photo.size[1] - own.left - round(own.side), top=own.top, side=own.side)
        # Both squares are 1.2 times the longer side around the middle: equally high people come to lie alike.
        return _at_height(own, rgba, target.truth, size)


def _at_height(own: Window, rgba: Tensor, truth: Truth, size: int) -> Tensor:
    """4×size×size: the photo, scaled so that the person is as tall as in the truth and stands where they do."""
    mask = own.take(rgba, size)[3]
    rows, columns = (mask > 0.5).nonzero(as_tuple=True)
    goal_rows, goal_columns = (truth.mask > 0.5).nonzero(as_tuple=True)
    tall = float(rows.max() - rows.min() + 1) / float(goal_rows.max() - goal_rows.min() + 1)  # own per true pixel
    pixel = round(own.side) / size  # photo pixels in one of the window
    side = size * tall * pixel
    middle_x = own.left + (float(columns.min() + columns.max()) / 2 + 0.5) * pixel
    bottom = own.top + (float(rows.max()) + 1) * pixel
    left = middle_x - (float(goal_columns.min() + goal_columns.max()) / 2 + 0.5) * tall * pixel
    top = bottom - (float(goal_rows.max()) + 1) * tall * pixel
    return Window(left=left, top=top, side=side).take(rgba, size)
