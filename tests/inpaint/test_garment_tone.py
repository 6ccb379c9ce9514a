"""What was not seen of a garment has the tone that was seen of it at that height; blocks of colour and prints stay."""

from dataclasses import replace

import pytest
import torch

from bodydouble.inpaint.garment_tone import GarmentTexels, level_garments, measure_gain
from bodydouble.parsing.labels import BACKGROUND, DRESS, LOWER, OUTER, SKIN, UPPER
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.skeleton import body_surface
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import SurfaceKind, Texture
from tests.attached import tube_skirt

SIZE, SHEET = 256, 128
BLUE, RED = torch.tensor([0.2, 0.3, 0.6])[:, None, None], torch.tensor([0.7, 0.1, 0.1])[:, None, None]
PALER = 1.15 * BLUE
CHEST_M = 1.25  # a height between hips and shoulders


class Dressed:
    """The body in a dress, whose front was seen; its texture is what a test makes of it."""

    def __init__(self, anny, fit):
        self.anny, self.fit = anny, fit
        vertices = body_surface(fit, anny, Texture(rgb=torch.zeros(3, SIZE, SIZE), confidence=torch.zeros(SIZE, SIZE)))
        self.place = interpolate(texel_map(anny.layout, SIZE), anny.faces, vertices.vertices)[0]
        covered = texel_map(anny.layout, SIZE).face[0] >= 0
        self.trunk = covered & (anatomy(anny).regions(SIZE) == Region.BODY) & (anatomy(anny).limbs(SIZE) == 0)
        middle = self.place[2][self.trunk].median()
        self.seen = covered & (self.place[2] > middle + 0.06)
        self.back = self.trunk & (self.place[2] < middle - 0.06)

    def level(self, rgb, sheet=None, labels=None):
        """The body's texture, or the sheet's, after levelling; a sheet is seen and completed: two textures."""
        labels = torch.full((SIZE, SIZE), DRESS, dtype=torch.uint8) if labels is None else labels
        texture = Texture(rgb=rgb.expand(3, SIZE, SIZE).contiguous(), confidence=0.9 * self.seen, labels=labels)
        surfaces, textures = [body_surface(self.fit, self.anny, texture)], [texture]
        if sheet is not None:
            surfaces.append(sheet)
            textures.append(sheet.texture)
        sky = [torch.zeros_like(each.confidence) for each in textures]
        return level_garments(textures, surfaces, sky, self.anny)


@pytest.fixture
def dressed(anny, fit):
    return Dressed(anny, fit)


def differ(first, second, where):
    """The largest difference of colours there, without the few texels at a border."""
    return float((first - second).abs().amax(0)[where].quantile(0.95))


def test_a_paler_back_has_the_fronts_tone_and_what_was_seen_stays(dressed):
    rgb = torch.where(dressed.seen, BLUE, PALER)
    levelled = dressed.level(rgb)[0].rgb
    assert differ(levelled, BLUE, dressed.back) < 0.02 < differ(rgb, BLUE, dressed.back)
    assert torch.equal(levelled[:, dressed.seen], rgb[:, dressed.seen])


def test_a_band_behind_that_was_seen_nowhere_is_gone(dressed):
    away = (dressed.place[1] - CHEST_M).abs()
    rgb = torch.where(~dressed.seen & (away < 0.12), 0.85 * BLUE, BLUE)
    levelled, inside = dressed.level(rgb)[0].rgb, dressed.back & (away < 0.06)
    assert differ(levelled, BLUE, inside) < 0.02 < differ(rgb, BLUE, inside)


def test_a_belt_at_a_garments_end_is_no_tone_of_it(dressed):
    """It is seen in front alone: above and below, the back keeps the colour of the cloth."""
    place = dressed.place[1]
    low = float(place[dressed.trunk].min())
    belt = dressed.seen & dressed.trunk & (place < low + 0.05)
    labels = torch.where(dressed.trunk, DRESS, SKIN).to(torch.uint8)
    levelled = dressed.level(torch.where(belt, 0.6 * BLUE, BLUE), labels=labels)[0].rgb
    assert differ(levelled, BLUE, dressed.back & (place < low + 0.1)) < 0.01


