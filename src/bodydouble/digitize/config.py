"""What can be chosen about digitising; the paper's values are the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bodydouble.digitize import GUIDANCE_KINDS, GuidanceKind
from bodydouble.digitize.fuse import STEPS
from bodydouble.digitize.geometry import CELL_M, FACES
from bodydouble.errors import InputError

_VIEW_PX = (1024, 768)  # (height, width) of a synthesised view: 1.9 mm a pixel, as a texel of 1024 a side


@dataclass(frozen=True, kw_only=True)
class DigitizeConfig:
    """What can be chosen about digitising."""

    painter: str = "exemplar"  # a name in `digitize.PAINTERS`, or module:attribute
    painter_options: Mapping[str, Any] = field(default_factory=dict)  # its own ones
    mesh: Path | None = None  # the user's geometry, made from the photo; None: the double's
    cell_m: float = CELL_M  # metres, of marching cubes
    relief: bool = True  # folds from normals, on geometry that is the double's
    face_count: int = FACES  # to which the mesh is simplified
    back_view: bool = True  # the back guides the other views; False is a row of the paper's ablation
    guidance: GuidanceKind = "both"  # what the painter is told of the shape; the others are rows of that ablation, too
    view_size: tuple[int, int] = _VIEW_PX  # (height, width) in pixels, of each view
    steps: int = STEPS  # of fusion
    lpips: Path | None = None  # LPIPS weights (`lpips.read_lpips`) for fusion; None: the parser distance
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises InputError for guidance that there is not."""
        if self.guidance not in GUIDANCE_KINDS:
            raise InputError(f"unknown guidance {self.guidance!r}; choose {', '.join(GUIDANCE_KINDS)}")
