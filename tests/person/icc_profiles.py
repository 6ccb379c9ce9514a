"""Small ICC profiles, written by hand, and what they mean in plain arithmetic: an oracle beside Little CMS."""

import struct

import numpy as np

# Columns: XYZ (D50) of red, green and blue at full strength.
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
DISPLAY_P3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
PROPHOTO = np.array([[0.79767, 0.13519, 0.03135], [0.28804, 0.71188, 0.00009], [0.0, 0.0, 0.82491]])
D50 = (0.9642, 1.0, 0.8249)


def matrix_profile(colourants: np.ndarray, gamma: float) -> bytes:
    """Of RGB colours with that gamma."""
    tags = {b"wtpt": _xyz(D50)}
    for name, column in zip("rgb", colourants.T, strict=True):
        tags[f"{name}XYZ".encode()] = _xyz(column)
        tags[f"{name}TRC".encode()] = _curve(gamma)
    return _profile(b"RGB ", b"XYZ ", tags)


def grey_profile(gamma: float) -> bytes:
    return _profile(b"GRAY", b"XYZ ", {b"wtpt": _xyz(D50), b"kTRC": _curve(gamma)})


def ink_profile(cyan_lab: tuple[float, float, float]) -> bytes:
    """Of CMYK colours: paper is white, cyan alone is that colour, and whatever else is printed is black."""
    table = []
    for inks in np.ndindex(2, 2, 2, 2):
        lightness, a, b = (100.0, 0.0, 0.0) if inks == (0, 0, 0, 0) else cyan_lab if inks == (1, 0, 0, 0) else (0, 0, 0)
        table += [round(lightness * 2.55), round(a + 128), round(b + 128)]
    straight = bytes(range(256))
    lut = struct.pack(">4sIBBBB", b"mft1", 0, 4, 3, 2, 0) + _numbers(np.eye(3).flatten())
    lut += 4 * straight + bytes(table) + 3 * straight
    return _profile(b"CMYK", b"Lab ", {b"wtpt": _xyz(D50), b"A2B0": lut, b"A2B1": lut}, b"prtr")


def encode(linear: np.ndarray, gamma: float) -> np.ndarray:
    return linear.clip(0, 1) ** (1 / gamma)


def srgb_decode(values: np.ndarray) -> np.ndarray:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def from_srgb(values: np.ndarray, colourants: np.ndarray, gamma: float) -> np.ndarray:
    """…×3 sRGB values in [0, 1] as the same colours in a matrix profile."""
    return encode(srgb_decode(values) @ (np.linalg.inv(colourants) @ SRGB).T, gamma)


def _numbers(values) -> bytes:
    return b"".join(struct.pack(">i", round(float(value) * 65536)) for value in values)


def _xyz(values) -> bytes:
    return b"XYZ \0\0\0\0" + _numbers(values)


def _curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def _profile(space: bytes, connection: bytes, tags: dict[bytes, bytes], kind: bytes = b"mntr") -> bytes:
    offset, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        table += struct.pack(">4sII", name, offset + len(body), len(data))
        body += data
    size = offset + len(body)
    head = struct.pack(">I4sI4s4s4s12x4s", size, b"\0\0\0\0", 0x02100000, kind, space, connection, b"acsp")
    return head.ljust(68, b"\0") + _numbers(D50) + b"\0" * 48 + struct.pack(">I", len(tags)) + table + body
