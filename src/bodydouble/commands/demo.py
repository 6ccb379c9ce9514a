"""The command that shows everything once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bodydouble.commands.export import export
from bodydouble.commands.photos import create
from bodydouble.commands.pictures import animate, turntable
from bodydouble.options import Device, DeviceOption, Quiet, Seed

SAMPLE = Path(__file__).parents[1] / "data" / "sample.jpg"
DEMO = Path("out")


def demo(
    photo: Annotated[
        Path, typer.Argument(help="An image file that shows one person; by default a drawn one.")
    ] = SAMPLE,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write into; made if missing.")] = DEMO,
    device: DeviceOption = Device.auto,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Make the double of a photo, its turntable, its walk, its .glb and its .vrm."""
    output.mkdir(parents=True, exist_ok=True)
    double = output / "demo.double"
    create([photo], double, device=device, seed=seed, quiet=quiet)
    turntable(double, output / "turntable.mp4", device=device, quiet=quiet)
    animate(double, "walk", output / "walk.mp4", device=device, quiet=quiet)
    export(double, output / "demo.glb", device=device, quiet=quiet)
    export(double, output / "demo.vrm", device=device, quiet=quiet)
