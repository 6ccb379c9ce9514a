"""What the parser takes for a held thing, and is worn: a printed skirt down to the floor, a sleeve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from bodydouble.geometry.window import Size, Window
from bodydouble.parsing.at_photo import plane_at_photo
from bodydouble.parsing.labels import CLOTH, THING
from bodydouble.parsing.things import is_limb, list_blobs
from bodydouble.parsing.windows import pixels_per_metre
from bodydouble.values import Person, Understanding


def name_worn_cloth(understanding: Understanding, person: Person) -> Understanding:
    """The same with cloth in place of things that have a person's limbs in them: the likeliest kind there."""
    worn = _find_worn(understanding, person, (person.mask.shape[0], person.mask.shape[1]))
    if worn is None:
        return understanding
    window, labels = Window(understanding.left, understanding.top, understanding.side), understanding.labels.clone()
    where = torch.from_numpy(window.view(worn.astype(np.float32), labels.shape[-1])) > 0.5
    # All of the piece has one name: that of most of it.
    kind = CLOTH[int(labels[list(CLOTH)][:, where].sum(1).argmax())]
    labels[kind, where] += labels[THING, where]
    labels[THING, where] = 0
    return replace(understanding, labels=labels)


def _find_worn(understanding: Understanding, person: Person, size: Size) -> np.ndarray | None:
    """H×W bool; None where nothing is."""
    scale, chance = pixels_per_metre(person), plane_at_photo(understanding, understanding.labels[THING], size)
    blobs = [] if scale is None else [blob for blob in list_blobs(chance, scale) if is_limb(blob, person)]
    return np.logical_or.reduce(blobs) if blobs else None
