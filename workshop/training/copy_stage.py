"""The stage that teaches which seen texels the unseen ones are like."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.dinar.channels import FILLED, RGB, channels
from bodydouble.inpaint.exemplar.attention import AttentionInputs, ContextualAttention
from workshop.training.augment import recolour
from workshop.training.discriminator import Discriminator
from workshop.training.frames import Batch
from workshop.training.stage import Outcome
from workshop.training.texture_stages import ReplayStage

_PLACES = 1024  # of each texture that are compared
_KEYS = 1024  # seen texels of each texture's map that may be copied


@dataclass(frozen=True, kw_only=True)
class _Views:
    """V views of one person, and the texture of all of them; what is kept in bytes would lose the dark colours."""

    shown: Tensor  # V×4×s×s, float16: mean colours of what was seen, and its share
    truth: Tensor  # 3×N×N, float16
    wanted: Tensor  # V×N×N, bool: texels that this view does not show and others do


class Copying(ReplayStage[_Views]):
    """The attention learns merged textures' colours, given one view's.

    Textures that are kept are learned from in other colours and mirrored.
    """

    trains = ("attention",)
    frames = 4

    def __call__(self, batch: Batch | None, judge: Discriminator | None) -> Outcome:
        """See `Stage`; how surprising the colours of unseen texels are."""
        attention = self.nets.attention
        assert attention is not None
        if batch is not None:
            with torch.no_grad():
                self._kept.extend(self._views(batch, attention.config.side))
        device = self._kept[0].truth.device.type
        with torch.autocast(device, enabled=False):  # its eight bits are too few for colours
            rgb, coverage, places, truth = self._sample_batch()
        inputs = attention.encode(rgb, coverage)
        with torch.autocast(device, enabled=False):
            loss = attention.negative_log_likelihood(_thin_keys(inputs), places, truth)
        return Outcome(losses={"negative_log_likelihood": loss.mean()}, figures={"median": loss.median()})

    def _views(self, batch: Batch, side: int) -> list[_Views]:
        """One for each person of a batch."""
        views = [self._partial_texture(batch, frame) for frame in range(self.frames)]
        merged = self._true_texture(batch, views)
        partial = torch.stack([texture for texture, _ in views], 1)
        flat = partial.flatten(0, 1)
        pooled = ContextualAttention.pool(channels(flat, RGB), channels(flat, FILLED), side)
        pooled_views = torch.cat(pooled, 1).unflatten(0, partial.shape[:2])
        hidden = (channels(partial, FILLED) == 0) & (channels(merged, FILLED)[:, None] > 0)
        return [
            _Views(shown=one[0].half(), truth=one[1].half(), wanted=one[2][:, 0])
            for one in zip(pooled_views, channels(merged, RGB), hidden, strict=True)
        ]

    def _sample_batch(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Random views: colours B×3×s×s and shares B×1×s×s, places B×P×2 and their true colours B×P×3."""
        pooled, places, truth = [], [], []
        for person in torch.randint(len(self._kept), (self.config.kept_batch,)).tolist():
            views = self._kept[person]
            view = int(torch.randint(len(views.shown), ()))
            row, column = (views.wanted[view] if views.wanted[view].any() else views.wanted[view] == 0).nonzero().T
            picked = torch.randint(len(row), (_PLACES,), device=row.device)
            row, column = row[picked], column[picked]
            uv = (torch.stack([column, row], 1) + 0.5) / views.truth.shape[-1]
            mirrored = bool(torch.rand(()) < 0.5)
            pooled.append(views.shown[view].flip(-1) if mirrored else views.shown[view])
            places.append(torch.stack([1 - uv[:, 0], uv[:, 1]], 1) if mirrored else uv)
            truth.append(views.truth[:, row, column])
        rgb, coverage = torch.stack(pooled).float().split([3, 1], 1)
        colours, true = recolour([rgb, torch.stack(truth)[..., None].float()], self.preset.augmentation)
        return colours * (coverage > 0), coverage, torch.stack(places), true[..., 0].transpose(1, 2)


def _thin_keys(inputs: AttentionInputs) -> AttentionInputs:
    """With some of the observed texels to choose from: it saves time, and none can be relied on."""
    weight = inputs.keys[..., -1].detach().exp() + 1e-9
    picked = torch.multinomial(weight, min(_KEYS, weight.shape[1]))[..., None]
    return replace(
        inputs,
        keys=inputs.keys.gather(1, picked.expand(-1, -1, inputs.keys.shape[2])),
        values=inputs.values.gather(1, picked.expand(-1, -1, 3)),
    )
