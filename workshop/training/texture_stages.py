"""Stages in texture space: the VQGAN and the diffusion model."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.dinar.channels import FEATURES, FILLED, RGB, channels, composite, with_features
from bodydouble.dinar.complete import encode_condition
from bodydouble.dinar.networks import Networks
from bodydouble.dinar.renderer import Rendering
from bodydouble.dinar.sampling import STEPS, initial_latent, training_schedule
from workshop.measures.psnr import psnr
from workshop.training import textures
from workshop.training.codebook import Usage, fill_codebook, fill_with_colours, standardise
from workshop.training.discriminator import Discriminator
from workshop.training.frames import Batch
from workshop.training.losses import Perceptual, gradient_difference
from workshop.training.presets import Preset, StageConfig
from workshop.training.stage import TARGET, Outcome, Stage, Target, require_batch
from workshop.training.textures import Sampled

_UNKNOWN = 0.1  # what a texel that no photograph shows counts in the diffusion model's loss
_PATCHES = 4  # of each texture
_FEW = 16  # times a batch are few people

Kept = TypeVar("Kept")


class TextureStage(Stage):
    """What the VQGAN and the diffusion model have in common: the textures they learn from."""

    @property
    def _features(self) -> bool:
        """Whether T_gen is compressed, too."""
        return self.nets.vqgan.config.channels > 5

    def _partial_texture(self, batch: Batch, frame: int) -> tuple[Tensor, Sampled]:
        """T^j of one photo; its features are 0 where nobody looks at them."""
        if self._features:
            return self.neural_view(batch, frame)
        sampled = self.scatter(batch, frame)
        size = sampled.rgb.shape[-1]
        return textures.neural_texture(sampled.rgb.new_zeros(len(sampled.rgb), 16, size, size), sampled), sampled

    def _true_texture(self, batch: Batch, views: list[tuple[Tensor, Sampled]]) -> Tensor:
        """The texture of all views together (Eq. 5), in colours free of noise and of light from one side.

        Args:
            views: of all frames of the batch, for their features.
        """
        clean = []
        for frame, (texture, _) in enumerate(views):
            rgba, uv, cosine = batch.target[:, frame], batch.target_uv[:, frame], batch.target_cosine[:, frame]
            sampled = textures.scatter_photos(rgba[:, :3], rgba[:, 3], uv, cosine, texture.shape[-1])
            clean.append((textures.neural_texture(channels(texture, FEATURES), sampled), sampled))
        return self._merge(clean)

    def _merge(self, views: list[tuple[Tensor, Sampled]]) -> Tensor:
        """Several textures as one (Eq. 5)."""
        return textures.merge_views(
            torch.stack([texture for texture, _ in views], 1),
            torch.stack([sampled.cosine for _, sampled in views], 1),
            torch.stack([sampled.filled for _, sampled in views], 1),
        )


class Compression(TextureStage):
    """Neural textures through the VQGAN and back."""

    trains: tuple[str, ...] = ("vqgan",)
    frames = 4

    def __init__(self, networks: Networks, preset: Preset, config: StageConfig, perceptual: Perceptual) -> None:
        super().__init__(networks, preset, config, perceptual)
        self._usage = Usage(networks.vqgan)
        self._latent: Tensor | None = None

    def prepare(self, batch: Batch) -> None:
        """See `Stage`."""
        with torch.no_grad():
            fill_codebook(self.nets.vqgan, self.nets.vqgan.encode(self.fill_with_attention(self._texture(batch))))

    def after_step(self, step: int) -> bool:
        """Bring unused codes back to life now and then, until half of the steps are done."""
        every = self.config.restart_codes_every
        if not every or step % every or step > self.config.steps // 2 or self._latent is None:
            return False
        self._usage.restart(self._latent)
        return True

    def __call__(self, batch: Batch | None, judge: Discriminator | None) -> Outcome:
        """See `Stage`."""
        batch = require_batch(batch)
        partial = self._texture(batch)
        texture = self.fill_with_attention(partial)
        decoded, losses = self._restore(texture[:, -self.nets.vqgan.config.channels :])
        restored = with_features(decoded, texture)
        target = self.target(batch)
        outcome = self.compare(batch, target, self._draw_target(batch, target, partial, restored), judge)
        return Outcome(
            losses={**outcome.losses, **losses},
            figures={**outcome.figures, "codes in use": torch.tensor(self._usage.share)},
            pictures={**outcome.pictures, "texture": texture[:, RGB], "restored": restored[:, RGB].detach()},
            fake=outcome.fake,
            real=outcome.real,
        )

    def _restore(self, texture: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """What comes back of a texture's compressed channels, and the losses ‖T − T_res‖² and of the codebook."""
        vqgan = self.nets.vqgan
        latent = vqgan.encode(texture)
        self._latent = latent.detach().float()
        with torch.autocast(texture.device.type, enabled=False):  # which code is nearest is decided by small numbers
            quantised = vqgan.quantise(latent.float())
        restored = vqgan.decode_quantised(quantised.latent).float()
        self._usage.count(quantised.codes)
        return restored, {"texture": functional.mse_loss(restored, texture), "codebook": quantised.loss}

    def _texture(self, batch: Batch) -> Tensor:
        """T with its holes, of one view or, every second time, of several: the diffusion model needs both."""
        with torch.no_grad():
            count = 1 if torch.rand(()) < 0.5 else self.frames - 1
            views = [self._partial_texture(batch, frame) for frame in range(self.frames) if frame != TARGET][:count]
            return views[0][0] if count == 1 else self._merge(views)

    def _draw_target(self, batch: Batch, target: Target, partial: Tensor, restored: Tensor) -> Rendering:
        """The target drawn with the decoded texture and its own colours."""
        return textures.draw_double(self.nets.renderer, restored, restored[:, RGB], target.uv)


