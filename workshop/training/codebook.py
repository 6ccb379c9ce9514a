"""The VQGAN's codebook: filled from data, kept in use, and its latents brought to unit size for the diffusion model."""

from __future__ import annotations

import torch
from torch import Tensor

from bodydouble.dinar.vqgan import VQGAN


@torch.no_grad()
def fill_codebook(vqgan: VQGAN, latent: Tensor) -> None:
    """Take vectors of a latent (B×C×H×W) as codes, if the codebook is as it was born: all codes about zero.

    Born so, a few codes attract everything and the rest is never used.
    """
    if is_new(vqgan):
        vqgan.codebook.weight.copy_(_sample_vectors(latent, len(vqgan.codebook.weight)))


@torch.no_grad()
def fill_with_colours(vqgan: VQGAN) -> None:
    """Take the latents of even colours, a grid of them, as codes, if the codebook is as it was born.

    For an encoder whose latents are means: every colour then has a code close by, whoever is learned from.
    """
    if not is_new(vqgan):
        return
    codebook = vqgan.codebook.weight
    levels = int(len(codebook) ** (1 / 3) + 1e-6)
    scale = torch.linspace(0, 1, levels, device=codebook.device)
    colours = torch.cartesian_prod(scale, scale, scale)
    rest = torch.rand(len(codebook) - len(colours), 3, device=codebook.device)
    texture = torch.ones(len(codebook), vqgan.config.channels, 4, 4, device=codebook.device)
    texture[:, -5:-2] = torch.cat([colours, rest])[:, :, None, None]
    codebook.copy_(vqgan.encode(texture)[:, :, 0, 0])


def is_new(vqgan: VQGAN) -> bool:
    """Whether the codebook is as it was born."""
    codebook = vqgan.codebook.weight
    return float(codebook.detach().abs().max()) <= 1.001 / len(codebook)


class Usage:
    """Counts which codes are used, and replaces those that are not by vectors that are."""

    def __init__(self, vqgan: VQGAN) -> None:
        self._vqgan = vqgan
        self._counts = torch.zeros(vqgan.config.codes, dtype=torch.int64)

    def count(self, codes: Tensor) -> None:
        """Take note of codes, int64."""
        self._counts += torch.bincount(codes.flatten(), minlength=len(self._counts)).cpu()

    @property
    def share(self) -> float:
        """Of the codes: those in use since the last restart."""
        return float((self._counts > 0).float().mean())

    @torch.no_grad()
    def restart(self, latent: Tensor) -> None:
        """Replace the codes that were not used since the last time by vectors of a latent, and count anew."""
        codebook = self._vqgan.codebook.weight
        unused = (self._counts == 0).nonzero()[:, 0].to(codebook.device)
        codebook[unused] = _sample_vectors(latent, len(unused))
        self._counts.zero_()


@torch.no_grad()
def standardise(vqgan: VQGAN, latent: Tensor, guess: Tensor | None = None, tolerance: float = 1.25) -> None:
    """Shift and scale the latent space to mean 0 and unit variance over all channels; what is decoded stays the same.

    The diffusion model adds noise of unit variance, so what it learns should have it. One factor for all channels keeps
    which code is nearest; the convolutions before and after take it in.

    Args:
        latent: B×C×H×W, typical ones, as encoded now.
        guess: as many, if the diffusion model learns the difference to them.
        tolerance: factor within which a deviation from 1 is left alone: a denoiser may have got used to it.
    """
    mean = latent.mean((0, 2, 3))
    learned = latent - (mean[:, None, None] if guess is None else guess)
    deviation = float(learned.square().mean().sqrt())
    if 1 / tolerance < deviation < tolerance:
        return
    before, after, codebook = vqgan.to_latent, vqgan.from_latent, vqgan.codebook.weight
    assert before.bias is not None and after.bias is not None
    before.weight.div_(deviation)
    before.bias.sub_(mean).div_(deviation)
    if not is_new(vqgan):
        codebook.sub_(mean).div_(deviation)
    after.bias.add_(after.weight[:, :, 0, 0] @ mean)
    after.weight.mul_(deviation)


def _sample_vectors(latent: Tensor, count: int) -> Tensor:
    """`count`×C vectors of a latent, a little apart from each other."""
    vectors = latent.movedim(1, -1).reshape(-1, latent.shape[1])
    picked = vectors[torch.randint(len(vectors), (count,), device=vectors.device)]
    return picked + 0.01 * vectors.std(0) * torch.randn_like(picked)
