"""Sizes, rates and steps of training. `paper` has the paper's, `lite` trains the networks that ship, `tiny` tests.

Why `lite` differs: it has a GPU for minutes or a CPU for hours. The learning rate of the first stage stays, since
equalised weights make it independent of width; batches are larger where their noise costs more than their time; the
VQGAN gets a rate that narrow networks bear and codes that come back to life; the denoiser starts from nothing, so 1e-6,
meant for a hundred thousand times a hundred samples, would leave it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from workshop.training.augment import Augmentation
from workshop.training.discriminator import DiscriminatorConfig
from workshop.training.losses import LossWeights


@dataclass(frozen=True, kw_only=True)
class StageConfig:
    """How one stage is trained."""

    steps: int
    people: int  # in a batch, in each process
    rate: float  # learning rate of Adam
    judge_rate: float = 2e-3  # of the discriminator's
    betas: tuple[float, float] = (0.0, 0.99)
    weight_decay: float = 0.0
    warm_up: int = 0  # steps over which the rate grows
    cosine: bool = False  # whether it fades to nothing over the steps, and not only in the last tenth
    largest_gradient: float = 10.0  # norm to which gradients are clipped
    ema: float = 0.999  # decay of the moving average of the weights
    adversarial: bool = True
    restart_codes_every: int = 0  # steps; 0: never
    kept_batch: int = 0  # textures or latents in a batch of attention or denoiser, in each process
    kept: int = 0  # people whose textures or latents are kept
    kept_every: int = 1  # steps between people whose textures are made; in between, those that are kept serve
    crop: int = 0  # side of the random square that is drawn (pixels) or compressed (texels); 0: all
    sampler_steps: int = 0  # of the diffusion model, while the renderer is finished
    own_view: float = 0.0  # share of steps of the last stage that draw the photo's own view


@dataclass(frozen=True, kw_only=True)
class Preset:
    """All that training needs to know beside its data."""

    networks: str  # name in `bodydouble.dinar.networks.PRESETS`
    size: int  # pixels a side
    fine_texture: int  # texels a side of the high-resolution colours
    discriminator: DiscriminatorConfig
    stages: Mapping[str, StageConfig]  # by the names in `stages.STAGES`
    weights: LossWeights = LossWeights()
    augmentation: Augmentation = Augmentation()


_DENOISER = StageConfig(  # the paper's
    steps=50_000,
    people=2,
    rate=1e-6,
    betas=(0.9, 0.999),
    weight_decay=0.01,
    warm_up=1000,
    cosine=True,
    ema=0.9999,
    adversarial=False,
    kept_batch=128,
    kept=4096,
)
_LITE_DENOISER = replace(_DENOISER, steps=20_000, rate=3e-4, warm_up=200, ema=0.999, kept_batch=64, kept=2048)
_ATTENTION = replace(_LITE_DENOISER, rate=1e-3, betas=(0.9, 0.99), warm_up=50, largest_gradient=1.0, ema=0.995)

PRESETS: Mapping[str, Preset] = {
    "paper": Preset(
        networks="paper",
        size=512,
        fine_texture=512,
        discriminator=DiscriminatorConfig(),
        stages={
            "appearance": StageConfig(steps=100_000, people=4, rate=2e-3, ema=0.9999),
            # The paper names no rate here: that of the method it takes over, 4.5e-6 for each person in a batch.
            "vqgan": StageConfig(steps=300_000, people=4, rate=1.8e-5, betas=(0.5, 0.9), ema=0.9999),
            "joint": StageConfig(steps=20_000, people=4, rate=1.8e-5, betas=(0.5, 0.9), ema=0.9999),
            "denoiser": _DENOISER,
            "finish": StageConfig(steps=20_000, people=4, rate=5e-4, ema=0.9999, sampler_steps=10),
        },
    ),
    "lite": Preset(
        networks="lite",
        size=512,
        fine_texture=512,
        discriminator=DiscriminatorConfig(channel_max=128, channel_base=4096),
        stages={
            "appearance": StageConfig(steps=20_000, people=8, rate=2e-3),
            "vqgan": StageConfig(
                steps=10_000, people=8, rate=4e-4, betas=(0.5, 0.9), adversarial=False, restart_codes_every=100
            ),
            "joint": StageConfig(steps=2000, people=8, rate=2e-4, betas=(0.5, 0.9)),
            "attention": _ATTENTION,
            "denoiser": _LITE_DENOISER,
            "finish": StageConfig(steps=3000, people=8, rate=5e-4, sampler_steps=8, own_view=0.5),
        },
    ),
    # The same networks, for two cores and an evening: no discriminator, squares in place of whole pictures.
    "lite-cpu": Preset(
        networks="lite",
        size=512,
        fine_texture=512,
        discriminator=DiscriminatorConfig(channel_max=128, channel_base=4096),
        stages={
            "appearance": StageConfig(steps=4000, people=2, rate=2e-3, ema=0.995, adversarial=False, crop=256),
            "patches": StageConfig(
                steps=300,
                people=1,
                rate=2e-4,
                warm_up=50,
                cosine=True,
                betas=(0.9, 0.99),
                ema=0.995,
                adversarial=False,
                crop=64,
            ),
            "attention": replace(_ATTENTION, steps=4000, people=1, kept_batch=8, kept_every=2),
            "denoiser": replace(
                _LITE_DENOISER,
                steps=1000,
                people=1,
                rate=1e-3,
                betas=(0.9, 0.99),
                warm_up=50,
                ema=0.995,
                kept_batch=16,
                kept=1024,
                kept_every=4,
            ),
            "finish": StageConfig(
                steps=1000, people=2, rate=5e-4, ema=0.995, adversarial=False, sampler_steps=1, own_view=0.5, crop=256
            ),
        },
    ),
    "tiny": Preset(
        networks="tiny",
        size=64,
        fine_texture=64,
        discriminator=DiscriminatorConfig(resolution=64, channel_max=8, channel_base=256),
        stages={
            "appearance": StageConfig(steps=4, people=2, rate=2e-3, ema=0.9),
            "vqgan": StageConfig(steps=3, people=2, rate=4e-4, ema=0.9, adversarial=False, restart_codes_every=2),
            "joint": StageConfig(steps=2, people=2, rate=2e-4, ema=0.9),
            "patches": StageConfig(steps=2, people=2, rate=4e-4, ema=0.9, adversarial=False, crop=16),
            "attention": replace(_ATTENTION, steps=3, people=1, kept_batch=4, kept=8),
            "denoiser": StageConfig(steps=3, people=1, rate=3e-4, ema=0.9, adversarial=False, kept_batch=4, kept=8),
            "finish": StageConfig(steps=2, people=1, rate=5e-4, ema=0.9, sampler_steps=2, own_view=0.5),
        },
    ),
}