class Joint(Compression):
    """The VQGAN together with the renderer."""

    trains = ("vqgan", "renderer")

    def _draw_target(self, batch: Batch, target: Target, partial: Tensor, restored: Tensor) -> Rendering:
        """With the decoded texture alone or, every second time, with the sampled one where there is one, by Eq. 6."""
        if torch.rand(()) < 0.5:
            return super()._draw_target(batch, target, partial, restored)
        result = composite(partial, restored)
        return textures.draw_double(self.nets.renderer, result, self.colours(batch, channels(result, RGB)), target.uv)


class Patches(Compression):
    """The VQGAN on squares of textures of one view and of all views; nothing is drawn.

    Attention over a whole texture is most of a step's cost, and neighbours teach little that squares of many people
    do not. Fit for a VQGAN whose channels are colours and masks, which need no renderer to be judged.

    The encoder stays as it is, where it begins with means (`VqganConfig.end_norms`), and the codes begin as a grid of
    colours: so the diffusion model can be trained at the same time, on the very latents that the decoder learns to make
    sharp.
    """

    def __init__(self, networks: Networks, preset: Preset, config: StageConfig, perceptual: Perceptual) -> None:
        super().__init__(networks, preset, config, perceptual)
        if not networks.vqgan.config.end_norms:
            networks.vqgan.encoder.requires_grad_(False)
            networks.vqgan.to_latent.requires_grad_(False)

    def prepare(self, batch: Batch) -> None:
        """See `Stage`."""
        if self.nets.vqgan.config.end_norms:
            super().prepare(batch)
        else:
            fill_with_colours(self.nets.vqgan)

    def __call__(self, batch: Batch | None, judge: Discriminator | None) -> Outcome:
        """See `Stage`."""
        batch = require_batch(batch)
        with torch.no_grad():
            views = [self._partial_texture(batch, frame) for frame in range(self.frames)]
            each = torch.cat([*(texture for texture, _ in views[:2]), self._true_texture(batch, views)])
            patches = _sample_patches(
                self.fill_with_attention(each)[:, -self.nets.vqgan.config.channels :], self.config.crop, _PATCHES
            )
        restored, losses = self._restore(patches)
        colours, decoded = (each[:, -5:-2] for each in (patches, restored))
        return Outcome(
            losses={**losses, "perceptual": gradient_difference(decoded, colours)},
            figures={"psnr": psnr(decoded.detach(), colours).mean(), "codes in use": torch.tensor(self._usage.share)},
            pictures={"texture": colours, "restored": decoded.detach()},
        )


