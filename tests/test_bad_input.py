"""Malformed and hostile input: one clear sentence, exit status 2, and no file that was not there before."""

import io
import json
import os
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from bodydouble import cli
from bodydouble.double_file import write_double
from bodydouble.metadata import FORMAT_VERSION


class Trap:
    """Unpickled, it would write a file."""

    def __reduce__(self):
        return open, ("trapped", "w")


def encoded(image: Image.Image, form: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def gradient(width: int = 240, height: int = 320) -> Image.Image:
    rows = np.linspace(40, 200, height)[:, None, None]
    return Image.fromarray(np.broadcast_to(rows, (height, width, 3)).astype(np.uint8))


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes that say they are a picture of that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(100_000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def zipped(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


def saved(save, *arrays, **named) -> bytes:
    buffer = io.BytesIO()
    save(buffer, *arrays, **named)
    return buffer.getvalue()


_NOISE = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
_FRAMES = [Image.new("RGB", (64, 64), colour) for colour in ("red", "green", "blue")]

PHOTOS = {
    "truncated.jpg": encoded(Image.fromarray(_NOISE), "JPEG")[:4000],
    "truncated.png": encoded(Image.fromarray(_NOISE), "PNG")[:4000],
    "text.png": b"this is not a picture\n",
    "zero_bytes.jpg": b"",
    "one_pixel.png": encoded(Image.new("RGB", (1, 1)), "PNG"),
    "one_column.png": encoded(Image.new("RGB", (1, 3000)), "PNG"),
    "bomb.png": png_that_claims(60_000, 60_000),
    "bomb_wide.png": png_that_claims(2_000_000_000, 1),
    "no_data.png": png_that_claims(300, 300),
    "nobody.jpg": encoded(gradient(), "JPEG"),
    "noise.png": encoded(Image.fromarray(_NOISE), "PNG"),
    "white.png": encoded(Image.new("RGB", (300, 300), "white"), "PNG"),
    "transparent.png": encoded(Image.new("RGBA", (300, 300), (0, 0, 0, 0)), "PNG"),
    "animated.gif": encoded(_FRAMES[0], "GIF", save_all=True, append_images=_FRAMES[1:]),
    "document.jpg": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
    "script.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n(trapped) (w) file closefile\n",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "archive.jpg": zipped("a.txt", b"hello"),
    "pickled.jpg": pickle.dumps(Trap()),
}

_BVH_HEAD = (
    "HIERARCHY\nROOT Hips\n{\nOFFSET 0 0 0\nCHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation\n"
)
_BVH_END = "End Site\n{\nOFFSET 0 1 0\n}\n}\n"
_POSES = np.zeros((4, 156))

MOTIONS = {
    "empty.bvh": b"",
    "text.bvh": b"this is no motion\n",
    "binary.bvh": bytes(range(256)) * 20,
    "no_motion.bvh": (_BVH_HEAD + _BVH_END).encode(),
    "open_brace.bvh": _BVH_HEAD.encode(),
    "short.bvh": (_BVH_HEAD + _BVH_END + "MOTION\nFrames: 3\nFrame Time: 0.04\n0 0 0 0 0 0\n").encode(),
    "words.bvh": (_BVH_HEAD + _BVH_END + "MOTION\nFrames: 1\nFrame Time: 0.04\na b c d e f\n").encode(),
    "nan.bvh": (_BVH_HEAD + _BVH_END + "MOTION\nFrames: 1\nFrame Time: 0.04\n0 0 0 nan 0 0\n").encode(),
    "claims.bvh": (_BVH_HEAD + _BVH_END + "MOTION\nFrames: 99999999999\nFrame Time: 0.04\n0 0 0 0 0 0\n").encode(),
    "no_time.bvh": (_BVH_HEAD + _BVH_END + "MOTION\nFrames: 1\nFrame Time: 0\n0 0 0 0 0 0\n").encode(),
    "deep.bvh": (_BVH_HEAD + "JOINT a\n{\nOFFSET 0 1 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n" * 5000).encode(),
    "nan.npz": saved(np.savez, poses=_POSES * np.nan, trans=np.zeros((4, 3)), mocap_framerate=30.0),
    "shapes.npz": saved(np.savez, poses=np.zeros((4, 7)), trans=np.zeros((4, 3)), mocap_framerate=30.0),
    "lengths.npz": saved(np.savez, poses=_POSES, trans=np.zeros((9, 3)), mocap_framerate=30.0),
    "no_rate.npz": saved(np.savez, poses=_POSES, trans=np.zeros((4, 3)), mocap_framerate=0.0),
    "other.npz": saved(np.savez, something=np.zeros(3)),
    "pickled.npz": saved(np.savez, poses=np.array([Trap()], dtype=object)),
    "text.npz": b"this is no motion\n",
    "archive.npz": zipped("poses.npy", b"no array"),
    "pickled.npy": saved(np.save, np.array([Trap()], dtype=object)),
    "pickle.npy": pickle.dumps(Trap()),
    "shapes.npy": saved(np.save, np.zeros((2, 3, 4, 5))),
    "nan.npy": saved(np.save, np.full((2, 165), np.nan)),
    "words.npy": saved(np.save, np.array(["a", "b"])),
    "motion.fbx": b"Kaydara FBX Binary  \x00",
}


@pytest.fixture
def outputs(tmp_path, monkeypatch, anny):
    """A folder to write to, with an older file of the same name; the current folder, too, must stay empty."""
    for module in ("double_file", "pipeline"):
        monkeypatch.setattr(f"bodydouble.{module}.body_model", lambda name: anny)
    for name in ("outputs", "inputs", "current"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "current")
    return tmp_path / "outputs"


@pytest.fixture
def inputs(outputs) -> Path:
    return outputs.parent / "inputs"


@pytest.fixture
def double_file(inputs, fit, texture, metadata):
    write_double(inputs / "good.double", fit, texture, (), metadata)
    return inputs / "good.double"


def refused(capsys, outputs: Path, *arguments: object) -> str:
    """Run a command that must be refused; the one sentence it says."""
    output = Path(arguments[arguments.index("-o") + 1]) if "-o" in arguments else None
    if output and output.parent == outputs:
        output.write_bytes(b"old")
    before = sorted(outputs.iterdir())
    assert cli.main([str(argument) for argument in arguments] + ["--quiet"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("bodydouble: ") and said.err.count("\n") == 1, said.err
    assert len(said.err) < 400 + 2 * len(str(outputs.parent)), said.err
    assert sorted(outputs.iterdir()) == before
    assert all(path.read_bytes() == b"old" for path in before)
    assert not list(Path.cwd().iterdir()), "something was executed"
    return said.err


@pytest.mark.parametrize("name", PHOTOS)
def test_photos(name, inputs, outputs, capsys):
    (inputs / name).write_bytes(PHOTOS[name])
    assert name in refused(capsys, outputs, "create", inputs / name, "-o", outputs / "me.double")


def test_photos_that_are_not_there(inputs, outputs, capsys):
    assert "nowhere.jpg" in refused(capsys, outputs, "create", inputs / "nowhere.jpg", "-o", outputs / "me.double")
    refused(capsys, outputs, "create", inputs, "-o", outputs / "me.double")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_photo_that_may_not_be_read(inputs, outputs, capsys):
    (inputs / "secret.png").write_bytes(PHOTOS["white.png"])
    (inputs / "secret.png").chmod(0)
    refused(capsys, outputs, "create", inputs / "secret.png", "-o", outputs / "me.double")


@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "0,0,0,0", "nan,0,5,5", "5000,5000,100,100", "-9,0,1e999,5"])
def test_boxes(box, inputs, outputs, capsys):
    (inputs / "a.jpg").write_bytes(PHOTOS["nobody.jpg"])
    refused(capsys, outputs, "create", inputs / "a.jpg", "-o", outputs / "me.double", f"--box={box}")


@pytest.mark.parametrize("option", ["--body", "--detector", "--inpainter"])
@pytest.mark.parametrize("name", ["nothing", "no_such_module:x", "math:pi"])
def test_unknown_parts(option, name, inputs, outputs, capsys, monkeypatch):
    monkeypatch.undo()
    monkeypatch.chdir(outputs.parent / "current")
    (inputs / "a.jpg").write_bytes(PHOTOS["nobody.jpg"])
    refused(capsys, outputs, "create", inputs / "a.jpg", "-o", outputs / "me.double", option, name)


def test_smplx_without_its_file(double_file, inputs, outputs, capsys):
    arguments = ("create", inputs / "a.jpg", "-o", outputs / "me.double", "--body", "smplx")
    assert "--body-file" in refused(capsys, outputs, *arguments)
    (inputs / "model.npz").write_bytes(MOTIONS["pickled.npz"])
    assert "model.npz" in refused(capsys, outputs, *arguments, "--body-file", inputs / "model.npz")
    arguments = ("render", double_file, "-o", outputs / "a.png", "--body-file", inputs / "nowhere.npz")
    assert "nowhere.npz" in refused(capsys, outputs, *arguments)


@pytest.mark.parametrize("name", MOTIONS)
def test_motions(name, double_file, inputs, outputs, capsys):
    (inputs / name).write_bytes(MOTIONS[name])
    assert name in refused(capsys, outputs, "animate", double_file, inputs / name, "-o", outputs / "a.mp4")


@pytest.mark.parametrize("motion", ["moonwalk", "nowhere.bvh", ".", ""])
def test_motions_that_are_not_there(motion, double_file, outputs, capsys):
    refused(capsys, outputs, "animate", double_file, motion, "-o", outputs / "a.mp4")
    refused(capsys, outputs, "export", double_file, "--motion", motion, "-o", outputs / "a.glb")


def changed_double(path: Path, **changes: torch.Tensor) -> bytes:
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        header = file.metadata()
    tensors = {**load_file(path), **changes}
    save_file(tensors, path.with_name("changed"), header)
    return path.with_name("changed").read_bytes()


def newer_double(path: Path) -> bytes:
    version = rb"\"format_version\": \"%s\""
    present = version % FORMAT_VERSION.encode()
    data = path.read_bytes()
    assert present in data
    return data.replace(present, version % b"9.0")


DOUBLES = {
    "empty": lambda path: b"",
    "cut_short": lambda path: path.read_bytes()[:-100],
    "cut_in_the_header": lambda path: path.read_bytes()[:300],
    "newer": newer_double,
    "wrong_shapes": lambda path: changed_double(path, **{"clothing.offsets": torch.zeros(5, 3)}),
    "nan": lambda path: changed_double(path, **{"camera.intrinsics": torch.full((3, 3), torch.nan)}),
    "huge_header": lambda path: struct.pack("<Q", 2**62) + b"{}",
    "outside": lambda path: b"H\0\0\0\0\0\0\0" + b'{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}'.ljust(72),
    "pickle": lambda path: pickle.dumps(Trap()),
    "pickle_inside": lambda path: saved(lambda buffer, value: torch.save(value, buffer), {"texture.rgb": Trap()}),
    "pickle_appended": lambda path: path.read_bytes() + pickle.dumps(Trap()),
    "picture": lambda path: PHOTOS["white.png"],
    "another_body": lambda path: path.read_bytes().replace(rb"\"body_model\": \"anny\"", rb"\"body_model\": \"os:a\""),
}


@pytest.mark.parametrize("name", DOUBLES)
def test_doubles(name, double_file, inputs, outputs, capsys):
    path = inputs / f"{name}.double"
    path.write_bytes(DOUBLES[name](double_file))
    if name not in ("another_body",):
        assert path.name in refused(capsys, outputs, "info", path)
    assert path.name in refused(capsys, outputs, "render", path, "-o", outputs / "a.png")


def test_the_good_double_is_good(double_file):
    assert cli.main(["info", str(double_file), "--json"]) == 0


def test_a_double_that_is_only_a_safetensors_file(inputs, outputs, capsys):
    save_file({"a": torch.zeros(1)}, inputs / "a.double", {"bodydouble": json.dumps({})})
    refused(capsys, outputs, "info", inputs / "a.double")
    refused(capsys, outputs, "info", inputs)


@pytest.mark.parametrize(
    "arguments",
    [
        ("render", "-o", "nowhere/a.png"),
        ("render", "-o", "a.jpg"),
        ("render", "-o", "a.png", "--size", "0,100"),
        ("render", "-o", "a.png", "--size", "big"),
        ("render", "-o", "a.png", "--size", "100000,100000"),
        ("render", "-o", "a.png", "--azimuth", "nan"),
        ("turntable", "-o", "nowhere/a.mp4"),
        ("turntable", "-o", "a.avi"),
        ("turntable", "-o", "a.png"),
        ("export", "-o", "nowhere/a.glb"),
        ("export", "-o", "a.obj"),
        ("animate", "walk", "-o", "nowhere/a.mp4"),
        ("animate", "walk", "-o", "a.txt"),
    ],
    ids=" ".join,
)
def test_outputs_and_sizes(arguments, double_file, outputs, capsys):
    command, *rest = arguments
    rest[rest.index("-o") + 1] = outputs / rest[rest.index("-o") + 1]
    refused(capsys, outputs, command, double_file, *rest)


def test_create_refuses_a_bad_output_before_the_work(inputs, outputs, capsys):
    for name in ("nowhere/me.double", "me.png", "me"):
        assert "cannot write" in refused(capsys, outputs, "create", inputs / "a.jpg", "-o", outputs / name)
