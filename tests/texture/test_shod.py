"""Shoes that are surfaces of their own leave the body's texture."""

import pytest
import torch

from bodydouble.clothing.footwear import Footwear
from bodydouble.parsing.labels import LOWER, SHOES, SKIN
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.multi_view import MergedTexture
from bodydouble.texture.shod import leave_out_shoes
from bodydouble.values import Texture

SIZE = 128


@pytest.fixture(scope="module")
def rest(anny):
    return anny.rest(anny.mean_shape())


@pytest.fixture(scope="module")
def height(anny, rest) -> torch.Tensor:
    """S×S, metres above the soles; far up between charts."""
    texels = texel_map(anny.layout, SIZE)
    metres = interpolate(texels, anny.faces, rest.vertices[:, 1:2] - rest.vertices[:, 1].min())[0, 0]
    return torch.where(texels.face[0] >= 0, metres, 9.0)


def merged(height: torch.Tensor, shoe_m: float, above: int) -> MergedTexture:
    """Everything was seen: shoe up to that height, another label above."""
    labels = torch.where(height < shoe_m, SHOES, above).to(torch.uint8)
    texture = Texture(rgb=torch.full((3, SIZE, SIZE), 0.5), confidence=torch.ones(SIZE, SIZE), labels=labels)
    return MergedTexture(texture=texture, best_view=torch.zeros(SIZE, SIZE, dtype=torch.int64), rims=(texture,))


def kept(result: MergedTexture, chosen: torch.Tensor) -> float:
    for texture in (result.texture, *result.rims):
        assert torch.equal(texture.confidence > 0, texture.rgb[0] > 0)
    return float((result.texture.confidence > 0)[chosen].float().mean())


def test_low_shoes_leave_with_the_foot_inside_of_them(anny, rest, height):
    result = leave_out_shoes(merged(height, 0.12, LOWER), Footwear(), rest, anny)
    assert kept(result, height < 0.12) == 0
    assert kept(result, height > 0.17) == 1


def test_socks_above_low_shoes_stay_and_go_on_down_to_them(anny, rest, height):
    """They have the label of shoes, and were seen on one leg."""
    result = leave_out_shoes(merged(height, 0.3, SKIN), Footwear(), rest, anny)
    assert kept(result, height < 0.08) == 0
    assert kept(result, (height > 0.1) & (height < 1)) == 1


def test_with_them_leave_the_texels_at_their_edge(anny, rest, height):
    """There a leg's texels have the shoe's colour, and would be a line around the leg."""
    result = leave_out_shoes(merged(height, 0.12, SKIN), Footwear(), rest, anny)
    assert kept(result, (height > 0.12) & (height < 0.125)) < 0.2


def test_of_low_cuts_the_instep_stays(anny, rest, height):
    result = leave_out_shoes(merged(height, 0.02, SKIN), Footwear(low_cut=True), rest, anny)
    assert kept(result, height < 0.03) == 0
    assert kept(result, (height > 0.055) & (height < 0.08)) == 1


def test_boots_hide_the_leg_up_to_the_top_of_their_shafts(anny, rest, height):
    result = leave_out_shoes(merged(height, 0.3, LOWER), Footwear(shaft=0.3), rest, anny)
    assert kept(result, height < 0.28) == 0
    assert kept(result, (height > 0.36) & (height < 1)) == 1


def test_of_sandals_straps_above_the_ankle_stay_and_skin_between_them_goes(anny, rest, height):
    for given in (merged(height, 0.3, LOWER), merged(height, 0.02, SKIN)):
        result = leave_out_shoes(given, Footwear(closed=False), rest, anny)
        assert kept(result, height < 0.1) == 0
        assert kept(result, height > 0.1) == 1


def test_bare_feet_stay(anny, rest, height):
    given = merged(height, 0.0, SKIN)
    assert leave_out_shoes(given, Footwear(shod=False), rest, anny) is given
