"""Of a RAW file the largest finished picture is taken and told of; one with no more than a thumbnail is refused."""

import io
import struct

import numpy as np
import pytest
import torch
from PIL import Image

from bodydouble.errors import InputError
from bodydouble.person.photo import read_photo

ORIENTATION, PHOTOMETRIC, SUBFILE_TYPE = 274, 262, 254


def picture(width: int, height: int) -> Image.Image:
    """Red grows to the right, green downwards."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return Image.fromarray((np.stack([x, y, 0.5 + 0 * x], -1) * 255).astype(np.uint8))


def jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def directory(entries: dict[int, int], after: int = 0) -> bytes:
    """A TIFF directory of one LONG a tag, but for the number of the one after it."""
    rows = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(entries.items()))
    return struct.pack("<H", len(entries)) + rows + struct.pack("<I", after)


def raw_file(pictures: list[bytes], thumbnail: Image.Image, orientation: int = 1) -> bytes:
    """A TIFF as cameras write RAW: a thumbnail first, sensor data and finished JPEGs below it."""
    pixels = thumbnail.tobytes()
    sensor = np.random.default_rng(0).integers(0, 255, 40_000, dtype=np.uint8).tobytes()
    blocks, places, at = [pixels, sensor, *pictures], [], 8
    for block in blocks:
        places.append(at)
        at += len(block) + len(block) % 2
    body = b"".join(block + b"\0" * (len(block) % 2) for block in blocks)
    below = directory({SUBFILE_TYPE: 0, 256: 200, 257: 200, 258: 8, 259: 1, PHOTOMETRIC: 32803, 273: places[1]})
    first = directory(
        {SUBFILE_TYPE: 1, 256: thumbnail.width, 257: thumbnail.height, 258: 8, 259: 1, PHOTOMETRIC: 2, 273: places[0]}
        | {ORIENTATION: orientation, 277: 3, 278: thumbnail.height, 279: len(pixels), 330: at}
    )
    return b"II*\0" + struct.pack("<I", at + len(below)) + body + below + first


def difference(photo, image: Image.Image) -> float:
    return float((photo.rgb - torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255).abs().mean())


def test_the_largest_picture_is_taken_and_told_of(tmp_path):
    path = tmp_path / "a.nef"
    path.write_bytes(raw_file([jpeg(picture(700, 500)), jpeg(picture(900, 600))], picture(96, 64)))
    photo = read_photo(path)
    assert photo.size == (600, 900) and difference(photo, picture(900, 600)) < 0.02
    (warning,) = photo.warnings
    assert "a.nef" in warning and "RAW" in warning and "900×600" in warning


def test_the_file_s_orientation_holds_for_its_pictures(tmp_path):
    path = tmp_path / "a.dng"
    path.write_bytes(raw_file([jpeg(picture(900, 600))], picture(96, 64), orientation=6))
    photo = read_photo(path)
    assert photo.size == (900, 600)
    assert difference(photo, picture(900, 600).transpose(Image.Transpose.ROTATE_270)) < 0.02


@pytest.mark.parametrize(
    "head", [b"FUJIFILMCCD-RAW 0201", b"IIRO\x08\0\0\0", b"IIU\0\x18\0\0\0", b"\0\0\0\x18ftypcrx \0"]
)
def test_makers_forms_are_known_by_their_first_bytes(head, tmp_path):
    path = tmp_path / "a.raw"
    path.write_bytes(head.ljust(512, b"\1") + jpeg(picture(800, 600)) + bytes(range(256)) * 99)
    photo = read_photo(path)
    assert photo.size == (600, 800) and "RAW" in photo.warnings[0]


def test_bytes_that_only_look_like_a_jpeg_do_no_harm(tmp_path):
    path = tmp_path / "a.cr2"
    false = b"\xff\xd8\xff\xc3" + bytes(999)
    path.write_bytes(raw_file([false, jpeg(picture(5000, 3000))[:3000], jpeg(picture(800, 600))], picture(96, 64)))
    assert read_photo(path).size == (600, 800)


def test_a_thumbnail_alone_is_refused(tmp_path):
    path = tmp_path / "a.dng"
    path.write_bytes(raw_file([], picture(192, 128)))
    with pytest.raises(InputError, match="a.dng is a camera's RAW file.*192×128.*develop"):
        read_photo(path)
    path.write_bytes(b"IIU\0" + bytes(4000))
    with pytest.raises(InputError, match="a.dng is a camera's RAW file.*develop"):
        read_photo(path)


def test_a_plain_tiff_is_no_raw_file(tmp_path):
    picture(128, 96).save(tmp_path / "a.tiff")
    assert read_photo(tmp_path / "a.tiff").warnings == ()


def test_the_uncompressed_picture_of_the_case(shared):
    photo = read_photo(shared / "cases" / "raw_thumbnail.dng")
    assert photo.size == (1365, 1024) and "RAW" in photo.warnings[0]
