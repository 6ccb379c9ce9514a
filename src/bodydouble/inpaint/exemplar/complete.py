"""What a copier points at, as a texture: a few materials with clean borders, each in its own colours.

Texel by texel, a shirt's hem would fade into the arm and spots of hair lie on the back. So it is decided for the body
as a whole:

what is copied to the same places is one material ───▶ shirt, skin, hair ...      materials.py
how likely each is, and which the seen texels are ───▶ where each lies            random walks (Grady 2006)
colours looked for within the material            ───▶ colours that meet the seen `_coloured`
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.geometry.uv import enlarged, fill_seams
from bodydouble.inpaint.exemplar.attention import ContextualAttention, without_rim
from bodydouble.inpaint.exemplar.materials import (
    MaterialPrediction,
    ObservedTexels,
    assign_materials,
    cluster_materials,
    observe_texels,
    predict_materials,
)
from bodydouble.inpaint.region_colours import paint_default_face
from bodydouble.surface.graph import SurfaceGraph, diffuse
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.channels import FEATURES, FILLED, RGB, channels
from bodydouble.values import UvLayout

_SEEN = 30.0  # weight of what a seen texel is, and of its colour
_LIKELY = 0.01  # weight of what an unseen one is thought to be: it counts over a hand's breadth
_COPIED = 0.1  # weight of its colour
_LEAK = 1e-3  # of colours between materials
_DOUBT = 1.0  # deviation of the logarithm of odds, for seeds that are not 0
_NEAR_M = 0.5  # how far places are alike in that
_WAVES = 64


@dataclass(frozen=True, kw_only=True)
class CompletedTexture:
    """A neural texture without holes, and what it is made of."""

    texture: Tensor  # 21×N×N; its masks say that all was seen
    share: Tensor  # M×N×N, how much speaks for each material; the last is made up

    def enlarged(self, size: int) -> Tensor:
        """3×size×size: its colours, with borders between materials as sharp as they can be then.

        Of the materials of the texels around, a finer one gets that for which most speaks there.
        """
        colours, material = self.texture[RGB], self.share.argmax(0)
        result = colours.new_zeros(3, size, size)
        most = torch.full_like(result[0], -torch.inf)
        for number in material.unique().tolist():
            own = (material == number)[None].to(colours)
            weight, share = enlarged(own, size)[0], enlarged(self.share[number : number + 1], size)[0]
            better = (weight > 0) & (share > most)
            most = torch.where(better, share, most)
            result = torch.where(better, enlarged(colours * own, size) / weight, result)
        return result


@torch.no_grad()
def complete_texture(
    copier: ContextualAttention, partial: Tensor, layout: UvLayout, ground: SurfaceGraph, seed: int = 0
) -> CompletedTexture:
    """A 21×N×N neural texture, completed, on the CPU. Seen texels stay, but for a rim of mixed colours.

    Args:
        ground: the body's surface of N×N texels, in the same layout.
        seed: 0 gives the likeliest colours; with others, what is in doubt comes out one way or another.
    """
    covered = _covered(partial, layout)
    solid, places = _to_be_copied(partial, covered)
    image, surface = partial[RGB].cpu(), ground.surface
    share = torch.ones_like(image[:1])
    if len(places):
        seen, material, looked = _looked(copier, partial[None], places)
        where = covered.nonzero()[solid] / len(covered)
        known = assign_materials(seen, material, partial[RGB][:, covered].T[solid], where).cpu()
        solid, looked, given = solid.cpu(), looked.cpu(), surface.take(image)
        if seed:
            looked = _at_random(looked, surface.position[~solid], seed)
        likely = segment_random_walk(ground, solid, known, looked)
        colours = _coloured(ground, solid, given, looked, likely.argmax(1))
        colours, _ = paint_default_face(surface, colours, solid.float())
        image, share = surface.put(torch.where(solid[:, None], given, colours)), surface.put(likely)
    texture = _with_colours(partial[None].cpu(), image[None], covered)[0]
    return CompletedTexture(texture=texture, share=fill_seams(share, covered))


def complete_batch(copier: ContextualAttention, partial: Tensor, layout: UvLayout) -> Tensor:
    """B×21×N×N neural textures without holes, each texel by itself: cheaper, and good enough to learn from."""
    covered = _covered(partial, layout)
    images = channels(partial, RGB).detach().clone()
    for one, image in zip(partial.split(1), images, strict=True):
        solid, places = _to_be_copied(one[0], covered)
        if len(places):
            _, _, looked = _looked(copier, one, places)
            row, column = covered.nonzero()[~solid].T
            image[:, row, column] = select_material_rgb(looked.colours, looked.share.argmax(1)).T.to(image)
    return _with_colours(partial, images, covered)


def _covered(partial: Tensor, layout: UvLayout) -> Tensor:
    """N×N, bool: texels of the body."""
    return texel_map(layout, partial.shape[-1]).face[0].to(partial.device) >= 0


def _to_be_copied(partial: Tensor, covered: Tensor) -> tuple[Tensor, Tensor]:
    """Which of the covered texels, in order, a 21×N×N texture shows off the rim; P×2 places (uv) of the others."""
    filled = torch.where(covered, partial[FILLED], 1.0)  # a chart's border is no rim
    solid = without_rim(filled)[0, covered]
    return solid, (covered.nonzero()[~solid].flip(1) + 0.5) / len(covered)


@torch.no_grad()
def _looked(
    copier: ContextualAttention, partial: Tensor, places: Tensor
) -> tuple[ObservedTexels, Tensor, MaterialPrediction]:
    """What was seen of a 1×21×N×N texture, its materials, and what lies at P×2 places."""
    seen = observe_texels(copier, partial)
    with torch.autocast(partial.device.type, enabled=False):  # its eight bits are too few for colours
        material = cluster_materials(copier, seen, places)
        return seen, material, predict_materials(copier, seen.choice, material, places)


def _with_colours(partial: Tensor, images: Tensor, covered: Tensor) -> Tensor:
    """B×21×N×N: `partial` with other colours (B×3×N×N) and masks that say that all was seen."""
    # Between charts lies the nearest chart's colour: a block of the latent that straddles an edge must not be mixed.
    colours = fill_seams(images, covered)
    return torch.cat([channels(partial, FEATURES), colours, torch.ones_like(partial[..., RGB.stop :, :, :])], 1)


def _at_random(looked: MaterialPrediction, position: Tensor, seed: int) -> MaterialPrediction:
    """With odds that vary at random from place to place, alike where places are near: what is in doubt gets decided.

    The logarithm of each material's odds changes by a Gaussian field over the body (P×3, metres), made of random
    features (Rahimi and Recht 2007).
    """
    halves = torch.cat([position[:, :1].abs(), position[:, 1:]], 1)  # left and right are dressed alike
    lots = torch.Generator().manual_seed(seed)
    frequency = torch.randn(3, _WAVES, generator=lots) / _NEAR_M
    phase = 2 * torch.pi * torch.rand(_WAVES, generator=lots)
    amount = torch.randn(_WAVES, looked.share.shape[1], generator=lots) * (2 / _WAVES) ** 0.5
    share = looked.share * torch.exp(_DOUBT * torch.cos(halves @ frequency + phase) @ amount)
    return replace(looked, share=share / share.sum(1, keepdim=True))


def segment_random_walk(ground: SurfaceGraph, solid: Tensor, known: Tensor, looked: MaterialPrediction) -> Tensor:
    """T×M: how much speaks for each material at T covered texels, all around considered.

    Args:
        solid: (T,), bool, seen.
        known: materials of the seen ones, one-hot; none where that is not clear.
    """
    likely = looked.share.new_zeros(len(solid), looked.share.shape[1])
    likely[solid, :-1], likely[~solid] = known, looked.share
    weight = torch.full_like(likely[:, 0], _LIKELY)
    weight[solid] = torch.where(known.sum(1) > 0, _SEEN, _LIKELY)
    return diffuse(ground.edges, weight, likely)


def _coloured(
    ground: SurfaceGraph, solid: Tensor, given: Tensor, looked: MaterialPrediction, material: Tensor
) -> Tensor:
    """T×3: colours that spread within each material from what was seen of it.

    Args:
        given: T×3, known where `solid`.
        material: (T,), number of each texel's.
    """
    value = given.clone()
    value[~solid] = select_material_rgb(looked.colours, material[~solid])
    edges = ground.edges
    same = material[edges.first] == material[edges.second]
    edges = replace(edges, conductance=edges.conductance * torch.where(same, 1.0, _LEAK))
    return diffuse(edges, torch.where(solid, _SEEN, _COPIED), value).clamp(0, 1)


def select_material_rgb(colours: Tensor, material: Tensor) -> Tensor:
    """P×3: of P×M×3 colours those of each texel's material, (P,)."""
    return colours.take_along_dim(material[:, None, None], 1)[:, 0]
