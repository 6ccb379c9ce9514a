"""Skin where clothes were: the colour of the person's own spreads over the body's surface."""

from __future__ import annotations

from dataclasses import replace

import torch

from bodydouble.body import BodyModel
from bodydouble.geometry.uv import enlarge, fill_seams, resize_nearest
from bodydouble.parsing.labels import SKIN
from bodydouble.surface.diffusion import diffuse
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.values import Texture

_SIZE = 256  # texels a side at which skin spreads
_SKIN_WEIGHT = 30.0  # of skin that is there, against one between neighbours
_USUAL_WEIGHT = 1e-3  # of its usual colour elsewhere


def spread_skin(texture: Texture, body: BodyModel) -> Texture:
    """A body's texture, which has labels, as if all of it was skin, none of which was seen."""
    assert texture.labels is not None
    size = texture.rgb.shape[-1]
    graph = mean_surface_graph(body, _SIZE)
    surface = graph.surface
    values = surface.take(resize_nearest(torch.cat([texture.rgb, texture.labels[None].float()]), _SIZE))
    skin = values[:, 3].long() == SKIN
    usual = values[skin, :3].median(0).values if bool(skin.any()) else values[:, :3].median(0).values
    weight = torch.where(skin, _SKIN_WEIGHT, _USUAL_WEIGHT)
    skin_rgb = diffuse(graph.edges, weight, torch.where(skin[:, None], values[:, :3], usual))
    return replace(
        texture,
        rgb=enlarge(fill_seams(surface.put(skin_rgb), surface.covered), size).clamp(0, 1),
        confidence=torch.zeros_like(texture.confidence),
        labels=torch.full_like(texture.labels, SKIN),
    )
