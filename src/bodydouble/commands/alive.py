"""The command with which a photo comes alive."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bodydouble.options import (
    BoxText,
    Device,
    DeviceOption,
    FootLock,
    MotionName,
    Output,
    PersonNumber,
    ProgressBar,
    Quiet,
    Seed,
    Up,
    box_of,
    check_output,
    print_notes,
    printed_notes,
    report_written,
    select_device,
)


def alive(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="An image file that shows one person.")],
    motion: MotionName,
    output: Output,
    longest: Annotated[
        int | None, typer.Option(help="Pixels of the longer side; else 960, of a .webp 640, of a .gif 480.")
    ] = None,
    travel: Annotated[bool, typer.Option("--travel", help="A motion that walks away does, and stays not in place.")] = (
        False
    ),
    box: BoxText = None,
    person: PersonNumber = None,
    up: Up = None,
    foot_lock: FootLock = True,
    device: DeviceOption = Device.auto,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Let the person in a photo move in front of its background (.mp4, .gif, .webp, or a folder of .png)."""
    check_output(output, ".mp4", ".gif", ".webp", "")
    from bodydouble.alive.run import AliveConfig, animate_photo
    from bodydouble.create_config import CreateConfig

    create = CreateConfig(box=box_of(box), person=person, seed=seed, device=select_device(device))
    config = AliveConfig(longest=longest, travel=travel, up=up, lock_feet=foot_lock)
    with ProgressBar(quiet) as progress, printed_notes(quiet):
        double = animate_photo(photo, motion, output, config=config, create=create, progress=progress)
    print_notes(double.metadata.notes(), quiet)
    report_written(output, quiet)
