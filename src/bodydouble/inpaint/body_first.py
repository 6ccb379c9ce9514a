"""What the built-in inpainters have in common: the body is completed, and what hangs off it is filled by itself.

All of it under even light, where that was told from the material (`texture.even_light`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace

import torch

from bodydouble.body import BodyModel
from bodydouble.clothing.curl import measure_view_curl
from bodydouble.inpaint.coat_back import carry_back_down
from bodydouble.inpaint.garment_tone import level_garments
from bodydouble.inpaint.sheet import complete_sheet
from bodydouble.inpaint.sheet_seams import SEWN, sew_sheet
from bodydouble.inpaint.skirt_waist import raise_waist
from bodydouble.inpaint.tailoring import tailor_cloth
from bodydouble.progress import Progress, part_of
from bodydouble.second_thread import second_thread
from bodydouble.texture.even_light import even_texture, even_view, restore_light, without_shade
from bodydouble.texture.sky_light import measure_sky_gains
from bodydouble.values import FittedView, Surface, Texture


class BodyFirstInpainter(ABC):
    """An inpainter that knows the body alone. Other surfaces get their own colours, spread. See `Inpainter`."""

    evens_light = True  # else textures are completed as they were seen, and nothing is told of their light

    def __call__(
        self,
        surfaces: Sequence[Surface],
        views: Sequence[FittedView],
        body: BodyModel,
        progress: Progress | None = None,
    ) -> tuple[Surface, ...]:
        """See `Inpainter`."""
        prepare = even_texture if self.evens_light else without_shade
        skin, *attached = (replace(surface, texture=prepare(surface.texture)) for surface in surfaces)
        shown = [even_view(view) for view in views] if self.evens_light else views
        tell = progress or (lambda what, done: None)
        evens = self.evens_light and any(surface.texture.shade is not None for surface in surfaces)
        with second_thread() as beside:
            whole_sheets = beside.submit(_complete_sheets, attached, shown[0], body)
            sky_gains = beside.submit(measure_sky_gains, surfaces, views[0], body) if evens else None
            texture = self.complete_body(skin.texture, shown, body, part_of(progress, 0.0, 0.8))
            tell("inpaint", 0.8)
            sheets = whole_sheets.result()
            sky = sky_gains.result() if sky_gains else None
        even_skin = replace(skin, texture=texture)
        pairs = zip(sheets, attached, strict=True)
        hangs = any(surface.kind in SEWN for surface in attached)
        texture = tailor_cloth(texture, shown[0].understanding, body, hangs=hangs)
        sewn = [sew_sheet(carry_back_down(*pair, even_skin, body), pair[1]) for pair in pairs]
        for surface, whole in zip(attached, sewn, strict=True):
            texture = raise_waist(texture, skin, replace(surface, texture=whole), body)
        completed = [texture, *sewn]
        if sky is None:
            sky = tuple(torch.zeros_like(each.texture.confidence) for each in surfaces)
        else:
            tell("inpaint", 0.9)
            completed = [
                restore_light(texture, seen, body, gain)
                for texture, seen, gain in zip(completed, surfaces, sky, strict=True)
            ]
        completed = level_garments(completed, surfaces, sky, body)
        hung = zip(completed[1:], attached, strict=True)
        completed[1:] = [replace(each, labels=surface.texture.labels) for each, surface in hung]
        return tuple(replace(surface, texture=each) for surface, each in zip(surfaces, completed, strict=True))

    @abstractmethod
    def complete_body(
        self, partial: Texture, views: Sequence[FittedView], body: BodyModel, progress: Progress | None = None
    ) -> Texture:
        """The body's texture, completed. Arguments and promises are those of `Inpainter`."""


def _complete_sheets(sheets: Sequence[Surface], view: FittedView, body: BodyModel) -> list[Texture]:
    """The whole texture of each surface that hangs off the body."""
    curl = measure_view_curl(view, body) if sheets else 0.0
    return [complete_sheet(sheet, view, body, curl) for sheet in sheets]
