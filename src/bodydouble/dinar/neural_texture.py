"""The neural texture T that a photo gives, for the networks: 21 channels at 256² (DINAR section 3.1, Eq. 2).

| paper | here |
|---|---|
| T = T_gen ⊕ T_rgb ⊕ B_smp ⊕ B_fill (Eq. 2) | `NeuralView.texture`; channels as named in `channels` |
| E, G | `encoder`, `generator` |
| λ | `NeuralView.cosine` |
| T = Σ T_i · w_i (Eq. 5) | `merge_neural` |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bodydouble.dinar.channels import FEATURES, FILLED, RGB, SAMPLED
from bodydouble.dinar.encoder import Encoder, encode_photo
from bodydouble.dinar.generator import Generator
from bodydouble.texture.assembly import LIBRARY, TextureAssembly
from bodydouble.texture.scatter import ScatteredTexture, merge_scattered, scatter_view
from bodydouble.texture.square_view import SquareView


@dataclass(frozen=True, kw_only=True)
class NeuralView:
    """The neural texture of one photo, not yet completed."""

    texture: Tensor  # 21×N×N
    cosine: Tensor  # N×N, λ; 0 where B_fill is


@torch.no_grad()
def neural_texture(
    view: SquareView,
    encoder: Encoder,
    generator: Generator,
    *,
    occlusion: bool = True,
    features: bool = True,
    colours: bool = True,
    assembly: TextureAssembly = LIBRARY,
) -> NeuralView:
    """T of one photo (Eq. 2). The encoder's noise is always the same: it would change what is seen.

    Args:
        occlusion: leave out the pixels on outlines of overlapping limbs.
        features: draw T_gen; otherwise it is 0, as an ablation.
        colours: sample T_rgb; otherwise it and both masks are 0, as an ablation.
        assembly: as the networks learned it.
    """
    size = generator.config.resolution
    scattered = scatter_view(view, size, occlusion, assembly)
    if not colours:
        nothing = torch.zeros_like(scattered.filled)
        scattered = ScatteredTexture(
            rgb=torch.zeros_like(scattered.rgb),
            sampled=nothing,
            filled=nothing,
            cosine=torch.zeros_like(scattered.cosine),
        )
    drawn = (
        _features(assembly.cut_out_person(view), encoder, generator) if features else view.rgb.new_zeros(16, size, size)
    )
    return _neural_view(drawn, scattered)


def _features(view: SquareView, encoder: Encoder, generator: Generator) -> Tensor:
    """16×N×N: T_gen."""
    both = torch.cat([view.rgb, view.mask[None]])[None].to(next(generator.parameters()).device)
    return generator(encode_photo(encoder, both[:, :3], both[:, 3:]))[0].float().to(view.rgb.device)


def merge_neural(views: Sequence[NeuralView]) -> NeuralView:
    """Several photos' neural textures as one (Eq. 5), in the first one's colours.

    Where none shows a texel, the features are the mean of what G drew for each photo.
    """
    merged, weights = merge_scattered([_scattered(view) for view in views])
    features = torch.stack([view.texture[FEATURES] for view in views])
    return _neural_view((features * weights[:, None]).sum(0), merged)


def _neural_view(features: Tensor, colours: ScatteredTexture) -> NeuralView:
    masks = torch.stack([colours.sampled, colours.filled]).float()
    return NeuralView(texture=torch.cat([features, colours.rgb, masks]), cosine=colours.cosine)


def _scattered(view: NeuralView) -> ScatteredTexture:
    return ScatteredTexture(
        rgb=view.texture[RGB],
        sampled=view.texture[SAMPLED][0] > 0,
        filled=view.texture[FILLED][0] > 0,
        cosine=view.cosine,
    )


def visible_pixels(view: SquareView, texture: Tensor, assembly: TextureAssembly = LIBRARY) -> Tensor:
    """s×s, bool: pixels of the view whose texel the photo showed, by the texture's own B_smp."""
    row, column = assembly.texel_at(view.uv.clamp_min(0).movedim(0, -1), texture.shape[-1])
    return (texture[SAMPLED][0][row, column] > 0) & (view.uv >= 0).all(0)
