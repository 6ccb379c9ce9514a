"""Shorts: where they end, and that their hems are level and stand off bare legs."""

import pytest
import torch

from bodydouble.body.skinning import dress_rest
from bodydouble.clothing.loose import find_loose
from bodydouble.clothing.loose_surfaces import tuck_body
from bodydouble.clothing.offsets import clothe
from bodydouble.parsing.labels import LOWER
from tests.garments import SIDE, paint_trousers


def paint_shorts(anny, end):
    """Trousers cut off at `end` of the way from hip joint to knee."""

    def paint(labels, joints, covered):
        hip, knee = (joints[anny.roles[f"left_{name}"], 1] for name in ("hip", "knee"))
        above = torch.arange(SIDE)[:, None] + 0.5 < hip + end * (knee - hip)
        return torch.where(above, paint_trousers(labels, joints, covered), labels)

    return paint


@pytest.mark.parametrize("end", [0.5, 0.9, 1.2])
def test_they_end_where_skin_begins(anny, draw_scene, end):
    scene = draw_scene(paint_shorts(anny, end))
    found = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    assert found.shorts == pytest.approx(end, abs=0.04)


def test_trousers_skirts_and_one_short_leg_are_none(anny, draw_scene):
    def one_leg(labels, joints, covered):
        left = torch.arange(SIDE)[None] > float(joints[0, 0])
        long, short = (paint_shorts(anny, end)(labels, joints, covered) for end in (0.9, 0.5))
        return torch.where(left, long, short)

    for paint in (paint_trousers, one_leg, lambda labels, joints, covered: labels):
        scene = draw_scene(paint)
        assert find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny).shorts is None


def test_the_clothed_body_has_them(anny, draw_scene):
    scene = draw_scene(paint_shorts(anny, 0.6))
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    fit = clothe(scene.fit, scene.person, anny, loose=loose.pixels, join_legs=False)
    with_hems, without = (dress_rest(tuck_body(fit, (), anny, worn)[0], anny).vertices for worn in (loose, None))
    assert scene.understanding.labels[LOWER].any()
    assert float((with_hems - without).norm(dim=1).max()) > 0.01
