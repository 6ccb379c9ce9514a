"""`exemplar`, and what a network corrects about it that learned from what photographs of real people show.

exemplar's whole texture ── `network.py`: smooth changes of colour, and how much of the mirrored texel ──▶ whole texture
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from bodydouble.body import BodyModel
from bodydouble.inpaint.exemplar.inpainter import ExemplarInpainter
from bodydouble.inpaint.exemplar.network import TrainedAttention
from bodydouble.inpaint.learned.network import (
    KIND,
    CompletionNetwork,
    TrainedCompletion,
    correct_colours,
    load_completion,
    make_inputs,
)
from bodydouble.progress import Progress, part_of
from bodydouble.values import FittedView, Surface, Texture


class LearnedInpainter(ExemplarInpainter):
    """`ExemplarInpainter`, corrected on the body's own surface. See `Inpainter`."""

    def __init__(
        self,
        *,
        seed: int = 0,
        weights: str | Path | TrainedAttention | None = None,
        device: torch.device | str = "cpu",
        correction: str | Path | TrainedCompletion = KIND,
    ) -> None:
        """Load both networks.

        Args:
            seed, weights, device: those of `ExemplarInpainter`.
            correction: a file that training wrote; the one that ships where none is named.

        Raises:
            InputError: weights cannot be used.
        """
        super().__init__(seed=seed, weights=weights, device=device)
        if not isinstance(correction, TrainedCompletion):
            correction = load_completion(correction, device)
        self._correction: TrainedCompletion = correction

    @property
    def weights(self) -> Mapping[str, str]:
        """See `Inpainter`."""
        return {**super().weights, **self._correction.weights}

    def __call__(
        self,
        surfaces: Sequence[Surface],
        views: Sequence[FittedView],
        body: BodyModel,
        progress: Progress | None = None,
    ) -> tuple[Surface, ...]:
        """See `Inpainter`."""
        skin, *attached = super().__call__(surfaces, views, body, part_of(progress, 0.0, 0.99))
        if body.layout.mirrored:
            skin = replace(skin, texture=correct_texture(self._correction.network, skin.texture))
        return skin, *attached


@torch.no_grad()
def correct_texture(network: CompletionNetwork, texture: Texture) -> Texture:
    """A whole texture in a mirrored layout with the network's corrections where its confidence is 0.

    One without labels, or of which nothing was seen, comes back as it is: the network goes by both.
    """
    seen = texture.confidence > 0
    if texture.labels is None or not bool(seen.any()) or bool(seen.all()):
        return texture
    device = next(network.parameters()).device
    rgb, confidence, labels = (each[None].to(device) for each in (texture.rgb, texture.confidence, texture.labels))
    corrected = correct_colours(rgb, confidence, network(make_inputs(rgb, confidence, labels)))[0].clamp(0, 1)
    return replace(texture, rgb=torch.where(seen, texture.rgb, corrected.to(texture.rgb)))
