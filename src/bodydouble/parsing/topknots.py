"""Hair that is tied on top of the head, which masks cut off: they end where a round head does."""

from __future__ import annotations

import numpy as np

from bodydouble.parsing.at_photo import plane_at_photo
from bodydouble.parsing.hats import grow_mask, wears_hat
from bodydouble.parsing.labels import BACKGROUND, HAIR
from bodydouble.parsing.mask_prior import person_without_mask
from bodydouble.parsing.windows import pixels_per_metre
from bodydouble.values import Person, Understanding, style_chance

_TIED = 0.5  # chance from which hair is tied
_CROWN_M = 0.03  # below the mask's top, down to where it grows


def keep_topknot(person: Person, understanding: Understanding) -> Person:
    """The person whose mask holds the hair that the network alone sees above it; the same where hair is not tied.

    Args:
        person: with the mask that the labels were made with.
    """
    style = understanding.style
    if person.mask_is_exact or style_chance(style, "tied", "yes") < _TIED or wears_hat(style):
        return person
    scale, rows = pixels_per_metre(person), np.flatnonzero((person.mask.numpy() > 0.5).any(1))
    if scale is None or not len(rows):
        return person
    of_person = (1 - understanding.labels[BACKGROUND]).clamp_min(1e-4)
    hair = understanding.labels[HAIR] / of_person * person_without_mask(understanding, person)
    chance = plane_at_photo(understanding, hair, person.mask.shape)  # type: ignore[arg-type]
    chance[rows[0] + round(_CROWN_M * scale) :] = 0  # beside the head shadows look like hair
    return grow_mask(person, chance)
