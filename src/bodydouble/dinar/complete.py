"""Completion by diffusion in the VQGAN's latent space (DINAR sections 3.3 to 3.5).

| paper | here |
|---|---|
| condition of the denoiser | `encode_condition`: the latent of T^j, and B_fill |
| T_res | `restore`: encode, sample from noise, decode |
| T (Eq. 6) | `channels.composite` |
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.dinar.channels import FILLED, channels, with_features
from bodydouble.dinar.networks import Networks
from bodydouble.dinar.sampling import PUBLISHED_STEPS, STEPS, USUAL_STEPS, sample_latent
from bodydouble.dinar.vqgan import VQGAN
from bodydouble.progress import Progress


@dataclass(frozen=True, kw_only=True)
class LatentConfig:
    """How latents are sampled."""

    sampler: str = "dpm++"  # a name in `sampling.SAMPLERS`; "published" samples as DINAR's authors do
    steps: int | None = None  # evaluations of the denoiser; None: 200 for "published", else as its weights say, else 25
    eta: float | None = None  # of "ddim", as in `sampling.sample_latent`
    tone_rounds: int = 2  # of fitting α and β (Eq. 7); 0 leaves the decoder's colours


def sampling_steps(networks: Networks, config: LatentConfig) -> int:
    """How many are asked for, or as whoever trained the networks found best: after a short training few, or none."""
    if config.steps is not None:
        return config.steps
    if config.sampler == "published":
        return PUBLISHED_STEPS
    advised = networks.source.get("sampler steps", "")
    return min(int(advised), STEPS) if advised.isdecimal() else USUAL_STEPS


@torch.no_grad()
def restore(
    networks: Networks,
    partial: Tensor,
    initial: Tensor | None,
    config: LatentConfig,
    seed: int,
    progress: Progress | None = None,
) -> Tensor:
    """21×N×N, T_res as it is decoded.

    Args:
        partial: 21×N×N, T^j.
        initial: the same with a first guess in its holes; needed where the denoiser takes one, else None.
    """
    steps = sampling_steps(networks, config)
    if initial is not None and (steps == 0 or not networks.diffuses):
        return initial  # a change of nothing would be decoded
    batch = partial[None].to(next(networks.vqgan.parameters()).device)
    filled = batch if initial is None else initial[None].to(batch)
    condition = encode_condition(networks.vqgan, batch, filled)
    latent = sample_latent(networks.denoiser, condition, config.sampler, steps, config.eta, seed, progress)
    restored = decode_latent(networks.vqgan, latent, filled, None if initial is None else condition)
    return restored[0].float().to(partial.device)


def encode_condition(vqgan: VQGAN, partial: Tensor, initial: Tensor) -> Tensor:
    """B×7×N/4×N/4, what the denoiser is given of T^j, B×21×N×N: its latent, and B_fill.

    [published] nearest, so that a latent pixel is either known or not.

    Args:
        initial: `partial` itself, or with a first guess in its holes.
    """
    latent = vqgan.encode(initial)
    filled = functional.interpolate(channels(partial, FILLED).to(latent), latent.shape[-2:], mode="nearest")
    return torch.cat([latent, filled], 1)


def decode_latent(vqgan: VQGAN, latent: Tensor, initial: Tensor, condition: Tensor | None = None) -> Tensor:
    """B×21×N×N, T_res of B×6×N/4×N/4 latents.

    Args:
        initial: as in `encode_condition`.
        condition: if it held a first guess. That is sharper than what comes back of a latent, so then only what the
            sample changes about it is decoded, without codes: colours change by less than a code's width.
    """
    if condition is None:
        return with_features(vqgan.decode(latent), initial)
    change = vqgan.decode_quantised(latent) - vqgan.decode_quantised(condition[:, : latent.shape[1]])
    return with_features(initial[:, -vqgan.config.channels :] + change, initial)
