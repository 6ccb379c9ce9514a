"""The `.double` file: one safetensors file that holds numbers, a line of JSON, and nothing that is executed.

    texture.rgb              uint8    3×S×S   sRGB
    texture.seen             uint8    S×S     how well the photo showed each texel; 0 is invented
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

The JSON (`metadata.Metadata`) stands in the safetensors header under the key "bodydouble".
"""

from __future__ import annotations

from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.metadata import FORMAT_VERSION, Metadata, newer_major, newer_minor
from bodydouble.values import BodyFit, BodyShape, Camera, Clothing, Pose, Texture, UvLayout

MAX_BYTES = 256 * 2**20
MAX_TEXTURE = 4096
MAX_NEURAL = 1024
MAX_PHOTO_PIXELS = 40_000_000
_KEY = "bodydouble"

# Sides that are words must agree wherever they appear.
_LAYOUT: dict[str, tuple[torch.dtype, tuple[int | str, ...]]] = {
    "texture.rgb": (torch.uint8, (3, "texels", "texels")),
    "texture.seen": (torch.uint8, ("texels", "texels")),
    "shape.coefficients": (torch.float32, ("coefficients",)),
    "pose.joints": (torch.float32, ("joints", 3)),
    "pose.root_rotation": (torch.float32, (3,)),
    "pose.root_translation": (torch.float32, (3,)),
    "pose.expression": (torch.float32, ("expressions",)),
    "clothing.offsets": (torch.float32, ("vertices", 3)),
    "clothing.leg_blend": (torch.float32, ("vertices",)),
    "camera.intrinsics": (torch.float32, (3, 3)),
    "camera.camera_from_world": (torch.float32, (4, 4)),
    "camera.size": (torch.int32, (2,)),
}
_NEURAL = "texture.neural"  # the one tensor that may be absent; since format 1.1
_NEURAL_LAYOUT: tuple[torch.dtype, tuple[int | str, ...]] = (
    torch.float16,
    (21, "neural texels", "neural texels"),
)


def write_double(path: str | Path, fit: BodyFit, texture: Texture, metadata: Metadata) -> None:
    """Write a `.double` file, whole or not at all.

    Raises:
        InputError: the name does not end in .double, or the folder does not exist.
    """
    if Path(path).suffix.lower() != ".double":
        raise InputError(f"cannot write {path}: a double's file name ends in .double")
    tensors = {
        "texture.rgb": _to_bytes(texture.rgb),
        "texture.seen": _to_bytes(texture.confidence),
        "shape.coefficients": fit.shape.coefficients,
        "pose.joints": fit.pose.joints,
        "pose.root_rotation": fit.pose.root_rotation,
        "pose.root_translation": fit.pose.root_translation,
        "pose.expression": fit.pose.expression,
        "clothing.offsets": fit.clothing.offsets,
        "clothing.leg_blend": fit.clothing.leg_blend,
        "camera.intrinsics": fit.camera.intrinsics,
        "camera.camera_from_world": fit.camera.camera_from_world,
        "camera.size": torch.tensor(fit.camera.size, dtype=torch.int32),
    }
    if texture.neural is not None:
        largest = torch.finfo(torch.float16).max
        tensors[_NEURAL] = texture.neural.clamp(-largest, largest).half()
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    with whole_file(path) as temporary:
        temporary.write_bytes(save(tensors, {_KEY: metadata.to_json()}))


def read_double(path: str | Path) -> tuple[BodyFit, Texture, Metadata]:
    """Read a `.double` file, trusting nothing in it.

    Raises:
        InputError: no such file, not a double, damaged, of a newer major version, or with tensors that are missing,
            unknown, of another type or shape, or not finite.
    """
    path = Path(path)
    _check_file(path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = _metadata(path, file.metadata())
            names = set(file.keys())
            _check_names(path, names, metadata.format_version)
            tensors = {name: file.get_tensor(name) for name in (*_LAYOUT, _NEURAL) if name in names}
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is not a double, or is damaged: {error}; make it again with create") from error
    _check_tensors(path, tensors)
    return *_values(tensors), metadata


def layout_fingerprint(layout: UvLayout) -> str:
    """16 hexadecimal digits that differ between layouts: a texture fits one layout only."""
    digest = sha256(layout.uv.cpu().float().numpy().tobytes())
    digest.update(layout.faces.cpu().long().numpy().tobytes())
    return digest.hexdigest()[:16]


def describe(path: str | Path) -> dict[str, Any]:
    """What a `.double` file says in numbers and words, ready for JSON. Raises InputError as `read_double` does."""
    fit, texture, metadata = read_double(path)
    sizes = {
        "file_bytes": Path(path).stat().st_size,
        "texture": texture.rgb.shape[-1],
        "vertices": len(fit.clothing.offsets),
        "joints": len(fit.pose.joints),
        "neural_texture": 0 if texture.neural is None else texture.neural.shape[-1],
    }
    seen = round(float((texture.confidence > 0).float().mean()), 4)
    return {**asdict(metadata), "sizes": sizes, "seen_share_of_texture": seen}


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path} does not exist; make it with create" if not path.exists() else f"{path} is no file")
    size = path.stat().st_size
    if size == 0:
        raise InputError(f"{path} is empty; make it again with create")
    if size > MAX_BYTES:
        raise InputError(f"{path} is too large for a double: {size / 2**20:.0f} MiB, at most {MAX_BYTES // 2**20}")


