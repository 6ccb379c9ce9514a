"""Cloth: patterns that close around limbs and cross seams, details in front alone, colours kept apart for tests."""

import colorsys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.values import RestBody
from workshop.synthesis.body import PackedBody
from workshop.synthesis.cloth.details import word_mask
from workshop.synthesis.cloth.paint import (
    TEST,
    TEST_KINDS,
    TRAIN,
    TRAIN_KINDS,
    Cloth,
    ClothMap,
    cloth_map,
    paint,
    recolour_hair,
    sample_cloth,
)
from workshop.synthesis.cloth.palette import colour_side, luma, sample_colour
from workshop.synthesis.cloth.prints import ALL_PATTERNS, MOTIFS, motif
from workshop.synthesis.garments.sewing import leggings, top
from workshop.synthesis.garments.tailor import split
from workshop.synthesis.garments.wardrobe import read_garment, read_image
from workshop.synthesis.limbs import LimbFrame, limb_frame
from workshop.synthesis.pack.body import pack_body

KINDS = sorted(set(TRAIN_KINDS) | set(TEST_KINDS))
COLOURS = ((0.8, 0.75, 0.7), (0.1, 0.15, 0.4), (0.5, 0.1, 0.1))


@pytest.fixture(scope="module")
def mean(anny: AnnyBody) -> RestBody:
    body = PackedBody(*pack_body(anny))
    return body.base_rest(body.mean_shape())


@pytest.fixture(scope="module")
def frame(mean: RestBody, anny: AnnyBody) -> LimbFrame:
    return limb_frame(mean, anny.roles)


@pytest.fixture(scope="module")
def shirt(mean: RestBody, frame: LimbFrame) -> ClothMap:
    return cloth_map(top(mean, frame, 0.3, 0.95), None, mean, frame, "upper", size=256)


@pytest.fixture(scope="module")
def trousers(mean: RestBody, frame: LimbFrame) -> ClothMap:
    return cloth_map(leggings(mean, frame, 0.95), None, mean, frame, "lower", size=256)


def _cloth(kind: str, **changes: object) -> Cloth:
    plain = Cloth(kind=kind, colours=COLOURS, scale=0.06, seed=6, motifs=("star5", "leaf"), shading=0.0)
    return replace(plain, **changes)  # type: ignore[arg-type]


def _texels(picture: Tensor, cloth_on: ClothMap) -> Tensor:
    """n×3: the colours of the covered texels, in their order."""
    flat = picture[:3].flatten(1).T
    first = torch.full((len(cloth_on.texels.along),), -1)
    source = cloth_on.source.flatten()
    first[source.flip(0)] = torch.arange(len(source)).flip(0)
    return flat[first]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_paints(kind: str, shirt: ClothMap, trousers: ClothMap) -> None:
    for cloth_on in (shirt, trousers):
        picture = paint(cloth_on, _cloth(kind))
        assert picture.shape == (4, 256, 256) and picture.isfinite().all()
        assert picture.min() >= 0 and picture.max() <= 1 and (picture[3] == 1).all()
        assert torch.equal(picture, paint(cloth_on, _cloth(kind)))
    if kind not in ("solid", "original", "recoloured", "gradient", "colour_block", "raglan"):
        assert not torch.equal(paint(shirt, _cloth(kind)), paint(shirt, _cloth("solid")))


@pytest.mark.parametrize("kind", sorted(ALL_PATTERNS))
def test_patterns_close_around_limbs(kind: str, shirt: ClothMap) -> None:
    """In the middle of the back, where `around` jumps from 1 to 0, the colours do not jump."""
    texels = shirt.texels
    height = torch.linspace(0.1, 0.5, 400)
    ends = []
    for around in (0.0, 1 - 1e-6):
        here = replace(
            texels,
            position=torch.stack([torch.zeros(400), texels.neck - height, torch.full((400,), -0.1)], 1),
            limb=torch.zeros(400, dtype=torch.long),
            along=height,
            around=torch.full((400,), around),
            forward=-torch.ones(400),
            edge=torch.ones(400),
        )
        ends.append(ALL_PATTERNS[kind](here, _cloth(kind)))
    jumps = (ends[0] - ends[1]).abs().amax(1) > 0.02
    assert jumps.float().mean() < 0.03  # the tips of two diamonds that touch there


def test_a_pattern_crosses_the_seams_of_the_texture(shirt: ClothMap) -> None:
    """Neighbours on the body look alike, wherever in the texture they are."""
    texels = shirt.texels
    colours = _texels(paint(shirt, _cloth("gingham", scale=0.12)), shirt)
    rows = torch.randperm(len(colours), generator=torch.Generator().manual_seed(0))[:1500]
    torso = rows[(texels.limb[rows] == 0) & (texels.edge[rows] > 0.03)]
    apart = torch.cdist(texels.position[torso], texels.position[torso])
    first, second = ((apart < 0.004) & (apart > 0)).nonzero(as_tuple=True)
    assert len(first) > 10
    assert (colours[torso[first]] - colours[torso[second]]).abs().amax(1).quantile(0.9) < 0.25


def test_stripes_are_level_and_go_all_around(shirt: ClothMap) -> None:
    texels = shirt.texels
    colours = _texels(paint(shirt, _cloth("stripes", scale=0.1)), shirt)[:, 2]
    torso = (texels.limb == 0) & (texels.edge > 0.03) & (texels.along > 0.25)
    for where in (texels.forward > 0.3, texels.forward < -0.3):
        bands = [colours[torso & where & ((texels.along / 0.1) % 1 - p).abs().lt(0.05)].median() for p in (0.5, 0.95)]
        assert (bands[0] - bands[1]).abs() > 0.2
    level = ((texels.along / 0.1) % 1 - 0.5).abs() < 0.03
    assert colours[torso & level].std() < 0.03


@pytest.mark.parametrize("detail", ["lettering", "logo", "placket", "zip", "chest_pocket", "front_pocket"])
def test_details_are_in_front_alone(detail: str, shirt: ClothMap) -> None:
    plain = _texels(paint(shirt, _cloth("solid")), shirt)
    drawn = _texels(paint(shirt, _cloth("solid", details=(detail,), word="BODA")), shirt)
    changed = (plain - drawn).abs().amax(1) > 0.05
    texels = shirt.texels
    assert int(changed.sum()) > 20
    assert (texels.forward[changed] > 0).all() and (texels.limb[changed] == 0).all()


def test_lettering_reads_from_left_to_right(shirt: ClothMap) -> None:
    """The L's upright, its left side, is on the wearer's right."""
    mask = word_mask("L")
    assert mask.max() == 1 and mask[:, : mask.shape[1] // 2].sum() > mask[:, mask.shape[1] // 2 :].sum()
    plain = _texels(paint(shirt, _cloth("solid")), shirt)
    drawn = _texels(paint(shirt, _cloth("solid", details=("lettering",), word="LLLL.....")), shirt)
    inked = (plain - drawn).abs().amax(1) > 0.2
    assert shirt.texels.position[inked, 0].mean() < -0.01


def test_borders_beyond_the_charts_are_filled(shirt: ClothMap) -> None:
    assert (paint(shirt, _cloth("solid"))[:3].std((1, 2)) < 0.05).all()
    assert shirt.source.min() == 0 and shirt.source.max() == len(shirt.texels.along) - 1


def test_folds_stay_and_prints_go(shared: Path, mean: RestBody, frame: LimbFrame) -> None:
    clothes = shared / "wardrobe/clothes"
    depth = {}
    for name in ("male_casualsuit01", "male_casualsuit03"):
        garment = read_garment(next((clothes / name).glob("*.mhclo")))
        upper = next(part.garment for part in split(garment, mean, frame) if part.kind == "upper")
        on = cloth_map(upper, read_image(garment.textures[0]), mean, frame, "shirt", size=256)
        depth[name] = float(on.shading.std())
        assert on.shading.abs().max() < 0.2
    assert depth["male_casualsuit01"] > 0.01  # creased
    assert depth["male_casualsuit03"] == 0  # striped: its stripes must not shine through


def test_the_original_can_be_kept_or_dyed(shared: Path, mean: RestBody, frame: LimbFrame) -> None:
    folder = shared / "wardrobe/clothes/shoes02"
    garment = read_garment(next(folder.glob("*.mhclo")))
    original = read_image(garment.textures[0])
    on = cloth_map(garment, original, mean, frame, "shoes", size=original.shape[1])
    kept = paint(on, _cloth("original"))
    assert on.original is not None and on.kept is not None
    assert torch.allclose(_texels(kept, on), on.original[:, :3], atol=1e-5)
    red = _texels(paint(on, _cloth("recoloured", colours=((0.7, 0.1, 0.1),) * 3)), on)
    assert torch.equal(red[on.kept], on.original[on.kept, :3])  # socks are not shoes
    shoe = red[~on.kept]
    assert (shoe[:, 0] > shoe[:, 2] + 0.05).float().mean() > 0.5
    before, after = on.original[~on.kept, :3].mean(1), shoe.mean(1)
    assert torch.corrcoef(torch.stack([before, after]))[0, 1] > 0.5


def test_what_tests_wear_is_never_trained_on() -> None:
    assert not set(TRAIN.motifs) & set(TEST.motifs)
    assert set(TEST.kinds) - set(TRAIN.kinds) and "solid" in TRAIN.kinds and "solid" in TEST.kinds
    rng = np.random.default_rng(0)
    worn: dict[int, set[str]] = {0: set(), 1: set()}
    words: dict[int, set[str]] = {0: set(), 1: set()}
    for split_ in (TRAIN, TEST):
        for number in range(200):
            role = ("upper", "lower", "skirt", "whole", "shoes", "shirt", "coat", "hat", "under")[number % 9]
            cloth = sample_cloth(rng, role, split_)
            worn[split_.side].add(cloth.kind)
            words[split_.side].add(cloth.word.lower())
            assert cloth.kind in split_.kinds and set(cloth.motifs) <= set(split_.motifs)
            assert cloth.seed % 2 == split_.side
            assert all(colour_side(*colorsys.rgb_to_hsv(*c)) == split_.side or _on_a_border(c) for c in cloth.colours)
    assert not words[0] & words[1] and {"denim", "stripes", "plaid"} <= worn[0] and "houndstooth" in worn[1]


def _on_a_border(colour: tuple[float, float, float]) -> bool:
    """Whether rounding alone decides to which side the colour belongs."""
    cells = np.array(colorsys.rgb_to_hsv(*colour)) * [24, 8, 16]
    return bool((np.abs(cells - cells.round()) < 1e-6).any())


def test_colours_are_those_of_a_street() -> None:
    rng = np.random.default_rng(1)
    colours = [sample_colour(rng, 0) for _ in range(500)]
    loud = [max(c) - min(c) > 0.45 for c in colours]
    dark = [luma(c) < 0.25 for c in colours]
    assert np.mean(loud) < 0.15 and 0.2 < np.mean(dark) < 0.6
    assert len({colorsys.rgb_to_hsv(*c)[0] // 0.1 for c in colours}) >= 9


def test_hair_is_dyed_and_keeps_its_strands() -> None:
    generator = torch.Generator().manual_seed(0)
    texture = torch.rand(4, 32, 32, generator=generator) * torch.tensor([0.4, 0.3, 0.2, 1.0])[:, None, None]
    tones = []
    for seed in range(30):
        dyed = recolour_hair(texture, np.random.default_rng(seed))
        assert torch.equal(dyed[3], texture[3]) and dyed.min() >= 0 and dyed.max() <= 1
        light = torch.stack([texture[:3].mean(0).flatten(), dyed[:3].mean(0).flatten()])
        assert torch.corrcoef(light)[0, 1] > 0.7
        tones.append(dyed[:3].mean((1, 2)))
    brightness = torch.stack(tones).mean(1)
    assert brightness.max() > 3 * brightness.min()  # black to blond
    assert torch.equal(
        recolour_hair(texture, np.random.default_rng(3)), recolour_hair(texture, np.random.default_rng(3))
    )


@pytest.mark.parametrize("name", sorted(MOTIFS))
def test_motifs_are_small_and_whole(name: str) -> None:
    steps = torch.linspace(-1.5, 1.5, 121)
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    drawn = motif(name, x.flatten(), y.flatten(), 0.05).view(121, 121)
    assert 0.08 < drawn.mean() < 0.5 and drawn[[0, -1]].max() == 0 and drawn[:, [0, -1]].max() == 0


def test_painting_is_quick(shirt: ClothMap) -> None:
    """No promise about time: it only fails if something grows by an order of magnitude."""
    start = time.perf_counter()
    for kind in ("solid", "plaid", "floral"):
        paint(shirt, _cloth(kind))
    assert time.perf_counter() - start < 3
