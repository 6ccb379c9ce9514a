"""The renderer's contract: posed surfaces become a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from torch import Tensor

from bodydouble import plugins
from bodydouble.values import Camera, PosedSurface, Texture


class Renderer(Protocol):
    """Draws doubles. All arguments are on one device."""

    def __call__(self, surfaces: Sequence[PosedSurface], camera: Camera) -> Tensor:
        """4×H×W of the camera's size, [0, 1], straight alpha; colour 0 where alpha is 0. The body comes first."""
        ...

    def bake(self, body: PosedSurface) -> Texture:
        """The body's texture in the colours that this renderer gives it, for viewers that only draw textures.

        Args:
            body: the clothed body, limbs apart.

        Returns:
            On the CPU, without a neural texture.
        """
        ...


RENDERERS = {
    "plain": "bodydouble.render.surfaces:PlainRenderer",
    "dinar": "bodydouble.dinar.double_renderer:DinarRenderer",  # for bodies whose texture has a neural part
}


def renderer(name: str = "plain", **options: Any) -> Renderer:
    """A new renderer of that name; `options` are its own."""
    return plugins.resolve(name, RENDERERS, "renderer")(**options)
