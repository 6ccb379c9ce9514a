"""The renderer's contract: a posed body in its texture becomes a picture."""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor

from bodydouble import plugins
from bodydouble.values import Camera, Mesh, Texture, UvLayout


class Renderer(Protocol):
    """Draws doubles. All arguments are on one device."""

    def __call__(self, mesh: Mesh, layout: UvLayout, texture: Texture, camera: Camera) -> Tensor:
        """4×H×W of the camera's size, [0, 1], straight alpha; colour 0 where alpha is 0."""
        ...

    def bake(self, mesh: Mesh, layout: UvLayout, texture: Texture) -> Texture:
        """The texture in the colours that this renderer gives it, for viewers that only draw textures.

        Args:
            mesh: the clothed body, limbs apart.

        Returns:
            On the CPU, without a neural texture.
        """
        ...


RENDERERS = {
    "plain": "bodydouble.render.image:PlainRenderer",
    "dinar": "bodydouble.dinar.double_renderer:DinarRenderer",  # for textures that have a neural one
}


def renderer(name: str = "plain", **options: Any) -> Renderer:
    """A new renderer of that name; `options` are its own."""
    return plugins.resolve(name, RENDERERS, "renderer")(**options)
