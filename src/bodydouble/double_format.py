"""What a `.double` file holds, tensor by tensor, and reading it without trusting anything in it.

Numbers come back as NumPy arrays: who only wants to know what a file holds need not wait for PyTorch.

    texture.rgb              uint8    3×S×S   sRGB
    texture.confidence       uint8    S×S     how well the photo showed each texel; 0 is invented (1.x: texture.seen)
    texture.labels           uint8    S×S     what each texel is (`parsing.labels`); only where a parser told
    texture.shade            uint8    3×M×M   light over the usual, red, green, blue: 127 is 1, 254 four times as much;
                                              only where it was told from the material
    texture.neural           float16  21×N×N  features, RGB, masks, for the renderer; only where networks painted it
    shape.coefficients       float32  (s,)
    pose.joints              float32  J×3     radians
    pose.root_rotation       float32  (3,)    radians
    pose.root_translation    float32  (3,)    metres
    pose.expression          float32  (E,)
    clothing.offsets         float32  V×3     metres
    clothing.leg_blend       float32  (V,)
    camera.intrinsics        float32  3×3     pixels
    camera.camera_from_world float32  4×4
    camera.size              int32    (2,)    height, width in pixels
    body.faces               int32    F×2×3   of a bust: rows of vertices and of uv; only where the body is cut off

and, for the surface of number n that hangs off the body, `surface.n.` before each of

    vertices                 float32  V×3     metres, in the rest pose
    faces                    int32    F×3
    uv, uv_faces             float32  T×2     int32 F×3
    skin_weights             float32  V×(J+K)
    texture.rgb, .confidence uint8    3×S×S   S×S
    texture.alpha, .labels   uint8    S×S     each only where the surface has it
    texture.shade            uint8    3×M×M   likewise
    blendshapes              float16  E×V×3   only where it has some
    chains.parents           int32    (K,)    these and the next five only where it has chains
    chains.positions         float32  K×3
    chains.stiffness, .gravity, .drag, .radius   float32  (K,)
    hinges                   float32  K×3     only where chains turn about axes alone
    colliders.joints         int32    (C,)    these and the next three only where they meet colliders
    colliders.heads, .tails  float32  C×3
    colliders.radii          float32  (C,)
    partners                 int32    (C,)    only where colliders carry cloth between them

The JSON (`metadata.Metadata`) stands in the safetensors header under the key "bodydouble".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from bodydouble.errors import InputError
from bodydouble.metadata import FORMAT_VERSION, Metadata, newer_major, newer_minor

KEY = "bodydouble"
MAX_BYTES = 256 * 2**20
MAX_TEXTURE = 4096
MAX_NEURAL = 1024
MAX_PHOTO_PIXELS = 40_000_000
MAX_SURFACES = 64

Layout = Mapping[str, tuple[str, tuple[int | str, ...]]]
# Sides that are words must agree wherever they appear; within a surface those that begin with a dot.
REQUIRED: Layout = {
    "texture.rgb": ("uint8", (3, "texels", "texels")),
    "texture.confidence": ("uint8", ("texels", "texels")),
    "shape.coefficients": ("float32", ("coefficients",)),
    "pose.joints": ("float32", ("joints", 3)),
    "pose.root_rotation": ("float32", (3,)),
    "pose.root_translation": ("float32", (3,)),
    "pose.expression": ("float32", ("expressions",)),
    "clothing.offsets": ("float32", ("vertices", 3)),
    "clothing.leg_blend": ("float32", ("vertices",)),
    "camera.intrinsics": ("float32", (3, 3)),
    "camera.camera_from_world": ("float32", (4, 4)),
    "camera.size": ("int32", (2,)),
}
OPTIONAL: Layout = {
    "texture.labels": ("uint8", ("texels", "texels")),
    "texture.shade": ("uint8", (3, "shade texels", "shade texels")),
    "texture.neural": ("float16", (21, "neural texels", "neural texels")),
    "body.faces": ("int32", ("body faces", 2, 3)),
}
SURFACE: Layout = {
    "vertices": ("float32", (".vertices", 3)),
    "faces": ("int32", (".faces", 3)),
    "uv": ("float32", (".uv", 2)),
    "uv_faces": ("int32", (".faces", 3)),
    "skin_weights": ("float32", (".vertices", ".joints")),
    "texture.rgb": ("uint8", (3, ".texels", ".texels")),
    "texture.confidence": ("uint8", (".texels", ".texels")),
}
SURFACE_OPTIONAL: Layout = {
    "texture.alpha": ("uint8", (".texels", ".texels")),
    "texture.labels": ("uint8", (".texels", ".texels")),
    "texture.shade": ("uint8", (3, ".shade texels", ".shade texels")),
    "blendshapes": ("float16", ("expressions", ".vertices", 3)),
    "chains.parents": ("int32", (".chain",)),
    "chains.positions": ("float32", (".chain", 3)),
    "chains.stiffness": ("float32", (".chain",)),
    "chains.gravity": ("float32", (".chain",)),
    "chains.drag": ("float32", (".chain",)),
    "chains.radius": ("float32", (".chain",)),
    "colliders.joints": ("int32", (".colliders",)),
    "colliders.heads": ("float32", (".colliders", 3)),
    "colliders.tails": ("float32", (".colliders", 3)),
    "colliders.radii": ("float32", (".colliders",)),
    "hinges": ("float32", (".chain", 3)),
    "partners": ("int32", (".colliders",)),
}
_GROUPS = ("chains.", "colliders.")  # of optional tensors of a surface: all of a group, or none
_OLD_NAMES = {"texture.seen": "texture.confidence"}  # of format 1.x
_SURFACE_NAME = re.compile(r"surface\.(0|[1-9]\d?)\.(.+)")


@dataclass(frozen=True, kw_only=True)
class DoubleContents:
    """A file's metadata and its tensors by their names in the present format."""

    metadata: Metadata
    arrays: Mapping[str, np.ndarray]


