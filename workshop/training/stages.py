"""The stages of training: each makes losses of a batch.

appearance   encoder, generator, renderer: one photo of a person becomes another (paper 3.1)
vqgan        the VQGAN, judged in texture space and through the renderer (3.3)
joint        the same with the renderer, which gets used to what the VQGAN loses
denoiser     the diffusion model: merged textures are the truth, one view is the condition (3.2, 3.3)
finish       the renderer once more, on textures that the diffusion model completed
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from bodydouble.inpaint.sampling import STEPS, sample_latent, training_schedule
from bodydouble.networks import Networks
from bodydouble.nn.layers import EqualConv2d
from bodydouble.render.neural import Rendering
from workshop.training import textures
from workshop.training.codebook import Usage, fill_codebook, standardise
from workshop.training.discriminator import Discriminator
from workshop.training.frames import Batch
from workshop.training.losses import Perceptual, dice, judged_real, picture_losses, psnr
from workshop.training.presets import PhaseConfig, Preset
from workshop.training.textures import FILLED, RGB, Sampled

_INPUT, _TARGET = 0, 1  # which of a person's photographs is which
_NOTHING = -3.0  # before the sigmoid: a mask of 0.05


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a stage makes of a batch."""

    losses: Mapping[str, Tensor]  # scalars with gradients, not yet weighted
    figures: Mapping[str, Tensor] = field(default_factory=dict)  # scalars to look at
    pictures: Mapping[str, Tensor] = field(default_factory=dict)  # B×3×H×W, for sample sheets
    fake: Tensor | None = None  # B×3×H×W, for the discriminator to tell from
    real: Tensor | None = None


class Stage(ABC):
    """One stage: which networks it trains, and its losses."""

    trains: tuple[str, ...]
    frames = 2  # photographs of each person in a batch

    def __init__(self, networks: Networks, preset: Preset, config: PhaseConfig, perceptual: Perceptual) -> None:
        self.nets, self.preset, self.config, self.perceptual = networks, preset, config, perceptual
        for name, module in networks.modules().items():
            module.train(name in self.trains).requires_grad_(name in self.trains)

    @abstractmethod
    def __call__(self, batch: Batch, judge: Discriminator | None) -> Outcome:
        """Losses of a batch; `judge` is the discriminator, which is not trained here."""

    def trained(self) -> list[nn.Parameter]:
        """Every parameter that is trained, in an order that does not change."""
        modules = self.nets.modules()
        return [parameter for name in self.trains for parameter in modules[name].parameters()]

    def prepare(self, batch: Batch) -> None:  # noqa: B027  (most stages have nothing to prepare)
        """Make the networks ready for the first step."""

    def after_step(self, step: int) -> bool:
        """Change what no gradient changes; whether anything was changed."""
        return False

    def sampled(self, batch: Batch, frame: int, size: int | None = None) -> Sampled:
        """Algorithm 1 of one photo of each person, by default at the neural texture's size."""
        where = (batch.photo[:, frame], batch.mask[:, frame], batch.uv[:, frame], batch.cosine[:, frame])
        return textures.sampled_textures(*where, size or self.nets.generator.config.side)

    def one_view(self, batch: Batch, frame: int) -> tuple[Tensor, Sampled]:
        """T^j of one photo of each person, and what it was sampled from."""
        sampled = self.sampled(batch, frame)
        photo, mask = batch.photo[:, frame], batch.mask[:, frame]
        features = textures.generated(self.nets.encoder, self.nets.generator, photo, mask)
        return textures.neural_texture(features, sampled), sampled

    def colours(self, batch: Batch, below: Tensor) -> Tensor:
        """High-resolution colours: the input photo's over `below` (B×3×S×S); those alone where nothing needs more."""
        if not self.nets.renderer.config.detail:
            return below
        return textures.fine_colours(self.sampled(batch, _INPUT, self.preset.fine_texture), below)

    def judged(self, batch: Batch, rendering: Rendering, judge: Discriminator | None) -> Outcome:
        """The losses of section 4.1 on a picture of the target, before a background of one random colour."""
        target = batch.target[:, _TARGET]
        backdrop = torch.rand(len(target), 3, 1, 1, device=target.device).expand_as(target[:, :3])
        real = torch.lerp(backdrop, target[:, :3], target[:, 3:])
        fake = rendering.over(backdrop)
        losses = picture_losses(fake, real, batch.face[:, _TARGET], self.perceptual, judge)
        losses["dice"] = dice(rendering.mask, target[:, 3:])
        if judge is not None:
            losses["adversarial"] = judged_real(judge(fake * 2 - 1).score)
        pictures = {"photo": batch.photo[:, _INPUT], "real": real, "fake": fake.detach()}
        return Outcome(
            losses=losses, figures={"psnr": psnr(fake.detach(), real)}, pictures=pictures, fake=fake.detach(), real=real
        )


