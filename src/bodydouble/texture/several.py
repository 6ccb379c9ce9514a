"""One texture from several photos of the same person in the same clothes; one photo is the common case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.texture.gather import gather_texture
from bodydouble.texture.merge import Blending, merge_views
from bodydouble.texture.refine import refine_texture
from bodydouble.texture.rim import fill_rim
from bodydouble.values import BodyFit, Person, Photo, Texture


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One photo of the person, and the body as it stands in it."""

    photo: Photo
    person: Person
    fit: BodyFit  # all of one shape; pose, camera and clothing are this photo's


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What the photos show."""

    merged: Texture  # partial
    owner: Tensor  # S×S, int64, the photo that shows each texel best; -1 where none does


def gather_all(sightings: Sequence[Sighting], body: BodyModel, size: int, blending: Blending = "pyramid") -> Gathered:
    """The partial textures of all photos as one; colours are the first photo's."""
    views = [gather_texture(s.photo, s.person, s.fit, body, size) for s in sightings]
    best, owner = torch.stack([view.seen for view in views]).max(0)
    return Gathered(merged=merge_views(views, blending), owner=torch.where(best > 0, owner, -1))


def finish_all(
    whole: Texture, gathered: Gathered, sightings: Sequence[Sighting], body: BodyModel, rounds: int
) -> Texture:
    """The completed texture drawn towards the photos: at their rims, and where the first photo is the one to look like.

    Args:
        whole: `gathered.merged`, completed.
        rounds: of `refine_texture`.
    """
    for sighting in reversed(sightings):  # the first photo has the last word
        whole = fill_rim(whole, sighting.photo, sighting.person, sighting.fit, body)
    first = sightings[0]
    own = replace(whole, seen=torch.where(gathered.owner == 0, whole.seen, 0.0))
    refined = refine_texture(own, first.photo, first.person, first.fit, body, rounds)
    return replace(refined, seen=whole.seen)
