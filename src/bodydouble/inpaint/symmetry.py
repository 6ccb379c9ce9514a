"""Completion without learned weights: the body's other side, then its front or back, then what lies around.

seen texels, rim cut off ─┐
twin's colours ───────────┼▶ base: diffusion in the gradient domain over the surface, 256²   surface/diffusion.py
skin, hair, hems ─────────┘        │                                                         region_colours.py
detail of twin and opposite side ─▶ on top of it, at full size                               detail.py
                                   │
                   feather towards the seen texels, which stay as they are
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.errors import InputError
from bodydouble.geometry.uv import enlarge, fill_seams
from bodydouble.inpaint.body_first import BodyFirstInpainter
from bodydouble.inpaint.detail import all_detail, feather, solid_texels
from bodydouble.inpaint.region_colours import along_limbs, region_prior_colours
from bodydouble.inpaint.unseen_legs import dress_unseen_legs
from bodydouble.progress import Progress
from bodydouble.surface.diffusion import diffuse
from bodydouble.surface.graph import Edges, SurfaceTexels, surface_edges, surface_texels
from bodydouble.surface.regions import anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import FittedView, Texture

_BASE_SIZE = 256
_FOREIGN = 0.4  # difference of colour
_SEEN = 30.0  # weight of a texel seen from straight ahead
_TWIN = 0.004  # weight of the twin's colour


class SymmetryInpainter(BodyFirstInpainter):
    """The baseline that learned inpainting must beat. See `Inpainter`."""

    def __init__(self, *, seed: int = 0, weights: str | Path | None = None, device: torch.device | str = "cpu") -> None:
        """Nothing is drawn at random, and all is computed on the CPU. Raises InputError where weights are named."""
        if weights is not None:
            raise InputError("the inpainter symmetry takes no weights; they are for --inpainter exemplar or dinar")

    @torch.no_grad()
    def complete_body(
        self, partial: Texture, views: Sequence[FittedView], body: BodyModel, progress: Progress | None = None
    ) -> Texture:
        """The whole texture. Only the partial texture and the body's shape are used."""
        size = partial.rgb.shape[-1]
        rest = body.rest(views[0].fit.shape)
        covered = texel_map(body.layout, size).face[0] >= 0
        observed = (partial.confidence > 0) & covered
        solid = solid_texels(partial.confidence, covered)
        parts = anatomy(body)
        surface = surface_texels(body, rest, parts, min(_BASE_SIZE, size))
        tell = progress or (lambda what, done: None)
        tell("inpaint", 0.2)
        base = dress_unseen_legs(_base(partial, solid, surface, size), partial, rest, body)
        tell("inpaint", 0.6)
        colour = base + all_detail(partial.rgb, base, solid, parts)
        colour = torch.where(observed, partial.rgb, feather(colour, partial.rgb, observed).clamp(0, 1))
        return Texture(
            rgb=torch.where(partial.confidence > 0, partial.rgb, fill_seams(colour, covered)),
            confidence=partial.confidence,
        )


def _base(partial: Texture, solid: Tensor, surface: SurfaceTexels, size: int) -> Tensor:
    """3×size×size: smooth colours for every texel, those of the seen ones where they are known."""
    pool = functional.adaptive_avg_pool2d
    amounts = torch.cat([partial.rgb * solid, solid[None].float(), (partial.confidence * solid)[None]])
    small = surface.take(pool(amounts, surface.size))
    coverage = small[:, 3].clamp_min(1e-6)
    confidence = torch.where(small[:, 3] > 0.25, small[:, 4] / coverage, 0)
    rgb = small[:, :3] / coverage[:, None] * (confidence > 0)[:, None]

    usual = along_limbs(surface, rgb, confidence)
    # On an arm or a leg, what differs much from the rest of its row belongs to something else that lay before it.
    confidence = torch.where(((rgb - usual).norm(dim=1) > _FOREIGN) & ~surface.trunk, 0, confidence)
    edges = surface_edges(surface, usual)
    value, weight = region_prior_colours(surface, rgb, confidence)
    twin = surface.twin
    mirrored = (confidence == 0) & (confidence[twin] > 0) & (surface.region == surface.region[twin])
    value[mirrored], weight[mirrored] = rgb[twin[mirrored]], _TWIN
    value[confidence > 0], weight[confidence > 0] = rgb[confidence > 0], _SEEN * confidence[confidence > 0].square()
    colours = diffuse(edges, weight, value, _slopes(edges, rgb[twin], mirrored, confidence > 0, confidence[twin] > 0))
    image = fill_seams(surface.put(colours), surface.covered)
    return enlarge(image, size)


def _slopes(edges: Edges, guide: Tensor, mirrored: Tensor, observed: Tensor, guided: Tensor) -> Tensor:
    """M×3: within the mirrored area and at its border with the seen one, the twin's own changes of colour."""
    first, second = edges.first, edges.second
    inside = (mirrored | observed) & guided
    both = inside[first] & inside[second] & (mirrored[first] | mirrored[second])
    return (guide[second] - guide[first]) * both[:, None]
