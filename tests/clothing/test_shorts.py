"""Shorts: where they end, and that their hems are level and stand off bare legs."""

import pytest
import torch

from bodydouble.body.skinning import dress_rest, subtree_weight
from bodydouble.clothing.loose import find_loose
from bodydouble.clothing.loose_surfaces import tuck_body
from bodydouble.clothing.offsets import clothe
from bodydouble.clothing.shorts import hem_shorts, split_shorts
from bodydouble.parsing.labels import LOWER
from bodydouble.person.landmarks import SIDES
from tests.garments import SIDE, paint_trousers


def paint_shorts(anny, end):
    """Trousers cut off at `end` of the way from hip joint to knee, and on to the ankle at 2."""

    def paint(labels, joints, covered):
        hip, knee, ankle = (joints[anny.roles[f"left_{name}"], 1] for name in ("hip", "knee", "ankle"))
        row = hip + end * (knee - hip) if end < 1 else knee + (end - 1) * (ankle - knee)
        above = torch.arange(SIDE)[:, None] + 0.5 < row
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


@pytest.mark.parametrize("end", [0.5, 1.2])
def test_hems_are_level_and_stand_off_all_around(anny, standing, end):
    rest = anny.rest(standing.shape)
    moved = hem_shorts(rest.vertices, rest, end, anny)
    for side in SIDES:
        hip, knee, ankle = (rest.joints[anny.roles[f"{side}_{name}"]] for name in ("hip", "knee", "ankle"))
        first, last = (knee, ankle) if end > 1 else (hip, knee)
        down = (last - first) / (last - first).norm()
        hem = (end - (end > 1)) * float((last - first).norm())
        leg = subtree_weight(rest, anny.roles[f"{side}_hip"]) > 0.5
        along, before = (moved - first) @ down, (rest.vertices - first) @ down
        at_hem = leg & ((along - hem).abs() < 0.004) & (before < hem)
        assert int(at_hem.sum()) > 10
        out = (moved - rest.vertices)[at_hem]
        assert float((out - (out @ down)[:, None] * down).norm(dim=1).min()) > 0.009
        near = leg & (before > hem) & (before < hem + 0.02)
        assert float(along[near].min()) < hem - 0.008, "the leg goes up behind the hem"
        aside = moved - rest.vertices - ((moved - rest.vertices) @ down)[:, None] * down
        assert float(aside[leg & (before > hem)].norm(dim=1).max()) < 1e-4, "and is bare"


def test_the_clothed_body_has_them(anny, draw_scene):
    scene = draw_scene(paint_shorts(anny, 0.6))
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    fit = clothe(scene.fit, scene.person, anny, loose=loose.pixels, join_legs=False)
    with_hems, without = (dress_rest(tuck_body(fit, (), anny, worn)[0], anny).vertices for worn in (loose, None))
    assert scene.understanding.labels[LOWER].any()
    assert float((with_hems - without).norm(dim=1).max()) > 0.01


@pytest.mark.parametrize("end", [0.5, 1.2])
def test_the_hem_parts_each_leg_at_its_height(anny, standing, end):
    rest = anny.rest(standing.shape)
    cloth, below = split_shorts(rest, end, anny)
    legs = torch.stack([subtree_weight(rest, anny.roles[f"{side}_hip"]) > 0.5 for side in SIDES]).any(0)
    assert not bool((cloth & below).any()) and torch.equal(cloth | below, legs)
    for side in SIDES:
        hip, knee, ankle = (rest.joints[anny.roles[f"{side}_{name}"]] for name in ("hip", "knee", "ankle"))
        first, last = (knee, ankle) if end > 1 else (hip, knee)
        share = (rest.vertices - first) @ (last - first) / (last - first).square().sum() + (end > 1)
        leg = subtree_weight(rest, anny.roles[f"{side}_hip"]) > 0.5
        assert float(share[cloth & leg].max()) < end <= float(share[below & leg].min())
