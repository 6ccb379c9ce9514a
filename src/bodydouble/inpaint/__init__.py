"""The inpainter's contract: what the photos did not show is completed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from bodydouble import plugins
from bodydouble.body import BodyModel
from bodydouble.nn.store import holds_kind
from bodydouble.progress import Progress
from bodydouble.values import FittedView, Surface


class Inpainter(Protocol):
    """Completes partial textures. It is built with the keyword `seed`, and with `device` and `weights` where named.

    Three attributes are asked for where there are any: `weights`, a mapping of the files that it was loaded from to
    their SHA-256, for the double's metadata; `renderer`, a `render.Renderer`, where the double is to be drawn by one of
    its own; and `prepare`, which is called with the body and the texture's size in texels, from another thread, while
    that body is still being fitted: to draw what is the same for every photo. What it raises ends the work.
    """

    def __call__(
        self,
        surfaces: Sequence[Surface],
        views: Sequence[FittedView],
        body: BodyModel,
        progress: Progress | None = None,
    ) -> tuple[Surface, ...]:
        """The surfaces with whole textures.

        Args:
            surfaces: the body first; their textures are what the photos showed, 0 elsewhere, with the confidence 0
                where nothing was seen, and with labels where the photos were parsed.
            views: all photos, the first one leading.
            progress: told how much is done about once a second, or more often; what it raises ends the work.

        Returns:
            Confidences are as they were, and texels with a confidence above 0 come back to the last bit, but from
            an inpainter with a renderer of its own, which may move them until its picture is the photo.
        """
        ...


INPAINTERS = {
    "exemplar": "bodydouble.inpaint.exemplar.inpainter:ExemplarInpainter",
    "learned": "bodydouble.inpaint.learned.inpainter:LearnedInpainter",
    "symmetry": "bodydouble.inpaint.symmetry:SymmetryInpainter",
    "dinar": "bodydouble.dinar.inpainter:DinarInpainter",
}
UNSEEDED = frozenset({"symmetry"})  # those whose completion is the same for every seed

AS_SEEN = frozenset({"dinar"})  # those that tell nothing of the photo's light


def choose_inpainter(name: str, body_name: str, weights: object = None) -> tuple[str, str]:
    """The inpainter that is meant, and a sentence to tell the caller, or "".

    "auto" is `exemplar` on Anny's body and `symmetry` on others, whose layouts the shipped network does not know; with
    weights of the caller's, what these are for. "latent", an earlier name, is taken for one version more.
    """
    if name not in ("auto", "latent"):
        return name, ""
    if weights is None:
        chosen = "exemplar" if name == "latent" or body_name == "anny" else "symmetry"
    else:
        chosen = "exemplar" if isinstance(weights, str | Path) and holds_kind(weights, "exemplar") else "dinar"
    note = f"the inpainter latent is now called {chosen}; its old name will go with the next version"
    return chosen, note if name == "latent" else ""


def inpainter(name: str = "exemplar", **options: Any) -> Inpainter:
    """A new inpainter of that name, or of "module:attribute"; `options` are its own.

    Raises:
        InputError: there is no such inpainter, or it lacks what it needs.
    """
    return plugins.resolve(name, INPAINTERS, "inpainter")(**options)


def prepare_inpainter(inpaint: Inpainter, body: BodyModel, size: int) -> None:
    """Let an inpainter draw ahead what it needs of a body; see `Inpainter`."""
    prepare = getattr(inpaint, "prepare", None)
    if prepare is not None:
        prepare(body, size)
