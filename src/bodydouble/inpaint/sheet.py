"""The whole texture of what hangs off the body, each kind in its own way."""

from __future__ import annotations

from dataclasses import replace

import torch

from bodydouble.body import BodyModel
from bodydouble.clothing.shoe_surface import measure_upper
from bodydouble.inpaint.curls import CURLY, draw_sheet_curls
from bodydouble.inpaint.hair_tones import hair_tones
from bodydouble.inpaint.hats import complete_hat
from bodydouble.inpaint.other_half_sheet import show_other_half_of_sheet
from bodydouble.inpaint.photo_colour import FALLING_TONE, TONE, photo_colour
from bodydouble.inpaint.sandals import complete_sandals
from bodydouble.inpaint.see_through import SheetThrough, see_through_sheet
from bodydouble.inpaint.sheen import draw_sheen
from bodydouble.inpaint.shoes import complete_shoes
from bodydouble.inpaint.strands import complete_hair
from bodydouble.inpaint.tube_flat import measure_tube
from bodydouble.inpaint.tube_sheet import complete_tube, is_printed
from bodydouble.texture.multi_view import fill_unseen
from bodydouble.values import FittedView, Surface, SurfaceKind, Texture

_FRONT = 0.05  # of the way around from the middle, which a coat's front edges and buttons take up


def complete_sheet(surface: Surface, view: FittedView, body: BodyModel, curl: float = 0.0) -> Texture:
    """The whole texture of what hangs off the body, as its kind is completed.

    Args:
        view: the first photo, for what the parser sees through the person, and for the colour of shoes.
        curl: of hair, 0 straight to 1 curly.
    """
    if surface.kind == SurfaceKind.HAIR:
        curls = draw_sheet_curls(surface) if curl > CURLY else None
        # Buns and tails are as the head that has them.
        tone = TONE if surface.texture.alpha is None else FALLING_TONE
        usual, tones, sheen = photo_colour(view, tone), hair_tones(view), draw_sheen(surface)
        return complete_hair(surface.texture, curls=curls, usual=usual, tones=tones, sheen=sheen)
    if surface.kind in (SurfaceKind.SKIRT, SurfaceKind.COAT):
        front = _FRONT if surface.kind == SurfaceKind.COAT else 0.0
        return _complete_cloth(surface, see_through_sheet(view, surface, body), front)
    if surface.kind == SurfaceKind.HAT:
        return complete_hat(surface, measure_tube(surface))
    if surface.kind == SurfaceKind.SHOES:
        if surface.texture.alpha is not None:
            return complete_sandals(surface.texture, view)
        return complete_shoes(surface.texture, view, measure_upper(surface))
    return fill_unseen(surface.texture)


def _complete_cloth(surface: Surface, through: SheetThrough | None, front: float) -> Texture:
    """The whole texture of a skirt or a coat; `through` and `front` are those of `complete_tube`."""
    shown, shape = surface.texture, measure_tube(surface)
    if bool((shown.confidence > 0).any()):
        own = torch.ones_like(shown.confidence, dtype=torch.bool) if through is None else ~through.worn_over
        shown = show_other_half_of_sheet(surface, own)
        if shown is not surface.texture and is_printed(surface.texture, shape):  # that is turned over at its flanks
            shown = surface.texture
    return replace(complete_tube(shown, through, front, shape), confidence=surface.texture.confidence)
