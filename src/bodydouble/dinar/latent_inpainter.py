"""Completion by copying (`lite`) and by diffusion in the VQGAN's latent space (DINAR sections 3.3 to 3.5).

| paper | here |
|---|---|
| T^j | `partial.neural`: what the photo gave |
| T_res | `_restored`: copy, encode, sample from noise, decode, match the photo's tone (Eq. 7); without steps the copy |
| T (Eq. 6) | `Texture.neural` of the result |

The high-resolution colours are the photo's where they were seen. Elsewhere they are those of T_res, enlarged, with
the detail that T_res lacks where the photo can be compared: that of the mirrored texel, or of the same cloth.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.dinar.denoiser import Denoiser
from bodydouble.dinar.encoder import Encoder
from bodydouble.dinar.generator import Generator
from bodydouble.dinar.neural_texture import SquareView, neural_texture, square_view, visible_pixels
from bodydouble.dinar.sampling import sample_latent
from bodydouble.dinar.tune import Draw, match_tone
from bodydouble.dinar.vqgan import VQGAN
from bodydouble.errors import InputError
from bodydouble.geometry.uv import enlarged, fill_seams
from bodydouble.inpaint.detail import all_detail, feather, solid_texels
from bodydouble.inpaint.exemplar.attention import ContextualAttention
from bodydouble.inpaint.exemplar.complete import CompletedTexture, complete_texture
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.channels import FILLED, RGB, channels, composite, with_features
from bodydouble.values import BodyFit, Photo, Texture, UvLayout

NO_WEIGHTS = (
    "the inpainter latent needs trained networks: name a file of them with --weights (train one with workshop.training,"
    " or bring the published one with import-dinar), or use --inpainter symmetry, which needs none"
)


@dataclass(frozen=True, kw_only=True)
class LatentConfig:
    """How latents are sampled."""

    sampler: str = "dpm++"  # a name in `sampling.SAMPLERS`
    steps: int | None = None  # evaluations of the denoiser; None: as its weights say, else 25
    eta: float = 0.0
    tone_rounds: int = 2  # of fitting α and β (Eq. 7); 0 leaves the decoder's colours


@dataclass(frozen=True, kw_only=True)
class LatentParts:
    """The networks that completion needs, for use and not for training, on one device."""

    encoder: Encoder
    generator: Generator
    vqgan: VQGAN
    denoiser: Denoiser
    copier: ContextualAttention | None = None  # for a denoiser that begins with a guess
    steps: int = 25  # of sampling, where nobody asks for another number
    drawer: Callable[[SquareView], Draw] | None = None  # the renderer, for matching tones; None leaves them


class LatentInpainter:
    """The learned inpainter. See `Inpainter`."""

    def __init__(self, parts: LatentParts | None = None, config: LatentConfig | None = None, seed: int = 0) -> None:
        """Raises InputError where there are no networks."""
        if parts is None:
            raise InputError(NO_WEIGHTS)
        self._parts = parts
        self._config = config or LatentConfig()
        self._steps = parts.steps if self._config.steps is None else self._config.steps
        self._seed = seed

    @torch.no_grad()
    def __call__(self, partial: Texture, photo: Photo, fit: BodyFit, body: BodyModel) -> Texture:
        """The whole texture, with the whole neural texture. The seed decides about what was not seen, and only that.

        Args:
            partial: with `neural` from `texture.neural_texture`; made here from the photo where it has none.
        """
        parts, rounds = self._parts, self._config.tone_rounds
        view = functools.cache(lambda: square_view(photo, fit, body, parts.encoder.config.side))
        neural = partial.neural
        if neural is None:
            neural = neural_texture(view(), parts.encoder, parts.generator).texture
        begun = self._begun(neural, body)
        restored = self._restored(neural, begun.texture if begun else None)
        if parts.drawer is not None and rounds:
            restored = match_tone(restored, view(), visible_pixels(view(), neural), parts.drawer(view()), rounds)
        below = _fine_colours(restored, begun, partial.rgb.shape[-1], body.layout)
        return Texture(
            rgb=_fine(partial, below, body), confidence=partial.confidence, neural=composite(neural, restored)
        )

    def _begun(self, neural: Tensor, body: BodyModel) -> CompletedTexture | None:
        """What diffusion begins with; None where that is nothing."""
        copier = self._parts.copier
        if copier is None:
            return None
        device = next(copier.parameters()).device
        return complete_texture(
            copier, neural.to(device), body.layout, mean_surface_graph(body, neural.shape[-1]), self._seed
        )

    def _restored(self, neural: Tensor, begun: Tensor | None) -> Tensor:
        """21×N×N, T_res as it is decoded."""
        parts, config = self._parts, self._config
        if begun is not None and self._steps == 0:
            restored = begun  # what is decoded changes nothing then
        else:
            device = next(parts.vqgan.parameters()).device
            partial = neural[None].to(device)
            first = partial if begun is None else begun[None].to(device)
            given = condition(parts.vqgan, partial, first)
            sample = sample_latent(parts.denoiser, given, config.sampler, self._steps, config.eta, self._seed)
            restored = decoded(parts.vqgan, sample, first, None if begun is None else given)[0]
        return restored.float().to(neural.device)


def condition(vqgan: VQGAN, partial: Tensor, begun: Tensor) -> Tensor:
    """B×7×N/4×N/4, what the denoiser is given of T^j, B×21×N×N: its latent, and B_fill.

    [published] nearest, so that a latent pixel is either known or not.

    Args:
        begun: `partial` itself, or with copied colours in its holes.
    """
    latent = vqgan.encode(begun)
    filled = functional.interpolate(channels(partial, FILLED).to(latent), latent.shape[-2:], mode="nearest")
    return torch.cat([latent, filled], 1)


def decoded(vqgan: VQGAN, sample: Tensor, begun: Tensor, given: Tensor | None = None) -> Tensor:
    """B×21×N×N, T_res of B×6×N/4×N/4 latents.

    Args:
        begun: as in `condition`.
        given: the condition, if it held copied colours. They are sharper than what comes back of a latent, so then only
            what the sample changes about them is decoded, without codes: colours change by less than a code's width.
    """
    if given is None:
        return with_features(vqgan.decode(sample), begun)
    change = vqgan.decode_quantised(sample) - vqgan.decode_quantised(given[:, : sample.shape[1]])
    return with_features(begun[:, -vqgan.config.channels :] + change, begun)


def _fine_colours(restored: Tensor, begun: CompletedTexture | None, size: int, layout: UvLayout) -> Tensor:
    """3×size×size: the colours of T_res (21×N×N); where copied ones changed, as smooth a change of their sharp ones."""
    covered = texel_map(layout, restored.shape[-1]).face[0] >= 0
    change = restored[RGB] if begun is None else restored[RGB] - begun.texture[RGB].to(restored)
    fine = enlarged(fill_seams(change, covered), size)
    return (fine if begun is None else fine + begun.enlarged(size).to(fine)).clamp(0, 1)


def _fine(partial: Texture, below: Tensor, body: BodyModel) -> Tensor:
    """3×S×S: colours of T_res (3×S×S) with detail, bent to meet the seen ones, which stay."""
    covered = texel_map(body.layout, partial.rgb.shape[-1]).face[0] >= 0
    seen = partial.confidence > 0
    if not bool(seen.any()):
        return fill_seams(below, covered)
    solid = solid_texels(partial.confidence, covered)
    colour = (below + all_detail(partial.rgb, below, solid, anatomy(body))).clamp(0, 1)
    colour = feather(colour, partial.rgb, seen).clamp(0, 1)
    return torch.where(seen, partial.rgb, fill_seams(colour, covered))
