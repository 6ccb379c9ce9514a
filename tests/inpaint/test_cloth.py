"""That cloth goes on behind with its stripes, and without what lies in front alone."""

import numpy as np
import pytest
import torch

from bodydouble.inpaint.canvas import lay_flat
from bodydouble.inpaint.cloth import carry_cloth
from bodydouble.parsing.labels import LOWER, OUTER, SHOES, UPPER
from bodydouble.raster.shade import interpolate
from bodydouble.surface.around import TRUNK, unroll_vertices
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Texture

SIZE = 512
GREY = 0.5


@pytest.fixture(scope="module")
def rest(anny):
    return anny.rest(anny.mean_shape())


@pytest.fixture(scope="module")
def place(anny, rest):
    """Of every texel: 3×S×S metres on the rest body, and S×S metres down the trunk, radians around and bool, cloth."""
    down, circle, _ = unroll_vertices(anny, rest, TRUNK)
    values = torch.cat([rest.vertices, down[:, None], circle], 1)
    drawn = interpolate(texel_map(anny.layout, SIZE), anny.faces, values)[0]
    cloth = (anatomy(anny).regions(SIZE) == Region.BODY) & (anatomy(anny).limbs(SIZE) == 0)
    cloth &= (drawn[3] > 0.12) & (drawn[3] < 0.5)
    return drawn[:3], drawn[3], torch.atan2(drawn[5], drawn[4]), cloth


def complete(anny, rest, place, rgb):
    """Colours of a shirt on the trunk that was observed from in front, where it was not; and where that is."""
    _, _, angle, cloth = place
    seen = cloth & (angle.abs() < 1.3)
    texture = Texture(rgb=rgb * seen, confidence=0.9 * seen.float())
    labels = torch.where(cloth, UPPER, 0).to(torch.uint8)
    base = torch.full_like(rgb, GREY)
    colours, chosen = carry_cloth(texture, base, labels, seen, rest, anny)
    assert torch.equal(chosen, cloth & ~seen)
    return colours, chosen


def noise(deviation=0.02, seed=0):
    return deviation * torch.randn(SIZE, SIZE, generator=torch.Generator().manual_seed(seed)).expand(3, -1, -1)


def test_stripes_keep_their_period_and_their_phase_around(anny, rest, place):
    _, down, angle, _ = place
    stripes = 0.3 * torch.sin(down * 2 * torch.pi / 0.04).sign()
    colours, chosen = complete(anny, rest, place, (GREY + stripes).expand(3, -1, -1).clone())
    for least in (1.5, 2.2, 2.8):
        behind = chosen & (angle.abs() > least) & (down > 0.2) & (down < 0.45)
        assert int(behind.sum()) > 200
        correlation = np.corrcoef(colours[0][behind], stripes[behind])[0, 1]
        assert correlation > 0.8, f"{correlation:.2f} beyond {least}"


def test_a_logo_does_not_come_again(anny, rest, place):
    _, down, angle, _ = place
    logo = (down - 0.25).abs().lt(0.05) & angle.abs().lt(0.5)
    plain = GREY + noise()
    colours, chosen = complete(
        anny, rest, place, torch.where(logo, torch.tensor([0.9, 0.1, 0.1])[:, None, None], plain)
    )
    assert float((colours - GREY)[:, chosen].abs().max()) < 0.15, "of 0.4"
    without = complete(anny, rest, place, plain)[0]
    assert float(colours[:, chosen].std()) < 1.3 * float(without[:, chosen].std())


def test_weave_goes_on_weaker_than_texels_differ(anny, rest, place):
    colours, chosen = complete(anny, rest, place, GREY + noise(0.04))
    assert 0.25 < float(colours[:, chosen].std()) / 0.04 < 1.1


def test_a_print_goes_on_behind(anny, rest, place):
    """Blotches are as strong behind as in front, and meet what was seen."""
    position, down, angle, _ = place
    waves = torch.randn(40, 3, generator=torch.Generator().manual_seed(1)) * 90
    blotches = torch.cos(torch.einsum("kc,chw->khw", waves, position) + torch.arange(40.0)[:, None, None] ** 2).mean(0)
    shown = (GREY + 1.5 * blotches).expand(3, -1, -1).clone()
    colours, chosen = complete(anny, rest, place, shown)
    back, front = chosen & (angle.abs() > 1.8), (angle.abs() < 1.2) & (down > 0.15) & (down < 0.45)
    assert 0.7 < float(colours[0][back].std()) / float(shown[0][front].std()) < 1.3
    flank = chosen & (angle.abs() < 1.36)
    assert int(flank.sum()) > 100
    assert np.corrcoef(colours[0][flank], shown[0][flank])[0, 1] > 0.4


def test_what_was_observed_stays(anny, rest, place):
    _, _, angle, cloth = place
    rgb = GREY + noise()
    colours, chosen = complete(anny, rest, place, rgb)
    assert not bool((chosen & (angle.abs() < 1.3)).any())
    assert bool((colours[:, ~cloth] == GREY).all())


