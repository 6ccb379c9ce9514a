"""What the page may change of a double that was made: what it asks for, and which files the worker gets for it.

An edited double is another double, with the photos of the first one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bodydouble.errors import InputError

EDIT = "edit"  # the option that names one of these
WINDOW = "window"  # the option that says which part of the photo the preview shows
COLOUR, LABEL, SEED, WEAR = "colour", "label", "again", "wear"  # the option "seed" is the whole double's
EDITS = (COLOUR, LABEL, SEED, WEAR)
# In the new double's folder: the double that is changed, the one whose clothes it gets, and what was painted over: by
# a surface's name a PNG in base64, whose grey is the region.
SOURCE, CLOTHES, REGION = "source.double", "clothes.double", "region.json"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def read_edit(query: Mapping[str, str]) -> dict[str, Any]:
    """The options of an edit. Raises InputError for what is none; what a label may be is the worker's to say."""
    kind = query.get(EDIT, "")
    if kind not in EDITS:
        raise InputError(f"there is no edit {kind!r}; known: {', '.join(EDITS)}")
    value = query.get(kind, "")
    if kind == COLOUR and not _COLOUR.fullmatch(value):
        raise InputError(f"{value!r} is no colour; expected #rrggbb")
    if kind == SEED:
        if not value.isdecimal() or len(value) > 9:
            raise InputError(f"{value!r} is no seed; expected a whole number")
        return {EDIT: kind, SEED: int(value)}
    if not value:
        raise InputError(f"the edit {kind} needs a value")
    return {EDIT: kind, kind: value}


def parse_colour(text: str) -> tuple[float, float, float]:
    """#rrggbb as sRGB, [0, 1]."""
    red, green, blue = (int(text[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue
