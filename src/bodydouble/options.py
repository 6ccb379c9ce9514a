"""What commands have in common: their options, how these are read, and how progress is shown."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from tqdm import tqdm

from bodydouble.errors import InputError, InputWarning
from bodydouble.files import check_writable, printable

if TYPE_CHECKING:
    from bodydouble.person import Box


class Device(StrEnum):
    """Where to compute."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class View(StrEnum):
    """From where a picture is taken."""

    orbit = "orbit"
    photo = "photo"


class StandingPose(StrEnum):
    """How the body stands."""

    photo = "photo"
    rest = "rest"


class Blend(StrEnum):
    """How several photos' textures become one."""

    softmax = "softmax"
    pyramid = "pyramid"
    poisson = "poisson"


class UpAxis(StrEnum):
    """The axis of a file that points up."""

    y = "y"
    z = "z"


Photos = Annotated[
    list[Path],
    typer.Argument(
        metavar="PHOTO...", help="An image file that shows one person; more of them from other sides; or a video."
    ),
]
PhotosOrFolders = Annotated[
    list[Path],
    typer.Argument(
        metavar="PHOTO...",
        help="An image file that shows one person; more of them from other sides; or a video. With --out-dir: photos "
        "of different people, or folders of such.",
    ),
]
OneOutput = Annotated[Path | None, typer.Option("--output", "-o", help="The file to write; its folder must exist.")]
OutDir = Annotated[
    Path | None,
    typer.Option(
        help="Or a folder for a double of each photo, with sheet.png and doubles.csv. The same command again goes on "
        "where it stopped. Other options are the same for all photos; --box, --person and --samples are for one alone. "
        "The exit status is 1 if a photo has no double in the end."
    ),
]
WorkerCount = Annotated[
    int | None, typer.Option("--workers", help="Of --out-dir: processes; as many as there are cores and memory for.")
]
RayAddress = Annotated[
    str | None,
    typer.Option("--ray", metavar="ADDRESS", help="Of --out-dir: a Ray cluster that does it; local starts one here."),
]
DoubleFile = Annotated[Path, typer.Argument(metavar="DOUBLE", help="A .double file.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="The file to write; its folder must exist.")]
BoxText = Annotated[str | None, typer.Option("--box", help="x,y,w,h in pixels: which of several people.")]
PersonNumber = Annotated[
    int | None, typer.Option("--person", help="Or its number, as the note of several people tells.")
]
DetectorName = Annotated[str, typer.Option("--detector", help="mediapipe, or module:attribute.")]
BodyName = Annotated[str, typer.Option("--body", help="anny, smplx, or module:attribute.")]
Height = Annotated[float | None, typer.Option("--height", help="Of the person, in metres, without shoes and hair.")]
Age = Annotated[float | None, typer.Option("--age", help="In years. This and the next three: of --body anny.")]
Gender = Annotated[float | None, typer.Option("--gender", help="0 male to 1 female.")]
Weight = Annotated[float | None, typer.Option("--weight", help="0 to 1; 0.5 is average.")]
Muscle = Annotated[float | None, typer.Option("--muscle", help="0 to 1; 0.5 is average.")]
HairSurface = Annotated[bool, typer.Option("--hair-surface/--no-hair-surface", help="Long hair hangs by itself.")]
SkirtSurface = Annotated[bool, typer.Option("--skirt-surface/--no-skirt-surface", help="So do skirts and coats.")]
HatSurface = Annotated[bool, typer.Option("--hat-surface/--no-hat-surface", help="Hats are a surface of their own.")]
ShoeSurface = Annotated[bool, typer.Option("--shoe-surface/--no-shoe-surface", help="Shoes stand around the feet.")]
BodyFile = Annotated[Path | None, typer.Option(help="Your own SMPL-X model (.npz), for --body smplx.")]
Weights = Annotated[
    str | None, typer.Option(help="The .safetensors file of networks that paint it; none: the plain texture alone.")
]
DeviceOption = Annotated[Device, typer.Option("--device", help="Where to compute: cuda if there is one, or as named.")]
Seed = Annotated[int, typer.Option("--seed", help="Same seed, same result.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Azimuth = Annotated[float, typer.Option(help="Degrees; 0 is the front, positive goes to the person's left.")]
Elevation = Annotated[float, typer.Option(help="Degrees above the horizon.")]

MotionName = Annotated[
    str,
    typer.Argument(
        metavar="MOTION", help="idle, walk, wave, turn, dance; a .bvh, .glb, .vrma, .npz, .npy; or a video."
    ),
]
Up = Annotated[UpAxis | None, typer.Option(help="The motion file's axis that points up; found if not given.")]
FootLock = Annotated[
    bool, typer.Option("--foot-lock/--no-foot-lock", help="Keep feet that stand from sliding, in a motion file.")
]


class ProgressBar:
    """A bar on a terminal; elsewhere a line whenever something new begins; nothing when quiet."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._what = ""
        self._bar = tqdm(total=100, bar_format="{desc:24} {bar} {n:3.0f} %", disable=quiet or not sys.stderr.isatty())

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def __call__(self, what: str, done: float) -> None:
        if what != self._what and self._bar.disable and not self._quiet:
            print(printable(what), file=sys.stderr, flush=True)
        self._what = what
        self._bar.set_description_str(printable(what), refresh=False)
        self._bar.n = 100 * done
        self._bar.refresh()


def print_notes(notes: Iterable[str], quiet: bool) -> None:
    """Print what is worth knowing, a line each; nothing when quiet."""
    for note in () if quiet else notes:
        print(f"note: {printable(note)}", file=sys.stderr)


@contextmanager
def printed_notes(quiet: bool) -> Iterator[None]:
    """Print what the library warns of as notes; nothing when quiet."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", InputWarning)
        yield
    for warning in caught:
        if issubclass(warning.category, InputWarning) and not quiet:
            print_notes([str(warning.message)], quiet)


def select_device(device: Device) -> str:
    """The device's name for torch. Raises InputError where there is no such device."""
    import torch

    if device is Device.cuda and not torch.cuda.is_available():
        raise InputError("--device cuda: PyTorch sees no CUDA device here; use --device cpu")
    return "cuda" if device is not Device.cpu and torch.cuda.is_available() else "cpu"


def check_output(path: Path, *suffixes: str) -> None:
    """Raise InputError for a bad output name before the work, not after it. The suffix "" allows a folder."""
    if path.suffix.lower() not in suffixes:
        known = ", ".join(suffix or "no suffix: a folder of .png" for suffix in suffixes)
        raise InputError(f"cannot write {path}: the format is chosen by the name's end; known: {known}")
    if path.suffix or not path.is_dir():
        check_writable(path)


def box_of(text: str | None) -> Box | None:
    """ "x,y,w,h" as four numbers, in pixels. Raises InputError."""
    if text is None:
        return None
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--box: expected four numbers x,y,w,h in pixels, got {text!r}") from None
    return x, y, width, height


def size_of(text: str | None) -> tuple[int, int] | None:
    """ "width,height" as (height, width), in pixels. Raises InputError."""
    if text is None:
        return None
    try:
        width, height = (int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--size: expected two whole numbers width,height in pixels, got {text!r}") from None
    return height, width


def texels_of(text: str) -> int | None:
    """A texture's size; None for "auto". Raises InputError."""
    if text == "auto":
        return None
    try:
        return int(text)
    except ValueError:
        raise InputError(f"--texture-size: expected auto or a whole number of texels, got {text!r}") from None


def numbered(path: Path, count: int) -> list[Path]:
    """The names of `count` files: the name itself for one, name-1, name-2, ... for more."""
    if count == 1:
        return [path]
    return [path.with_stem(f"{path.stem}-{number}") for number in range(1, count + 1)]


def report_written(path: Path, quiet: bool) -> None:
    """Say which file was written."""
    if not quiet:
        print(f"wrote {printable(str(path))}")
