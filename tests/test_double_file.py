"""What is written comes back, and nothing else is believed."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from bodydouble.double_file import read_double, write_double
from bodydouble.double_format import describe
from bodydouble.errors import InputError
from bodydouble.metadata import FORMAT_VERSION, Coverage, Metadata


@pytest.fixture
def path(tmp_path, fit, texture, metadata):
    path = tmp_path / "a.double"
    write_double(path, fit, texture, (), metadata)
    return path


def rewritten(path, metadata, change):
    """The file with its tensors, or its metadata, changed by `change`."""
    tensors = load_file(path)
    header = {"bodydouble": metadata.to_json()}
    change(tensors, header)
    save_file(tensors, path, header)
    return path


def test_everything_comes_back(path, fit, texture, metadata):
    again, painted, attached, told = read_double(path)
    assert attached == ()
    assert told == metadata
    assert torch.equal(again.shape.coefficients, fit.shape.coefficients)
    for value, original in ((again.pose, fit.pose), (again.clothing, fit.clothing)):
        kept = {name: tensor for name, tensor in vars(value).items() if tensor is not None}  # hems are in no file
        assert all(torch.equal(tensor, getattr(original, name)) for name, tensor in kept.items())
    assert torch.equal(again.camera.intrinsics, fit.camera.intrinsics)
    assert torch.equal(again.camera.camera_from_world, fit.camera.camera_from_world)
    assert again.camera.size == fit.camera.size
    assert (painted.rgb - texture.rgb).abs().max() <= 0.5 / 255 + 1e-6
    assert torch.equal(painted.confidence, texture.confidence)


def test_shade_comes_back_at_a_quarter_of_the_size(tmp_path, fit, texture, metadata):
    ramp = torch.linspace(0.4, 2.5, 1024).expand(3, 1024, -1).clone()
    ramp[:, :64] = 1
    write_double(tmp_path / "a.double", fit, replace(texture, shade=ramp), (), metadata)
    shade = read_double(tmp_path / "a.double")[1].shade
    assert shade is not None and shade.shape == (3, 256, 256)
    assert torch.equal(shade[:, :16], torch.ones(3, 16, 256)), "even light is exactly that"
    assert (shade[:, 16:] / ramp[:, 64::4, 2::4] - 1).abs().max() < 0.012
    write_double(tmp_path / "b.double", fit, replace(texture, shade=shade), (), metadata)
    assert (tmp_path / "a.double").read_bytes() == (tmp_path / "b.double").read_bytes()


def test_a_neural_texture_comes_back_in_half_precision(tmp_path, fit, texture, metadata):
    neural = 3 * torch.randn(21, 32, 32)
    neural[0, 0, 0] = 1e6  # more than half precision can hold
    painted = replace(metadata, weights={"lite.safetensors": "0f" * 32})
    write_double(tmp_path / "a.double", fit, replace(texture, neural=neural), (), painted)
    _, again, _, told = read_double(tmp_path / "a.double")
    assert again.neural is not None and again.neural.dtype == torch.float32
    assert torch.equal(again.neural, neural.clamp(max=65504).half().float())
    assert told.weights == {"lite.safetensors": "0f" * 32}
    assert describe(tmp_path / "a.double")["sizes"]["neural_texture"] == 32


def test_without_networks_there_is_no_neural_texture(path):
    assert read_double(path)[1].neural is None
    assert "texture.neural" not in load_file(path)


def test_writing_again_changes_no_byte(path, tmp_path):
    write_double(tmp_path / "b.double", *read_double(path))
    assert (tmp_path / "b.double").read_bytes() == path.read_bytes()


def test_what_was_seen_and_made_up_comes_back(tmp_path, fit, texture, metadata):
    coverage = Coverage(seen_fraction=0.25, made_up=("hair behind", "left sleeve"))
    write_double(tmp_path / "a.double", fit, texture, (), replace(metadata, coverage=coverage))
    assert read_double(tmp_path / "a.double")[3].coverage == coverage
    notes = describe(tmp_path / "a.double")["notes"]
    assert notes == ("a warning", "25 % of the surface was seen; made up: hair behind, left sleeve")


def test_describe_is_json(path):
    facts = json.loads(json.dumps(describe(path)))
    assert facts["figures"]["silhouette_iou"] == 0.9
    assert facts["sizes"]["texture"] == 64
    assert facts["seen_share_of_texture"] == 0.5


TENSORS = {
    "missing": (lambda t: t.pop("pose.joints"), "lacks pose.joints"),
    "unknown": (lambda t: t.update(extra=torch.zeros(1)), "holds what no double holds: extra"),
    "wrong type": (lambda t: t.update({"texture.rgb": torch.zeros(3, 64, 64)}), "texture.rgb is float32"),
    "wrong side": (
        lambda t: t.update({"texture.confidence": t["texture.confidence"][:32].clone()}),
        "texture.confidence is 32×64",
    ),
    "two sides": (lambda t: t.update({"clothing.leg_blend": torch.zeros(7)}), "clothing.leg_blend is 7, expected"),
    "wrong rank": (lambda t: t.update({"camera.intrinsics": torch.zeros(9)}), "camera.intrinsics is 9"),
    "NaN": (lambda t: t["pose.joints"].fill_(torch.nan), "pose.joints holds NaN"),
    "infinity": (lambda t: t["clothing.offsets"][3].fill_(torch.inf), "clothing.offsets holds NaN or infinity"),
    "no texture": (
        lambda t: t.update(
            {"texture.rgb": torch.zeros(3, 0, 0).byte(), "texture.confidence": torch.zeros(0, 0, dtype=torch.uint8)}
        ),
        "texture of 0 texels",
    ),
    "neural type": (lambda t: t.update({"texture.neural": torch.zeros(21, 4, 4)}), "texture.neural is float32"),
    "neural sides": (lambda t: t.update({"texture.neural": torch.zeros(21, 4, 5).half()}), "texture.neural is 21×4×5"),
    "neural size": (lambda t: t.update({"texture.neural": torch.zeros(21, 0, 0).half()}), "neural texture of 0 texels"),
    "neural NaN": (
        lambda t: t.update({"texture.neural": torch.full((21, 4, 4), torch.nan).half()}),
        "texture.neural holds NaN",
    ),
    "huge photo": (lambda t: t["camera.size"].fill_(2**30), "the photo's size is"),
}


@pytest.mark.parametrize("case", TENSORS)
def test_wrong_tensors_are_refused(path, metadata, case):
    change, message = TENSORS[case]
    with pytest.raises(InputError, match=message):
        read_double(rewritten(path, metadata, lambda tensors, header: change(tensors)))


HEADERS = {
    "newer": (lambda facts: facts.update(format_version="3.0"), "has format 3.0, this version reads up to"),
    "no version": (lambda facts: facts.pop("format_version"), "format_version is missing"),
    "odd version": (lambda facts: facts.update(format_version="one"), "'one' is no format version"),
    "seed": (lambda facts: facts.update(seed="0"), "seed is missing or no int"),
    "size": (lambda facts: facts.update(photo_size=[1]), "photo_size"),
    "seconds": (lambda facts: facts.update(seconds={"fit": "long"}), "'long' is no number"),
    "coverage": (lambda facts: facts.update(coverage={"seen_fraction": 1, "made_up": "hair"}), "made_up is missing"),
    "figures": (lambda facts: facts.update(figures=[]), "a table of names is missing"),
}


@pytest.mark.parametrize("case", HEADERS)
def test_wrong_metadata_is_refused(path, metadata, case):
    change, message = HEADERS[case]

    def changed(tensors, header):
        facts = json.loads(header["bodydouble"])
        change(facts)
        header["bodydouble"] = json.dumps(facts)

    with pytest.raises(InputError, match=message):
        read_double(rewritten(path, metadata, changed))


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000])
def test_metadata_that_is_no_table_is_refused(path, metadata, text):
    with pytest.raises(InputError, match="damaged metadata"):
        read_double(rewritten(path, metadata, lambda tensors, header: header.update(bodydouble=text)))


def test_a_newer_minor_version_may_add_tensors_and_words(path, metadata):
    major, minor = FORMAT_VERSION.split(".")

    def newer(tensors, header):
        tensors["texture.wrinkles"] = torch.zeros(21, 4, 4)
        facts = {**json.loads(header["bodydouble"]), "format_version": f"{major}.{int(minor) + 1}", "mood": "good"}
        header["bodydouble"] = json.dumps(facts)

    assert read_double(rewritten(path, metadata, newer))[3].seed == metadata.seed


def test_a_file_of_format_1_is_read_as_before(path, metadata, texture):
    """There the confidence was called `texture.seen`."""

    def older(tensors, header):
        tensors["texture.seen"] = tensors.pop("texture.confidence")
        facts = json.loads(header["bodydouble"])
        del facts["surfaces"]
        header["bodydouble"] = json.dumps({**facts, "format_version": "1.1"})

    _, painted, attached, told = read_double(rewritten(path, metadata, older))
    assert torch.equal(painted.confidence, texture.confidence) and attached == () and told.seed == metadata.seed


@pytest.mark.parametrize("kept", [0, 1, 7, 100, 3000, -1])
def test_a_file_cut_short_is_refused(path, kept):
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match="is empty|is damaged"):
        read_double(path)


def test_a_large_file_is_refused_before_it_is_read(path):
    with path.open("r+b") as file:
        file.truncate(2**40)  # sparse: takes no space
    with pytest.raises(InputError, match="too large"):
        read_double(path)


def test_metadata_round_trip_without_figures(metadata):
    bare = replace(metadata, figures=None, warnings=())
    assert Metadata.from_json(bare.to_json()) == bare
