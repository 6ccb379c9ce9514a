"""AzurePeople, in the folder layout that DINAR's code reads: photographs with their masks.

    rgb/NAME.png    segm/NAME.png

NAME is a person, seen from the front, or a person and a side: `anna_front`, `anna_back`, `anna_90` (degrees, positive
from the person's left). Fits that lie beside them (smplx/*.pkl) are pickles and are not read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from bodydouble.body import BodyModel
from bodydouble.errors import InputError
from workshop.evaluation.datasets import VARIED, Source, Subject, TrueView, between_deg
from workshop.evaluation.datasets.photographs import existing_folder, read_view

_SIDES = {"front": 0.0, "back": 180.0, "left": 90.0, "right": -90.0}
_NAME = re.compile(rf"(?P<person>.+?)(?:_(?P<side>{'|'.join(_SIDES)}|-?\d{{1,3}}))?$")


class AzurePeople:
    """See `Dataset`."""

    name = "azure-people"

    def __init__(self, source: Source, body: BodyModel) -> None:
        folder = existing_folder(source, self.name)
        if not (folder / "rgb").is_dir() or not (folder / "segm").is_dir():
            raise InputError(f"{folder} has no folders rgb and segm; expected rgb/NAME.png and segm/NAME.png")
        self._views: dict[str, dict[float, tuple[Path, Path]]] = defaultdict(dict)
        for picture in sorted((folder / "rgb").glob("*.png")):
            mask = folder / "segm" / picture.name
            if not mask.is_file():
                raise InputError(f"{picture} has no mask {mask}; add it or take the picture away")
            person, azimuth = person_and_side(picture.stem)
            self._views[person][azimuth] = (picture, mask)
        self.sets: Mapping[str, tuple[str, ...]] = {VARIED: tuple(self._views)}

    def subject(self, name: str) -> Subject:
        """See `Dataset`."""
        files = self._views[name]

        def view(azimuth_deg: float) -> TrueView:
            nearest = min(files, key=lambda azimuth: between_deg(azimuth, azimuth_deg))
            return read_view(*files[nearest], nearest)

        return Subject(name=name, cluster=name, azimuths_deg=tuple(files), view=view)


def person_and_side(stem: str) -> tuple[str, float]:
    """A file's name without its ending: the person and the azimuth in degrees."""
    match = _NAME.match(stem)
    assert match is not None  # any name matches
    side = match["side"]
    if side is None:
        return match["person"], 0.0
    return match["person"], _SIDES[side] if side in _SIDES else float(side)
