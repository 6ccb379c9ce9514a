"""Stages that end in a picture: the first one, and the renderer's last."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from bodydouble.dinar.channels import RGB, channels, composite
from bodydouble.dinar.complete import decode_latent, encode_condition
from bodydouble.dinar.networks import Networks
from bodydouble.dinar.sampling import sample_latent
from bodydouble.geometry.uv import spread_colours
from bodydouble.nn.layers import EqualConv2d
from workshop.measures.psnr import psnr
from workshop.training import textures
from workshop.training.discriminator import Discriminator
from workshop.training.frames import Batch
from workshop.training.losses import Perceptual
from workshop.training.presets import Preset, StageConfig
from workshop.training.stage import INPUT, Outcome, Stage, Target, require_batch

_NOTHING = -3.0  # before the sigmoid: a mask of 0.05


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

    def __call__(self, batch: Batch | None, judge: Discriminator | None) -> Outcome:
        """See `Stage`. The figure `psnr_start` is of the sampled colours alone, which the lite renderer starts with."""
        batch = require_batch(batch)
        texture, sampled = self.neural_view(batch, INPUT)
        if self.nets.attention:
            texture = self.fill_with_attention(texture)
            colours = self.colours(batch, channels(texture, RGB))
        else:
            colours = self.colours(batch, spread_colours(sampled.rgb, sampled.filled))
        target = self.target(batch)
        outcome = self.compare(
            batch, target, textures.draw_double(self.nets.renderer, texture, colours, target.uv), judge
        )
        covered = (target.uv >= 0).all(1, keepdim=True).float()
        real, alpha = outcome.pictures["real"], target.rgba[:, 3:]
        backdrop = ((real - target.rgba[:, :3] * alpha) / (1 - alpha).clamp_min(1e-3)).amax((2, 3), True)
        start = torch.lerp(backdrop.expand_as(real), textures.sample_colours(colours, target.uv), covered)
        return Outcome(
            losses=outcome.losses,
            figures={**outcome.figures, "psnr_start": psnr(start, real).mean()},
            pictures={**outcome.pictures, "start": start},
            fake=outcome.fake,
            real=outcome.real,
        )


class Finish(Stage):
    """The renderer learns what completed textures look like; in `lite` also to leave alone what the photo showed.

    There batches are small, so the statistics of the first stage stay.
    """

    trains = ("renderer",)

    def __init__(self, networks: Networks, preset: Preset, config: StageConfig, perceptual: Perceptual) -> None:
        super().__init__(networks, preset, config, perceptual)
        for module in networks.renderer.modules():
            if config.own_view and isinstance(module, nn.BatchNorm2d):
                module.eval()

    def __call__(self, batch: Batch | None, judge: Discriminator | None) -> Outcome:
        """See `Stage`."""
        batch = require_batch(batch)
        with torch.no_grad():
            texture, sampled = self.neural_view(batch, INPUT)
            begun = self.fill_with_attention(texture)
            condition = encode_condition(self.nets.vqgan, texture, begun).float()
            seed = int(torch.randint(2**31, ()))
            latent = sample_latent(self.nets.denoiser, condition, steps=self.config.sampler_steps, seed=seed)
            restored = decode_latent(self.nets.vqgan, latent, begun, condition if self.nets.attention else None).float()
            result = composite(texture, restored)
            colours = self.colours(batch, channels(result, RGB))
        target = _input_target(self, batch) if torch.rand(()) < self.config.own_view else self.target(batch)
        outcome = self.compare(
            batch, target, textures.draw_double(self.nets.renderer, result, colours, target.uv), judge
        )
        return Outcome(
            losses=outcome.losses,
            figures=outcome.figures,
            pictures={**outcome.pictures, "texture": texture[:, RGB], "completed": result[:, RGB]},
            fake=outcome.fake,
            real=outcome.real,
        )


def _input_target(stage: Stage, batch: Batch) -> Target:
    """The input photo, light, noise and all, through the body that it was sampled with."""
    photo = torch.cat([batch.photo, batch.target[:, :, 3:]], 2)
    return stage.target(replace(batch, target=photo, target_uv=batch.uv), INPUT)
