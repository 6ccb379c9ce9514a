"""The README's picture: the sample photo and what becomes of it. `python -m workshop.hero -o docs/hero.png`."""

from __future__ import annotations

import argparse
from importlib import resources
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import bodydouble
from bodydouble.files import whole_file
from bodydouble.motion.load import load_motion
from bodydouble.render.framing import framing_camera, surrounding_rings
from workshop.pictures import join_in_a_row, lay_on_background

HEIGHT, WIDTH = 560, 330  # of one picture, pixels
AZIMUTHS = (25, 100, 180)
FRAMES = (("walk", 12, 40), ("wave", 45, -20), ("dance", 30, 20))  # motion, frame, azimuth
BACKGROUND = (238, 238, 240)


def main() -> None:
    """Draw it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, default=Path("docs/hero.png"))
    options = parser.parse_args()
    sample = resources.files("bodydouble") / "data" / "sample.jpg"
    double = bodydouble.create(str(sample))
    pictures = [Image.open(str(sample)).convert("RGB").resize((HEIGHT * 3 // 4, HEIGHT), Image.Resampling.LANCZOS)]
    turned = [double.render(azimuth=azimuth, size=(HEIGHT, WIDTH)) for azimuth in AZIMUTHS]
    moving = [motion_frame(double, *frame) for frame in FRAMES]
    pictures += [lay_on_background(Image.fromarray(picture), BACKGROUND) for picture in (*turned, *moving)]
    with whole_file(options.out) as path:
        join_in_a_row(pictures).save(path, optimize=True)


def motion_frame(double: bodydouble.Double, name: str, frame: int, azimuth: float) -> np.ndarray:
    """One frame of a built-in motion, H×W×4 uint8."""
    motion = load_motion(name, double.body, double.rest)
    surfaces = double.pose_surfaces(motion.pose(frame, torch.zeros_like(double.fit.pose.expression)))
    points = torch.cat([surface.mesh.vertices for surface in surfaces])
    camera = framing_camera(surrounding_rings(points), (HEIGHT, WIDTH), azimuth, 5)
    drawn = double.renderer(surfaces, camera)
    return (drawn.permute(1, 2, 0) * 255).round().byte().numpy()


if __name__ == "__main__":
    main()
