"""Arrays into a glTF file's binary part: buffer views, accessors, sparse accessors."""

from __future__ import annotations

import numpy as np
import pygltflib as gl
from torch import Tensor

_COMPONENTS = {
    "float32": gl.FLOAT,
    "int8": gl.BYTE,
    "uint8": gl.UNSIGNED_BYTE,
    "int16": gl.SHORT,
    "uint16": gl.UNSIGNED_SHORT,
    "uint32": gl.UNSIGNED_INT,
}
_TYPES = {(): gl.SCALAR, (2,): gl.VEC2, (3,): gl.VEC3, (4,): gl.VEC4, (4, 4): gl.MAT4}


class Accessors:
    """Appends arrays to the binary part of `gltf`; `finish` puts that part into it."""

    def __init__(self, gltf: gl.GLTF2) -> None:
        self._gltf = gltf
        self._data = bytearray()

    def view(self, data: bytes, target: int | None = None) -> int:
        """Append bytes; the index of their buffer view. `target`: what a GPU uses them for, None for other data."""
        self._data += bytes(-len(self._data) % 4)  # an accessor starts at a multiple of its component's size
        view = gl.BufferView(buffer=0, byteOffset=len(self._data), byteLength=len(data), target=target)
        self._gltf.bufferViews.append(view)
        self._data += data
        return len(self._gltf.bufferViews) - 1

    def add(self, array: np.ndarray, target: int | None = None, bounds: bool = False, normalised: bool = False) -> int:
        """Append N, N×2, N×3, N×4 or N×4×4 (in column order) values; the index of their accessor.

        Args:
            bounds: state the least and greatest value, which glTF demands of positions and key times.
            normalised: integers stand for fractions of their greatest value.
        """
        row = array[:1].nbytes
        padding = -row % 4 if target == gl.ARRAY_BUFFER else 0  # what vertices have begins at multiples of four bytes
        padded = np.pad(array, ((0, 0), (0, padding // array.itemsize))) if padding else array
        view = self.view(padded.tobytes(), target)
        if padding:
            self._gltf.bufferViews[view].byteStride = row + padding
        return self._accessor(array, bounds, bufferView=view, normalized=normalised)

    def add_sparse(self, array: np.ndarray, normalised: bool = False) -> int:
        """Append N×3 values of which only the rows that are not zero are stored; the index of their accessor."""
        rows = np.flatnonzero(array.any(1))
        if len(rows) == 0:
            rows = np.array([0])  # glTF has no sparse accessor without a row
        indices = smallest_unsigned(rows)
        sparse = gl.Sparse(
            count=len(rows),
            indices=gl.AccessorSparseIndices(
                bufferView=self.view(indices.tobytes()), componentType=_COMPONENTS[indices.dtype.name]
            ),
            values=gl.AccessorSparseValues(bufferView=self.view(array[rows].tobytes())),
        )
        return self._accessor(array, bounds=True, byteOffset=None, sparse=sparse, normalized=normalised)

    def finish(self) -> None:
        """Put the binary part into the file. Nothing is appended after it."""
        self._data += bytes(-len(self._data) % 4)
        self._gltf.buffers = [gl.Buffer(byteLength=len(self._data))]
        self._gltf.set_binary_blob(bytes(self._data))

    def _accessor(self, array: np.ndarray, bounds: bool, **place: object) -> int:
        accessor = gl.Accessor(
            componentType=_COMPONENTS[array.dtype.name], count=len(array), type=_TYPES[array.shape[1:]], **place
        )
        if bounds:
            accessor.min = np.atleast_1d(array.min(0)).tolist()
            accessor.max = np.atleast_1d(array.max(0)).tolist()
        self._gltf.accessors.append(accessor)
        return len(self._gltf.accessors) - 1


def smallest_unsigned(indices: np.ndarray) -> np.ndarray:
    """Indices as uint16, or uint32 where they need it; glTF reserves the greatest value of each type."""
    return indices.astype(np.uint16 if indices.max() < 2**16 - 1 else np.uint32)


def to_array(tensor: Tensor) -> np.ndarray:
    """A tensor's numbers."""
    return tensor.detach().cpu().numpy()
