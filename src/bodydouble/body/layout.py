"""Texture layouts: the front-cut one shipped for Anny (docs/layout.md), and layout files the user names.

Ours are safetensors with `uv` (T×2) and `faces` (F×3) and, in the metadata, whether the layout is mirrored. Published
layouts come as .obj, or as .npz with `vt` and `ft`; both count v upwards from the bottom and are turned over here.
"""

from __future__ import annotations

import zipfile
from hashlib import sha256
from importlib import resources
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.values import UvLayout

SHIPPED = ("anny",)
_LARGEST_FILE = 64 << 20  # bytes; a layout of 100,000 faces as text is 10 MB


def load_layout(source: str | Path | None = None, face_count: int | None = None) -> UvLayout:
    """The texture layout of that name or in that file.

    Args:
        source: a name of `SHIPPED` (None: "anny"), or a file: .safetensors with `uv` and `faces`, v downwards; .npz
            with the same, or with `vt` and `ft`, v upwards; .obj with v upwards. Faces in the order of the mesh's.
        face_count: number of faces of the mesh it is for; None: any.

    Raises:
        InputError: the file is missing, too large, no layout, out of [0, 1], or of another number of faces.
    """
    if source is None or source in SHIPPED:
        path = Path(str(resources.files("bodydouble") / "data" / f"{source or 'anny'}_layout.safetensors"))
    else:
        path = Path(source)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(SHIPPED)
        raise InputError(f"{path} is no texture layout: give a .safetensors, .npz or .obj file, or one of: {known}")
    if not path.is_file():
        raise InputError(f"the texture layout {path} does not exist")
    if path.stat().st_size > _LARGEST_FILE:
        raise InputError(f"the texture layout {path} is larger than {_LARGEST_FILE >> 20} MB; it cannot be a layout")
    try:
        uv, faces, mirrored = reader(path)
    except (OSError, ValueError, EOFError, KeyError, IndexError, SafetensorError, zipfile.BadZipFile) as error:
        raise InputError(f"the texture layout {path} cannot be read: {error}") from error
    return checked_layout(uv, faces, mirrored, face_count, str(path))


def layout_fingerprint(layout: UvLayout) -> str:
    """16 hexadecimal digits that differ between layouts: a texture fits one layout only."""
    digest = sha256(layout.uv.cpu().float().numpy().tobytes())
    digest.update(layout.faces.cpu().long().numpy().tobytes())
    return digest.hexdigest()[:16]


def checked_layout(uv: np.ndarray, faces: np.ndarray, mirrored: bool, face_count: int | None, name: str) -> UvLayout:
    """A `UvLayout` (v downwards) of numeric arrays, or an InputError that names what is wrong with `name`."""
    if uv.ndim != 2 or uv.shape[1] != 2 or faces.ndim != 2 or faces.shape[1] != 3 or faces.dtype.kind not in "iu":
        raise InputError(f"the texture layout {name} needs T×2 coordinates and F×3 whole-number faces")
    if face_count is not None and len(faces) != face_count:
        raise InputError(f"the texture layout {name} has {len(faces)} faces, but the body has {face_count}")
    if len(faces) == 0 or faces.min() < 0 or faces.max() >= len(uv):
        raise InputError(f"the texture layout {name} has faces that point outside its {len(uv)} coordinates")
    if not np.isfinite(uv).all() or uv.min() < 0 or uv.max() > 1:
        raise InputError(f"the texture layout {name} has coordinates outside 0 to 1")
    return UvLayout(uv=_tensor(uv, np.float32), faces=_tensor(faces, np.int64), mirrored=mirrored)


def flip_v(vt: np.ndarray) -> np.ndarray:
    """Published coordinates, v counted up from the bottom, to ours, v down from the top."""
    return vt * [1, -1] + [0, 1] if vt.ndim == 2 and vt.shape[1] == 2 else vt


_Parts = tuple[np.ndarray, np.ndarray, bool]


def _read_safetensors(path: Path) -> _Parts:
    with safe_open(path, framework="numpy") as file:
        mirrored = (file.metadata() or {}).get("mirrored") == "true"
        return file.get_tensor("uv"), file.get_tensor("faces"), mirrored


def _read_npz(path: Path) -> _Parts:
    with np.load(path, allow_pickle=False) as file:
        if "vt" in file:
            return flip_v(file["vt"]), file["ft"], False
        return file["uv"], file["faces"], False


def _read_obj(path: Path) -> _Parts:
    uv, faces = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, *fields = line.split() or [""]
        if kind == "vt":
            uv.append([float(field) for field in fields[:2]])
        elif kind == "f":
            corners = [int(field.split("/")[1]) for field in fields]
            if len(corners) != 3:
                raise ValueError(f"a face with {len(corners)} corners; only triangles are allowed")
            faces.append(corners)
    if not uv or not faces:
        raise ValueError("no texture coordinates (vt) or no faces (f)")
    return flip_v(np.array(uv)), np.array(faces) - 1, False


_READERS = {".safetensors": _read_safetensors, ".npz": _read_npz, ".obj": _read_obj}


def _tensor(array: np.ndarray, kind: type) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=kind))
