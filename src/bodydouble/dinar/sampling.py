"""Drawing latents from the diffusion model, with the samplers of `diffusers`.

Time runs over 1000 steps; the root of β is linear from √3e-4 to √2e-2, as in the published code (which calls that
linear); the network predicts the noise ε, as published, or v.

The sampler "published" is DINAR's own, with the settings of its code: DDIM with η = 1 at the times 996, 991, …, 6, 1,
whose last step ends at the noise of time 0, not at none; and before each step the latent of what the photo showed, as
noisy as that time asks, takes its place again where all of a latent pixel's neighbours were shown, too.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler
from torch import Tensor
from torch.nn import functional

from bodydouble.dinar.denoiser import Denoiser
from bodydouble.errors import InputError
from bodydouble.progress import Progress

STEPS = 1000  # of the process that the denoiser is trained on
_SCHEDULE: dict[str, Any] = dict(
    num_train_timesteps=STEPS,
    beta_start=3e-4,
    beta_end=2e-2,
    beta_schedule="scaled_linear",
    timestep_spacing="trailing",  # the first step starts at pure noise, however few there are
)
SAMPLERS = ("ddpm", "ddim", "dpm++", "published")
USUAL_STEPS = 25  # of sampling, where nobody asks for another number
PUBLISHED_STEPS = 200


def betas() -> Tensor:
    """The variance added at each of the 1000 steps, (1000,)."""
    return training_schedule().betas


def training_schedule() -> DDPMScheduler:
    """The forward process: `add_noise(latent, noise, timesteps)`, and `get_velocity` for v."""
    return DDPMScheduler(**_SCHEDULE, clip_sample=False)


@torch.no_grad()
def sample_latent(
    denoiser: Denoiser,
    condition: Tensor,
    sampler: str = "dpm++",
    steps: int | None = None,
    eta: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Tensor:
    """Completed latents, B×latent×H×W, one for each condition.

    Args:
        condition: B×condition×H×W, as the denoiser takes it.
        sampler: "ddpm" (Ho et al. 2020), "ddim" (Song et al. 2021), "dpm++" (DPM-Solver++ 2M, Lu et al. 2022) or
            "published" (see the head of this file).
        steps: evaluations of the denoiser, 1 to 1000; with a guess 0, too, which leaves it as it is. None: 25, or 200
            for "published", which takes other divisors of 1000 instead, but not 1000.
        eta: [0, 1], for "ddim": share of the noise that is drawn anew in each step. None: 0, or 1 for "published".
        seed: of the first sample; the next have the numbers after it, so that a sample does not depend on how many
            are drawn beside it. Random numbers come from the CPU on every device.

    Raises:
        InputError: unknown sampler, steps or eta out of range.
    """
    published = sampler == "published"
    steps = steps if steps is not None else PUBLISHED_STEPS if published else USUAL_STEPS
    eta = eta if eta is not None else float(published)
    _check(denoiser, published, steps, eta)
    if steps == 0:
        return condition[:, : denoiser.config.latent]
    scheduler = _scheduler(sampler, denoiser.config.predicts)
    scheduler.set_timesteps(steps, device=condition.device)
    generators = [torch.Generator().manual_seed(seed + number) for number in range(len(condition))]
    initial = initial_latent(denoiser, condition)
    photo_latent = condition[:, : denoiser.config.latent] - initial
    interior = _erode(condition[:, -1:])
    latent = _draw_noise(photo_latent, generators)
    extra: dict[str, Any] = {} if sampler == "dpm++" else {"generator": generators}
    if sampler in ("ddim", "published"):
        extra["eta"] = eta
    for number, timestep in enumerate(scheduler.timesteps):
        if progress:
            progress("sampling", number / steps)
        if published:
            latent = torch.lerp(
                latent,
                scheduler.add_noise(photo_latent, _draw_noise(photo_latent, generators), timestep[None]),
                interior,
            )
        predicted = denoiser(latent, timestep, condition)
        latent = scheduler.step(predicted.to(latent), timestep, latent, **extra).prev_sample
    return latent + initial


def _check(denoiser: Denoiser, published: bool, steps: int, eta: float) -> None:
    fewest = 0 if denoiser.config.refines else 1
    if not fewest <= steps <= STEPS:
        raise InputError(f"{steps} steps cannot be taken; give a number from {fewest} to {STEPS}")
    if not 0 <= eta <= 1:
        raise InputError(f"eta is {eta}; give a number from 0 to 1")
    if published and steps and (STEPS % steps or steps == STEPS):
        raise InputError(f"the published sampler cannot take {steps} steps; give a divisor of {STEPS}, 500 at most")
    if published and eta != 1:
        raise InputError(f"the published sampler has eta 1, not {eta}; leave it out, or give the sampler ddim")


def _draw_noise(like: Tensor, generators: list[torch.Generator]) -> Tensor:
    noises = [torch.randn(one.shape, generator=generator) for one, generator in zip(like, generators, strict=True)]
    return torch.stack(noises).to(like)


def _erode(filled: Tensor) -> Tensor:
    """B×1×H×W, eroded by 3×3; beyond the border nothing is missing."""
    return -functional.max_pool2d(-filled, 3, 1, 1)


def initial_latent(denoiser: Denoiser, condition: Tensor) -> Tensor | float:
    """What a sample is added to: the condition's own latent, for a denoiser that only learned what is missing there."""
    return condition[:, : denoiser.config.latent] if denoiser.config.refines else 0.0


def _scheduler(sampler: str, predicts: str) -> DDPMScheduler | DDIMScheduler | DPMSolverMultistepScheduler:
    schedule = {**_SCHEDULE, "prediction_type": predicts}
    if sampler == "ddpm":
        return DDPMScheduler(**schedule, clip_sample=False)
    if sampler == "ddim":
        return DDIMScheduler(**schedule, clip_sample=False)
    if sampler == "published":
        spacing = {"timestep_spacing": "leading", "steps_offset": 1, "set_alpha_to_one": False}
        return DDIMScheduler(**{**schedule, **spacing}, clip_sample=False)
    if sampler == "dpm++":
        return DPMSolverMultistepScheduler(**schedule, algorithm_type="dpmsolver++", solver_order=2)
    raise InputError(f"unknown sampler {sampler!r}; known: {', '.join(SAMPLERS)}")
