"""Commands that start from a photo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bodydouble.commands.loading import named_body
from bodydouble.commands.many import create_each
from bodydouble.errors import InputError
from bodydouble.options import (
    Age,
    Blend,
    BodyFile,
    BodyName,
    BoxText,
    DetectorName,
    Device,
    DeviceOption,
    Gender,
    HairSurface,
    HatSurface,
    Height,
    Muscle,
    OneOutput,
    OutDir,
    PersonNumber,
    Photos,
    PhotosOrFolders,
    ProgressBar,
    Quiet,
    RayAddress,
    Seed,
    ShoeSurface,
    SkirtSurface,
    Weight,
    WorkerCount,
    box_of,
    check_output,
    numbered,
    print_notes,
    report_written,
    select_device,
    texels_of,
)

if TYPE_CHECKING:
    from bodydouble.create_config import CreateConfig


def create(
    photos: PhotosOrFolders,
    output: OneOutput = None,
    out_dir: OutDir = None,
    workers: WorkerCount = None,
    ray: RayAddress = None,
    box: BoxText = None,
    person: PersonNumber = None,
    detector: DetectorName = "mediapipe",
    body: BodyName = "anny",
    body_file: BodyFile = None,
    height: Height = None,
    age: Age = None,
    gender: Gender = None,
    weight: Weight = None,
    muscle: Muscle = None,
    inpainter: Annotated[
        str, typer.Option(help="auto, exemplar, learned, symmetry, dinar, or module:attribute.")
    ] = "auto",
    weights: Annotated[str | None, typer.Option(help="Networks for the inpainter, not those that ship.")] = None,
    samples: Annotated[int, typer.Option(help="As many completions, as NAME-1.double, NAME-2 ...")] = 1,
    bust: Annotated[bool, typer.Option("--bust", help="Cut the figure off below what the photo shows.")] = False,
    even_light: Annotated[
        bool, typer.Option("--even-light", help="Keep the colours without the photo's light and shade.")
    ] = False,
    texture_size: Annotated[str, typer.Option(help="Texels a side, or auto: what the photo is worth.")] = "auto",
    frames: Annotated[int, typer.Option(help="Of a video, how many to take at most.")] = 8,
    blend: Annotated[Blend, typer.Option(help="How the textures of several photos become one.")] = Blend.pyramid,
    hair_surface: HairSurface = True,
    skirt_surface: SkirtSurface = True,
    hat_surface: HatSurface = True,
    shoe_surface: ShoeSurface = True,
    device: DeviceOption = Device.auto,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> int:
    """Make the double of the person in a photo, a video (MP4, MOV, WebM, MKV, AVI, GIF), or several of them."""
    _check_target(output, out_dir, workers, ray, samples)
    from bodydouble.body.traits import Traits
    from bodydouble.create_config import CreateConfig

    config = CreateConfig(
        traits=Traits(height=height, age=age, gender=gender, weight=weight, muscle=muscle),
        detector=detector,
        body=body if out_dir is not None else named_body(body, body_file),
        inpainter=inpainter,
        box=box_of(box),
        person=person,
        frames=frames,
        bust=bust,
        even_light=even_light,
        texture_size=texels_of(texture_size),
        blend=blend.value,
        hair_surface=hair_surface,
        skirt_surface=skirt_surface,
        hat_surface=hat_surface,
        shoe_surface=shoe_surface,
        seed=seed,
        weights=weights,
        device=select_device(device),
    )
    if out_dir is not None:
        return create_each(photos, out_dir, config, body_file, workers, ray, quiet)
    assert output is not None  # one of the two is given
    return _create_one(photos, numbered(output, samples), config, quiet)


def _create_one(photos: list[Path], outputs: list[Path], config: CreateConfig, quiet: bool) -> int:
    """Write one double of all photos, or as many that differ as there are outputs."""
    from bodydouble.pipeline import create_samples

    with ProgressBar(quiet) as progress:
        doubles = create_samples(photos, len(outputs), config=config, progress=progress)
        for double, path in zip(doubles, outputs, strict=True):
            double.save(path)
    print_notes(doubles[0].metadata.notes(), quiet)
    for path in outputs:
        report_written(path, quiet)
    return 0


def inspect(
    photos: Photos,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write; its parent must exist.")],
    box: BoxText = None,
    person: PersonNumber = None,
    detector: DetectorName = "mediapipe",
    parser: Annotated[str, typer.Option(help="builtin, or module:attribute.")] = "builtin",
    body: BodyName = "anny",
    body_file: BodyFile = None,
    height: Height = None,
    age: Age = None,
    gender: Gender = None,
    weight: Weight = None,
    muscle: Muscle = None,
    quiet: Quiet = False,
) -> None:
    """Write what was understood of a photo: mask, labels, normals and the fitted body, as pictures in a folder."""
    from bodydouble import inspection
    from bodydouble.body.traits import Traits
    from bodydouble.files import check_replaceable

    check_replaceable(output, inspection.NAMES.__contains__)
    config = inspection.InspectConfig(
        traits=Traits(height=height, age=age, gender=gender, weight=weight, muscle=muscle),
        detector=detector,
        parser=parser,
        body=named_body(body, body_file),
        box=box_of(box),
        person=person,
    )
    with ProgressBar(quiet) as progress:
        seen = inspection.inspect(photos, config=config, progress=progress)
        inspection.write_inspection(seen, output)
    print_notes(seen.person.warnings, quiet)
    report_written(output, quiet)


def _check_target(
    output: Path | None, out_dir: Path | None, workers: int | None, ray: str | None, samples: int
) -> None:
    """Raises InputError unless one double is asked for, or a folder of them, with options that go with it."""
    if (output is None) == (out_dir is None):
        raise InputError("give either -o NAME.double, for one double, or --out-dir FOLDER, for one of each photo")
    if output is not None:
        check_output(output, ".double")
    if output is not None and not (workers is None and ray is None):
        raise InputError("--workers and --ray go with --out-dir; one double is made by one process")
    if out_dir is not None and samples != 1:
        raise InputError("--samples is for one photo; make that one by itself, with -o")