class Appearance(Stage):
    """A person's photo becomes another photo of the same person."""

    trains = ("encoder", "generator", "renderer")

    def prepare(self, batch: Batch) -> None:
        """A new renderer with high-resolution colours begins as those colours before the background, and no more."""
        last = self.nets.renderer.mask_head[-1]
        assert isinstance(last, EqualConv2d) and last.bias is not None
        if self.nets.renderer.config.detail and not bool(last.bias.any()):
            with torch.no_grad():
                last.weight.zero_()
                last.bias.fill_(_NOTHING)

    def __call__(self, batch: Batch, judge: Discriminator | None) -> Outcome:
        """See `Stage`. The figure `psnr_start` is of the sampled colours alone, which the lite renderer starts with."""
        texture, sampled = self.one_view(batch, _INPUT)
        colours = self.colours(batch, textures.spread_colours(sampled.rgb, sampled.filled))
        uv = batch.target_uv[:, _TARGET]
        outcome = self.judged(batch, textures.draw(self.nets.renderer, texture, colours, uv), judge)
        covered = (uv >= 0).all(1, keepdim=True).float()
        real, target = outcome.pictures["real"], batch.target[:, _TARGET]
        backdrop = ((real - target[:, :3] * target[:, 3:]) / (1 - target[:, 3:]).clamp_min(1e-3)).amax((2, 3), True)
        start = torch.lerp(backdrop.expand_as(real), textures.colours_at(colours, uv), covered)
        return Outcome(
            losses=outcome.losses,
            figures={**outcome.figures, "psnr_start": psnr(start, real)},
            pictures={**outcome.pictures, "start": start},
            fake=outcome.fake,
            real=outcome.real,
        )


