"""Several photos' textures made one in the gradient domain: a choice beside those of `texture.merge`.

Pérez, Gangnet and Blake, "Poisson image editing" (2003), on the body's surface instead of an image, so that borders of
charts are no borders: the changes of colour from texel to texel come from the photo that shows them best, the colours
from the first photo. What is found at 256² is a smooth correction of each photo's own colours, which keep their detail
(as in Agarwala, "Efficient gradient-domain compositing using quadtrees", 2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.geometry.uv import enlarge, fill_seams
from bodydouble.surface.diffusion import diffuse
from bodydouble.surface.graph import Edges, SurfaceTexels, surface_edges, surface_texels
from bodydouble.surface.regions import anatomy
from bodydouble.texture.merge import biased_view_weights
from bodydouble.values import RestBody, Texture

_BASE_SIZE = 256
_FIRST, _OTHERS = 1.0, 0.003  # how firmly colours are held to the first photo's, and to the others'
_UNTOLD = 0.05  # conductance where no photo shows both ends of an edge


class PoissonMerge:
    """See `texture.several.Merge`."""

    def __init__(self, body: BodyModel, rest: RestBody) -> None:
        self._body, self._rest = body, rest

    @torch.no_grad()
    def __call__(self, views: Sequence[Texture]) -> Texture:
        """The views as one; the first one's colours are the measure."""
        if len(views) == 1:
            return views[0]
        size = views[0].rgb.shape[-1]
        surface = surface_texels(self._body, self._rest, anatomy(self._body), min(_BASE_SIZE, size))
        weights = biased_view_weights(views)
        colours, confidence = _coarse(views, weights, surface)
        target = _solve_colours(colours, confidence, _even_edges(surface))
        rgb = torch.zeros_like(views[0].rgb)
        for view, weight, local, visible in zip(views, weights, colours, confidence, strict=True):
            correction = _spread_correction((target - local) * (visible > 0)[:, None], visible > 0, surface, size)
            rgb += weight * (view.rgb + correction)
        total = torch.stack([view.confidence for view in views]).amax(0)
        return Texture(rgb=rgb.clamp(0, 1) * (total > 0), confidence=total)


def _coarse(views: Sequence[Texture], weights: Tensor, surface: SurfaceTexels) -> tuple[Tensor, Tensor]:
    """N×M×3 colours of the surface's M texels in each view, and N×M how much each view counts there."""
    colours, confidence = [], []
    for view, weight in zip(views, weights, strict=True):
        amounts = torch.cat([view.rgb * (view.confidence > 0), (view.confidence > 0)[None].float(), weight[None]])
        small = surface.take(functional.adaptive_avg_pool2d(amounts, surface.size))
        colours.append(small[:, :3] / small[:, 3:4].clamp_min(1e-4))
        confidence.append(torch.where(small[:, 3] > 0.25, small[:, 4], 0.0))
    return torch.stack(colours), torch.stack(confidence)


def _even_edges(surface: SurfaceTexels) -> Edges:
    """Neighbours that are alike in all directions: light does not stop at hems."""
    edges = surface_edges(surface)
    return replace(edges, conductance=torch.ones_like(edges.conductance))


def _solve_colours(colours: Tensor, confidence: Tensor, edges: Edges) -> Tensor:
    """M×3: colours whose changes are those of the views that count, held to the first view's."""
    first, second = edges.first, edges.second
    trust = torch.minimum(confidence[:, first], confidence[:, second])
    total = trust.sum(0)
    change = ((colours[:, second] - colours[:, first]) * trust[..., None]).sum(0) / total.clamp_min(1e-6)[:, None]
    coverage = confidence.sum(0)
    inside = (coverage[first] > 0) & (coverage[second] > 0)
    conductance = torch.where(total > 0.1, 1.0, _UNTOLD) * inside
    slope = torch.where((total > 0.1)[:, None], change, 0.0)
    mixed = (colours * confidence[..., None]).sum(0) / coverage.clamp_min(1e-6)[:, None]
    firmly = _FIRST * confidence[0]
    anchor = torch.where(coverage > 0, _OTHERS + firmly, 1.0)
    value = (_OTHERS * mixed + firmly[:, None] * colours[0]) / anchor[:, None]
    return diffuse(replace(edges, conductance=conductance), anchor, value, slope)


def _spread_correction(values: Tensor, anchor: Tensor, surface: SurfaceTexels, size: int) -> Tensor:
    """3×size×size of M×3 values, spread to where they are not known."""
    image, there = surface.put(values), surface.put(anchor[:, None].float())[0] > 0
    return enlarge(fill_seams(image, there), size)
