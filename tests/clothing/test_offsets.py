"""Offsets carry the body's outline to the mask's, on no part farther than clothes stand off it."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import subtree_weight
from bodydouble.clothing.offsets import clothe
from bodydouble.parsing.labels import LABELS
from tests.garments import PIXELS_PER_METRE, SIDE, paint_trousers


def test_a_coat_s_tail_beside_a_thigh_makes_no_breeches(anny, draw_scene):
    scene = draw_scene(paint_trousers)
    mask = scene.person.mask.clone()
    hip = scene.joints[anny.roles["left_hip"]]
    rows = slice(round(float(hip[1]) + 0.1 * PIXELS_PER_METRE), round(float(hip[1]) + 0.3 * PIXELS_PER_METRE))
    beside = torch.arange(SIDE) - float(hip[0])
    mask[rows, (beside > 0) & (beside < 0.2 * PIXELS_PER_METRE)] = 1
    plain, widened = (
        clothe(scene.fit, replace(scene.person, mask=each), anny, join_legs=False).clothing.offsets
        for each in (scene.person.mask, mask)
    )
    thigh = subtree_weight(anny.rest(scene.fit.shape), anny.roles["left_hip"]) > 0.95
    out = (widened - plain).norm(dim=1)
    assert 0.01 < float(out[thigh].max()) < 0.04


@pytest.mark.parametrize("label,most", [("skin", 0.016), ("upper", 0.07)])
def test_what_hangs_beside_a_bare_forearm_makes_it_no_thicker_but_a_sleeve(anny, draw_scene, label, most):
    scene = draw_scene(lambda labels, *_: torch.where(labels > 0, LABELS.index(label), labels))
    elbow, wrist = (scene.joints[anny.roles[f"left_{joint}"]] for joint in ("elbow", "wrist"))
    mask, rows = scene.person.mask.clone(), torch.arange(SIDE)[:, None]
    outside = (torch.arange(SIDE) > float(elbow[0])) & (torch.arange(SIDE) < float(wrist[0]) + 0.1 * PIXELS_PER_METRE)
    mask[(rows > float(elbow[1])) & (rows < float(wrist[1])) & outside] = 1
    person = replace(scene.person, mask=mask)
    offsets = clothe(scene.fit, person, anny, join_legs=False, understanding=scene.understanding).clothing.offsets
    rest = anny.rest(scene.fit.shape)
    forearm = subtree_weight(rest, anny.roles["left_elbow"]) - subtree_weight(rest, anny.roles["left_wrist"]) > 0.95
    assert most / 2 < float(offsets[forearm].norm(dim=1).max()) < most