class Compression(Stage):
    """Neural textures through the VQGAN and back."""

    trains: tuple[str, ...] = ("vqgan",)
    frames = 4

    def __init__(self, networks: Networks, preset: Preset, config: PhaseConfig, perceptual: Perceptual) -> None:
        super().__init__(networks, preset, config, perceptual)
        self._usage = Usage(networks.vqgan)
        self._latent: Tensor | None = None

    def prepare(self, batch: Batch) -> None:
        """See `Stage`."""
        with torch.no_grad():
            fill_codebook(self.nets.vqgan, self.nets.vqgan.encode(self._texture(batch)[0]))

    def after_step(self, step: int) -> bool:
        """Bring unused codes back to life now and then, until half of the steps are done."""
        every = self.config.restart_codes_every
        if not every or step % every or step > self.config.steps // 2 or self._latent is None:
            return False
        self._usage.restart(self._latent)
        return True

    def __call__(self, batch: Batch, judge: Discriminator | None) -> Outcome:
        """See `Stage`."""
        texture, filled = self._texture(batch)
        vqgan = self.nets.vqgan
        latent = vqgan.encode(texture)
        with torch.autocast(texture.device.type, enabled=False):  # which code is nearest is decided by small numbers
            quantised = vqgan.quantise(latent.float())
        restored = vqgan.decode_quantised(quantised.latent).float()
        self._latent = latent.detach().float()
        self._usage.saw(quantised.codes)
        outcome = self.judged(batch, self._drawn(batch, texture, restored, filled), judge)
        losses = {**outcome.losses, "texture": functional.mse_loss(restored, texture), "codebook": quantised.loss}
        share = torch.tensor(self._usage.share)
        return Outcome(
            losses=losses,
            figures={**outcome.figures, "codes in use": share},
            pictures={**outcome.pictures, "texture": texture[:, RGB], "restored": restored[:, RGB].detach()},
            fake=outcome.fake,
            real=outcome.real,
        )

    def _texture(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """T and its B_fill: of one view or, every second time, of several merged, as the diffusion model needs both."""
        with torch.no_grad():
            count = 1 if torch.rand(()) < 0.5 else self.frames - 1
            views = [self.one_view(batch, frame) for frame in range(self.frames) if frame != _TARGET][:count]
            if count == 1:
                return views[0][0], views[0][1].filled
            texture = textures.merged(
                torch.stack([texture for texture, _ in views], 1),
                torch.stack([sampled.cosine for _, sampled in views], 1),
                torch.stack([sampled.filled for _, sampled in views], 1),
            )
            return texture, texture[:, FILLED]

    def _drawn(self, batch: Batch, texture: Tensor, restored: Tensor, filled: Tensor) -> Rendering:
        """The target drawn with the decoded texture and its own colours."""
        return textures.draw(self.nets.renderer, restored, restored[:, RGB], batch.target_uv[:, _TARGET])


class Joint(Compression):
    """The VQGAN together with the renderer."""

    trains = ("vqgan", "renderer")

    def _drawn(self, batch: Batch, texture: Tensor, restored: Tensor, filled: Tensor) -> Rendering:
        """With the decoded texture alone or, every second time, with the sampled one where there is one, by Eq. 6."""
        if torch.rand(()) < 0.5:
            return super()._drawn(batch, texture, restored, filled)
        whole = textures.completed(texture, restored, filled)
        colours = self.colours(batch, whole[:, RGB])
        return textures.draw(self.nets.renderer, whole, colours, batch.target_uv[:, _TARGET])


def condition(latent: Tensor, filled: Tensor) -> Tensor:
    """The denoiser's condition: the latent of what the photo showed (B×6×s×s) and B_fill (B×1×S×S), resized."""
    return torch.cat([latent, functional.interpolate(filled, latent.shape[-2:], mode="nearest")], 1)


class Diffusion(Stage):
    """The denoiser learns merged textures' latents, given one view's.

    Encoding is the dear part, so latents are kept and learned from many times, in batches of their own.
    """

    trains = ("denoiser",)
    frames = 8

    def __init__(self, networks: Networks, preset: Preset, config: PhaseConfig, perceptual: Perceptual) -> None:
        super().__init__(networks, preset, config, perceptual)
        self._schedule = training_schedule()
        self._kept: deque[tuple[Tensor, Tensor]] = deque(maxlen=config.latents_kept)  # truth; conditions, N of them

    def prepare(self, batch: Batch) -> None:
        """See `Stage`."""
        with torch.no_grad():
            truth, _ = self._latents(batch)
            standardise(self.nets.vqgan, truth)

    def __call__(self, batch: Batch, judge: Discriminator | None) -> Outcome:
        """See `Stage`; Eq. 1."""
        with torch.no_grad():
            truth, conditions = self._latents(batch)
            self._kept.extend(zip(truth, conditions, strict=True))
        places = torch.randint(len(self._kept), (self.config.latent_batch,)).tolist()
        latent = torch.stack([self._kept[place][0] for place in places])
        view = torch.randint(self.frames, (len(places),)).tolist()
        given = torch.stack([self._kept[place][1][each] for place, each in zip(places, view, strict=True)])
        timestep = torch.randint(STEPS, (len(places),), device=latent.device)
        noise = torch.randn_like(latent)
        noisy = self._schedule.add_noise(latent, noise, timestep)
        found = self.nets.denoiser(noisy, timestep, given).float()
        return Outcome(losses={"noise": functional.mse_loss(found, noise)}, figures={"latent": latent.std()})

    def _latents(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The latents of merged textures, B×6×s×s, and the conditions of single views, B×N×7×s×s."""
        views = [self.one_view(batch, frame) for frame in range(self.frames)]
        whole = textures.merged(
            torch.stack([texture for texture, _ in views], 1),
            torch.stack([sampled.cosine for _, sampled in views], 1),
            torch.stack([sampled.filled for _, sampled in views], 1),
        )
        encode = self.nets.vqgan.encode
        given = [condition(encode(texture).float(), sampled.filled) for texture, sampled in views]
        return encode(whole).float(), torch.stack(given, 1)


class Finish(Stage):
    """The renderer learns what completed textures look like."""

    trains = ("renderer",)

    def __call__(self, batch: Batch, judge: Discriminator | None) -> Outcome:
        """See `Stage`."""
        with torch.no_grad():
            texture, sampled = self.one_view(batch, _INPUT)
            given = condition(self.nets.vqgan.encode(texture).float(), sampled.filled)
            seed = int(torch.randint(2**31, ()))
            latent = sample_latent(self.nets.denoiser, given, steps=self.config.sampler_steps, seed=seed)
            restored = self.nets.vqgan.decode(latent).float()
            whole = textures.completed(texture, restored, sampled.filled)
            colours = self.colours(batch, whole[:, RGB])
        uv = batch.target_uv[:, _TARGET]
        outcome = self.judged(batch, textures.draw(self.nets.renderer, whole, colours, uv), judge)
        return Outcome(
            losses=outcome.losses,
            figures=outcome.figures,
            pictures={**outcome.pictures, "texture": texture[:, RGB], "completed": whole[:, RGB]},
            fake=outcome.fake,
            real=outcome.real,
        )


# In the order in which they are trained.
PHASES: Mapping[str, type[Stage]] = {
    "appearance": Appearance,
    "vqgan": Compression,
    "joint": Joint,
    "denoiser": Diffusion,
    "finish": Finish,
}