def surface_tensor(number: int, name: str) -> str:
    """A surface's tensor's name in the file."""
    return f"surface.{number}.{name}"


def read_contents(path: Path) -> DoubleContents:
    """Read a `.double` file of this format or of 1.x.

    Raises:
        InputError: no such file, not a double, damaged, of a newer major version, or with tensors that are missing,
            unknown, of another type or shape, or not finite.
    """
    _check_file(path)
    try:
        with safe_open(path, framework="np") as file:
            metadata = _metadata(path, file.metadata())
            names = {_OLD_NAMES.get(name, name): name for name in file.keys()}  # noqa: SIM118
            layout = _layout(path, set(names), metadata)
            arrays = {name: file.get_tensor(names[name]) for name in layout}
    except (SafetensorError, OSError, TypeError) as error:
        raise InputError(f"{path} is not a double, or is damaged: {error}; make it again with create") from error
    _check_arrays(path, arrays, layout)
    return DoubleContents(metadata=metadata, arrays=arrays)


def describe(path: str | Path) -> dict[str, Any]:
    """What a `.double` file says in numbers and words, ready for JSON. Raises InputError as `read_contents` does."""
    contents = read_contents(Path(path))
    arrays = contents.arrays
    neural = arrays.get("texture.neural")
    sizes = {
        "file_bytes": Path(path).stat().st_size,
        "texture": arrays["texture.rgb"].shape[-1],
        "vertices": len(arrays["clothing.offsets"]),
        "joints": len(arrays["pose.joints"]),
        "neural_texture": 0 if neural is None else neural.shape[-1],
    }
    seen = round(float((arrays["texture.confidence"] > 0).mean()), 4)
    metadata = contents.metadata
    return {**asdict(metadata), "sizes": sizes, "seen_share_of_texture": seen, "notes": metadata.notes()}


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path} does not exist; make it with create" if not path.exists() else f"{path} is no file")
    size = path.stat().st_size
    if size == 0:
        raise InputError(f"{path} is empty; make it again with create")
    if size > MAX_BYTES:
        raise InputError(f"{path} is too large for a double: {size / 2**20:.0f} MiB, at most {MAX_BYTES // 2**20}")


