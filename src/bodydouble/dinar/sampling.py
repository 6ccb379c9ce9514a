"""Drawing latents from the diffusion model, with the samplers of `diffusers`.

Time runs over 1000 steps; the root of β is linear from √3e-4 to √2e-2, as in the published code (which calls that
linear); the network predicts the noise ε, as published, or v.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler
from torch import Tensor

from bodydouble.dinar.denoiser import Denoiser
from bodydouble.errors import InputError

STEPS = 1000  # of the process that the denoiser is trained on
_SCHEDULE: dict[str, Any] = dict(
    num_train_timesteps=STEPS,
    beta_start=3e-4,
    beta_end=2e-2,
    beta_schedule="scaled_linear",
    timestep_spacing="trailing",  # the first step starts at pure noise, however few there are
)
SAMPLERS = ("ddpm", "ddim", "dpm++")


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
    steps: int = 25,
    eta: float = 0.0,
    seed: int = 0,
) -> Tensor:
    """Completed latents, B×latent×H×W, one for each condition.

    Args:
        condition: B×condition×H×W, as the denoiser takes it.
        sampler: "ddpm" (Ho et al. 2020), "ddim" (Song et al. 2021) or "dpm++" (DPM-Solver++ 2M, Lu et al. 2022).
        steps: evaluations of the denoiser, 1 to 1000; with a guess 0, too, which leaves it as it is.
        eta: [0, 1], for "ddim": share of the noise that is drawn anew in each step.
        seed: of the first sample; the next have the numbers after it, so that a sample does not depend on how many
            are drawn beside it. Random numbers come from the CPU on every device.

    Raises:
        InputError: unknown sampler, steps or eta out of range.
    """
    fewest = 0 if denoiser.config.refines else 1
    if not fewest <= steps <= STEPS:
        raise InputError(f"{steps} steps cannot be taken; give a number from {fewest} to {STEPS}")
    if not 0 <= eta <= 1:
        raise InputError(f"eta is {eta}; give a number from 0 to 1")
    if steps == 0:
        return condition[:, : denoiser.config.latent]
    scheduler = _scheduler(sampler, denoiser.config.predicts)
    scheduler.set_timesteps(steps, device=condition.device)
    generators = [torch.Generator().manual_seed(seed + number) for number in range(len(condition))]
    shape = (denoiser.config.latent, *condition.shape[2:])
    latent = torch.stack([torch.randn(shape, generator=generator) for generator in generators]).to(condition)
    extra: dict[str, Any] = {} if sampler == "dpm++" else {"generator": generators}
    if sampler == "ddim":
        extra["eta"] = eta
    for timestep in scheduler.timesteps:
        found = denoiser(latent, timestep, condition)
        latent = scheduler.step(found.to(latent), timestep, latent, **extra).prev_sample
    return latent + initial_latent(denoiser, condition)


def initial_latent(denoiser: Denoiser, condition: Tensor) -> Tensor | float:
    """What a sample is added to: the condition's own latent, for a denoiser that only learned what is missing there."""
    return condition[:, : denoiser.config.latent] if denoiser.config.refines else 0.0


def _scheduler(sampler: str, predicts: str) -> DDPMScheduler | DDIMScheduler | DPMSolverMultistepScheduler:
    schedule = {**_SCHEDULE, "prediction_type": predicts}
    if sampler == "ddpm":
        return DDPMScheduler(**schedule, clip_sample=False)
    if sampler == "ddim":
        return DDIMScheduler(**schedule, clip_sample=False)
    if sampler == "dpm++":
        return DPMSolverMultistepScheduler(**schedule, algorithm_type="dpmsolver++", solver_order=2)
    raise InputError(f"unknown sampler {sampler!r}; known: {', '.join(SAMPLERS)}")
