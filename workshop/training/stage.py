"""What every stage of training has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from bodydouble.body.layout import load_layout
from bodydouble.dinar.channels import FILLED, RGB, channels, with_colours
from bodydouble.dinar.networks import Networks
from bodydouble.dinar.renderer import Rendering
from bodydouble.dinar.tune import random_window
from bodydouble.inpaint.exemplar.complete import complete_batch
from workshop.measures.psnr import psnr
from workshop.training import textures
from workshop.training.discriminator import Discriminator
from workshop.training.frames import Batch
from workshop.training.losses import Perceptual, dice, generator_loss, picture_losses
from workshop.training.presets import Preset, StageConfig
from workshop.training.textures import Sampled

INPUT, TARGET = 0, 1  # which of a person's photographs is which


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a stage makes of a batch."""

    losses: Mapping[str, Tensor]  # scalars with gradients, not yet weighted
    figures: Mapping[str, Tensor] = field(default_factory=dict)  # scalars to look at
    pictures: Mapping[str, Tensor] = field(default_factory=dict)  # B×3×H×W, for sample sheets
    fake: Tensor | None = None  # B×3×H×W, for the discriminator to tell from
    real: Tensor | None = None


@dataclass(frozen=True, kw_only=True)
class Target:
    """The picture of each person that is to be drawn, or a part of it."""

    rgba: Tensor  # B×4×h×w, [0, 1], straight alpha
    uv: Tensor  # B×2×h×w, [0, 1], -1 beside the body
    face: Tensor  # B×4, as in `PersonFrames`


def require_batch(batch: Batch | None) -> Batch:
    """The batch of a stage that wants one at every step (`Stage.needs_people`)."""
    if batch is None:
        raise ValueError("this stage learns from a batch at every step, and got none")
    return batch


class Stage(ABC):
    """One stage: which networks it trains, and its losses."""

    trains: tuple[str, ...]
    frames = 2  # photographs of each person in a batch

    def __init__(self, networks: Networks, preset: Preset, config: StageConfig, perceptual: Perceptual) -> None:
        self.nets, self.preset, self.config, self.perceptual = networks, preset, config, perceptual
        self.layout = load_layout()  # that all people who are learned from have
        for name, module in networks.modules().items():
            module.train(name in self.trains).requires_grad_(name in self.trains)

    @abstractmethod
    def __call__(self, batch: Batch | None, judge: Discriminator | None) -> Outcome:
        """Losses of a batch; `judge` is the discriminator, which is not trained here."""

    def needs_people(self, step: int) -> bool:
        """Whether this step wants a batch; without one it gets None."""
        return True

    def trained(self) -> list[nn.Parameter]:
        """Every parameter that is trained, in an order that does not change."""
        modules = self.nets.modules()
        return [parameter for name in self.trains for parameter in modules[name].parameters()]

    def prepare(self, batch: Batch) -> None:  # noqa: B027  (most stages have nothing to prepare)
        """Make the networks ready for the first step."""

    def after_step(self, step: int) -> bool:
        """Change what no gradient changes; whether anything was changed."""
        return False

    def scatter(self, batch: Batch, frame: int, size: int | None = None) -> Sampled:
        """Algorithm 1 of one photo of each person, by default at the neural texture's size."""
        views = (batch.photo[:, frame], batch.mask[:, frame], batch.uv[:, frame], batch.cosine[:, frame])
        return textures.scatter_photos(*views, size or self.nets.generator.config.resolution)

    def neural_view(self, batch: Batch, frame: int) -> tuple[Tensor, Sampled]:
        """T^j of one photo of each person, and what it was sampled from."""
        sampled = self.scatter(batch, frame)
        photo, mask = batch.photo[:, frame], batch.mask[:, frame]
        features = textures.generate_features(self.nets.encoder, self.nets.generator, photo, mask)
        return textures.neural_texture(features, sampled), sampled

    def fill_with_attention(self, texture: Tensor) -> Tensor:
        """With copied colours where a texture knows nothing, if the networks are to get such."""
        if self.nets.attention is None:
            return texture
        rgb = complete_batch(self.nets.attention, channels(texture, RGB), channels(texture, FILLED), self.layout)
        return with_colours(texture, rgb)

    def target(self, batch: Batch, frame: int = TARGET) -> Target:
        """What is to be drawn: a photograph, or a random square of it that shows some of the body."""
        rgba, uv, face = batch.target[:, frame], batch.target_uv[:, frame], batch.face[:, frame]
        side = self.config.crop
        if not side or side >= rgba.shape[-1]:
            return Target(rgba=rgba, uv=uv, face=face)
        windows = [random_window(image[0] >= 0, side) for image in uv]
        places = [(slice(None), *window) for window in windows]
        moved = face - face.new_tensor([[left.start, top.start, 0, 0] for top, left in windows])
        middle = moved[:, :2] + moved[:, 2:] / 2
        inside = ((middle > 0) & (middle < side)).all(1, keepdim=True)
        return Target(
            rgba=torch.stack([image[place] for image, place in zip(rgba, places, strict=True)]),
            uv=torch.stack([image[place] for image, place in zip(uv, places, strict=True)]),
            face=moved * inside,
        )

    def colours(self, batch: Batch, below: Tensor) -> Tensor:
        """High-resolution colours: the input photo's over `below` (B×3×S×S); those alone where nothing needs more."""
        if not self.nets.renderer.config.detail:
            return below
        return textures.fine_colours(self.scatter(batch, INPUT, self.preset.fine_texture), below)

    def compare(self, batch: Batch, target: Target, rendering: Rendering, judge: Discriminator | None) -> Outcome:
        """The losses of section 4.1 on a picture of the target, before a background of one random colour."""
        colour, mask = target.rgba[:, :3], target.rgba[:, 3:]
        backdrop = torch.rand(len(colour), 3, 1, 1, device=colour.device).expand_as(colour)
        real = torch.lerp(backdrop, colour, mask)
        fake = rendering.over(backdrop)
        losses = picture_losses(fake, real, target.face, self.perceptual, judge)
        losses["dice"] = dice(rendering.mask, mask)
        if judge is not None:
            losses["adversarial"] = generator_loss(judge(fake * 2 - 1).score)
        pictures = {"photo": batch.photo[:, INPUT], "real": real, "fake": fake.detach()}
        return Outcome(
            losses=losses,
            figures={"psnr": psnr(fake.detach(), real).mean()},
            pictures=pictures,
            fake=fake.detach(),
            real=real,
        )
