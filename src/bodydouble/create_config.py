"""What can be chosen about the making of a double."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from bodydouble.body import BodyModel
from bodydouble.body.traits import Traits
from bodydouble.clothing.offsets import ClotheConfig
from bodydouble.fitting.fit_config import FitConfig
from bodydouble.inpaint.repaint import Repaint
from bodydouble.person import Box

# Networks take seconds to import; only the inpainter `dinar` needs them.
if TYPE_CHECKING:
    from bodydouble.dinar.networks import Networks

Blend = Literal["softmax", "pyramid", "poisson"]
BLENDS: tuple[Blend, ...] = get_args(Blend)


@dataclass(frozen=True, kw_only=True)
class CreateConfig:
    """What can be chosen about the making of a double."""

    detector: str = "mediapipe"  # a name in `person.DETECTORS`, or module:attribute
    parser: str = "builtin"  # a name in `parsing.PARSERS`, or module:attribute
    fuse_mask: bool = False  # the detector's mask and the parser's become one
    body: str | BodyModel = "anny"  # a name in `body.BODY_MODELS`, module:attribute, or a body model
    inpainter: str = "auto"  # a name in `inpaint.INPAINTERS`, or module:attribute; "auto": see `choose_inpainter`
    box: Box | None = None  # x, y, width, height in pixels: where the person is, if there are several
    person: int | None = None  # or which of them, counted from 1, left to right, as the note of several people says
    frames: int = 8  # taken of a video, at most
    blend: Blend = "pyramid"  # how several photos' textures become one
    texture_size: int | None = None  # texels a side; None: as many as the photos are worth (`choose_texture_size`)
    bust: bool = False  # the figure ends below what the photos show
    even_light: bool = False  # the textures are the person's colours without the photo's light and shade
    refine_rounds: int = 6  # of moving the seen texels until the picture is the photo; 0 keeps them as projected
    seed: int = 0  # of the first completion; further samples have the numbers after it
    hair_surface: bool = True  # long hair hangs as a surface of its own; else it is part of the head
    skirt_surface: bool = True  # the same of skirts, and of dresses and coats below the waist
    hat_surface: bool = True  # hats are a surface of their own; else they are painted on the head
    shoe_surface: bool = True  # shoes are a surface of their own; else they are painted on bare feet
    repaint: Repaint | None = None  # a region that is completed as if no photo showed it
    traits: Traits = field(default_factory=Traits)  # what is known of the body; it overrules the photo
    fit: FitConfig = field(default_factory=FitConfig)
    clothe: ClotheConfig = field(default_factory=ClotheConfig)
    weights: str | Path | Networks | None = None  # of the inpainter: a file, or those that ship
    inpainter_options: Mapping[str, Any] = field(default_factory=dict)  # its own further ones
    device: str = "cpu"  # of the inpainter's networks; all else is computed on the CPU
