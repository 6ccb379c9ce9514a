"""Completion by diffusion in the VQGAN's latent space (DINAR sections 3.3 to 3.5).

| paper | here |
|---|---|
| T^j | `partial.neural`: what the photo gave |
| T_res | `_restored`: encode, sample from noise, decode, match the photo's tone (Eq. 7) |
| T (Eq. 6) | `Texture.neural` of the result |

The high-resolution colours are the photo's where they were seen and those of T, enlarged, elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.errors import InputError
from bodydouble.geometry.uv import fill_seams
from bodydouble.inpaint.denoiser import Denoiser
from bodydouble.inpaint.detail import feather
from bodydouble.inpaint.sampling import sample_latent
from bodydouble.inpaint.vqgan import VQGAN
from bodydouble.texture.encoder import Encoder
from bodydouble.texture.generator import Generator
from bodydouble.texture.neural_texture import (
    FILLED,
    RGB,
    SquareView,
    completed,
    neural_texture,
    square_view,
    visible_pixels,
)
from bodydouble.texture.texels import texel_map
from bodydouble.texture.tune import Draw, match_tone
from bodydouble.values import BodyFit, Photo, Texture

NO_WEIGHTS = (
    "the inpainter latent needs trained networks: name a file of them with --weights (train one with workshop.training,"
    " or bring the published one with import-dinar), or use --inpainter symmetry, which needs none"
)


@dataclass(frozen=True, kw_only=True)
class LatentConfig:
    """How latents are sampled."""

    sampler: str = "dpm++"  # a name in `sampling.SAMPLERS`
    steps: int = 25
    eta: float = 0.0
    tone_rounds: int = 2  # of fitting α and β (Eq. 7); 0 leaves the decoder's colours


@dataclass(frozen=True, kw_only=True)
class LatentParts:
    """The networks that completion needs, for use and not for training, on one device."""

    encoder: Encoder
    generator: Generator
    vqgan: VQGAN
    denoiser: Denoiser
    drawer: Callable[[SquareView], Draw] | None = None  # the renderer, for matching tones; None leaves them


class LatentInpainter:
    """The learned inpainter. See `Inpainter`."""

    def __init__(self, parts: LatentParts | None = None, config: LatentConfig | None = None, seed: int = 0) -> None:
        """Raises InputError where there are no networks."""
        if parts is None:
            raise InputError(NO_WEIGHTS)
        self._parts = parts
        self._config = config or LatentConfig()
        self._seed = seed

    @torch.no_grad()
    def __call__(self, partial: Texture, photo: Photo, fit: BodyFit, body: BodyModel) -> Texture:
        """The whole texture, with the whole neural texture. The seed decides about what was not seen, and only that.

        Args:
            partial: with `neural` from `texture.neural_texture`; made here from the photo where it has none.
        """
        parts = self._parts
        view = square_view(photo, fit, body, parts.encoder.config.side)
        neural = partial.neural
        if neural is None:
            neural = neural_texture(view, parts.encoder, parts.generator).texture
        whole = completed(neural, self._restored(neural, view))
        return Texture(rgb=_fine(partial, whole, body), seen=partial.seen, neural=whole)

    def _restored(self, neural: Tensor, view: SquareView) -> Tensor:
        """21×N×N, T_res with its colours matched."""
        parts, config = self._parts, self._config
        device = next(parts.vqgan.parameters()).device
        latent = parts.vqgan.encode(neural[None].to(device))
        # [published] nearest, so that a latent pixel is either known or not.
        filled = functional.interpolate(neural[FILLED][None].to(latent), latent.shape[-2:], mode="nearest")
        condition = torch.cat([latent, filled], 1)
        sample = sample_latent(parts.denoiser, condition, config.sampler, config.steps, config.eta, self._seed)
        restored = parts.vqgan.decode(sample)[0].float().to(neural.device)
        if parts.drawer is None or config.tone_rounds == 0:
            return restored
        return match_tone(restored, view, visible_pixels(view, neural), parts.drawer(view), config.tone_rounds)


def _fine(partial: Texture, whole: Tensor, body: BodyModel) -> Tensor:
    """3×S×S: the colours of T (21×N×N) enlarged, bent to meet the seen ones, which stay to the last bit."""
    size = partial.rgb.shape[-1]
    covered, coarsely = (texel_map(body.layout, side).face[0] >= 0 for side in (size, whole.shape[-1]))
    coarse = fill_seams(whole[RGB].clamp(0, 1), coarsely)
    below = functional.interpolate(coarse[None], (size, size), mode="bilinear", align_corners=False)[0]
    seen = partial.seen > 0
    colour = feather(below, partial.rgb, seen).clamp(0, 1) if bool(seen.any()) else below
    return torch.where(seen, partial.rgb, fill_seams(colour, covered))
