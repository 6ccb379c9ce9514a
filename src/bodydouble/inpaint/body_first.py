"""What the built-in inpainters have in common: the body is completed, and what hangs off it is filled by itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from bodydouble.body import BodyModel
from bodydouble.clothing.curl import measure_view_curl
from bodydouble.inpaint.sheet import complete_sheet
from bodydouble.progress import Progress
from bodydouble.values import FittedView, Surface, Texture


class BodyFirstInpainter(ABC):
    """An inpainter that knows the body alone. Other surfaces get their own colours, spread. See `Inpainter`."""

    def __call__(
        self,
        surfaces: Sequence[Surface],
        views: Sequence[FittedView],
        body: BodyModel,
        progress: Progress | None = None,
    ) -> tuple[Surface, ...]:
        """See `Inpainter`."""
        skin, *attached = surfaces
        texture = self.complete_body(skin.texture, views, body, progress)
        curl = measure_view_curl(views[0], body) if attached else 0.0
        return (
            replace(skin, texture=texture),
            *(replace(surface, texture=complete_sheet(surface, views[0], body, curl)) for surface in attached),
        )

    @abstractmethod
    def complete_body(
        self, partial: Texture, views: Sequence[FittedView], body: BodyModel, progress: Progress | None = None
    ) -> Texture:
        """The body's texture, completed. Arguments and promises are those of `Inpainter`."""
