"""One texture from several photos of the same person in the same clothes; one photo is the common case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.texture.consistency import height_bands, inconsistent_texels
from bodydouble.texture.merge import biased_view_weights, match_colours, merge_views
from bodydouble.texture.project import project_photo
from bodydouble.texture.refine import refine_texture
from bodydouble.texture.rim import fill_grazing_texels
from bodydouble.values import BodyFit, Person, Photo, Texture

Merge = Callable[[Sequence[Texture]], Texture]  # partial textures become one; `confidence` is the best of theirs


@dataclass(frozen=True, kw_only=True)
class FittedView:
    """One photo of the person, and the body as it stands in it."""

    photo: Photo
    person: Person
    fit: BodyFit  # all of one shape; pose, camera and clothing are this photo's


@dataclass(frozen=True, kw_only=True)
class MergedTexture:
    """What the photos show."""

    merged: Texture  # partial
    owner: Tensor  # S×S, int64, the photo that shows each texel best; -1 where none does
    inconsistent: tuple[Tensor, ...] = ()  # S×S, bool, of each photo after the first: earlier ones show something else


def project_and_merge(
    sightings: Sequence[FittedView], body: BodyModel, size: int, merge: Merge = merge_views
) -> MergedTexture:
    """The partial textures of all photos as one; colours are the first photo's."""
    first = sightings[0]
    views, denials = [project_photo(first.photo, first.person, first.fit, body, size)], []
    ring = height_bands(body, body.rest(first.fit.shape)) if len(sightings) > 1 else torch.empty(0)
    for sighting in sightings[1:]:
        view = project_photo(sighting.photo, sighting.person, sighting.fit, body, size)
        measure = merge_views(views, "softmax")
        view = replace(view, rgb=match_colours(view, measure))
        denials.append(inconsistent_texels(view, measure, ring))
        views.append(replace(view, rgb=view.rgb * ~denials[-1], confidence=view.confidence * ~denials[-1]))
    best, owner = biased_view_weights(views).max(0)
    return MergedTexture(merged=merge(views), owner=torch.where(best > 0, owner, -1), inconsistent=tuple(denials))


def refine_to_photos(
    whole: Texture, gathered: MergedTexture, sightings: Sequence[FittedView], body: BodyModel, rounds: int
) -> Texture:
    """The completed texture drawn towards the photos: at their rims, and where the first photo is the one to look like.

    Args:
        whole: `gathered.merged`, completed.
        rounds: of `refine_texture`.
    """
    first, *further = sightings
    for sighting, wrong in reversed(list(zip(further, gathered.inconsistent, strict=True))):
        filled = fill_grazing_texels(whole, sighting.photo, sighting.person, sighting.fit, body)
        whole = replace(whole, rgb=torch.where(wrong, whole.rgb, filled.rgb))
    whole = fill_grazing_texels(whole, first.photo, first.person, first.fit, body)  # the first photo has the last word
    own = replace(whole, confidence=torch.where(gathered.owner == 0, whole.confidence, 0.0))
    refined = refine_texture(own, first.photo, first.person, first.fit, body, rounds)
    return replace(refined, confidence=whole.confidence)