def test_a_shadow_on_one_side_is_not_behind():
    """A tube of cloth, seen from the front, a third of it in the shade, and dark behind."""
    angle, height = torch.meshgrid(torch.arange(0, 6.28, 0.03), torch.arange(1, 1.5, 0.01), indexing="ij")
    x, z, height = 0.15 * angle.sin().flatten(), 0.15 * angle.cos().flatten(), height.flatten()
    seen, colour = z > 0.03, BLUE[:, 0, 0]
    dark = torch.where(seen, x > 0.07, z < -0.03)
    texels = GarmentTexels(
        surface=torch.zeros(len(x), dtype=torch.int64),
        garment=torch.full((len(x),), DRESS),
        place=torch.stack([x, height, z], 1),
        sleeve=torch.zeros(len(x), dtype=torch.bool),
        along=height,
        rgb=torch.where(dark[:, None], 0.4 * colour, colour),
        sky=torch.zeros(len(x)),
        confidence=0.9 * seen,
    )
    toned = ((texels.rgb + 0.1) * measure_gain(texels).exp() - 0.1)[z < -0.12]
    assert float((toned - colour).abs().max()) < 0.05


def test_blocks_of_colour_stay(dressed):
    rgb = torch.where(dressed.place[1] > CHEST_M, BLUE, RED)
    away = dressed.back & ((dressed.place[1] - CHEST_M).abs() > 0.1)
    levelled = dressed.level(rgb)[0].rgb
    assert differ(levelled, rgb, away) < 0.02


def test_a_print_stays(dressed):
    squares = (dressed.place / 0.07).floor().sum(0) % 2 == 0
    rgb = torch.where(squares, BLUE, RED)
    assert differ(dressed.level(rgb)[0].rgb, rgb, dressed.back) < 1e-4


def test_another_cloth_behind_is_none_of_it(dressed):
    rgb = torch.where(dressed.seen, BLUE, RED)
    assert differ(dressed.level(rgb)[0].rgb, rgb, dressed.back) < 1e-4


@pytest.mark.parametrize("kind", [SurfaceKind.SKIRT, SurfaceKind.HAIR])
def test_a_skirt_is_as_dark_behind_as_the_dress_above_it_and_hair_is_not(dressed, anny, fit, kind):
    tube = tube_skirt(anny, anny.rest(fit.shape))
    around = (torch.arange(SHEET) + 0.5) / SHEET  # its texture's middle lies behind
    behind = ((around - 0.5).abs() < 0.1).expand(SHEET, SHEET)
    seen = ((around - 0.5).abs() > 0.25).expand(SHEET, SHEET)
    texture = Texture(rgb=torch.where(seen, BLUE, PALER), confidence=0.9 * seen)
    levelled = dressed.level(BLUE, replace(tube, kind=kind, texture=texture))[1].rgb
    wanted = BLUE if kind == SurfaceKind.SKIRT else PALER
    assert differ(levelled, wanted.expand_as(levelled), behind) < 0.02
    assert torch.equal(levelled[:, seen], texture.rgb[:, seen])


def test_a_skirt_has_the_tone_of_what_it_hangs_from_not_of_a_bodice_that_is_more_like_it(dressed, anny, fit):
    tube = tube_skirt(anny, anny.rest(fit.shape))
    top = float(tube.vertices[:, 1].max())
    waist = dressed.place[1] < top + 0.1
    labels = torch.where(waist, LOWER, UPPER).to(torch.uint8)
    around = (torch.arange(SHEET) + 0.5) / SHEET
    behind, seen = (away.expand(SHEET, SHEET) for away in ((around - 0.5).abs() < 0.1, (around - 0.5).abs() > 0.45))
    texture = Texture(rgb=BLUE.expand(3, SHEET, SHEET).contiguous(), confidence=0.9 * seen)
    levelled = dressed.level(torch.where(waist, PALER, BLUE), replace(tube, texture=texture), labels)[1].rgb
    assert differ(levelled, PALER.expand_as(levelled), behind) < 0.03


def test_the_jacket_over_a_skirts_top_has_the_jackets_tone_and_nothing_of_the_skirts(dressed, anny, fit):
    tube = tube_skirt(anny, anny.rest(fit.shape))
    around = (torch.arange(SHEET) + 0.5) / SHEET
    behind, seen = (away.expand(SHEET, SHEET) for away in ((around - 0.5).abs() < 0.1, (around - 0.5).abs() > 0.25))
    over = (torch.arange(SHEET) < 40)[:, None].expand(SHEET, SHEET)
    rgb = torch.where(over, torch.where(seen, BLUE, PALER), RED)
    sheet_labels = torch.where(over, OUTER, BACKGROUND).to(torch.uint8)
    texture = Texture(rgb=rgb, confidence=0.9 * seen, labels=sheet_labels)
    labels = torch.full((SIZE, SIZE), OUTER, dtype=torch.uint8)
    levelled = dressed.level(BLUE, replace(tube, texture=texture), labels)[1].rgb
    assert differ(levelled, BLUE.expand_as(rgb), behind & over) < 0.03 < differ(rgb, BLUE, behind & over)
    assert differ(levelled, rgb, behind & ~over) < 0.02


