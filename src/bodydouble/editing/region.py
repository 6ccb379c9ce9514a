"""A region of a double: how much of each texel of each surface was painted over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, label
from torch import Tensor

from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.geometry.uv import fill_seams
from bodydouble.inpaint.repaint import resize_region
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.coverage import measure_coverage
from bodydouble.values import Surface, Texture, UvLayout

Region = Mapping[str, Tensor]  # by a surface's name: M×M, [0, 1], in the layout of its texture

_FEATHER = 1 / 512  # of a texture's side: standard deviation of a region's soft edge
_NOTHING = 1e-6  # of a chart's blurred area
_LEAST = 0.5  # texels, in all; a region with fewer is empty


def check_region(double: Double, region: Region) -> None:
    """Raise InputError for a region that is empty, or on surfaces that the double does not have."""
    names = [surface.name for surface in double.surfaces]
    if unknown := sorted(set(region) - set(names)):
        raise InputError(f"there is no surface {unknown[0]!r} on this double; it has {', '.join(names)}")
    if sum(float(mask.sum()) for mask in region.values()) < _LEAST:
        raise InputError("nothing was painted; mark a region on the double first")


def feather_region(mask: Tensor, layout: UvLayout, size: int, deviation: float = _FEATHER) -> Tensor:
    """size×size, [0, 1]: the region with a soft edge within each chart; at a chart's own border there is none.

    Args:
        deviation: of the edge, in sides of the texture.
    """
    covered = texel_map(layout, size).face[0] >= 0
    charts = fill_seams(torch.from_numpy(label(covered.numpy())[0]), covered)
    filled = fill_seams(resize_region(mask, size), covered)
    weight = torch.zeros(size, size)
    for number in charts[filled > 0].unique().tolist():
        chart = (charts == number).float().numpy()
        total, inside = (gaussian_filter(each, deviation * size) for each in (chart, chart * filled.numpy()))
        weight += torch.from_numpy(chart * inside / np.maximum(total, _NOTHING))
    return weight.clamp(0, 1)


def blend_textures(old: Texture, new: Texture, weight: Tensor) -> Texture:
    """The new texture where the weight (S×S, [0, 1]) is, of which the larger part counts; the old one elsewhere."""
    inside = weight > 0.5
    labels = old.labels
    if labels is not None and new.labels is not None:
        labels = torch.where(inside, new.labels, labels)
    shade = old.shade
    if shade is not None and new.shade is not None and shade.shape == new.shade.shape:
        shade = torch.lerp(shade, new.shade, resize_region(weight, shade.shape[-1]))
    return replace(
        old,
        rgb=torch.lerp(old.rgb, new.rgb, weight),
        confidence=torch.where(inside, new.confidence, old.confidence),
        labels=labels,
        shade=shade,
    )


def with_textures(double: Double, textures: Mapping[str, Texture], warning: str) -> Double:
    """The double with some surfaces' textures exchanged, by name, and a sentence of what was done."""
    body, *hanging = double.surfaces
    attached = tuple(replace(surface, texture=textures.get(surface.name, surface.texture)) for surface in hanging)
    texture = textures.get(body.name, double.texture)
    return noted(replace(double, texture=texture, attached=attached), warning)


def noted(double: Double, warning: str) -> Double:
    """The double whose metadata tells what is seen and made up of it now, and what was done."""
    coverage = measure_coverage(double.surfaces, double.body)
    warnings = tuple(dict.fromkeys((*double.metadata.warnings, warning)))
    return replace(double, metadata=replace(double.metadata, coverage=coverage, warnings=warnings))


def find_surface(double: Double, name: str) -> Surface:
    """That of a name. Raises StopIteration: there is none."""
    return next(surface for surface in double.surfaces if surface.name == name)
