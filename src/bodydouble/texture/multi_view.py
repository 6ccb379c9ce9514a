"""One texture from several photos of the same person in the same clothes; one photo is the common case.

project ──▶ merge ──▶ refine_to_photos ──▶ (completion) ──▶ fill_rims
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.geometry.uv import spread_colours
from bodydouble.parsing.labels import CLOTH, SKIN
from bodydouble.progress import Progress, split_progress
from bodydouble.texture.consistency import height_bands, inconsistent_texels
from bodydouble.texture.edge_patches import leave_out_patches
from bodydouble.texture.foreign import leave_out_foreign
from bodydouble.texture.merge import biased_view_weights, match_colours, merge_views
from bodydouble.texture.misplaced import without_locks
from bodydouble.texture.project import project_photo
from bodydouble.texture.refine import refine_texture
from bodydouble.texture.rim import fill_grazing_texels, project_rim
from bodydouble.texture.sight import see_texels
from bodydouble.values import FittedView, Texture

Merge = Callable[[Sequence[Texture]], Texture]  # partial textures become one; its confidence is the best of theirs


@dataclass(frozen=True, kw_only=True)
class MergedTexture:
    """What the photos show."""

    texture: Texture  # partial
    best_view: Tensor  # S×S, int64, the photo that shows each texel best; -1 where none does
    rims: tuple[Texture, ...]  # of each photo, what it shows with its rim (`texture.rim`)
    inconsistent: tuple[Tensor, ...] = ()  # S×S, bool, of each photo after the first: earlier ones show something else
    head: Tensor | None = None  # S×S, bool, texels whose rims fade (`texture.head_rim`)


def project_and_merge(
    views: Sequence[FittedView],
    body: BodyModel,
    size: int,
    merge: Merge = merge_views,
    progress: Progress | None = None,
) -> MergedTexture:
    """The partial textures of all photos as one; colours are the first photo's."""
    tells = split_progress(progress, 2 * len(views))
    pairs = zip(tells[::2], tells[1::2], strict=True)
    projected = [_project(view, body, size, *pair) for view, pair in zip(views, pairs, strict=True)]
    shown, rims = [texture for texture, _ in projected], tuple(rim for _, rim in projected)
    textures, inconsistent = shown[:1], []
    bands = height_bands(body, body.rest(views[0].fit.shape)) if len(views) > 1 else torch.empty(0)
    for texture in shown[1:]:
        measure = merge_views(textures, "softmax")
        texture = replace(texture, rgb=match_colours(texture, measure))
        inconsistent.append(inconsistent_texels(texture, measure, bands))
        kept = ~inconsistent[-1]
        textures.append(replace(texture, rgb=texture.rgb * kept, confidence=texture.confidence * kept))
    best, index = biased_view_weights(textures).max(0)
    return MergedTexture(
        texture=replace(merge(textures), labels=_labels_of(textures, index), shade=_shade_of(textures, index)),
        best_view=torch.where(best > 0, index, -1),
        rims=rims,
        inconsistent=tuple(inconsistent),
    )


def _project(
    view: FittedView, body: BodyModel, size: int, progress: Progress | None, rim_progress: Progress | None
) -> tuple[Texture, Texture]:
    """The partial texture that a photo shows, without what lies beside its garments, and its rim."""
    sight = see_texels(view, body, size)
    texture = leave_out_patches(project_photo(view, body, size, progress=progress, sight=sight), body)
    texture = leave_out_foreign(texture, texture, view, body)
    rim = project_rim(view, body, size, rim_progress, sight)
    return texture, leave_out_foreign(rim, texture, view, body, (SKIN, *CLOTH))


def _labels_of(textures: Sequence[Texture], best_view: Tensor) -> Tensor | None:
    """S×S, uint8: each texel's label in the photo that shows it best."""
    labels = [texture.labels for texture in textures if texture.labels is not None]
    return torch.stack(labels).gather(0, best_view[None])[0] if len(labels) == len(textures) else None


def _shade_of(textures: Sequence[Texture], best_view: Tensor) -> Tensor | None:
    """3×S×S: each texel's shade in the photo that shows it best."""
    shades = [texture.shade for texture in textures if texture.shade is not None]
    if len(shades) < len(textures):
        return None
    return torch.stack(shades).gather(0, best_view.expand(1, 3, -1, -1))[0]


def refine_to_photos(
    merged: MergedTexture,
    views: Sequence[FittedView],
    body: BodyModel,
    rounds: int = 6,
    progress: Progress | None = None,
) -> Texture:
    """What the photos show, moved until the picture of the double is the first photo where that shows it best.

    It is done before completion, with the surroundings' colours where nothing was seen, so that what was seen does not
    depend on what is invented.

    Args:
        rounds: of `refine_texture`; 0 leaves the colours.

    Returns:
        A partial texture, 0 where its confidence is.
    """
    if rounds == 0:
        return merged.texture
    filled = fill_rims(fill_unseen(merged.texture), merged)
    leading = replace(filled, confidence=torch.where(merged.best_view == 0, filled.confidence, 0.0))
    refined = refine_texture(leading, without_locks(views[0]), body, rounds, progress)
    confidence = merged.texture.confidence
    return replace(merged.texture, rgb=refined.rgb * (confidence > 0))


def fill_rims(texture: Texture, merged: MergedTexture) -> Texture:
    """A texture without holes, with its rims drawn towards the photos; the first photo has the last word."""
    for rim, wrong in reversed(list(zip(merged.rims[1:], merged.inconsistent, strict=True))):
        filled = fill_grazing_texels(texture, rim, merged.head)
        texture = replace(texture, rgb=torch.where(wrong, texture.rgb, filled.rgb))
    return fill_grazing_texels(texture, merged.rims[0], merged.head)


def fill_unseen(texture: Texture) -> Texture:
    """The texture with the surroundings' colours where nothing was seen; grey if nothing was seen at all."""
    seen = texture.confidence > 0
    if not bool(seen.any()):
        return replace(texture, rgb=torch.full_like(texture.rgb, 0.5))
    return replace(texture, rgb=torch.where(seen, texture.rgb, spread_colours(texture.rgb, seen[None])))