def test_a_coat_whose_front_a_scarf_hides_is_known_by_its_back(dressed, anny, fit):
    """Most of what was seen above its sheet is the scarf's; what was completed there is the coat's cloth."""
    tube = replace(tube_skirt(anny, anny.rest(fit.shape)), kind=SurfaceKind.COAT)
    around = (torch.arange(SHEET) + 0.5) / SHEET
    behind, seen = (away.expand(SHEET, SHEET) for away in ((around - 0.5).abs() < 0.1, (around - 0.5).abs() > 0.25))
    texture = Texture(rgb=torch.where(seen, BLUE, PALER), confidence=0.9 * seen)
    scarf = dressed.seen & (dressed.place[0].abs() < 0.1)
    labels = torch.full((SIZE, SIZE), OUTER, dtype=torch.uint8)
    levelled = dressed.level(torch.where(scarf, 0.05 * BLUE, BLUE), replace(tube, texture=texture), labels)[1].rgb
    assert differ(levelled, BLUE.expand_as(levelled), behind) < 0.03


def test_a_skirt_of_another_colour_keeps_it(dressed, anny, fit):
    tube = tube_skirt(anny, anny.rest(fit.shape))
    around = (torch.arange(SHEET) + 0.5) / SHEET
    seen = ((around - 0.5).abs() > 0.25).expand(SHEET, SHEET)
    texture = Texture(rgb=RED.expand(3, SHEET, SHEET).contiguous(), confidence=0.9 * seen)
    levelled = dressed.level(BLUE, replace(tube, texture=texture))[1].rgb
    assert float((levelled - RED).abs().max()) < 0.01


@pytest.mark.parametrize(("label", "seen"), [(DRESS, 0.0), (SKIN, 0.0), (SKIN, 0.9)])
def test_where_no_cloth_was_seen_nothing_has_its_tone(dressed, label, seen):
    labels = torch.full((SIZE, SIZE), label, dtype=torch.uint8)
    texture = Texture(rgb=torch.rand(3, SIZE, SIZE), confidence=seen * dressed.seen, labels=labels)
    tube = tube_skirt(dressed.anny, dressed.anny.rest(dressed.fit.shape))
    skirt = Texture(rgb=torch.rand(3, SHEET, SHEET), confidence=torch.zeros(SHEET, SHEET))
    surfaces = [body_surface(dressed.fit, dressed.anny, texture), replace(tube, texture=skirt)]
    sky = [torch.zeros(SIZE, SIZE), torch.zeros(SHEET, SHEET)]
    for levelled, before in zip(
        level_garments([texture, skirt], surfaces, sky, dressed.anny), (texture, skirt), strict=True
    ):
        assert torch.allclose(levelled.rgb, before.rgb, atol=1e-6)


@pytest.mark.parametrize("kind", [SurfaceKind.COAT, SurfaceKind.SKIRT])
def test_a_coat_is_no_part_of_trousers_whose_colour_it_has(dressed, anny, fit, kind):
    tube = tube_skirt(anny, anny.rest(fit.shape))
    away = ((torch.arange(SHEET) + 0.5) / SHEET - 0.5).abs().expand(SHEET, SHEET)
    seen, behind = away > 0.42, away < 0.1
    darker, trousers = 0.85 * BLUE, dressed.place[1] < float(tube.vertices[:, 1].max()) + 0.06  # to above its top
    texture = Texture(rgb=darker.expand(3, SHEET, SHEET).contiguous(), confidence=0.9 * seen)
    rgb = torch.where(trousers, darker, BLUE)
    labels = torch.where(trousers, LOWER, DRESS).to(torch.uint8)
    levelled = dressed.level(rgb, replace(tube, kind=kind, texture=texture), labels)[1].rgb
    lighter = float((levelled - darker).mean(0)[behind].median())
    assert lighter > 0.02 if kind == SurfaceKind.COAT else abs(lighter) < 0.01


def test_without_labels_nothing_is_told(dressed):
    texture = Texture(rgb=BLUE.expand(3, SIZE, SIZE).contiguous(), confidence=0.9 * dressed.seen)
    skin = body_surface(dressed.fit, dressed.anny, texture)
    assert level_garments([texture], [skin], [torch.zeros(SIZE, SIZE)], dressed.anny)[0] is texture


def test_of_a_figure_in_front_nothing_is_in_the_tone_of_a_plain_back(dressed):
    """A shirt's large print is not behind: neither its colour nor its opposite."""
    x, y, _ = dressed.place
    figure = dressed.seen & (x.abs() < 0.1) & ((y - CHEST_M).abs() < 0.15)
    white = torch.full_like(BLUE, 0.8)
    levelled = dressed.level(torch.where(figure, RED, white))[0].rgb
    assert differ(levelled, white, dressed.back) < 0.02
