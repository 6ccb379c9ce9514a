"""A region of a double made up anew from its photos: as something else, or as another seed makes it up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import Event

from bodydouble.double import Double
from bodydouble.editing.region import Region, blend_textures, check_region, feather_region, with_textures
from bodydouble.editing.relabel import bare_beneath, relabel_surface
from bodydouble.editing.wear import WEARS
from bodydouble.errors import InputError
from bodydouble.inpaint.repaint import Repaint
from bodydouble.parsing.labels import LABELS
from bodydouble.person.sources import Source
from bodydouble.pipeline import Pipeline
from bodydouble.progress import Progress
from bodydouble.values import Texture

# What a hand may paint. Eyes are the body model's, and what is held is no part of a double.
PAINTABLE = ("skin", "hair", "facial hair", "hat", "upper", "lower", "dress", "outer", "under", "shoes")
_NOTE = "a region was made up anew by hand"


def renew_region(
    double: Double,
    region: Region,
    source: Source | Sequence[Source],
    pipeline: Pipeline,
    *,
    label: str | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
    cancel: Event | None = None,
) -> Double:
    """The double with a region completed again, as if no photo had shown it; all else stays as it is.

    Args:
        region: painted over.
        source: the photos that the double was made of.
        pipeline: with the configuration that it was made with.
        label: one of `PAINTABLE`; None: it stays what it is, in other colours. On what hangs off the body see
            `relabel`.
        seed: of the completion; None: the double's own.

    Raises:
        InputError: the region is empty, the label is none that can be painted, the photos are not the double's, or
            they do not show the clothes that it wears.
        Cancelled: `cancel` was set.
    """
    check_region(double, region)
    if label is not None and label not in PAINTABLE:
        raise InputError(f"{label!r} cannot be painted; choose {', '.join(PAINTABLE)}")
    number = None if label is None else LABELS.index(label)
    region = {name: mask for name, mask in region.items() if bool((mask > 0).any())}
    textures = {} if number is None else _relabel_attached(double, region, number)
    if remaining := {name: mask for name, mask in region.items() if name not in textures}:
        chosen = double.metadata.seed if seed is None else seed
        repaint = Repaint(region=remaining, label=number)
        textures |= _complete_again(double, repaint, source, pipeline, chosen, progress, cancel)
    body = double.surfaces[0]
    skin = None if number is None else bare_beneath(double, textures.get(body.name, body.texture), region, number)
    if skin is not None:
        textures[body.name] = skin
    return with_textures(double, textures, _NOTE)


def _relabel_attached(double: Double, region: Region, label: int) -> dict[str, Texture]:
    """By name the painted surfaces that hang off the body and become what they are to be without the photos."""
    attached = [surface.name for surface in double.attached if surface.name in region]
    relabelled = {name: relabel_surface(double, name, region[name], label) for name in attached}
    return {name: texture for name, texture in relabelled.items() if texture is not None}


def _complete_again(
    double: Double,
    repaint: Repaint,
    source: Source | Sequence[Source],
    pipeline: Pipeline,
    seed: int,
    progress: Progress | None,
    cancel: Event | None,
) -> dict[str, Texture]:
    """By name the painted surfaces' textures, completed from the photos."""
    if any(warning.startswith(WEARS) for warning in double.metadata.warnings):
        raise InputError(
            "this double wears another one's clothes, which its photos do not show; recolour the part, or change it "
            "before it is dressed"
        )
    kept = pipeline.config
    pipeline.config = replace(kept, repaint=repaint, seed=seed)  # which names the same parts
    try:
        made = pipeline.create(source, progress=progress, cancel=cancel)
    finally:
        pipeline.config = kept
    before = {surface.name: surface for surface in double.surfaces}
    after = {surface.name: surface.texture for surface in made.surfaces}
    textures = {}
    for name, mask in repaint.region.items():
        old, size = before[name].texture, before[name].texture.rgb.shape[-1]
        if name not in after or after[name].rgb.shape != old.rgb.shape:
            raise InputError("these photos make another double than the one that was painted on")
        textures[name] = blend_textures(old, after[name], feather_region(mask, before[name].layout, size))
    return textures