def test_cloth_is_unrolled_without_a_stretch(anny, rest, place):
    """Neighbours are as far apart on the canvas as on the body; trousers go with the legs as far as the waist."""
    position, _, _, cloth = place
    labels = torch.where(cloth, UPPER, 0)
    canvas = next(c for c in lay_flat(labels, cloth, rest, anny) if c.limb == TRUNK)
    points = position.flatten(1).numpy()[:, canvas.nearest.clip(0)]
    inside = (canvas.nearest[:, 8:] >= 0) & (canvas.nearest[:, :-8] >= 0)
    inside[: len(inside) // 3] = False
    across = np.linalg.norm(points[:, :, 8:] - points[:, :, :-8], axis=0)[inside] * canvas.scale / 8
    assert 0.8 < np.median(across) < 1.25 and np.quantile(across, 0.05) > 0.6 and np.quantile(across, 0.95) < 1.6
    trousers = lay_flat(torch.where(cloth, LOWER, 0), cloth, rest, anny)
    assert {canvas.limb for canvas in trousers} == {3, 4}


def test_bent_arms_are_unrolled_without_a_stretch(anny, rest, place):
    """Neighbours on a sleeve's canvas lie beside each other on the arm, not on its other side."""
    sleeves = (anatomy(anny).regions(SIZE) == Region.BODY) & (anatomy(anny).limbs(SIZE) == 1)
    canvases = [c for c in lay_flat(torch.where(sleeves, UPPER, 0), sleeves, rest, anny) if c.limb in (1, 2)]
    assert len(canvases) == 2
    for canvas in canvases:
        points = place[0].flatten(1).numpy()[:, canvas.nearest.clip(0)]
        inside = (canvas.nearest[:, 4:] >= 0) & (canvas.nearest[:, :-4] >= 0)
        across = np.linalg.norm(points[:, :, 4:] - points[:, :, :-4], axis=0)[inside] * canvas.scale / 4
        assert np.quantile(across, 0.05) > 0.4 and np.quantile(across, 0.95) < 1.6


def test_a_boots_shaft_goes_on_around_and_is_no_trousers(anny, rest, place):
    """Shafts with a pattern, below trousers of one colour: behind the shafts have their pattern, the trousers none."""
    where = place[0]
    leg = (anatomy(anny).regions(SIZE) == Region.BODY) & (anatomy(anny).limbs(SIZE) == 2)
    shaft, thigh = leg & (where[1] > 0.12) & (where[1] < 0.35), leg & (where[1] >= 0.35) & (where[1] < 0.6)
    spots = GREY + 0.3 * torch.sin(where[1] * 2 * torch.pi / 0.03).sign()
    rgb = torch.where(shaft, spots, GREY).expand(3, -1, -1).clone()
    labels = torch.where(shaft, SHOES, torch.where(thigh, LOWER, 0)).to(torch.uint8)
    seen = (shaft | thigh) & (where[2] > where[2][shaft].median())
    texture = Texture(rgb=rgb * seen, confidence=0.9 * seen.float())
    colours, chosen = carry_cloth(texture, torch.full_like(rgb, GREY), labels, seen, rest, anny)
    behind = shaft & ~seen & chosen
    assert int(behind.sum()) > 0.9 * int((shaft & ~seen).sum())
    assert float(colours[:, behind].std()) > 0.15 > 0.05 > float(colours[:, thigh & ~seen & chosen].std())


def test_a_jacket_has_nothing_of_the_pattern_of_trousers_in_its_colour(anny, rest, place):
    where = place[0]
    trunk = place[3] & (place[1] < 0.45)
    leg = (anatomy(anny).regions(SIZE) == Region.BODY) & (anatomy(anny).limbs(SIZE) == 2) & (where[1] > 0.3)
    leg &= where[1] < 0.75
    checks = 0.3 * (torch.sin(where[1] * 2 * torch.pi / 0.04) * torch.sin(where[0] * 2 * torch.pi / 0.04)).sign()
    rgb = (torch.where(leg, GREY + checks, GREY)).expand(3, -1, -1) + noise()
    labels = torch.where(leg, LOWER, torch.where(trunk, OUTER, 0)).to(torch.uint8)
    seen = trunk & (place[2].abs() < 1.3) | leg & (where[2] > where[2][leg].median())
    texture = Texture(rgb=rgb * seen, confidence=0.9 * seen.float())
    colours, chosen = carry_cloth(texture, torch.full_like(rgb, GREY), labels, seen, rest, anny)
    assert float(colours[:, trunk & chosen].std()) < 0.06 < float(colours[:, leg & chosen].std())


@pytest.mark.parametrize(("top", "lent"), [(0.36, False), (0.46, True)], ids=["plain", "too little to tell"])
def test_a_checked_dress_lends_a_dark_coat_its_checks_only_where_that_may_have_them(anny, rest, place, top, lent):
    _, down, angle, cloth = place
    dark = ((down * 50).long() % 2 == 0) & ((angle * 10).floor().long() % 2 == 0)
    coat = down > top
    rgb = torch.where(coat, 0.2 + noise(), torch.where(dark, 0.02, 0.35))
    seen = cloth & (angle.abs() < 1.3)
    labels = torch.where(cloth, torch.where(coat | ~seen, OUTER, UPPER), 0).to(torch.uint8)
    texture = Texture(rgb=rgb * seen, confidence=0.9 * seen.float())
    colours, chosen = carry_cloth(texture, torch.full_like(rgb, 0.2), labels, seen, rest, anny)
    assert (float(colours[:, chosen].std()) > 0.06) == lent
