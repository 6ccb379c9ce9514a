"""A weight's name becomes a local file that is what it should be. Nothing is ever downloaded here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import file_digest
from importlib import resources
from pathlib import Path

from bodydouble.errors import InputError

# Weights in the package's data folder: name to (file name, sha256).
SHIPPED: Mapping[str, tuple[str, str]] = {
    "completion": ("completion.safetensors", "904791852ea95e29d6b4fe8ae2d5a6dd6ec5f12e35167d2579925c2369c97eb2"),
    "exemplar": ("exemplar.safetensors", "af38c8edc050b0cb3d81bf07895c39e1223a66b990b645ea04fa016ec68e1742"),
    "garments": ("garments.safetensors", "c82c4366acd4943c80f50d2976e08c105d6cc32c469b73ec751e82db62e650b5"),
    "hats": ("hats.safetensors", "b1c79558d9837fdf5ef0e2eae25b768fa919d08774fadd14c29c753245f8bd8e"),
    "lite": ("lite.safetensors", "aeca634f115a9b870789e4a10d17a5a858ee6b74e04eb56ce70af2144789a86a"),
    "names": ("names.safetensors", "b15e099981a13f669b0415506d16dd3afb253577b2d622d0f62eb2cfdecf63ca"),
    "parser": ("parser.safetensors", "030931d8a862850ee31f00f99d1b6202f8877e3fdc9f02e3ee718ddffd910bd8"),
    "skins": ("skins.safetensors", "184f8a939b2b8ccb76913adbd8fac02f73bc8f6fd94995c2141fcd7a176572ac"),
    "style": ("style.safetensors", "30a41c843bd1e507ddab0caf83dca6104b638819090f525a924d51ccf24728f4"),
}
DINAR = "lite"  # of these, what the inpainter `dinar` takes where no other is named


@dataclass(frozen=True, kw_only=True)
class WeightsFile:
    """A safetensors file of weights on this machine."""

    name: str  # as it was asked for
    path: Path
    sha256: str  # of the whole file, 64 hexadecimal digits


def find_weights(name: str | Path) -> WeightsFile:
    """The file behind a name: a file of that path if there is one, else the weights that ship under that name.

    Raises:
        InputError: there is neither, the file is empty or no safetensors file, or the shipped file is not the one that
            belongs to this version.
    """
    path = Path(name)
    if path.is_file():
        if path.suffix != ".safetensors":
            raise InputError(f"{path} is no .safetensors file; import a published checkpoint with import-dinar first")
        return WeightsFile(name=str(name), path=path, sha256=sha256_of(path))
    if str(name) not in SHIPPED:
        known = ", ".join(sorted(SHIPPED))
        raise InputError(f"weights {str(name)!r}: there is no such file; known names: {known}")
    file, expected = SHIPPED[str(name)]
    path = Path(str(resources.files("bodydouble") / "data" / file))
    if not path.is_file():
        raise InputError(f"weights {str(name)!r}: {path} is missing; install bodydouble again")
    found = sha256_of(path)
    if found != expected:
        raise InputError(f"weights {str(name)!r}: {path} is damaged or of another version; install bodydouble again")
    return WeightsFile(name=str(name), path=path, sha256=found)


def sha256_of(path: Path) -> str:
    """64 hexadecimal digits."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
