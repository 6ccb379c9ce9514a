"""The command line: reads arguments, calls the library, prints.

Exit status 0: done; 2: the caller's mistake; 1: ours; 130: interrupted; 143: ended by SIGTERM.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bodydouble.errors import InputError
from bodydouble.files import printable, whole_file
from bodydouble.options import (
    Age,
    Azimuth,
    Blend,
    BodyFile,
    BodyName,
    BoxText,
    DetectorName,
    Device,
    DeviceOption,
    DoubleFile,
    Elevation,
    FootLock,
    Gender,
    HairSurface,
    Height,
    Muscle,
    Output,
    PersonNumber,
    Photos,
    ProgressBar,
    Quiet,
    Seed,
    ShoeSurface,
    SkirtSurface,
    StandingPose,
    Up,
    View,
    Weight,
    Weights,
    box_of,
    check_output,
    numbered,
    print_notes,
    printed_notes,
    report_written,
    select_device,
    size_of,
    texels_of,
)
from bodydouble.terminal import escape_what_cannot_be_shown, interrupted_by_signals

if TYPE_CHECKING:
    from bodydouble.body import BodyModel
    from bodydouble.double import Double

# What MediaPipe's C++ parts log is for their developers; set before they are imported.
os.environ.setdefault("GLOG_minloglevel", "3")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

app = typer.Typer(
    name="bodydouble",
    help="Turns one photo of a person into a rigged, textured double.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
SAMPLE = Path(__file__).with_name("data") / "sample.jpg"
DEMO = Path("out")
_INTERRUPTED = 130  # exit status: 128 and the number of the signal
_UsageError: Any = typer.BadParameter.__base__  # typer exports only this one of its usage errors


@app.command()
def create(
    photos: Photos,
    output: Output,
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
    inpainter: Annotated[str, typer.Option(help="auto, exemplar, symmetry, dinar, or module:attribute.")] = "auto",
    weights: Annotated[str | None, typer.Option(help="Networks for the inpainter, not those that ship.")] = None,
    samples: Annotated[int, typer.Option(help="As many completions, as NAME-1.double, NAME-2 ...")] = 1,
    bust: Annotated[bool, typer.Option("--bust", help="Cut the figure off below what the photo shows.")] = False,
    texture_size: Annotated[str, typer.Option(help="Texels a side, or auto: what the photo is worth.")] = "auto",
    frames: Annotated[int, typer.Option(help="Of a video, how many to take at most.")] = 8,
    blend: Annotated[Blend, typer.Option(help="How the textures of several photos become one.")] = Blend.pyramid,
    hair_surface: HairSurface = True,
    skirt_surface: SkirtSurface = True,
    shoe_surface: ShoeSurface = True,
    device: DeviceOption = Device.auto,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Make the double of the person in a photo, a video (MP4, MOV, WebM, MKV, AVI, GIF), or several of them."""
    check_output(output, ".double")
    from bodydouble import create_config, pipeline
    from bodydouble.body.traits import Traits

    config = create_config.CreateConfig(
        traits=Traits(height=height, age=age, gender=gender, weight=weight, muscle=muscle),
        detector=detector,
        body=_body(body, body_file),
        inpainter=inpainter,
        box=box_of(box),
        person=person,
        frames=frames,
        bust=bust,
        texture_size=texels_of(texture_size),
        blend=blend.value,
        hair_surface=hair_surface,
        skirt_surface=skirt_surface,
        shoe_surface=shoe_surface,
        seed=seed,
        weights=weights,
        device=select_device(device),
    )
    with ProgressBar(quiet) as progress:
        doubles = pipeline.create_samples(photos, samples, config=config, progress=progress)
        outputs = numbered(output, samples)
        for double, path in zip(doubles, outputs, strict=True):
            double.save(path)
    print_notes(doubles[0].metadata.notes(), quiet)
    for path in outputs:
        report_written(path, quiet)


@app.command()
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
        body=_body(body, body_file),
        box=box_of(box),
        person=person,
    )
    with ProgressBar(quiet) as progress:
        seen = inspection.inspect(photos, config=config, progress=progress)
        inspection.write_inspection(seen, output)
    print_notes(seen.person.warnings, quiet)
    report_written(output, quiet)


@app.command()
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
    from PIL import Image

    pixels = size_of(size)
    picture = _load(double, body_file, weights, device).render(azimuth, elevation, pixels, view.value, pose.value)
    with whole_file(output) as temporary:
        Image.fromarray(picture).save(temporary)
    report_written(output, quiet)


@app.command()
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
    """Write one turn around a double (.mp4, .gif, or a folder of .png)."""
    check_output(output, ".mp4", ".gif", "")
    loaded = _load(double, body_file, weights, device)
    with ProgressBar(quiet) as progress:
        loaded.turntable(output, elevation=elevation, pose=pose.value, progress=progress)
    report_written(output, quiet)


