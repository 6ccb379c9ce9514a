"""The command that writes a double for other programs."""

from __future__ import annotations

from typing import Annotated

import typer

from bodydouble.commands.loading import load_double
from bodydouble.options import (
    BodyFile,
    Device,
    DeviceOption,
    DoubleFile,
    FootLock,
    Output,
    Quiet,
    Up,
    Weights,
    check_output,
    printed_notes,
    report_written,
)


def export(
    double: DoubleFile,
    output: Output,
    motion: Annotated[str | None, typer.Option(help="Bake in a motion: a built-in name or a file.")] = None,
    albedo: Annotated[bool, typer.Option("--albedo", help="Textures without the photo's light and shade.")] = False,
    up: Up = None,
    foot_lock: FootLock = True,
    weights: Weights = None,
    body_file: BodyFile = None,
    device: DeviceOption = Device.auto,
    quiet: Quiet = False,
) -> None:
    """Write a rigged, skinned and textured .glb."""
    check_output(output, ".glb")
    loaded = load_double(double, body_file, weights, device)
    with printed_notes(quiet):
        clip = None if motion is None else loaded.load_motion(motion, up, foot_lock)
    loaded.export(output, clip, albedo)
    report_written(output, quiet)
