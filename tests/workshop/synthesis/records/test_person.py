"""What is written of a person is what was drawn, and it is true."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from bodydouble.geometry.camera import project, to_camera
from bodydouble.raster.shade import sample_texture
from workshop.synthesis.layers import KINDS
from workshop.synthesis.pack.contents import Pack
from workshop.synthesis.records.person import RecordConfig, decode_image, make_record, read_view
from workshop.synthesis.scene.truth import PARTS, uv_render
from workshop.synthesis.shoot import (
    DressedPerson,
    Shot,
    cameras_around,
    sample_person,
    sample_person_pose,
    shoot,
    true_fit,
)

CONFIG = RecordConfig(views=2, poses=1, size=256, texture_size=128, seed=3)


@pytest.fixture(scope="module")
def record(pack: Pack) -> dict[str, Tensor]:
    return make_record(pack, CONFIG, 1)


@pytest.fixture(scope="module")
def person(pack: Pack) -> DressedPerson:
    return sample_person(pack, (4, 2))


@pytest.fixture(scope="module")
def shot(pack: Pack, person: DressedPerson) -> Shot:
    pose = sample_person_pose(pack, person, np.random.default_rng(1), "a-pose")
    cameras = cameras_around(pack, person, pose, (0, 150), (256, 256))
    return shoot(pack, person, pose, cameras, np.random.default_rng(2))


def test_the_same_seed_gives_the_same_bytes(pack: Pack, record: dict[str, Tensor]) -> None:
    again = make_record(pack, CONFIG, 1)
    assert record.keys() == again.keys()
    assert all(torch.equal(value, again[name]) for name, value in record.items())
    other = make_record(pack, CONFIG, 2)
    assert not torch.equal(record["shape"], other["shape"])


def test_a_view_comes_back(record: dict[str, Tensor]) -> None:
    view = read_view(record, 0)
    person = view.kind > 0
    assert view.photo.shape == (3, 256, 256)
    assert torch.equal(person, view.depth.isfinite())
    assert (view.normal.norm(dim=0)[person] - 1).abs().max() < 0.02
    assert (person == (view.rgba[3] > 0.5)).float().mean() > 0.98
    merged = decode_image(record["merged"])
    assert bool((merged[3] >= view.texture.filled.float() - 1e-6).all())


def test_labels_and_depth_are_where_the_body_is(pack: Pack, person: DressedPerson, shot: Shot) -> None:
    fit = true_fit(person, shot.pose, shot.cameras[0])
    joints = pack.body.pose(pack.body.rest(fit.shape), shot.pose).vertices
    for role, part in (("head", "head"), ("left_knee", "left thigh"), ("right_wrist", "right forearm")):
        of_role = pack.body.skin_weights[:, pack.body.roles[role]].argmax()
        place = project(joints[of_role], shot.cameras[0])
        row, column = int(place[1]), int(place[0])
        near = shot.truth.part[0, row - 6 : row + 7, column - 6 : column + 7]
        assert bool((near == PARTS.index(part)).any()) or role != "head"
    depth = shot.truth.depth[0]
    own = to_camera(joints, shot.cameras[0])[:, 2]
    assert own.min() - 0.15 < depth[depth.isfinite()].min() and depth[depth.isfinite()].max() < own.max() + 0.15
    assert KINDS.index("skin") in shot.truth.kind


def test_true_clothing_covers_the_person(pack: Pack, person: DressedPerson, shot: Shot) -> None:
    fit = true_fit(person, shot.pose, shot.cameras[0])
    covered = uv_render(fit, pack.body, shot.cameras).uv[:, 0] >= 0
    seen = (shot.truth.kind > 0) & (shot.truth.kind != KINDS.index("thing"))  # a bag is no clothing
    overlap = (covered & seen).sum((1, 2)) / (covered | seen).sum((1, 2))
    bare = replace(fit, clothing=replace(fit.clothing, offsets=0 * fit.clothing.offsets))
    without = uv_render(bare, pack.body, shot.cameras).uv[:, 0] >= 0
    assert overlap.min() > 0.9
    assert bool((overlap > (without & seen).sum((1, 2)) / (without | seen).sum((1, 2)) + 0.03).all())


def test_the_texture_carries_the_photo_s_colours(record: dict[str, Tensor]) -> None:
    """Drawn again through the same uv, the sampled texture is the photo."""
    view = read_view(record, 0)
    again = sample_texture(view.texture.rgb, view.uv[None].clamp(0, 1))[0]
    known = sample_texture(view.texture.sampled[None].float(), view.uv[None].clamp(0, 1))[0, 0]
    inside = (known > 0.99) & (view.uv[0] >= 0)
    assert int(inside.sum()) > 2000
    assert (again - view.photo).abs().mean(0)[inside].mean() < 0.05


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    def status(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "workshop.synthesis", *arguments], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stderr

    code, text = status("--wardrobe", str(tmp_path / "absent"), "--out", str(tmp_path / "out"))
    assert code == 2 and "does not exist" in text and "Traceback" not in text
    code, text = status("--wardrobe", str(tmp_path))
    assert code == 2 and "--out" in text
