"""Commands that make pictures and videos of a double."""

from __future__ import annotations

from pathlib import Path
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
    MotionName,
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
    motion: MotionName,
    output: Output,
    azimuth: Azimuth = 20.0,
    save_motion: Annotated[Path | None, typer.Option(help="Also keep the motion, as .npz, for any double.")] = None,
    up: Up = None,
    foot_lock: FootLock = True,
    weights: Weights = None,
    body_file: BodyFile = None,
    device: DeviceOption = Device.auto,
    quiet: Quiet = False,
) -> None:
    """Write a double in motion (.mp4, .gif, .webp, or a folder of .png)."""
    check_output(output, ".mp4", ".gif", ".webp", "")
    if save_motion is not None:
        check_output(save_motion, ".npz")
    loaded = load_double(double, body_file, weights, device)
    with ProgressBar(quiet) as progress:
        with printed_notes(quiet):
            clip = loaded.load_motion(motion, up, foot_lock, progress)
        loaded.animate(clip, output, azimuth, progress)
    if save_motion is not None:
        loaded.save_motion(clip, save_motion)
        report_written(save_motion, quiet)
    report_written(output, quiet)
