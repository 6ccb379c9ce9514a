"""What the page sends of a region becomes masks, or one sentence."""

import base64
import io
import json
import struct
import zlib
from pathlib import Path

import pytest
import torch
from PIL import Image

from bodydouble.errors import InputError
from bodydouble.studio.edit_tasks import read_region
from bodydouble.studio.edits import parse_colour
from bodydouble.studio.keeping import rename_files
from bodydouble.studio.people import list_people
from bodydouble.values import Photo, PhotoWindow

SEVERAL = (
    "several people seem to be in the photo, from left to right 1 at 10,20,30,60, 2 at 100,0,50,100; took 2; "
    "pick another with --person N, or with --box x,y,width,height"
)


def picture(size, form="PNG"):
    file = io.BytesIO()
    Image.new("L", size, 255).save(file, form)
    return base64.b64encode(file.getvalue()).decode()


def huge_header():
    """A PNG that says it is 60000×60000 and has no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunks = [struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header)), struct.pack(">I", 0) + b"IDAT"]
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode()


def test_a_region_is_read(tmp_path):
    (tmp_path / "region.json").write_text(json.dumps({"body": picture((16, 16)), "skirt": picture((8, 8))}))
    region = read_region(tmp_path / "region.json")
    assert {name: tuple(mask.shape) for name, mask in region.items()} == {"body": (16, 16), "skirt": (8, 8)}
    assert float(region["body"].min()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"body": 1}',
        '{"body": "?"}',
        '{"body": "AAAA"}',
        json.dumps({"body": picture((16, 8))}),
        json.dumps({"body": picture((16, 16), "JPEG")}),
        json.dumps({"body": huge_header()}),
        "[" * 100_000,
        json.dumps(dict.fromkeys(map(str, range(17)), picture((8, 8)))),
    ],
    ids=range(11),
)
def test_what_is_no_region_is_told(tmp_path, text):
    (tmp_path / "region.json").write_text(text)
    with pytest.raises(InputError, match="paint it again"):
        read_region(tmp_path / "region.json")


def test_a_colour_is_three_numbers():
    assert parse_colour("#ff8000") == (1, 128 / 255, 0)


def test_people_are_where_the_preview_shows_them():
    whole = Photo(rgb=torch.zeros(3, 50, 100), file_scale=0.5)  # of a file of 200×100 pixels
    first, second = list_people([SEVERAL], whole)
    assert (first["number"], first["taken"], second["taken"]) == (1, False, True)
    assert (second["left"], second["top"], second["width"], second["height"]) == (0.5, 0, 0.25, 1)
    part = Photo(rgb=torch.zeros(3, 20, 20), window=PhotoWindow(left=100, top=0, size=(100, 50), whole=(100, 200)))
    first, second = list_people([SEVERAL], part)
    assert (second["left"], second["width"], second["height"]) == (0, 1, 1)
    assert first["left"] < 0, "beside the part"
    assert list_people(["the photo is small"], whole) == []


@pytest.mark.parametrize(
    ("name", "sentence", "told"),
    [
        ("upload.jpg", "/studio/upload: upload shows nobody", "upload.jpg: upload.jpg shows nobody"),
        ("upload.jpg", "upload.jpg shows nobody", "upload.jpg shows nobody"),
        ("me.jpg", "upload-2 shows nobody, upload does", "photo 2 shows nobody, me.jpg does"),
        ("me.jpg", "upload-20 and my-upload are no photos", "upload-20 and my-upload are no photos"),
    ],
)
def test_files_are_called_by_their_names_once(name, sentence, told):
    folder = Path("/studio")
    assert rename_files(sentence, {folder / "upload": name, folder / "upload-2": "photo 2"}) == told
    assert rename_files(sentence, {}) == sentence
