"""Neural textures made of photographs, in batches: what the stages learn from and what the doubles are drawn with.

| paper | here |
|---|---|
| T_rgb, B_smp, B_fill, λ | `Sampled`: Algorithm 1 of each photo |
| T = T_gen ⊕ T_rgb ⊕ B_smp ⊕ B_fill (Eq. 2) | `neural_texture` |
| T = Σ T_i · w_i (Eq. 5) | `merge_views` |

The high-resolution colours that the `lite` renderer takes are Algorithm 1 at a larger size; where the photo showed
nothing they are the colours of the completed neural texture, or, while there is no such thing, those of the
neighbourhood (`spread_colours`).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as nnf

from bodydouble.dinar.channels import blend_mask
from bodydouble.dinar.encoder import Encoder
from bodydouble.dinar.generator import Generator
from bodydouble.dinar.renderer import NeuralRenderer, Rendering, signed_uv
from bodydouble.texture.merge import view_weights
from bodydouble.texture.scatter import scatter_pixels


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """What B photos write into their textures."""

    rgb: Tensor  # B×3×S×S, [0, 1]
    sampled: Tensor  # B×1×S×S, 0 or 1
    filled: Tensor  # B×1×S×S, 0 or 1
    cosine: Tensor  # B×1×S×S, λ


@torch.no_grad()
def scatter_photos(photo: Tensor, mask: Tensor, uv: Tensor, cosine: Tensor, size: int) -> Sampled:
    """Algorithm 1 of B photos (B×3×H×W, B×H×W, B×2×H×W, B×H×W), `size` texels a side."""
    scattered = [scatter_pixels(*view, size) for view in zip(photo.float(), uv, mask, cosine, strict=True)]
    return Sampled(
        rgb=torch.stack([each.rgb for each in scattered]),
        sampled=torch.stack([each.sampled for each in scattered])[:, None].float(),
        filled=torch.stack([each.filled for each in scattered])[:, None].float(),
        cosine=torch.stack([each.cosine for each in scattered])[:, None],
    )


def generate_features(encoder: Encoder, generator: Generator, photo: Tensor, mask: Tensor) -> Tensor:
    """T_gen of B photos in [0, 1], whatever their size; new noise wherever the networks take some."""
    side = (encoder.config.resolution,) * 2
    both = torch.cat([photo, mask[:, None]], 1)
    if both.shape[-2:] != side:
        both = nnf.interpolate(both, side, mode="bilinear", antialias=True, align_corners=False)
    vector = encoder(both[:, :3] * 2 - 1, both[:, 3:], torch.randn_like(both[:, 3:]))
    return generator(vector, generator.random_noise(len(photo)) if generator.training else None)


def neural_texture(features: Tensor, sampled: Sampled) -> Tensor:
    """B×21×S×S: the paper's order of channels (Eq. 2)."""
    return torch.cat([features.float(), sampled.rgb, sampled.sampled, sampled.filled], 1)


def merge_views(textures: Tensor, cosines: Tensor, filled: Tensor) -> Tensor:
    """B×C×S×S of B×N×C×S×S neural textures of N views each (Eq. 5); λ and B_fill B×N×1×S×S.

    Where no view shows a texel the features are the mean of all views', because the generator drew them everywhere.
    """
    weights = torch.stack([view_weights(*view) for view in zip(cosines[:, :, 0], filled[:, :, 0] > 0, strict=True)])
    unseen = weights.sum(1, keepdim=True) == 0
    weights = torch.where(unseen, 1 / weights.shape[1], weights)
    blended = (textures * weights[:, :, None]).sum(1)
    any_filled = filled.amax(1)
    # Masks are no colours: a texel is filled when any view fills it.
    return torch.cat([blended[:, :19], textures[:, :, 19:20].amax(1), any_filled], 1)


def fine_colours(fine: Sampled, below: Tensor) -> Tensor:
    """B×3×S×S: what the photo showed at high resolution, over the colours `below` of a coarser texture."""
    rest = nnf.interpolate(below, fine.rgb.shape[-2:], mode="bilinear", align_corners=False)
    return torch.lerp(rest, fine.rgb, blend_mask(fine.filled))


def draw_double(renderer: NeuralRenderer, texture: Tensor, colours: Tensor, uv: Tensor) -> Rendering:
    """The double through a camera.

    Args:
        texture: B×21×S×S.
        colours: B×3×S'×S', high resolution; a renderer without `detail` has no use for them.
        uv: B×2×H×W, [0, 1], below 0 beside the body.
    """
    uv_mask = (uv >= 0).all(1, keepdim=True).float()
    detail = sample_colours(colours, uv) if renderer.config.detail else None
    return renderer(texture, signed_uv(uv, uv_mask), uv_mask, detail)


def sample_colours(colours: Tensor, uv: Tensor) -> Tensor:
    """B×3×H×W of a texture B×3×S×S, as `raster.shade.sample_texture` samples one."""
    sample = functools.partial(nnf.grid_sample, mode="bilinear", padding_mode="border", align_corners=False)
    return sample(colours, uv.movedim(1, -1) * 2 - 1)