def _sample_patches(texture: Tensor, side: int, count: int) -> Tensor:
    """(count · B)×C×side×side random squares, each mirrored or not."""
    places = torch.randint(texture.shape[-1] - side + 1, (count * len(texture), 2)).tolist()
    cut = [
        texture[number % len(texture), :, top : top + side, left : left + side]
        for number, (top, left) in enumerate(places)
    ]
    return torch.stack([each.flip(-1) if torch.rand(()) < 0.5 else each for each in cut])


class ReplayStage(TextureStage, Generic[Kept]):
    """What attention and denoiser have in common.

    Making textures of photographs is the dear part, so what comes of them is kept for each person and learned from many
    times, in batches of their own.
    """

    def __init__(self, networks: Networks, preset: Preset, config: StageConfig, perceptual: Perceptual) -> None:
        super().__init__(networks, preset, config, perceptual)
        self._kept: deque[Kept] = deque(maxlen=config.kept)

    def needs_people(self, step: int) -> bool:
        """See `Stage`. Every step, while few are kept: a run that goes on has none, and would learn those by heart."""
        few = len(self._kept) < min(self.config.kept, _FEW * self.config.kept_batch)
        return few or step % self.config.kept_every == 0


class Diffusion(ReplayStage[tuple[Tensor, Tensor, Tensor]]):
    """The denoiser learns merged textures' latents, given one view's.

    Kept are the truth, how much each of its pixels counts, and N conditions.
    """

    trains = ("denoiser",)
    frames = 8

    def __init__(self, networks: Networks, preset: Preset, config: StageConfig, perceptual: Perceptual) -> None:
        super().__init__(networks, preset, config, perceptual)
        self._schedule = training_schedule()

    def prepare(self, batch: Batch) -> None:
        """See `Stage`."""
        with torch.no_grad():
            truth, _, conditions = self._latents(batch)
            guessed_latent = conditions[:, 0, : truth.shape[1]] if self.nets.denoiser.config.refines else None
            standardise(self.nets.vqgan, truth, guessed_latent)

    def __call__(self, batch: Batch | None, judge: Discriminator | None) -> Outcome:
        """See `Stage`; Eq. 1."""
        if batch is not None:
            with torch.no_grad():
                self._kept.extend(zip(*self._latents(batch), strict=True))
        places = torch.randint(len(self._kept), (self.config.kept_batch,)).tolist()
        latent, weight = (torch.stack([self._kept[place][field] for place in places]) for field in (0, 1))
        view = torch.randint(self.frames, (len(places),)).tolist()
        condition = torch.stack([self._kept[place][2][each] for place, each in zip(places, view, strict=True)])
        latent = latent - initial_latent(self.nets.denoiser, condition)
        # The mean of all completions is found at the noisy end; where there is a guess, most is gained there.
        drawn = torch.rand(len(places), device=latent.device)
        timestep = (
            ((1 - drawn.square() if self.nets.denoiser.config.refines else drawn) * STEPS).long().clamp(max=STEPS - 1)
        )
        noise = torch.randn_like(latent)
        noisy = self._schedule.add_noise(latent, noise, timestep)
        prediction = self.nets.denoiser(noisy, timestep, condition).float()
        velocity = self.nets.denoiser.config.predicts == "v_prediction"
        target = self._schedule.get_velocity(latent, noise, timestep) if velocity else noise
        loss = ((prediction - target).square() * weight).sum() / (weight.sum() * latent.shape[1])
        return Outcome(losses={"noise": loss}, figures={"latent": latent.std()})

    def _latents(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """The latents of merged textures, B×6×s×s; weights, B×1×s×s; the conditions of single views, B×N×7×s×s."""
        nets = self.nets
        views = [self._partial_texture(batch, frame) for frame in range(self.frames)]
        merged = self._true_texture(batch, views)
        conditions = [
            encode_condition(nets.vqgan, texture, self.fill_with_attention(texture)).float() for texture, _ in views
        ]
        truth = nets.vqgan.encode(self.fill_with_attention(merged)).float()
        coverage = functional.adaptive_avg_pool2d(channels(merged, FILLED), (truth.shape[-2], truth.shape[-1]))
        return truth, _UNKNOWN + (1 - _UNKNOWN) * coverage, torch.stack(conditions, 1)
