"""What was not seen of the eyes is no brighter than what was."""

from dataclasses import replace

import pytest
import torch

from bodydouble.export.eyes import match_eyes
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Texture

SIZE = 512


@pytest.fixture(scope="module")
def rest(anny):
    return anny.rest(anny.mean_shape())


@pytest.fixture(scope="module")
def eyes(anny, rest):
    """Texels of the eyeballs."""
    joints = [anny.joint_names.index(name) for name in ("eye.L", "eye.R")]
    face = texel_map(anny.layout, SIZE).face[0]
    of_eyes = (rest.skin_weights[:, joints].sum(1) > 0.9)[anny.faces].all(1)
    return of_eyes[face.clamp_min(0)] & (face >= 0)


def half_seen(eyes):
    """Eyes in a dim light, of which every other texel was seen; the rest, and all else, is bright."""
    seen = eyes & (torch.arange(SIZE) % 2 == 0)
    rgb = torch.where(seen, 0.4, 0.8).expand(3, SIZE, SIZE).clone()
    return Texture(rgb=rgb, confidence=seen.float()), seen


def test_the_rest_of_dim_eyes_is_dim(anny, rest, eyes):
    texture, seen = half_seen(eyes)
    matched, white = match_eyes(anny, rest, texture)
    assert float(matched.rgb[:, eyes & ~seen].max()) == pytest.approx(0.4, abs=1e-3)
    assert torch.equal(matched.rgb[:, seen], texture.rgb[:, seen]), "seen texels stay as seen"
    assert white.tolist() == pytest.approx([0.4] * 3, abs=1e-3)
    changed = (matched.rgb != texture.rgb).any(0)
    near = torch.nn.functional.max_pool2d(eyes[None].float(), 5, 1, 2)[0] > 0
    assert not bool((changed & ~near).any()), "nothing but eyes"


def test_eyes_are_never_made_brighter(anny, rest, eyes):
    texture, seen = half_seen(eyes)
    dark = replace(texture, rgb=torch.where(seen, 0.8, 0.3).expand(3, SIZE, SIZE))
    assert float(match_eyes(anny, rest, dark)[0].rgb[:, eyes & ~seen].max()) == pytest.approx(0.3)


def test_eyes_that_were_not_seen_stay(anny, rest, eyes):
    texture, _ = half_seen(eyes)
    texture = replace(texture, confidence=torch.zeros(SIZE, SIZE))
    matched, white = match_eyes(anny, rest, texture)
    assert matched is texture and float(white.mean()) == pytest.approx(0.8, abs=1e-3)