def _metadata(path: Path, header: dict[str, str] | None) -> Metadata:
    if not header or KEY not in header:
        raise InputError(f"{path} is a safetensors file but not a double; give a file that create made")
    try:
        metadata = Metadata.from_json(header[KEY])
    except ValueError as error:
        raise InputError(f"{path} has damaged metadata: {error}; make it again with create") from error
    if newer_major(metadata.format_version):
        raise InputError(
            f"{path} has format {metadata.format_version}, this version reads up to {FORMAT_VERSION}; update bodydouble"
        )
    if len(metadata.surfaces) > MAX_SURFACES:
        raise InputError(f"{path} has {len(metadata.surfaces)} surfaces, expected at most {MAX_SURFACES}")
    return metadata


def _layout(path: Path, names: set[str], metadata: Metadata) -> dict[str, tuple[str, tuple[int | str, ...]]]:
    """Type and shape of each tensor that is to be read."""
    layout = {**REQUIRED, **{name: each for name, each in OPTIONAL.items() if name in names}}
    for number in range(len(metadata.surfaces)):
        layout |= _surface_layout(number, names)
    if missing := sorted(layout.keys() - names):
        raise InputError(f"{path} is damaged: it lacks {', '.join(missing)[:200]}; make it again with create")
    if (unknown := sorted(names - layout.keys())) and not newer_minor(metadata.format_version):
        raise InputError(f"{path} holds what no double holds: {', '.join(unknown)[:200]}; make it again with create")
    return layout


def _surface_layout(number: int, names: set[str]) -> dict[str, tuple[str, tuple[int | str, ...]]]:
    layout = dict(SURFACE)
    present = {match[2] for name in names if (match := _SURFACE_NAME.fullmatch(name)) and int(match[1]) == number}
    for name, each in SURFACE_OPTIONAL.items():
        group = next((group for group in _GROUPS if name.startswith(group)), name)
        if any(other.startswith(group) for other in present):
            layout[name] = each
    return {
        surface_tensor(number, name): (
            dtype,
            tuple(f"surface {number}{side}" if str(side).startswith(".") else side for side in shape),
        )
        for name, (dtype, shape) in layout.items()
    }


def _check_arrays(path: Path, arrays: Mapping[str, np.ndarray], layout: Layout) -> None:
    sides: dict[str, int] = {}
    for name, array in arrays.items():
        dtype, shape = layout[name]
        if array.dtype != dtype:
            raise InputError(f"{path} is damaged: {name} is {array.dtype}, expected {dtype}; make it again with create")
        expected = shape
        if array.ndim == len(shape):
            pairs = zip(shape, array.shape, strict=True)
            expected = tuple(sides.setdefault(side, n) if isinstance(side, str) else side for side, n in pairs)
        if array.shape != expected:
            wanted, found = "×".join(map(str, expected)), "×".join(map(str, array.shape))
            raise InputError(f"{path} is damaged: {name} is {found}, expected {wanted}; make it again with create")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise InputError(f"{path} is damaged: {name} holds NaN or infinity; make it again with create")
    for side, count in sides.items():
        limit = MAX_NEURAL if side == "neural texels" else MAX_TEXTURE
        if side.endswith("texels") and not 1 <= count <= limit:
            what = "a neural texture" if side == "neural texels" else "a texture"
            raise InputError(f"{path} has {what} of {count} texels a side, expected 1 to {limit}")
    height, width = arrays["camera.size"].tolist()
    if min(height, width) < 1 or height * width > MAX_PHOTO_PIXELS:
        raise InputError(f"{path} is damaged: the photo's size is {height}×{width} pixels; make it again with create")
