"""Every kind of image becomes an upright sRGB photo; what cannot is refused with the reason."""

import io
import math
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from bodydouble.errors import InputError
from bodydouble.person.photo import read_photo
from tests.person.test_colour import colours

HEIGHT, WIDTH = 96, 128
ORIENTATION, EXIF_FOLDER = 0x0112, 0x8769


def gradient() -> Image.Image:
    """Smooth, and different at each of its four corners."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return Image.fromarray(np.stack([x, 2 * y, 200 - x], -1).astype(np.uint8))


def cut_out() -> Image.Image:
    image = gradient().convert("RGBA")
    image.putalpha(Image.fromarray(np.tile(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, 1))))
    return image


def rgb(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1) / 255


def difference(photo, image: Image.Image) -> float:
    return float((photo.rgb - rgb(image)).abs().mean())


def written(path: Path, image: Image.Image, **options) -> Path:
    image.save(path, **options)
    return path


def exif(tags: dict[int, object], folder: dict[int, object]) -> Image.Exif:
    made = Image.Exif()
    for tag, value in tags.items():
        made[tag] = value
    made.get_ifd(EXIF_FOLDER).update(folder)
    return made


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tiff", "a.bmp", "a.ppm", "a.gif"])
def test_formats(name, tmp_path):
    photo = read_photo(written(tmp_path / name, gradient()))
    assert photo.size == (HEIGHT, WIDTH)
    assert photo.rgb.dtype == torch.float32 and photo.rgb.min() >= 0 and photo.rgb.max() <= 1
    assert photo.alpha is None and photo.focal_px is None and photo.name == name
    assert difference(photo, gradient()) < (0.05 if name == "a.gif" else 0.012)


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "YCbCr", "LA", "RGBA", "HSV", "LAB", "I", "F"])
def test_modes_of_pil_images(mode):
    image = gradient().convert("L").convert(mode) if mode in ("L", "LA", "1", "I", "F") else gradient().convert(mode)
    photo = read_photo(image)
    expected = gradient().convert("L") if mode in ("I", "F") else image
    assert photo.size == (HEIGHT, WIDTH) and photo.alpha is None
    if mode not in ("I", "F"):  # those have no agreed white; see the next tests
        assert difference(photo, expected) < 0.01


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_sixteen_bits_keep_their_shades(suffix, tmp_path):
    shades = np.tile(np.linspace(0, 65535, WIDTH), (HEIGHT, 1)).astype(np.uint16)
    photo = read_photo(written(tmp_path / f"a.{suffix}", Image.fromarray(shades)))
    torch.testing.assert_close(photo.rgb[1], torch.from_numpy(shades / 65535.0).float(), atol=0.005, rtol=0)


def test_cmyk_jpeg(tmp_path):
    photo = read_photo(written(tmp_path / "a.jpg", gradient().convert("CMYK")))
    assert difference(photo, gradient()) < 0.02


def test_alpha_is_kept_where_something_is_transparent(tmp_path):
    for image in (cut_out(), cut_out().convert("LA")):
        photo = read_photo(written(tmp_path / "a.png", image))
        torch.testing.assert_close(photo.alpha, torch.from_numpy(np.array(image.getchannel("A"))) / 255)
    assert read_photo(written(tmp_path / "a.png", gradient().convert("RGBA"))).alpha is None


def test_a_transparent_palette_colour_is_alpha(tmp_path):
    image = gradient().quantize(16)
    path = written(tmp_path / "a.png", image, transparency=3)
    expected = torch.from_numpy(np.array(image) != 3).float()
    assert torch.equal(read_photo(path).alpha, expected)


def test_colours_under_alpha_do_not_bleed_when_a_photo_is_reduced():
    pixels = np.full((400, 400, 4), 255, np.uint8)
    pixels[:, 203:] = (0, 255, 0, 0)
    photo = read_photo(pixels, max_pixels=10_000)
    seen = photo.alpha > 0.05
    assert photo.size == (100, 100) and photo.rgb[:, seen].min() > 0.97


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_undone(orientation, tmp_path):
    transposed = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = gradient() if transposed is None else gradient().transpose(transposed)
    photo = read_photo(written(tmp_path / "a.png", stored, exif=exif({ORIENTATION: orientation}, {})))
    assert difference(photo, gradient()) == 0


def test_focal_length_of_35_mm_film(tmp_path):
    tags = exif({}, {0xA405: 35})
    focal = read_photo(written(tmp_path / "a.jpg", gradient(), exif=tags)).focal_px
    assert focal == pytest.approx(35 / 43.27 * 160, rel=1e-3)  # 96, 128, 160 is a right triangle
    reduced = read_photo(tmp_path / "a.jpg", max_pixels=HEIGHT * WIDTH // 4).focal_px
    assert reduced == pytest.approx(focal / 2, rel=1e-3)


def test_focal_length_from_the_sensor(tmp_path):
    # 5 mm, 640 pixels on 10 mm, of which this file keeps a fifth.
    tags = exif({}, {0x920A: 5.0, 0xA20E: 64.0, 0xA210: 4, 0xA002: 640})
    focal = read_photo(written(tmp_path / "a.jpg", gradient(), exif=tags)).focal_px
    assert focal == pytest.approx(5 * 64 * WIDTH / 640)


@pytest.mark.parametrize("folder", [{0xA405: 0}, {0xA405: 60000}, {0x920A: 5.0}, {0x920A: 0.0, 0xA20E: 0.0}])
def test_absurd_focal_lengths_are_ignored(folder, tmp_path):
    assert read_photo(written(tmp_path / "a.jpg", gradient(), exif=exif({}, folder))).focal_px is None


def test_damaged_exif_is_ignored(tmp_path):
    path = written(tmp_path / "a.jpg", gradient(), exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01garbage")
    assert read_photo(path).size == (HEIGHT, WIDTH)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_huge_photos_are_reduced(suffix, tmp_path):
    image = gradient().resize((1600, 1200), Image.Resampling.BICUBIC)
    photo = read_photo(written(tmp_path / f"a.{suffix}", image), max_pixels=120_000)
    assert photo.size == (300, 400)
    assert difference(photo, image.resize((400, 300), Image.Resampling.BOX)) < 0.01


def test_the_first_frame_of_an_animation(tmp_path):
    frames = [Image.new("RGB", (80, 80), colour) for colour in ("red", "lime")]
    for name in ("a.gif", "a.webp", "a.tiff"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        assert read_photo(tmp_path / name).rgb.mean((1, 2)).tolist() == pytest.approx([1, 0, 0], abs=0.02)


def test_arrays():
    array = np.array(gradient())
    assert torch.equal(read_photo(array).rgb, rgb(gradient()))
    assert torch.equal(read_photo(array[:, ::-1]).rgb, rgb(gradient()).flip(2))
    assert read_photo(np.array(cut_out())).alpha is not None
    assert read_photo(array[..., 0]).rgb.shape == (3, HEIGHT, WIDTH)


def test_the_callers_image_is_left_as_it_was(tmp_path):
    path = written(tmp_path / "a.jpg", gradient().resize((640, 480)))
    with Image.open(path) as image:
        read_photo(image, max_pixels=10_000)
        assert image.size == (640, 480)


def test_the_heic_of_a_phone(tmp_path):
    """96×64 as the sensor lies, a quarter turn and Display P3 told of; 26 mm on film."""
    pytest.importorskip("pi_heif")
    photo = read_photo(Path(__file__).parent / "phone.heic")
    expected = np.rot90(colours(), -1)
    assert photo.size == (96, 64) and photo.warnings == ()
    assert photo.focal_px == pytest.approx(26 / 43.27 * math.hypot(96, 64), rel=1e-3)
    assert float((photo.rgb - torch.from_numpy(expected.copy()).permute(2, 0, 1)).abs().mean()) < 0.02


def test_heic_without_its_package_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(InputError, match=r"phone.heic is an HEIC photo.*bodydouble\[heic\]"):
        read_photo(Path(__file__).parent / "phone.heic")


@pytest.mark.parametrize("space", ["http://ns.adobe.com/hdr-gain-map/1.0/", "urn:iso:std:iso:ts:21496:-1"])
def test_of_a_photo_with_a_gain_map_the_base_picture_is_taken(space, tmp_path):
    """As phones write them: a JPEG whose metadata names the map, and the map behind it."""
    picture, told = encoded("JPEG", quality=95), b"\xff\xe1" + struct.pack(">H", len(space) + 2) + space.encode()
    (tmp_path / "a.jpg").write_bytes(picture[:2] + told + picture[2:] + encoded("JPEG", gradient().convert("L")))
    photo = read_photo(tmp_path / "a.jpg")
    assert difference(photo, gradient().resize((400, 300))) < 0.02
    (warning,) = photo.warnings
    assert "a.jpg" in warning and "gain map" in warning


BAD_ARRAYS = {
    "float": np.zeros((90, 90, 3)),
    "two channels": np.zeros((90, 90, 2), np.uint8),
    "batch": np.zeros((1, 90, 90, 3), np.uint8),
    "flat": np.zeros(90, np.uint8),
    "empty": np.zeros((0, 90, 3), np.uint8),
    "small": np.zeros((63, 90, 3), np.uint8),
    "bool": np.zeros((90, 90), bool),
}


@pytest.mark.parametrize("kind", BAD_ARRAYS)
def test_arrays_of_another_kind_are_refused(kind):
    with pytest.raises(InputError):
        read_photo(BAD_ARRAYS[kind])


@pytest.mark.parametrize("source", [None, 3, b"bytes", [[1, 2]]])
def test_other_things_are_refused(source):
    with pytest.raises(InputError, match="path"):
        read_photo(source)


def encoded(form: str, image: Image.Image | None = None, **options) -> bytes:
    buffer = io.BytesIO()
    (image or gradient().resize((400, 300))).save(buffer, form, **options)
    return buffer.getvalue()


def png_of(width: int, height: int, data: bytes = b"") -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


BAD_FILES = {
    "empty.jpg": (b"", "empty"),
    "text.png": (b"hello, this is no image\n", "not an image"),
    "truncated.jpg": (encoded("JPEG")[:1500], "cut short"),
    "truncated.png": (encoded("PNG")[:900], "cut short"),
    "truncated.webp": (encoded("WEBP")[:300], "not an image|cut short"),
    "truncated.tiff": (encoded("TIFF")[:5000], "not an image|cut short"),
    "truncated.gif": (encoded("GIF")[:900], "cut short"),
    "header_only.png": (encoded("PNG")[:20], "not an image"),
    "no_data.png": (png_of(300, 300), "cut short"),
    "bomb.png": (png_of(100_000, 100_000, bytes(10_000)), "million"),
    "wide_bomb.png": (png_of(2_000_000_000, 100), "million"),
    "one_pixel.png": (encoded("PNG", Image.new("RGB", (1, 1))), "1×1"),
    "sliver.png": (encoded("PNG", Image.new("RGB", (3000, 20))), "3000×20"),
    "postscript.jpg": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\nshowpage\n", "not an image"),
    "document.jpg": (b"%PDF-1.7\n", "not an image"),
    "drawing.png": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not an image"),
    "photo.heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
    "noise.jpg": (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8, "not an image|cut short"),
    "noise.bmp": (b"BM" + bytes(range(256)) * 8, "not an image|cut short|pixels"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_refused_with_the_reason(name, tmp_path):
    data, reason = BAD_FILES[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=reason) as refusal:
        read_photo(tmp_path / name)
    assert str(tmp_path / name) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_photo(tmp_path / "nowhere.jpg")
    with pytest.raises(InputError, match="folder"):
        read_photo(str(tmp_path))
    with pytest.raises(InputError):
        read_photo("a\0b.jpg")


def test_pillows_own_limit_is_left_alone(tmp_path):
    limit = Image.MAX_IMAGE_PIXELS
    read_photo(written(tmp_path / "a.png", gradient()))
    assert limit == Image.MAX_IMAGE_PIXELS and limit is not None
