"""A double with a skirt and hair goes the whole way: pictures, a walk, a file and back, a GLB; damage is refused."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.motion.load import load_motion
from bodydouble.render.framing import framing_camera
from bodydouble.values import Pose
from tests.attached import hair_cap, tube_skirt

SIZE = (128, 96)


@pytest.fixture(scope="module")
def still(anny) -> Pose:
    return Pose(
        joints=torch.zeros(len(anny.joint_names), 3),
        root_rotation=torch.zeros(3),
        root_translation=torch.zeros(3),
        expression=torch.zeros(len(anny.expression_names)),
    )


@pytest.fixture(scope="module")
def bare(fit, texture, anny, metadata, still) -> Double:
    return Double(fit=replace(fit, pose=still), texture=texture, body=anny, metadata=metadata)


@pytest.fixture(scope="module")
def double(bare) -> Double:
    return replace(bare, attached=(tube_skirt(bare.body, bare.rest), hair_cap(bare.body, bare.rest)))


def test_the_body_is_surface_0_and_the_others_follow(double, bare):
    assert [surface.kind for surface in double.surfaces] == ["body", "skirt", "hair"]
    assert torch.equal(double.surfaces[0].vertices, bare.rest.vertices)


def test_surfaces_are_drawn_over_the_body_and_nowhere_else(double, bare):
    pose = bare.standing_pose("rest")
    camera = framing_camera(bare.posed(pose).vertices, SIZE, 0.0)
    with_skirt, without = (each.renderer(each.pose_surfaces(pose), camera) for each in (double, bare))
    # One sample of a pixel's four may fall on the other side of an edge: what is drawn depends on rounding.
    rows = ((with_skirt - without).abs() > 0.3).any(0).any(1).nonzero()[:, 0] / SIZE[0]
    assert rows[0] < 0.15 and rows[-1] < 0.85, "from the hair to the skirt's hem"
    assert not ((rows > 0.3) & (rows < 0.4)).any(), "the chest is as it was"


def test_it_turns_and_walks(double, tmp_path, monkeypatch):
    monkeypatch.setattr("bodydouble.double.VIDEO_SIZE", SIZE)
    double.turntable(tmp_path / "turn", frames=3)
    assert len(list((tmp_path / "turn").iterdir())) == 3
    walk = load_motion("walk", double.body, double.rest)
    names = ("joints", "root_rotation", "root_translation")
    steps = replace(walk, **{name: getattr(walk, name)[:6] for name in names})
    double.animate(steps, tmp_path / "walk")
    frames = [np.asarray(Image.open(path)) for path in sorted((tmp_path / "walk").iterdir())]
    assert len(frames) == 6 and not np.array_equal(frames[0], frames[-1])


def test_a_file_brings_all_of_it_back(double, tmp_path):
    double.save(tmp_path / "a.double")
    again = Double.load(tmp_path / "a.double", double.body)
    for before, after in zip(double.attached, again.attached, strict=True):
        assert (before.name, before.kind) == (after.name, after.kind)
        for name in ("vertices", "faces", "skin_weights"):
            assert torch.equal(getattr(before, name), getattr(after, name))
        assert (before.texture.rgb - after.texture.rgb).abs().max() <= 0.5 / 255 + 1e-6
        assert (before.texture.alpha is None) == (after.texture.alpha is None)
    chains = again.attached[0].chains
    assert chains.names == double.attached[0].chains.names
    assert torch.equal(chains.positions, double.attached[0].chains.positions)
    pictures = [each.render(azimuth=40, size=SIZE).astype(int) for each in (double, again)]
    assert abs(pictures[0] - pictures[1]).max() <= 2
    facts = again.metadata.surfaces
    assert [fact.name for fact in facts] == ["skirt", "hair"]
    again.save(tmp_path / "b.double")
    assert (tmp_path / "a.double").read_bytes() == (tmp_path / "b.double").read_bytes(), "nothing is lost twice"


def rewrite(path, change):
    """The file with its tensors changed."""
    with safe_open(path, "pt") as file:
        header = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    change(tensors)
    save_file(tensors, path, header)


DAMAGE = {
    "lacks surface.0.faces": lambda t: t.pop("surface.0.faces"),
    "lacks surface.0.chains.drag": lambda t: t.pop("surface.0.chains.drag"),
    "surface.0.skin_weights is": lambda t: t.update({"surface.0.skin_weights": t["surface.0.skin_weights"][:-1]}),
    "holds what no double holds: surface.7.vertices": lambda t: t.update({"surface.7.vertices": torch.zeros(3, 3)}),
    "surface.1.vertices holds NaN": lambda t: t["surface.1.vertices"].fill_(torch.nan),
    "do not sum to 1": lambda t: t["surface.1.skin_weights"].mul_(0.5),
    "without a parent": lambda t: t["surface.0.chains.parents"].fill_(3000),
    "vertex that is not there": lambda t: t["surface.1.faces"].fill_(-1),
    "0 chain joints and 6 names": lambda t: [t.pop(name) for name in list(t) if name.startswith("surface.0.chains.")],
}


@pytest.mark.parametrize("told", DAMAGE)
def test_damage_is_refused_in_one_sentence(double, tmp_path, told):
    path = tmp_path / "a.double"
    double.save(path)
    rewrite(path, DAMAGE[told])
    with pytest.raises(InputError, match=told) as error:
        Double.load(path, double.body)
    assert "\n" not in str(error.value)


def test_a_glb_is_written_with_and_without_a_motion(double, tmp_path):
    double.export(tmp_path / "a.glb")
    double.export(tmp_path / "b.glb", motion="wave")
    still, moving = ((tmp_path / name).stat().st_size for name in ("a.glb", "b.glb"))
    assert 0 < still < moving


def test_a_surface_that_fits_no_body_is_refused_when_it_is_put_on(bare):
    hair = hair_cap(bare.body, bare.rest)
    with pytest.raises(InputError, match="'hair' has no faces"):
        replace(bare, attached=(replace(hair, faces=hair.faces[:0]),))


def test_pictures_are_repeatable(double):
    first, second = (double.render(azimuth=70, size=SIZE) for _ in range(2))
    assert np.array_equal(first, second)
