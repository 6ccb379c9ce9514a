"""Numbers out of a glTF 2.0 file, text or binary: accessors, whichever way they are stored."""

from __future__ import annotations

import base64
import binascii
import struct
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pygltflib as gl

from bodydouble.errors import InputError
from bodydouble.motion.clip import MAX_FRAMES, check_file_size

_COMPONENTS = {5120: np.int8, 5121: np.uint8, 5122: np.int16, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_MAGIC = b"glTF"  # with which the binary form begins
_MOST_ROWS = 3 * MAX_FRAMES  # of an accessor that a motion needs: a spline has three for a frame
# What is wrong with a file that is none, as the library finds it out.
MALFORMED = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError, struct.error)


class GltfFile:
    """A file that was read, and the arrays in it."""

    def __init__(self, path: Path) -> None:
        """Raises InputError: not a glTF 2.0 file, or a larger one than a motion may have."""
        check_file_size(path)
        data = path.read_bytes()
        try:
            if data[:4] == _MAGIC:
                self.gltf = gl.GLTF2.load_from_bytes(data)
            else:
                self.gltf = gl.GLTF2.from_json(data.decode("utf-8-sig"), infer_missing=True)
            version = str(self.gltf.asset.version)
        except MALFORMED:
            raise InputError(f"{path} is no glTF file, or a damaged one") from None
        if not version.startswith("2"):
            raise InputError(f"{path} is glTF {version[:10]}; 2.0 is read")
        self.path = path
        self._buffers: dict[int, bytes] = {}

    def array(self, accessor: int) -> np.ndarray:
        """N×C float64: the rows of an accessor; integers that stand for fractions are these.

        Raises:
            InputError: it is packed by an extension, lies in another file that is not there, or is larger than any
                that a motion needs.
        """
        described = self.gltf.accessors[accessor]
        count, width = int(described.count), _WIDTHS[described.type]
        if not 0 < count <= _MOST_ROWS:
            raise InputError(f"{self.path}: an array has {count} rows; those of a motion have 1 to {_MOST_ROWS}")
        kind = np.dtype(_COMPONENTS[described.componentType])
        values = np.zeros((count, width), kind)
        if described.bufferView is not None:
            values = self._rows(described.bufferView, described.byteOffset or 0, kind, (count, width))
        if described.sparse is not None:
            values = self._with_sparse(values, described.sparse)
        if described.normalized and kind.kind in "iu":
            return np.maximum(values / float(np.iinfo(kind.name).max), -1.0)
        return values.astype(np.float64)

    def _with_sparse(self, values: np.ndarray, sparse: gl.Sparse) -> np.ndarray:
        count, kind = int(sparse.count), np.dtype(_COMPONENTS[sparse.indices.componentType])
        rows = self._rows(sparse.indices.bufferView, sparse.indices.byteOffset or 0, kind, (count, 1))[:, 0]
        shape = (count, values.shape[1])
        replaced = values.copy()
        replaced[rows] = self._rows(sparse.values.bufferView, sparse.values.byteOffset or 0, values.dtype, shape)
        return replaced

    def _rows(self, view: int, offset: int, kind: np.dtype, shape: tuple[int, int]) -> np.ndarray:
        described = self.gltf.bufferViews[view]
        if packed := [name for name in described.extensions or {} if "compression" in name]:
            raise InputError(
                f"{self.path} is packed with {packed[0]}, which is not read; unpack it first, "
                "for example with: npx @gltf-transform/cli copy packed.glb motion.glb"
            )
        start, length = described.byteOffset or 0, int(described.byteLength)
        data = self._buffer(described.buffer)[start : start + length]
        stride = described.byteStride or shape[1] * kind.itemsize
        # numpy would read on behind the bytes of a view that is cut short.
        if min(start, length, offset, stride) < 0 or offset + (shape[0] - 1) * stride + shape[1] * kind.itemsize > len(
            data
        ):
            raise InputError(
                f"{self.path} is a damaged glTF file, or one that is cut short: numbers lie beyond its end"
            )
        return np.ndarray(shape, kind.newbyteorder("<"), data, offset, (stride, kind.itemsize))

    def _buffer(self, number: int) -> bytes:
        if number not in self._buffers:
            self._buffers[number] = self._read_buffer(self.gltf.buffers[number].uri)
        return self._buffers[number]

    def _read_buffer(self, uri: str | None) -> bytes:
        if uri is None:
            return self.gltf.binary_blob() or b""
        if uri.startswith("data:"):
            try:
                return base64.b64decode(uri.partition(",")[2], validate=True)
            except binascii.Error:
                raise InputError(f"{self.path} is damaged: its numbers are no base64") from None
        beside = self.path.parent / Path(unquote(uri)).name  # nothing of another folder is opened
        if not beside.is_file():
            raise InputError(f"{self.path} needs the file {beside.name} beside it, which is not there")
        check_file_size(beside)
        return beside.read_bytes()
