"""Sunglasses have arms as far as the ears; eyes, and what hair covers, have none."""

from dataclasses import replace

import torch

from bodydouble.inpaint.eyewear_arms import draw_arms, face_places
from bodydouble.surface.regions import Region, anatomy
from bodydouble.values import Texture

SIZE = 512
SKIN, LENS = (0.7, 0.5, 0.4), (0.1, 0.08, 0.06)


def face(anny, lens_colour):
    """A face whose front was seen, with lenses of a colour; where its texels lie, its eye and its ear."""
    places, eye, ear = face_places(anny, SIZE)
    of_face = anatomy(anny).regions(SIZE) == Region.FACE
    across, up, ahead = places[0].abs(), places[1] - eye[1], places[2]
    lens = of_face & (across > 0.012) & (across < 0.058) & (up.abs() < 0.018) & (ahead > ear[2] + 0.04)
    rgb = torch.where(lens, torch.tensor(lens_colour)[:, None, None], torch.tensor(SKIN)[:, None, None])
    seen = of_face & ((ahead > ear[2] + 0.06) | lens)
    return Texture(rgb=rgb.expand(3, -1, -1).clone(), confidence=seen.float()), of_face, places, eye, ear


def test_an_arm_goes_from_each_lens_to_the_ear(anny):
    partial, of_face, places, eye, ear = face(anny, LENS)
    drawn = draw_arms(partial.rgb, of_face, partial, anny)
    arm = (drawn - partial.rgb).abs().amax(0) > 0.3
    assert bool((partial.confidence[arm] == 0).all()), "what was seen stays"
    for side in (places[0] > 0, places[0] < 0):
        ahead, up = places[2][arm & side], places[1][arm & side] - eye[1]
        assert float(ahead.min()) < float(ear[2]) + 0.006, "it reaches the ear"
        assert float(ahead.max()) > float(ear[2]) + 0.03, "and begins at the lens"
        assert float(up.max() - up.min()) < 0.02, "as thin as an arm"
    assert torch.allclose(drawn[:, arm].median(1).values, torch.tensor(LENS), atol=0.05)


def test_eyes_have_none(anny):
    partial, of_face, *_ = face(anny, (0.5, 0.35, 0.3))
    assert torch.equal(draw_arms(partial.rgb, of_face, partial, anny), partial.rgb)


def test_under_hair_and_on_a_face_that_was_not_seen_there_is_none(anny):
    partial, of_face, *_ = face(anny, LENS)
    assert torch.equal(draw_arms(partial.rgb, of_face & False, partial, anny), partial.rgb)
    unseen = replace(partial, confidence=torch.zeros_like(partial.confidence))
    assert torch.equal(draw_arms(partial.rgb, of_face, unseen, anny), partial.rgb)