def _metadata(path: Path, header: dict[str, str] | None) -> Metadata:
    if not header or _KEY not in header:
        raise InputError(f"{path} is a safetensors file but not a double; give a file that create made")
    try:
        metadata = Metadata.from_json(header[_KEY])
    except ValueError as error:
        raise InputError(f"{path} has damaged metadata: {error}; make it again with create") from error
    if newer_major(metadata.format_version):
        raise InputError(
            f"{path} has format {metadata.format_version}, this version reads up to {FORMAT_VERSION}; update bodydouble"
        )
    return metadata


def _check_names(path: Path, names: set[str], version: str) -> None:
    if missing := sorted(_LAYOUT.keys() - names):
        raise InputError(f"{path} is damaged: it lacks {', '.join(missing)}; make it again with create")
    if (unknown := sorted(names - _LAYOUT.keys() - {_NEURAL})) and not newer_minor(version):
        raise InputError(f"{path} holds what no double holds: {', '.join(unknown)[:200]}; make it again with create")


def _check_tensors(path: Path, tensors: dict[str, Tensor]) -> None:
    sides: dict[str, int] = {}
    for name, tensor in tensors.items():
        dtype, shape = _NEURAL_LAYOUT if name == _NEURAL else _LAYOUT[name]
        if tensor.dtype != dtype:
            raise InputError(
                f"{path} is damaged: {name} is {tensor.dtype}, expected {dtype}; make it again with create"
            )
        expected = shape
        if tensor.dim() == len(shape):
            pairs = zip(shape, tensor.shape, strict=True)
            expected = tuple(sides.setdefault(side, n) if isinstance(side, str) else side for side, n in pairs)
        if tuple(tensor.shape) != expected:
            wanted = "×".join(map(str, expected))
            found = "×".join(map(str, tensor.shape))
            raise InputError(f"{path} is damaged: {name} is {found}, expected {wanted}; make it again with create")
        if not torch.isfinite(tensor).all():
            raise InputError(f"{path} is damaged: {name} holds NaN or infinity; make it again with create")
    if not 1 <= sides["texels"] <= MAX_TEXTURE:
        raise InputError(f"{path} has a texture of {sides['texels']} texels a side, expected 1 to {MAX_TEXTURE}")
    if not 1 <= sides.get("neural texels", 1) <= MAX_NEURAL:
        count = sides["neural texels"]
        raise InputError(f"{path} has a neural texture of {count} texels a side, expected 1 to {MAX_NEURAL}")
    height, width = tensors["camera.size"].tolist()
    if min(height, width) < 1 or height * width > MAX_PHOTO_PIXELS:
        raise InputError(f"{path} is damaged: the photo's size is {height}×{width} pixels; make it again with create")


def _values(tensors: dict[str, Tensor]) -> tuple[BodyFit, Texture]:
    height, width = tensors["camera.size"].tolist()
    pose = Pose(
        joints=tensors["pose.joints"],
        root_rotation=tensors["pose.root_rotation"],
        root_translation=tensors["pose.root_translation"],
        expression=tensors["pose.expression"],
    )
    camera = Camera(
        intrinsics=tensors["camera.intrinsics"],
        camera_from_world=tensors["camera.camera_from_world"],
        size=(height, width),
    )
    clothing = Clothing(offsets=tensors["clothing.offsets"], leg_blend=tensors["clothing.leg_blend"])
    shape = BodyShape(coefficients=tensors["shape.coefficients"])
    neural = tensors.get(_NEURAL)
    texture = Texture(
        rgb=tensors["texture.rgb"].float() / 255,
        confidence=tensors["texture.seen"].float() / 255,
        neural=None if neural is None else neural.float(),
    )
    return BodyFit(shape=shape, pose=pose, camera=camera, clothing=clothing), texture


def _to_bytes(image: Tensor) -> Tensor:
    return (image.clamp(0, 1) * 255).round().to(torch.uint8)