@app.command()
def animate(
    double: DoubleFile,
    motion: Annotated[str, typer.Argument(help="idle, walk, wave, turn, dance, or a .bvh, .npz or .npy file.")],
    output: Output,
    azimuth: Azimuth = 20.0,
    up: Up = None,
    foot_lock: FootLock = True,
    weights: Weights = None,
    body_file: BodyFile = None,
    device: DeviceOption = Device.auto,
    quiet: Quiet = False,
) -> None:
    """Write a double in motion (.mp4, .gif, or a folder of .png)."""
    check_output(output, ".mp4", ".gif", "")
    loaded = _load(double, body_file, weights, device)
    with printed_notes(quiet):
        clip = loaded.load_motion(motion, up, foot_lock)
    with ProgressBar(quiet) as progress:
        loaded.animate(clip, output, azimuth, progress)
    report_written(output, quiet)


@app.command()
def export(
    double: DoubleFile,
    output: Output,
    motion: Annotated[str | None, typer.Option(help="Bake in a motion: a built-in name or a file.")] = None,
    up: Up = None,
    foot_lock: FootLock = True,
    weights: Weights = None,
    body_file: BodyFile = None,
    device: DeviceOption = Device.auto,
    quiet: Quiet = False,
) -> None:
    """Write a rigged, skinned and textured .glb."""
    check_output(output, ".glb")
    loaded = _load(double, body_file, weights, device)
    with printed_notes(quiet):
        clip = None if motion is None else loaded.load_motion(motion, up, foot_lock)
    loaded.export(output, clip)
    report_written(output, quiet)


@app.command()
def demo(
    photo: Annotated[
        Path, typer.Argument(help="An image file that shows one person; by default a drawn one.")
    ] = SAMPLE,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write into; made if missing.")] = DEMO,
    device: DeviceOption = Device.auto,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Make the double of a photo, its turntable, its walk and its .glb."""
    output.mkdir(parents=True, exist_ok=True)
    double = output / "demo.double"
    create([photo], double, device=device, seed=seed, quiet=quiet)
    turntable(double, output / "turntable.mp4", device=device, quiet=quiet)
    animate(double, "walk", output / "walk.mp4", device=device, quiet=quiet)
    export(double, output / "demo.glb", device=device, quiet=quiet)


@app.command()
def info(
    double: DoubleFile,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only check that it can be read.")] = False,
) -> None:
    """Say what a .double file holds and how it was made."""
    from bodydouble.double_format import describe

    facts = describe(double)
    if quiet:
        return
    if as_json:
        print(json.dumps(facts))
    else:
        notes = facts.pop("notes")
        for name, value in _flat(facts):
            print(f"{printable(name):38} {printable(str(value))}")
        print_notes(notes, quiet)


@app.command("import-dinar")
def import_dinar(
    checkpoint: Annotated[Path, typer.Argument(metavar="CKPT", help="The checkpoint that DINAR's authors published.")],
    output: Output,
    quiet: Quiet = False,
) -> None:
    """Turn DINAR's published checkpoint into a .safetensors file of networks (its licence is non-commercial)."""
    check_output(output, ".safetensors")
    from bodydouble.dinar.import_checkpoint import import_dinar as import_checkpoint

    imported = import_checkpoint(checkpoint, output)
    print_notes(imported.notes, quiet)
    report_written(output, quiet)


@app.command()
def doctor(quiet: Quiet = False) -> None:
    """Say what is installed, which device is used, and what is missing and how to get it."""
    from bodydouble.doctor import examine

    for finding in examine():
        if not (quiet and finding.present):
            print(f"{'ok     ' if finding.present else 'missing'}  {finding.what}")
            if not finding.present:
                print(f"         {finding.remedy}")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    escape_what_cannot_be_shown()
    with interrupted_by_signals() as received:
        try:
            status = app(args=arguments, standalone_mode=False)
            if status == _INTERRUPTED:  # typer answers Ctrl-C so itself
                raise KeyboardInterrupt
            return status if isinstance(status, int) else 0
        except (typer.Abort, KeyboardInterrupt):
            print("interrupted; nothing was written", file=sys.stderr)
            return 128 + received[0] if received else _INTERRUPTED
        except InputError as error:
            print(f"bodydouble: {printable(str(error))}", file=sys.stderr)
            return 2
        except OSError as error:
            name = printable(str(error.filename or "a file"))
            print(f"bodydouble: {name} cannot be used: {error.strerror or error}", file=sys.stderr)
            return 2
        except _UsageError as error:
            error.show()
            return 2
        except Exception:
            traceback.print_exc()
            print("bodydouble: this is a mistake of the program, not yours; please report it", file=sys.stderr)
            return 1


def _load(path: Path, body_file: Path | None, weights: str | None, device: Device) -> Double:
    from bodydouble.double import Double

    body = None if body_file is None else _smplx(body_file)
    return Double.load(path, body, weights).to(select_device(device))


def _body(name: str, body_file: Path | None) -> str | BodyModel:
    """What is asked for by that name; SMPL-X comes from the user's file."""
    return _smplx(body_file) if name == "smplx" else name


def _smplx(body_file: Path | None) -> BodyModel:
    from bodydouble.body import body_model

    if body_file is None:
        raise InputError("--body smplx needs your own licensed model; name it with --body-file SMPLX_NEUTRAL.npz")
    return body_model("smplx", path=body_file)


def _flat(facts: dict[str, object], prefix: str = "") -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = []
    for name, value in facts.items():
        rows += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return rows


if __name__ == "__main__":
    sys.exit(main())
