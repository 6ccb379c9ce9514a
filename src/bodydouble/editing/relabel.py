"""A label painted on what hangs off the body: cut away, in the colour of that label, or made up again as its own cloth.

A skirt, a coat, hair or a hat ends where skin is painted on it, or hair on what lies over hair: what is beneath shows,
and beneath a skirt that is skin. Cloth of another label has the colour that the photos show of that on the body, with
the folds that lie there.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.double import Double
from bodydouble.editing.bare_skin import spread_skin
from bodydouble.editing.recolour import recolour_surface
from bodydouble.editing.region import Region, blend_textures, feather_region, find_surface
from bodydouble.geometry.uv import fill_seams, resize_nearest
from bodydouble.inpaint.near_and_usual import median_colour
from bodydouble.inpaint.repaint import resize_region
from bodydouble.parsing.labels import CLOTH, DRESS, FACIAL_HAIR, HAIR, HAT, LOWER, OUTER, SHOES, SKIN, UNDER
from bodydouble.raster.shade import interpolate
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Surface, SurfaceKind, Texture

# What each kind is made of by itself: painted with that, it is made up again.
_OF_KIND = {
    SurfaceKind.HAIR: (HAIR,),
    SurfaceKind.HAT: (HAT,),
    SurfaceKind.SKIRT: (LOWER, DRESS),
    SurfaceKind.COAT: (OUTER,),
    SurfaceKind.SHOES: (SHOES,),
}
_BODILY = (SKIN, HAIR, FACIAL_HAIR)
# What cuts each kind away. Shoes fit their feet and are as large: these are bare where they have the skin's colour.
_CUTS = {
    SurfaceKind.HAIR: (SKIN, FACIAL_HAIR, HAT, SHOES, *CLOTH),
    SurfaceKind.HAT: _BODILY,
    SurfaceKind.SKIRT: _BODILY,
    SurfaceKind.COAT: _BODILY,
}
_BENEATH_M = 0.4  # from what is cut away of a skirt, within which the body lies beneath it
_LEVEL_M = (-0.08, 0.03)  # lower or higher than the nearest of that; the skirt's cloth is painted below its hem, too
_HEIGHT = 4.0  # times which heights count in what is nearest: a flared skirt's is not that at its height
_BODY_SIZE, _SHEET_SIZE = 256, 128  # texels a side at which that is told
_FEW = 50  # seen texels of a label; of fewer, the photos tell no colour


def relabel_surface(double: Double, name: str, mask: Tensor, label: int) -> Texture | None:
    """The texture of a surface that hangs off the body, with a label painted on it.

    Args:
        name: of the surface.
        mask: M×M, [0, 1], in its layout: where.
        label: of `parsing.labels.LABELS`.

    Returns:
        None where it has to be completed again from the photos: as its own cloth, or as one that they do not show.
    """
    surface = find_surface(double, name)
    if label in _CUTS.get(surface.kind, ()):
        return _cut(surface, mask)
    colour = _seen_colour(double.texture, label)
    if label in _OF_KIND.get(surface.kind, ()) or colour is None:
        return None
    return recolour_surface(surface, mask, colour)


def bare_beneath(double: Double, texture: Texture, region: Region, label: int) -> Texture | None:
    """The body's texture with skin beneath skirts that are cut away; None where none is, or no labels were kept.

    Args:
        texture: the body's, as it is else to become.
        region: painted over.
        label: painted there.
    """
    skirts = [surface for surface in double.attached if surface.kind == SurfaceKind.SKIRT and surface.name in region]
    if label != SKIN or texture.labels is None or not skirts:
        return None
    body, size = double.surfaces[0], _SHEET_SIZE
    cut = torch.cat([_texels(skirt, size)[resize_region(region[skirt.name], size) > 0.5] for skirt in skirts])
    labels = resize_nearest(texture.labels[None].float(), _BODY_SIZE)[0].long()
    surface = mean_surface_graph(double.body, _BODY_SIZE).surface
    sleeves = surface.put(surface.arm[:, None].float())[0] > 0
    cloth = torch.isin(labels, torch.tensor(CLOTH)) & (labels != UNDER)  # tights go on under a skirt
    chosen = cloth & ~sleeves
    mask = _beneath(_texels(body, _BODY_SIZE), cut[cut.isfinite().all(1)], chosen)
    weight = feather_region(mask, body.layout, texture.rgb.shape[-1])
    return blend_textures(texture, spread_skin(texture, double.body), weight)


def _beneath(points: Tensor, cut: Tensor, chosen: Tensor) -> Tensor:
    """S×S: 1 at the chosen texels, S×S bool, of a body that lie beneath what is cut away.

    Args:
        points: S×S×3, metres, at rest; not a number between charts.
        cut: N×3, likewise, what is cut away.
    """
    mask, chosen = torch.zeros(chosen.shape), chosen & points.isfinite().all(-1)
    if len(cut) and bool(chosen.any()):
        scale = torch.tensor([1.0, _HEIGHT, 1.0])
        distance, nearest = cKDTree((cut * scale).numpy()).query((points[chosen] * scale).numpy())
        above = points[chosen][:, 1] - cut[torch.from_numpy(nearest)][:, 1]
        mask[chosen] = (
            (torch.from_numpy(distance) < _BENEATH_M) & (above > _LEVEL_M[0]) & (above < _LEVEL_M[1])
        ).float()
    return mask


def _texels(surface: Surface, size: int) -> Tensor:
    """size×size×3: where each texel lies at rest, metres; not a number between charts."""
    texels = texel_map(surface.layout, size)
    point = interpolate(texels, surface.faces, surface.vertices)[0].permute(1, 2, 0)
    return torch.where((texels.face[0] >= 0)[..., None], point, torch.nan)


def _cut(surface: Surface, mask: Tensor) -> Texture:
    """Nothing is there where the mask is."""
    texture, size = surface.texture, surface.texture.rgb.shape[-1]
    covered = texel_map(surface.layout, size).face[0] >= 0
    weight = fill_seams(feather_region(mask, surface.layout, size), covered)  # no thread stays at a chart's border
    alpha = torch.ones_like(weight) if texture.alpha is None else texture.alpha
    confidence = torch.where(weight > 0.5, 0.0, texture.confidence)
    return replace(texture, alpha=alpha * (1 - weight), confidence=confidence)


def _seen_colour(texture: Texture, label: int) -> Tensor | None:
    """(3,), sRGB in [0, 1]: the usual colour of a label on the body; None where hardly any of it was seen."""
    if texture.labels is None:
        return None
    seen = (texture.labels == label) & (texture.confidence > 0)
    return median_colour(texture.rgb, seen, _FEW, None)
