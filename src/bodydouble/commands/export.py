"""The command that writes a double for other programs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from bodydouble.commands.loading import load_double
from bodydouble.export.profiles import PROFILES
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

_PROGRAMS = "; ".join(f"{name}: {profile.use}" for name, profile in PROFILES.items())


class VrmVersion(StrEnum):
    """Of a .vrm file."""

    one = "1"
    zero = "0"


class Material(StrEnum):
    """How surfaces take light."""

    lit = "lit"
    unlit = "unlit"


def export(
    double: DoubleFile,
    output: Output,
    motion: Annotated[str | None, typer.Option(help="Bake in a motion: a built-in name or a file.")] = None,
    program: Annotated[str | None, typer.Option("--for", help=f"A .glb for one program. {_PROGRAMS}.")] = None,
    vrm: Annotated[VrmVersion, typer.Option(help="Of a .vrm: 1 is VRM 1.0; some programs read 0 (0.x) alone.")] = (
        VrmVersion.one
    ),
    name: Annotated[str | None, typer.Option(help="Of the model, where it is not to be the file's.")] = None,
    author: Annotated[str | None, typer.Option(help="Of a .vrm, who alone may use it.")] = None,
    material: Annotated[
        Material | None, typer.Option(help="lit by lamps (usual in a .glb), or unlit, as in the photo (in a .vrm).")
    ] = None,
    albedo: Annotated[bool, typer.Option("--albedo", help="Textures without the photo's light and shade.")] = False,
    texture_size: Annotated[
        int | None, typer.Option(help="Texels a side, 128 to 4096; else as the double has.")
    ] = None,
    triangles: Annotated[int | None, typer.Option(help="About so many at most; needs bodydouble[simplify].")] = None,
    root_motion: Annotated[
        bool | None,
        typer.Option("--root-motion/--in-place", help="The way is a root bone's, or left out; else it is the hips'."),
    ] = None,
    up: Up = None,
    foot_lock: FootLock = True,
    weights: Weights = None,
    body_file: BodyFile = None,
    device: DeviceOption = Device.auto,
    quiet: Quiet = False,
) -> None:
    """Write a rigged, skinned and textured .glb; a .vrm: an avatar; or its motion alone: a .vrma for other avatars."""
    from bodydouble.export.write import TRAVELS, ExportOptions

    check_output(output, ".glb", ".vrm", ".vrma")
    loaded = load_double(double, body_file, weights, device)
    with printed_notes(quiet):
        clip = None if motion is None else loaded.load_motion(motion, up, foot_lock)
    chosen = ExportOptions(
        vrm=vrm.value,
        name=name,
        author=author,
        material=material and material.value,
        albedo=albedo,
        texture_size=texture_size,
        triangles=triangles,
        travel=None if root_motion is None else TRAVELS[not root_motion],
        profile=program,
    )
    loaded.export(output, clip, chosen)
    report_written(output, quiet)
