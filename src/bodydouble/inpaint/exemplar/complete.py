"""What the attention points at, as a texture: a few materials with clean borders, each in its own colours.

Texel by texel, a shirt's hem would fade into the arm and spots of hair lie on the back. So it is decided for the body
as a whole:

what is copied to the same places is one material ────▶ shirt, skin, hair ...           materials.py
how likely each is, and which the observed texels are ▶ where each lies                 random walks (Grady 2006)
colours predicted within the material ────────────────▶ colours that meet the observed  diffusion
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.geometry.uv import enlarge, fill_seams
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
from bodydouble.progress import Progress
from bodydouble.surface.diffusion import diffuse
from bodydouble.surface.graph import SurfaceGraph
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import UvLayout

_OBSERVED = 30.0  # weight of what an observed texel is, and of its colour
_PREDICTED = 0.01  # weight of what an unseen one is thought to be: it counts over a hand's breadth
_COPIED = 0.1  # weight of its colour
_LEAK = 1e-3  # of colours between materials
_DOUBT = 1.0  # deviation of the logarithm of odds, for seeds that are not 0
_NEAR_M = 0.5  # how far places are alike in that
_WAVES = 64


@dataclass(frozen=True, kw_only=True)
class CompletedTexture:
    """Colours for every texel, and what they are made of."""

    rgb: Tensor  # 3×N×N; between charts the nearest chart's
    probability: Tensor  # M×N×N, of each material; the last is generated

    def enlarge(self, size: int) -> Tensor:
        """3×size×size: its colours, with borders between materials as sharp as they can be then.

        Of the materials of the texels around, a finer one gets that for which most speaks there.
        """
        material = self.probability.max(0).indices
        result = self.rgb.new_zeros(3, size, size)
        most = torch.full_like(result[0], -torch.inf)
        for number in material.unique().tolist():
            mask = (material == number)[None].to(self.rgb)
            weight = enlarge(mask, size)[0]
            probability = enlarge(self.probability[number : number + 1], size)[0]
            better = (weight > 0) & (probability > most)
            most = torch.where(better, probability, most)
            result = torch.where(better, enlarge(self.rgb * mask, size) / weight, result)
        return result


@torch.no_grad()
def complete_texture(
    attention: ContextualAttention,
    rgb: Tensor,
    filled: Tensor,
    graph: SurfaceGraph,
    seed: int = 0,
    progress: Progress | None = None,
) -> CompletedTexture:
    """A texture without holes, on the CPU. Observed texels stay, but for a rim of mixed colours.

    Args:
        rgb: 3×N×N, [0, 1].
        filled: N×N, 1 where it was observed, else 0.
        graph: the body's surface of N×N texels.
        seed: 0 gives the likeliest colours; with others, what is in doubt comes out one way or another.
    """
    surface = graph.surface
    covered = surface.covered.to(rgb.device)
    solid, uv = _split_texels(filled, covered)
    image, probability = rgb.cpu(), torch.ones(1, *filled.shape)
    tell = progress or (lambda what, done: None)
    tell("inpaint", 0.2)
    if len(uv):
        observed, material, prediction = _predict(attention, rgb[None], filled[None, None], uv)
        where = covered.nonzero()[solid] / len(covered)
        labels = assign_materials(observed, material, rgb[:, covered].T[solid], where).cpu()
        solid, prediction, given = solid.cpu(), prediction.cpu(), surface.take(image)
        if seed:
            prediction = _perturb_odds(prediction, surface.position[~solid], seed)
        tell("inpaint", 0.5)
        segmented = segment_random_walk(graph, solid, labels, prediction)
        tell("inpaint", 0.8)
        colours = _spread_colours(graph, solid, given, prediction, segmented.argmax(1))
        colours, _ = paint_default_face(surface, colours, solid.float())
        image = surface.put(torch.where(solid[:, None], given, colours))
        probability = surface.put(segmented)
    covered = covered.cpu()
    return CompletedTexture(rgb=fill_seams(image, covered), probability=fill_seams(probability, covered))


def complete_batch(attention: ContextualAttention, rgb: Tensor, filled: Tensor, layout: UvLayout) -> Tensor:
    """B×3×N×N colours without holes, each texel by itself: cheaper, and good enough to learn from.

    Args:
        rgb: B×3×N×N.
        filled: B×1×N×N, 0 or 1.
    """
    covered = texel_map(layout, rgb.shape[-1]).face[0].to(rgb.device) >= 0
    images = rgb.detach().clone()
    for image, mask in zip(images, filled, strict=True):
        solid, uv = _split_texels(mask[0], covered)
        if len(uv):
            _, _, prediction = _predict(attention, image[None].clone(), mask[None], uv)
            row, column = covered.nonzero()[~solid].T
            image[:, row, column] = select_material_rgb(prediction.rgb, prediction.probability.argmax(1)).T.to(image)
    return fill_seams(images, covered)


def _split_texels(filled: Tensor, covered: Tensor) -> tuple[Tensor, Tensor]:
    """Which of the covered texels, in order, were observed off the rim; P×2 places (uv) of the others.

    Args:
        filled: N×N, 0 or 1.
        covered: N×N, bool, texels of the body.
    """
    solid = without_rim(torch.where(covered, filled, 1.0))[covered]  # a chart's border is no rim
    return solid, (covered.nonzero()[~solid].flip(1) + 0.5) / len(covered)


@torch.no_grad()
def _predict(
    attention: ContextualAttention, rgb: Tensor, filled: Tensor, uv: Tensor
) -> tuple[ObservedTexels, Tensor, MaterialPrediction]:
    """What was observed of a texture (1×3×N×N, 1×1×N×N), its materials, and those of P×2 places."""
    observed = observe_texels(attention, rgb, filled)
    with torch.autocast(rgb.device.type, enabled=False):  # its eight bits are too few for colours
        material = cluster_materials(attention, observed, uv)
        return observed, material, predict_materials(attention, observed.inputs, material, uv)


def _perturb_odds(prediction: MaterialPrediction, position: Tensor, seed: int) -> MaterialPrediction:
    """With odds that vary at random from place to place, alike where places are near: what is in doubt gets decided.

    The logarithm of each material's odds changes by a Gaussian field over the body (P×3, metres), made of random
    features (Rahimi and Recht 2007).
    """
    halves = torch.cat([position[:, :1].abs(), position[:, 1:]], 1)  # left and right are dressed alike
    generator = torch.Generator().manual_seed(seed)
    frequency = torch.randn(3, _WAVES, generator=generator) / _NEAR_M
    phase = 2 * torch.pi * torch.rand(_WAVES, generator=generator)
    amount = torch.randn(_WAVES, prediction.probability.shape[1], generator=generator) * (2 / _WAVES) ** 0.5
    odds = prediction.probability * torch.exp(_DOUBT * torch.cos(halves @ frequency + phase) @ amount)
    return replace(prediction, probability=odds / odds.sum(1, keepdim=True))


def segment_random_walk(graph: SurfaceGraph, solid: Tensor, labels: Tensor, prediction: MaterialPrediction) -> Tensor:
    """T×M: how much speaks for each material at T covered texels, all around considered (Grady 2006).

    Args:
        solid: (T,), bool, observed.
        labels: materials of the observed ones, one-hot; none where that is not clear.
    """
    seeds = prediction.probability.new_zeros(len(solid), prediction.probability.shape[1])
    seeds[solid, :-1], seeds[~solid] = labels, prediction.probability
    weight = torch.full_like(seeds[:, 0], _PREDICTED)
    weight[solid] = torch.where(labels.sum(1) > 0, _OBSERVED, _PREDICTED)
    return diffuse(graph.edges, weight, seeds)


def _spread_colours(
    graph: SurfaceGraph, solid: Tensor, given: Tensor, prediction: MaterialPrediction, material: Tensor
) -> Tensor:
    """T×3: colours that spread within each material from what was observed of it.

    Args:
        given: T×3, observed where `solid`.
        material: (T,), number of each texel's.
    """
    value = given.clone()
    value[~solid] = select_material_rgb(prediction.rgb, material[~solid])
    edges = graph.edges
    same = material[edges.first] == material[edges.second]
    edges = replace(edges, conductance=edges.conductance * torch.where(same, 1.0, _LEAK))
    return diffuse(edges, torch.where(solid, _OBSERVED, _COPIED), value).clamp(0, 1)


def select_material_rgb(rgb: Tensor, material: Tensor) -> Tensor:
    """P×3: of P×M×3 colours those of each texel's material, (P,)."""
    return rgb.take_along_dim(material[:, None, None], 1)[:, 0]
