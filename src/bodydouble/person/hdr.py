"""Video of wide gamut and high dynamic range shown as sRGB.

A signal becomes light in the primaries of sRGB, in which reference white is white; what is brighter bends towards it
instead of being cut off. Reference white is where ITU-R BT.2408 puts it: 75 % of an HLG signal, 203 cd/m² of PQ. HLG is
taken as light of the scene, as BT.2408's scene-referred conversions do, so that what a camera films in HLG looks as it
does in SDR.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

# Numbers of ITU-T H.273, which containers and codecs use.
_TRANSFER_PQ, _TRANSFER_HLG = 16, 18
_WIDE_PRIMARIES = {  # x and y of red, green and blue; white is D65
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
}
_HDR_PRIMARIES = 9  # where a file of high dynamic range does not say
_SRGB_PRIMARIES = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
_D65 = (0.3127, 0.3290)
_PQ_WHITE_NITS = 203.0
_HLG_WHITE = 0.75  # of the signal
_KNEE = 0.85  # light, in units of reference white, above which it is bent
_LEVELS = 1 << 16  # of the signal, by which curves are tabulated


def needs_conversion(transfer: int, primaries: int) -> bool:
    """Whether frames of these H.273 numbers are anything but sRGB's next of kin."""
    return transfer in (_TRANSFER_PQ, _TRANSFER_HLG) or primaries in _WIDE_PRIMARIES


def to_srgb(signal: np.ndarray, transfer: int, primaries: int) -> np.ndarray:
    """A frame as sRGB.

    Args:
        signal: H×W×3 uint16, full range.
        transfer, primaries: numbers of ITU-T H.273.

    Returns:
        H×W×3 uint8.
    """
    hdr = transfer in (_TRANSFER_PQ, _TRANSFER_HLG)
    xy = _WIDE_PRIMARIES.get(primaries, _WIDE_PRIMARIES[_HDR_PRIMARIES] if hdr else _SRGB_PRIMARIES)
    light = _light_table(transfer)[signal] @ _to_srgb_primaries(xy).T
    if hdr:
        brightest = light.max(-1, keepdims=True).clip(_KNEE)
        over = (brightest - _KNEE) / (1 - _KNEE)
        light *= (_KNEE + (1 - _KNEE) * over / (1 + over)) / brightest
    return _srgb_table()[(light.clip(0, 1) * (_LEVELS - 1)).astype(np.uint16)]


@lru_cache
def _light_table(transfer: int) -> np.ndarray:
    """(65536,) float32: the light of each signal, in units of reference white."""
    signal = np.linspace(0, 1, _LEVELS)
    if transfer == _TRANSFER_HLG:
        light = _hlg_scene_light(signal) / _hlg_scene_light(np.array(_HLG_WHITE))
    elif transfer == _TRANSFER_PQ:
        light = _pq_nits(signal) / _PQ_WHITE_NITS
    else:
        light = np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


def _hlg_scene_light(signal: np.ndarray) -> np.ndarray:
    """The inverse of HLG's OETF (ITU-R BT.2100, table 5)."""
    a = 0.17883277
    b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)


def _pq_nits(signal: np.ndarray) -> np.ndarray:
    """PQ's EOTF (ITU-R BT.2100, table 4), cd/m²."""
    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    power = signal ** (1 / m2)
    return 10_000 * ((power - c1).clip(0) / (c2 - c3 * power)) ** (1 / m1)


@lru_cache
def _srgb_table() -> np.ndarray:
    """(65536,) uint8: the sRGB value of each amount of light."""
    light = np.linspace(0, 1, _LEVELS)
    value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return (value * 255).round().astype(np.uint8)


@lru_cache
def _to_srgb_primaries(xy: tuple[tuple[float, float], ...]) -> np.ndarray:
    """3×3 float32, for linear light."""
    return (np.linalg.inv(_xyz_from(_SRGB_PRIMARIES)) @ _xyz_from(xy)).astype(np.float32)


def _xyz_from(xy: tuple[tuple[float, float], ...]) -> np.ndarray:
    """3×3: XYZ of linear light in these primaries, whose white is D65 with Y = 1."""
    columns = np.array([(x / y, 1.0, (1 - x - y) / y) for x, y in (*xy, _D65)]).T
    return columns[:, :3] * np.linalg.solve(columns[:, :3], columns[:, 3])
