"""Complete the texture with a part of your own: here, whatever the photo did not show becomes the mean colour.

Run it: python examples/03_own_inpainter.py me.jpg
"""

import sys
from dataclasses import replace

import torch
from PIL import Image

import bodydouble
from bodydouble.body import BodyModel
from bodydouble.values import BodyFit, Photo, Texture


class MeanColour:
    """An `inpaint.Inpainter`: seen texels come back to the last bit."""

    def __call__(self, partial: Texture, photo: Photo, fit: BodyFit, body: BodyModel) -> Texture:
        seen = partial.confidence > 0
        mean = partial.rgb[:, seen].mean(1)
        return replace(partial, rgb=torch.where(seen, partial.rgb, mean[:, None, None]))


if __name__ == "__main__":
    config = bodydouble.CreateConfig(inpainter=f"{__name__}:MeanColour")
    double = bodydouble.create(sys.argv[1], config=config)
    Image.fromarray(double.render(azimuth=150)).save("mean_colour.png")
