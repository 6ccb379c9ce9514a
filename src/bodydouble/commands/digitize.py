"""The command that makes one textured mesh of a photo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bodydouble.errors import InputError
from bodydouble.options import (
    BoxText,
    Device,
    DeviceOption,
    Output,
    PersonNumber,
    Photos,
    ProgressBar,
    Quiet,
    Seed,
    box_of,
    check_output,
    report_written,
    select_device,
)

if TYPE_CHECKING:
    from bodydouble.double import Double
    from bodydouble.person.sources import Source


def digitize(
    photos: Photos,
    output: Output,
    back: Annotated[Path | None, typer.Option(help="A photo or picture of the person from behind.")] = None,
    turntable: Annotated[
        Path | None, typer.Option(help="Also one turn around it: .mp4, .gif, .webp, or a folder.")
    ] = None,
    box: BoxText = None,
    person: PersonNumber = None,
    painter: Annotated[str, typer.Option(help="exemplar, stable-diffusion, or module:attribute.")] = "exemplar",
    weights_dir: Annotated[Path | None, typer.Option(help="Of stable-diffusion: the folder of your weights.")] = None,
    download: Annotated[bool, typer.Option(help="Fetch what --weights-dir lacks, from Hugging Face.")] = False,
    lpips: Annotated[Path | None, typer.Option(help="LPIPS weights of yours, for fusion (.safetensors).")] = None,
    mesh: Annotated[Path | None, typer.Option(help="Your own geometry of this photo: .obj, .ply, .glb.")] = None,
    device: DeviceOption = Device.auto,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Make one textured, rigged mesh of the person in a photo, or of a double: .glb, .double, .obj or .ply.

    The same command again goes on where it was interrupted.
    """
    check_output(output, ".glb", ".obj", ".ply", ".double")
    if turntable is not None:
        check_output(turntable, ".mp4", ".gif", ".webp", "")
    from bodydouble.create_config import CreateConfig
    from bodydouble.digitize import run
    from bodydouble.digitize.config import DigitizeConfig
    from bodydouble.digitize.work_folder import open_work_folder

    chosen = select_device(device)
    if painter == "exemplar" and weights_dir is not None:
        raise InputError("the painter exemplar needs no weights; for these choose --painter stable-diffusion")
    if download and painter != "stable-diffusion":
        raise InputError("--download is for --painter stable-diffusion; leave it out")
    options: dict[str, Any] = {} if weights_dir is None else {"weights_dir": weights_dir, "device": chosen}
    if download:
        options["download"] = True
    create = CreateConfig(box=box_of(box), person=person, seed=seed, device=chosen)
    config = DigitizeConfig(painter=painter, painter_options=options, mesh=mesh, lpips=lpips, seed=seed)
    paths = [*photos, *([] if back is None else [back])]
    source = _source(paths)
    if not isinstance(source, list) and (box is not None or person is not None):
        raise InputError("a double is one person already; leave --box and --person out")
    made_of = [path for path in (*paths, mesh, lpips) if path is not None]
    work = open_work_folder(output, made_of, repr((create, replace(config, painter_options={}), weights_dir)))
    new = not work.path.exists()
    with ProgressBar(quiet) as progress:
        try:
            textured = run.digitize(source, config=config, create=create, work=work, progress=progress)
            textured.save(output)
        except InputError:
            if new:  # what an earlier run left may be of use yet
                work.remove()
            raise
        work.remove()
        if turntable is not None:
            textured.turntable(turntable)
    report_written(output, quiet)
    if turntable is not None:
        report_written(turntable, quiet)


def _source(paths: list[Path]) -> Double | list[Source]:
    """A double, where its file is all that is named; else photos. Raises InputError."""
    doubles = [path for path in paths if path.suffix == ".double"]
    if not doubles:
        return list(paths)
    if len(paths) > 1:
        raise InputError(f"{doubles[0]} is a double, which is digitised alone; leave the other files out")
    from bodydouble.double import Double

    return Double.load(doubles[0])
