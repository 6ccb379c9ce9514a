"""Offsets carry the body's outline to the mask's, on no part farther than clothes stand off it."""

from dataclasses import replace

import torch

from bodydouble.body.skinning import subtree_weight
from bodydouble.clothing.offsets import clothe
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
