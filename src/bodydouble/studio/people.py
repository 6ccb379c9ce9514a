"""Where the people in a photo are, as the page shows them to be clicked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bodydouble.values import Photo

_PERSON = re.compile(r"(\d+) at (-?\d+),(-?\d+),(\d+),(\d+)")
_TAKEN = re.compile(r"took (\d+)")


def list_people(warnings: Sequence[str], photo: Photo) -> list[dict[str, Any]]:
    """Number, place in shares of the photo's sides (or of its part's, which may lie beside it), and whether it is made.

    Args:
        warnings: a person's; `person.cautions.several_people` says in one of them who there is.
        photo: the one that is shown.
    """
    note = next((warning for warning in warnings if warning.startswith("several people")), "")
    taken = _TAKEN.search(note)
    if taken is None:
        return []
    window, (height, width) = photo.window, photo.size
    left, top = (window.left, window.top) if window else (0, 0)
    height, width = window.size if window else (height, width)
    people = []
    for number, *edges in ((int(each) for each in match.groups()) for match in _PERSON.finditer(note)):
        x, y, across, down = (edge * photo.file_scale for edge in edges)
        people.append(
            {
                "number": number,
                "taken": number == int(taken[1]),
                "left": (x - left) / width,
                "top": (y - top) / height,
                "width": across / width,
                "height": down / height,
            }
        )
    return people
