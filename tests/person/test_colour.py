"""A colour profile is obeyed in every format; one that cannot be is passed over and told of."""

import numpy as np
import pytest
import torch
from PIL import Image

from bodydouble.person.photo import read_photo
from tests.person.icc_profiles import DISPLAY_P3, PROPHOTO, from_srgb, grey_profile, ink_profile, matrix_profile

GAMMA = 2.2


def colours() -> np.ndarray:
    """64×96×3 of sRGB in [0, 1]: smooth, dull and strong."""
    y, x = np.mgrid[0:1:64j, 0:1:96j]
    return np.stack([0.1 + 0.8 * x, 0.1 + 0.8 * y, 0.9 - 0.7 * x * y], -1)


def image_of(values: np.ndarray) -> Image.Image:
    return Image.fromarray((values * 255).round().astype(np.uint8))


def error(photo, values: np.ndarray) -> float:
    return float((photo.rgb - torch.from_numpy(values).permute(2, 0, 1)).abs().mean())


OPTIONS = {
    "png": {},
    "tiff": {},
    "jpg": {"quality": 98, "subsampling": 0},
    "webp": {"lossless": True},
    "avif": {"quality": 98, "subsampling": "4:4:4"},
}


@pytest.mark.parametrize("colourants", [DISPLAY_P3, PROPHOTO], ids=["p3", "prophoto"])
@pytest.mark.parametrize("suffix", OPTIONS)
def test_every_format_with_a_profile_becomes_srgb(suffix, colourants, tmp_path):
    stored = from_srgb(colours(), colourants, GAMMA)
    path = tmp_path / f"a.{suffix}"
    image_of(stored).save(path, icc_profile=matrix_profile(colourants, GAMMA), **OPTIONS[suffix])
    photo = read_photo(path)
    assert photo.warnings == ()
    assert error(photo, colours()) < 0.01 < 0.03 < error(photo, stored)


def test_alpha_goes_by_the_profile(tmp_path):
    image = image_of(from_srgb(colours(), DISPLAY_P3, GAMMA))
    image.putalpha(Image.fromarray(np.tile(np.arange(96, dtype=np.uint8), (64, 1))))
    image.save(tmp_path / "a.png", icc_profile=matrix_profile(DISPLAY_P3, GAMMA))
    photo = read_photo(tmp_path / "a.png")
    assert error(photo, colours()) < 0.01
    assert torch.equal((photo.alpha[0] * 255).round(), torch.arange(96.0))


def test_an_image_in_memory_has_its_profile_too():
    image = image_of(from_srgb(colours(), PROPHOTO, GAMMA))
    image.info["icc_profile"] = matrix_profile(PROPHOTO, GAMMA)
    assert error(read_photo(image), colours()) < 0.01


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_grey_profiles(suffix, bits, tmp_path):
    """Gamma 1.0: what is stored as a fifth of white is shown as the sRGB value of a fifth of the light."""
    light = np.tile(np.linspace(0.02, 1, 96), (64, 1))
    stored = (light * (2**bits - 1)).round().astype(np.uint8 if bits == 8 else np.uint16)
    Image.fromarray(stored).save(tmp_path / f"a.{suffix}", icc_profile=grey_profile(1.0))
    expected = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert error(read_photo(tmp_path / f"a.{suffix}"), np.repeat(expected[..., None], 3, -1)) < 0.012


def test_ink_profiles(tmp_path):
    """Cyan that is printed as green is shown green."""
    inks = np.zeros((64, 96, 4), np.uint8)
    inks[:, :48, 0] = 255
    path = tmp_path / "a.tiff"
    Image.fromarray(inks, "CMYK").save(path, icc_profile=ink_profile((60.0, -60.0, 50.0)))
    photo = read_photo(path)
    red, green, blue = photo.rgb[:, 32, 20]
    assert green > 0.5 and red < 0.3 and blue < 0.4
    assert photo.rgb[:, 32, 80].min() > 0.97


def test_sixteen_bits_a_channel(tmp_path):
    import cv2

    stored = (from_srgb(colours(), PROPHOTO, GAMMA) * 65535).round().astype(np.uint16)
    cv2.imwrite(str(tmp_path / "plain.png"), stored[..., ::-1])
    assert error(read_photo(tmp_path / "plain.png"), from_srgb(colours(), PROPHOTO, GAMMA)) < 0.01
    (tmp_path / "a.png").write_bytes(with_profile((tmp_path / "plain.png").read_bytes(), PROPHOTO))
    assert error(read_photo(tmp_path / "a.png"), colours()) < 0.01


def with_profile(png: bytes, colourants: np.ndarray) -> bytes:
    import struct
    import zlib

    content = b"iCCPa\0\0" + zlib.compress(matrix_profile(colourants, GAMMA))
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    return png[:33] + chunk + png[33:]


def test_a_profile_that_says_srgb_changes_no_bit(tmp_path):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image_of(colours()).save(tmp_path / "a.png", icc_profile=profile)
    image_of(colours()).save(tmp_path / "b.png")
    assert torch.equal(read_photo(tmp_path / "a.png").rgb, read_photo(tmp_path / "b.png").rgb)


BROKEN = {
    "no profile": b"hello, this is no profile",
    "cut short": matrix_profile(DISPLAY_P3, GAMMA)[:200],
    "curves missing": matrix_profile(DISPLAY_P3, GAMMA).replace(b"rTRC", b"xxxx"),
    "another colour space": grey_profile(2.2),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff"])
def test_broken_profiles_are_passed_over_and_told_of(kind, suffix, tmp_path):
    path = tmp_path / f"a.{suffix}"
    image_of(colours()).save(path, icc_profile=BROKEN[kind], **OPTIONS[suffix])
    photo = read_photo(path)
    (warning,) = photo.warnings
    assert path.name in warning and "profile" in warning
    assert error(photo, colours()) < 0.01


def test_a_profile_of_which_a_piece_is_missing(tmp_path):
    """A JPEG keeps long profiles in several pieces."""
    path = tmp_path / "a.jpg"
    image_of(colours()).save(path, icc_profile=matrix_profile(DISPLAY_P3, GAMMA), **OPTIONS["jpg"])
    data = path.read_bytes()
    at = data.index(b"ICC_PROFILE\0\1\1") + len(b"ICC_PROFILE\0\1")
    path.write_bytes(data[:at] + b"\2" + data[at + 1 :])
    (warning,) = read_photo(path).warnings
    assert "profile" in warning
