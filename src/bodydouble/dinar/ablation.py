"""The rows of DINAR's table 2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bodydouble.dinar.inpainter import DinarConfig
from bodydouble.dinar.tune import TuneConfig


@dataclass(frozen=True, kw_only=True)
class AblationRow:
    """What one row leaves out."""

    dinar: DinarConfig
    refine_rounds: int  # of moving the fine texels until the plain picture is the photo


_FIRST_STAGE = DinarConfig(inpaint=False, occlusion=False, tune=TuneConfig(steps=0))
# Each has all of the one before it from "both" on.
ABLATION: Mapping[str, AblationRow] = {
    "rgb only": AblationRow(dinar=replace(_FIRST_STAGE, features=False), refine_rounds=0),
    "neural only": AblationRow(dinar=replace(_FIRST_STAGE, colours=False), refine_rounds=0),
    "both": AblationRow(dinar=_FIRST_STAGE, refine_rounds=0),
    "+ inpainting": AblationRow(dinar=replace(_FIRST_STAGE, inpaint=True), refine_rounds=0),
    "+ occlusion": AblationRow(dinar=replace(_FIRST_STAGE, inpaint=True, occlusion=True), refine_rounds=0),
    "+ rgb tuning": AblationRow(dinar=DinarConfig(), refine_rounds=6),
}
