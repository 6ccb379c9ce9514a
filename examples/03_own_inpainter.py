"""Complete the texture with a part of your own: here, whatever the photo did not show becomes the mean colour.

Run it: python examples/03_own_inpainter.py me.jpg
"""

import sys
from collections.abc import Sequence
from dataclasses import replace

import torch
from PIL import Image

import bodydouble
from bodydouble.body import BodyModel
from bodydouble.progress import Progress
from bodydouble.values import FittedView, Surface, Texture


class MeanColour:
    """An `inpaint.Inpainter`: seen texels come back to the last bit."""

    def __init__(self, *, seed: int = 0, device: str = "cpu") -> None:
        """Nothing is drawn at random, so every seed gives the same."""

    def __call__(
        self,
        surfaces: Sequence[Surface],
        views: Sequence[FittedView],
        body: BodyModel,
        progress: Progress | None = None,
    ) -> tuple[Surface, ...]:
        return tuple(replace(surface, texture=fill_with_mean(surface.texture)) for surface in surfaces)


def fill_with_mean(partial: Texture) -> Texture:
    """The texture with the mean of what was seen wherever nothing was."""
    seen = partial.confidence > 0
    mean = partial.rgb[:, seen].mean(1)
    return replace(partial, rgb=torch.where(seen, partial.rgb, mean[:, None, None]))


if __name__ == "__main__":
    config = bodydouble.CreateConfig(inpainter=f"{__name__}:MeanColour")
    double = bodydouble.create(sys.argv[1], config=config)
    Image.fromarray(double.render(azimuth=150)).save("mean_colour.png")
