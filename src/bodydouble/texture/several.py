"""One texture from several photos of the same person in the same clothes; one photo is the common case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.texture.agree import denied, rings
from bodydouble.texture.gather import gather_texture
from bodydouble.texture.merge import match_colours, merge_views, shares
from bodydouble.texture.refine import refine_texture
from bodydouble.texture.rim import fill_rim
from bodydouble.values import BodyFit, Person, Photo, Texture

Merge = Callable[[Sequence[Texture]], Texture]  # partial textures become one; `seen` is the best of theirs


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
    denied: tuple[Tensor, ...] = ()  # S×S, bool, of each photo after the first: where earlier ones show something else


def gather_all(sightings: Sequence[Sighting], body: BodyModel, size: int, merge: Merge = merge_views) -> Gathered:
    """The partial textures of all photos as one; colours are the first photo's."""
    first = sightings[0]
    views, denials = [gather_texture(first.photo, first.person, first.fit, body, size)], []
    ring = rings(body, body.rest(first.fit.shape)) if len(sightings) > 1 else torch.empty(0)
    for sighting in sightings[1:]:
        view = gather_texture(sighting.photo, sighting.person, sighting.fit, body, size)
        measure = merge_views(views, "softmax")
        view = replace(view, rgb=match_colours(view, measure))
        denials.append(denied(view, measure, ring))
        views.append(replace(view, rgb=view.rgb * ~denials[-1], seen=view.seen * ~denials[-1]))
    best, owner = shares(views).max(0)
    return Gathered(merged=merge(views), owner=torch.where(best > 0, owner, -1), denied=tuple(denials))


def finish_all(
    whole: Texture, gathered: Gathered, sightings: Sequence[Sighting], body: BodyModel, rounds: int
) -> Texture:
    """The completed texture drawn towards the photos: at their rims, and where the first photo is the one to look like.

    Args:
        whole: `gathered.merged`, completed.
        rounds: of `refine_texture`.
    """
    first, *further = sightings
    for sighting, wrong in reversed(list(zip(further, gathered.denied, strict=True))):
        filled = fill_rim(whole, sighting.photo, sighting.person, sighting.fit, body)
        whole = replace(whole, rgb=torch.where(wrong, whole.rgb, filled.rgb))
    whole = fill_rim(whole, first.photo, first.person, first.fit, body)  # the first photo has the last word
    own = replace(whole, seen=torch.where(gathered.owner == 0, whole.seen, 0.0))
    refined = refine_texture(own, first.photo, first.person, first.fit, body, rounds)
    return replace(refined, seen=whole.seen)
