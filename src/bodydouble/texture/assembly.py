"""How a photo's colours are put into a texture for networks, and kept there: this project's way, and DINAR's.

Networks want textures as they learned them, to half a texel. Between the formulas, on which all agree, there are
details in which the public code of DINAR does otherwise than this project:

| | `LIBRARY` | `PUBLISHED` |
|---|---|---|
| texel of u, of 256 | floor(256 u): centres at half-integers | round(256 u): centres at integers |
| photo and mask | as they are | mask 0 or 1, split at 0.2; photo black beside the person |
| colours of T_rgb | as they are | in 8 bits: floor(256 c) / 255 |
| mask of Eq. 6 | eroded at charts' borders, too; nothing beyond the edge | not there; in 8 bits; mirrored at the edge |

The last is the setting of their evaluation (`binary_uv_map`). Where their code does not do what the paper says, the
paper is followed for all networks, so these differences stay:

- Texels that are filled and not sampled get the mean of all pixels around (Algorithm 1); there, for each of the nine
  neighbours only its last pixel counts.
- White stays white; there, 256 of 255 becomes 0, black.
- Texels at the texture's very edge stay there; there, both their coordinates become 1 or 254.
- Pixels on outlines of overlapping limbs are left out (section 3.5); there, only while colours are refined.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.geometry.uv import enlarge, texel_at
from bodydouble.texture.square_view import SquareView


@dataclass(frozen=True, kw_only=True)
class TextureAssembly:
    """The details, for one set of networks. The defaults are this project's."""

    round_texels: bool = False  # whether texel k lies around u = k / size, and not between k and k + 1
    cut_out: float | None = None  # what the mask is above where the person is, and the photo not black; None: as it is
    eight_bits: bool = False  # whether colours and Eq. 6's mask are rounded as if they were bytes
    keep_borders: bool = False  # whether Eq. 6's mask reaches up to the charts' borders

    def texel_at(self, uv: Tensor, size: int) -> tuple[Tensor, Tensor]:
        """Row and column (int64) of the texel that each uv (…, 2) falls on, of a size×size texture."""
        if not self.round_texels:
            return texel_at(uv, size)
        column, row = (uv * size).round().long().clamp(0, size - 1).unbind(-1)
        return row, column

    def quantise_colours(self, rgb: Tensor) -> Tensor:
        """Colours in [0, 1] as T_rgb holds them."""
        return (rgb * 256).floor().clamp(0, 255) / 255 if self.eight_bits else rgb

    def cut_out_person(self, view: SquareView) -> SquareView:
        """The photo as encoder and sampling take it."""
        if self.cut_out is None:
            return view
        mask = (view.mask > self.cut_out).to(view.rgb)
        return replace(view, rgb=view.rgb * mask, mask=mask)

    def blend_mask(self, filled: Tensor, covered: Tensor | None = None) -> Tensor:
        """[0, 1]: B_fill (…×1×N×N, 0 or 1) as Eq. 6 takes it: eroded by 3×3, then blurred by 3×3.

        Args:
            covered: N×N, bool, texels that belong to a chart; without it borders are eroded in any case.
        """
        outside = torch.zeros_like(filled)
        if self.keep_borders and covered is not None:
            outside = (~covered).to(filled).expand_as(filled)
        batch = (filled + outside).clamp(max=1).reshape(-1, 1, *filled.shape[-2:])
        inside = -functional.max_pool2d(-batch, 3, 1, 1)
        if self.eight_bits:
            inside = functional.pad(inside, (1, 1, 1, 1), mode="reflect")
            mask = (functional.avg_pool2d(inside, 3, 1) * 255).round() / 255
        else:
            mask = functional.avg_pool2d(inside, 3, 1, 1)
        return (mask.reshape(filled.shape) - outside).clamp_min(0)

    def enlarge(self, texture: Tensor, size: int) -> Tensor:
        """C×N×N to C×size×size, bilinear, texel centres at half-integers."""
        if not self.round_texels:
            return enlarge(texture, size)
        # Texel k is around u = k / N, half a texel before where `grid_sample` and this project have it.
        line = (torch.arange(size, device=texture.device) + 0.5) * 2 / size - 1 + 1 / texture.shape[-1]
        grid = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1)[None].to(texture)
        return functional.grid_sample(texture[None], grid, padding_mode="border", align_corners=False)[0]


LIBRARY = TextureAssembly()
PUBLISHED = TextureAssembly(round_texels=True, cut_out=0.2, eight_bits=True, keep_borders=True)
