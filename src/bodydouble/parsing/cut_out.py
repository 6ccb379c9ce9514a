"""The person alone: with all of their hat or topknot, without what is beside them, and without what they hold."""

from __future__ import annotations

from dataclasses import replace

import torch

from bodydouble.parsing.fuse import fuse_mask
from bodydouble.parsing.hats import keep_hat
from bodydouble.parsing.mask_prior import renew_mask
from bodydouble.parsing.things import put_aside_things
from bodydouble.parsing.topknots import keep_topknot
from bodydouble.parsing.trim import trim_mask
from bodydouble.parsing.worn_cloth import name_worn_cloth
from bodydouble.values import Person, Photo, Understanding


def cut_out_person(
    photo: Photo, person: Person, understanding: Understanding, fuse: bool = False
) -> tuple[Person, Understanding]:
    """The person with a mask without pavement, bags and what else is none of them, and labels to match.

    Args:
        person: with the mask that the labels were made with.
        fuse: the detector's mask and the parser's become one first.

    Returns:
        The person as `trim_mask` and `put_aside_things` leave them. Labels are background where the mask was trimmed,
        and go on saying what things are.
    """
    outlined = keep_hat(fuse_mask(photo, person, understanding) if fuse else person, understanding)
    labels = renew_mask(understanding, person, outlined)
    tied = keep_topknot(outlined, labels)
    outlined, labels = tied, renew_mask(labels, outlined, tied)
    trimmed = trim_mask(photo, outlined, labels)
    aside = put_aside_things(photo, outlined, labels)
    cut_out = replace(aside, mask=torch.minimum(aside.mask, trimmed.mask))
    return cut_out, name_worn_cloth(renew_mask(labels, outlined, trimmed), cut_out)
