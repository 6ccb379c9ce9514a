"""The inpainter's contract: what the photo did not show is completed."""

from __future__ import annotations

from typing import Any, Protocol

from bodydouble import plugins
from bodydouble.body import BodyModel
from bodydouble.values import BodyFit, Photo, Texture


class Inpainter(Protocol):
    """Completes a partial texture. Seen texels come back to the last bit."""

    def __call__(self, partial: Texture, photo: Photo, fit: BodyFit, body: BodyModel) -> Texture:
        """The whole texture; `confidence` as in `partial`. One that paints neural textures completes `neural` too."""
        ...


INPAINTERS = {
    "latent": "bodydouble.dinar.latent_inpainter:LatentInpainter",  # needs `parts`: its networks
    "symmetry": "bodydouble.inpaint.symmetry:SymmetryInpainter",
}


def inpainter(name: str = "symmetry", **options: Any) -> Inpainter:
    """A new inpainter of that name, or of "module:attribute"; `options` are its own.

    Raises:
        InputError: there is no such inpainter, or it lacks what it needs.
    """
    return plugins.resolve(name, INPAINTERS, "inpainter")(**options)
