"""Commands that make pictures and videos of a double."""

from __future__ import annotations

from typing import Annotated

import typer

from bodydouble.commands.loading import load_double
from bodydouble.options import (
    Azimuth,
    BodyFile,
    Device,
    DeviceOption,
    DoubleFile,
    Elevation,
    FootLock,
    Output,
    ProgressBar,
    Quiet,
    StandingPose,
    Up,
    View,
    Weights,
    check_output,
    printed_notes,
    report_written,
    size_of,
)


def render(
    double: DoubleFile,
    output: Output,
    azimuth: Azimuth = 0.0,
    elevation: Elevation = 0.0,
    view: Annotated[View, typer.Option(help="photo: the camera, pose and size of the photo.")] = View.orbit,
    pose: Annotated[StandingPose, typer.Option(help="As in the photo, or the rest pose.")] = StandingPose.photo,
    size: Annotated[str | None, typer.Option(help="width,height in pixels.")] = None,
    weights: Weights = None,
    body_file: BodyFile = None,
    device: DeviceOption = Device.auto,
    quiet: Quiet = False,
) -> None:
    """Write one picture of a double (.png, with transparency)."""
    check_output(output, ".png")
    from bodydouble.render.image import write_png

    pixels = size_of(size)
    loaded = load_double(double, body_file, weights, device)
    picture = loaded.render(azimuth, elevation, pixels, view.value, pose.value)
    write_png(picture, output, loaded.metadata.provenance())
    report_written(output, quiet)


def turntable(
    double: DoubleFile,
    output: Output,
    elevation: Elevation = 0.0,
    pose: Annotated[StandingPose, typer.Option(help="As in the photo, or the rest pose.")] = StandingPose.photo,
    weights: Weights = None,
    body_file: BodyFile = None,
    device: DeviceOption = Device.auto,
    quiet: Quiet = False,
) -> None:
    """Write one turn around a double (.mp4, .gif, .webp, or a folder of .png)."""
    check_output(output, ".mp4", ".gif", ".webp", "")
    loaded = load_double(double, body_file, weights, device)
    with ProgressBar(quiet) as progress:
        loaded.turntable(output, elevation=elevation, pose=pose.value, progress=progress)
    report_written(output, quiet)


def animate(
    double: DoubleFile,
    motion: Annotated[
        str, typer.Argument(help="idle, walk, wave, turn, dance, or a .bvh, .glb, .vrma, .npz or .npy file.")
    ],
    output: Output,
    azimuth: Azimuth = 20.0,
    up: Up = None,
    foot_lock: FootLock = True,
    weights: Weights = None,
    body_file: BodyFile = None,
    device: DeviceOption = Device.auto,
    quiet: Quiet = False,
) -> None:
    """Write a double in motion (.mp4, .gif, .webp, or a folder of .png)."""
    check_output(output, ".mp4", ".gif", ".webp", "")
    loaded = load_double(double, body_file, weights, device)
    with printed_notes(quiet):
        clip = loaded.load_motion(motion, up, foot_lock)
    with ProgressBar(quiet) as progress:
        loaded.animate(clip, output, azimuth, progress)
    report_written(output, quiet)
