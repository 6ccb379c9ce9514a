"""A double can be seen, moved, exported and kept, and stays as it is."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from pygltflib import GLTF2
from safetensors.torch import load_file

import bodydouble
from bodydouble.dinar.double_renderer import DinarRenderer
from bodydouble.dinar.networks import load_networks, save_networks
from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.export.write import ExportOptions
from bodydouble.geometry.camera import project
from bodydouble.render.surfaces import PlainRenderer
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Motion
from tests.tiny import tiny_networks

SMALL = (96, 64)


@pytest.fixture(scope="module")
def double(fit, texture, metadata, anny) -> Double:
    return Double(fit=fit, texture=texture, body=anny, metadata=metadata)


@pytest.fixture
def two_frames(anny) -> Motion:
    joints = torch.zeros(2, len(anny.joint_names), 3)
    joints[1, anny.roles["left_shoulder"], 2] = 0.5
    still = torch.zeros(2, 3)
    return Motion(joints=joints, root_rotation=still, root_translation=still, frames_per_second=10)


def test_the_public_names():
    assert bodydouble.Double is Double
    assert bodydouble.InputError is InputError
    assert issubclass(bodydouble.NoPersonFound, InputError)
    assert set(bodydouble.__all__) <= set(dir(bodydouble))
    assert all(getattr(bodydouble, name) for name in bodydouble.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = bodydouble.no_such_name


@pytest.mark.parametrize("azimuth", [0, 90, 180])
@pytest.mark.parametrize("pose", ["photo", "rest"])
def test_the_whole_body_is_in_the_picture(double, azimuth, pose):
    picture = double.render(azimuth=azimuth, size=SMALL, pose=pose)
    assert picture.shape == (*SMALL, 4) and picture.dtype == np.uint8
    alpha = picture[..., 3]
    rows = np.flatnonzero(alpha.max(1))
    assert rows[-1] - rows[0] > 0.7 * SMALL[0]
    assert not (alpha[0].any() or alpha[-1].any() or alpha[:, 0].any() or alpha[:, -1].any())


def test_same_double_same_picture(double):
    assert np.array_equal(double.render(size=SMALL), double.render(size=SMALL))


def test_the_photos_view_has_the_photos_size_and_place(double, fit):
    picture = double.render(view="photo")
    assert picture.shape == (*fit.camera.size, 4)
    seen = project(double.posed(fit.pose).vertices, fit.camera)
    rows, columns = np.nonzero(picture[..., 3] > 127)
    assert abs(rows.min() - seen[:, 1].min()) < 2 and abs(rows.max() + 1 - seen[:, 1].max()) < 2
    assert abs(columns.min() - seen[:, 0].min()) < 2 and abs(columns.max() + 1 - seen[:, 0].max()) < 2


@pytest.mark.parametrize("heading", [0.0, 1.0, 3.1, -2.0])
@pytest.mark.parametrize("pose", ["photo", "rest"])
def test_it_stands_on_the_ground_and_faces_front_whatever_the_photos_heading(double, anny, heading, pose):
    turned = replace(double.fit.pose, root_rotation=torch.tensor([0.0, heading, 0.0]))
    double = replace(double, fit=replace(double.fit, pose=turned))
    standing = double.standing_pose(pose)
    assert double.posed(standing).vertices[:, 1].min().item() == pytest.approx(0, abs=1e-5)
    assert standing.root_rotation.norm().item() == pytest.approx(0, abs=1e-5)
    root = double.rest.joints[0] + standing.root_translation
    assert root[[0, 2]].tolist() == pytest.approx([0, 0], abs=1e-6)


def test_clothing_is_part_of_the_body(double, anny, fit):
    bare = anny.rest(fit.shape).vertices
    assert torch.allclose(double.rest.vertices, bare + fit.clothing.offsets)


@pytest.mark.parametrize("arguments", [{"view": "top"}, {"pose": "yoga"}, {"size": (4, 100)}, {"size": (100, 10**6)}])
def test_what_cannot_be_rendered(double, arguments):
    with pytest.raises(InputError):
        double.render(**arguments)


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ""])
def test_turntable_in_every_format(double, tmp_path, suffix, monkeypatch):
    monkeypatch.setattr("bodydouble.double.VIDEO_SIZE", SMALL)
    told = []
    double.turntable(tmp_path / f"turn{suffix}", frames=3, progress=lambda what, done: told.append(done))
    path = tmp_path / f"turn{suffix}"
    assert len(list(path.iterdir())) == 3 if suffix == "" else path.stat().st_size > 100
    assert told == pytest.approx([1 / 3, 2 / 3, 1])
    assert list(tmp_path.iterdir()) == [path]


def test_animate_moves_what_the_motion_moves(double, two_frames, tmp_path, monkeypatch):
    monkeypatch.setattr("bodydouble.double.VIDEO_SIZE", SMALL)
    double.animate(two_frames, tmp_path / "moved")
    first, second = (np.asarray(Image.open(path)).astype(int) for path in sorted((tmp_path / "moved").iterdir()))
    half = SMALL[1] // 2
    changed = (abs(first - second).max(-1) > 30).any(0)
    assert changed[half:].any(), "the person's left arm is in the picture's right half"


def test_animate_takes_built_in_motions(double, tmp_path, monkeypatch):
    monkeypatch.setattr("bodydouble.double.VIDEO_SIZE", (48, 32))
    double.animate("wave", tmp_path / "wave.gif")
    assert (tmp_path / "wave.gif").stat().st_size > 1000


def test_unknown_motions_and_formats_write_nothing(double, two_frames, tmp_path):
    with pytest.raises(InputError):
        double.animate("moonwalk", tmp_path / "a.mp4")
    with pytest.raises(InputError):
        double.animate(two_frames, tmp_path / "a.avi")
    with pytest.raises(InputError, match="ends in .glb"):
        double.export(tmp_path / "a.obj")
    with pytest.raises(InputError, match="ends in .double"):
        double.save(tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []


def test_an_albedo_is_exported_where_light_is_told(double, tmp_path):
    with pytest.raises(InputError, match="does not tell light from colour"):
        double.export(tmp_path / "a.glb", options=ExportOptions(albedo=True))
    lit = replace(double, texture=replace(double.texture, shade=torch.full((3, 8, 8), 0.5)))
    even = lit.even_light()
    brighter = (double.texture.rgb * 2 ** (1 / 2.2)).clamp(max=1)
    torch.testing.assert_close(even.texture.rgb, brighter)

    def exported(made: Double, albedo: bool = False) -> bytes:
        made.export(tmp_path / "a.glb", options=ExportOptions(albedo=albedo))
        return (tmp_path / "a.glb").read_bytes()

    assert exported(lit) == exported(double), "by default as it was seen"
    assert exported(lit, albedo=True) == exported(even) == exported(even, albedo=True) != exported(double)


def test_export(double, two_frames, tmp_path):
    double.export(tmp_path / "a.glb", motion=two_frames)
    assert (tmp_path / "a.glb").read_bytes()[:4] == b"glTF"


def test_a_saved_double_looks_the_same(double, anny, tmp_path):
    double.save(tmp_path / "a.double")
    again = bodydouble.load(tmp_path / "a.double", body=anny)
    difference = abs(again.render(size=SMALL).astype(int) - double.render(size=SMALL).astype(int))
    assert difference.max() <= 1
    assert again.metadata == double.metadata


def test_a_file_does_not_choose_which_code_runs(double, tmp_path):
    replace(double, metadata=replace(double.metadata, body_model="os:abort")).save(tmp_path / "a.double")
    with pytest.raises(InputError, match="load it with that model"):
        bodydouble.load(tmp_path / "a.double")


def test_another_body_or_layout_is_refused(double, anny, tmp_path):
    replace(double, metadata=replace(double.metadata, layout="0" * 16)).save(tmp_path / "a.double")
    with pytest.raises(InputError, match="another layout"):
        bodydouble.load(tmp_path / "a.double", body=anny)
    fit = replace(double.fit, pose=replace(double.fit.pose, joints=torch.zeros(3, 3)))
    replace(double, fit=fit).save(tmp_path / "b.double")
    with pytest.raises(InputError, match="does not fit the body model anny"):
        bodydouble.load(tmp_path / "b.double", body=anny)


def test_a_double_is_plain_data(double, tmp_path):
    double.save(tmp_path / "a.double")
    assert {tensor.dtype for tensor in load_file(tmp_path / "a.double").values()} == {
        torch.uint8,
        torch.int32,
        torch.float32,
    }


@pytest.fixture(scope="module")
def networks():
    return tiny_networks()


@pytest.fixture(scope="module")
def painted(double, networks, tmp_path_factory):
    """A double that a neural renderer draws, in a file; and the file of its networks."""
    folder = tmp_path_factory.mktemp("painted")
    save_networks(networks, folder / "tiny.safetensors", half=False)
    neural = torch.rand(21, 32, 32, generator=torch.Generator().manual_seed(0))
    weights = {"tiny.safetensors": load_networks(folder / "tiny.safetensors").source["sha256"]}
    made = replace(
        double,
        texture=replace(double.texture, neural=neural),
        metadata=replace(double.metadata, weights=weights),
        renderer=DinarRenderer(networks.renderer),
    )
    made.save(folder / "a.double")
    return made, folder / "a.double", folder / "tiny.safetensors"


def test_what_networks_paint_is_drawn_by_them_from_the_file_too(painted, anny, networks):
    made, path, weights = painted
    wanted = made.render(azimuth=30, size=SMALL).astype(int)
    for named in (weights, load_networks(weights)):
        drawn = Double.load(path, anny, named).render(azimuth=30, size=SMALL).astype(int)
        assert drawn[..., 3].max() == 255 and abs(drawn - wanted).mean() < 0.5
    plain = Double.load(path, anny, "none")
    assert plain.texture.neural is None
    solid = (plain.render(azimuth=30, size=SMALL)[..., 3] == 255) & (wanted[..., 3] == 255)
    assert abs(plain.render(azimuth=30, size=SMALL).astype(int) - wanted)[solid].max() > 5


def test_without_its_networks_it_says_which_when_it_is_drawn(painted, anny, networks, tmp_path):
    _, path, _ = painted
    lonely = Double.load(path, anny)
    for use in (lambda: lonely.render(size=SMALL), lambda: lonely.export(tmp_path / "a.glb")):
        with pytest.raises(InputError, match=r"a.double was painted with tiny.safetensors; .*--weights"):
            use()
    assert list(tmp_path.iterdir()) == []
    save_networks(networks, tmp_path / "other.safetensors")  # in half precision: another file
    with pytest.raises(InputError, match=r"painted with tiny.safetensors .*, not with"):
        Double.load(path, anny, tmp_path / "other.safetensors")


def test_what_is_exported_is_what_the_renderer_draws(painted, tmp_path, monkeypatch):
    made, _, _ = painted
    monkeypatch.setattr("bodydouble.dinar.bake._VIEWS", [(0.0, 0.0), (180.0, 0.0)])
    made.export(tmp_path / "baked.glb")
    replace(made, renderer=PlainRenderer()).export(tmp_path / "plain.glb")
    baked, plain = (base_colour(tmp_path / name) for name in ("baked.glb", "plain.glb"))
    assert baked.shape == plain.shape and abs(baked - plain).mean() > 1
    own = np.asarray((made.texture.rgb * 255).round().permute(1, 2, 0))
    covered = texel_map(made.body.layout, len(own)).face[0].numpy() >= 0
    assert abs(plain - own)[covered].mean() < 6 < abs(baked - own)[covered].mean(), (
        "JPEG keeps noise within a few steps"
    )


def base_colour(path) -> np.ndarray:
    """H×W×3 of the first texture in a GLB."""
    glb = GLTF2().load(path)
    image = glb.images[glb.textures[glb.materials[0].pbrMetallicRoughness.baseColorTexture.index].source]
    view = glb.bufferViews[image.bufferView]
    data = glb.binary_blob()[view.byteOffset : view.byteOffset + view.byteLength]
    return np.asarray(Image.open(BytesIO(data)).convert("RGB")).astype(float)
