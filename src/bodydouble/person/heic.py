"""HEIC photos, as phones write them, through libheif (`pi_heif`, the extra `heic`)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from bodydouble.errors import InputError
from bodydouble.person import hdr

_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_AVIF = b"avif"  # named among the brands where such a file holds AV1, which Pillow reads
_HEAD = 64  # bytes in which the brands stand
_ORIENTATION = 0x0112


def is_heic(path: Path) -> bool:
    """Whether a file begins as HEIC does."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return head[4:8] == b"ftyp" and head[8:12] in _BRANDS and _AVIF not in head


def open_heic(path: Path, most_pixels: int) -> Image.Image:
    """The picture, turned upright, with its colour profile and EXIF; high dynamic range is brought to sRGB.

    Raises:
        InputError: the package is not there, or the picture has more pixels than `most_pixels`; libheif's own errors
            where the file is damaged.
    """
    try:
        import pi_heif
    except ImportError:
        raise InputError(
            f"{path} is an HEIC photo, which needs one more package: pip install 'bodydouble[heic]'; "
            "or save it as JPEG first"
        ) from None
    heif = pi_heif.open_heif(path, convert_hdr_to_8bit=False)
    width, height = heif.size
    if width * height > most_pixels:
        raise InputError(f"{path} has {width}×{height} pixels, more than {most_pixels // 1_000_000} million")
    nclx = heif.info.get("nclx_profile") or {}
    transfer, primaries = (int(nclx.get(name) or 0) for name in ("transfer_characteristics", "color_primaries"))
    told_by_profile = bool(heif.info.get("icc_profile"))
    if told_by_profile or not hdr.needs_conversion(transfer, primaries) or not heif.mode.startswith("RGB"):
        return pi_heif.open_heif(path).to_pillow()
    signal = np.asarray(heif)
    signal = signal if signal.dtype == np.uint16 else signal.astype(np.uint16) * 257
    image = Image.fromarray(hdr.to_srgb(signal[..., :3], transfer, primaries))
    image.info["exif"] = _upright_exif(heif.info.get("exif"))
    return image


def _upright_exif(data: bytes | None) -> bytes:
    """EXIF without the orientation, which libheif has applied."""
    exif = Image.Exif()
    if data:
        exif.load(data)
    exif.pop(_ORIENTATION, None)
    return exif.tobytes()
