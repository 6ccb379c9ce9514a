"""Seams lie where tailors sew, on unseen cloth alone; a belt goes around; what is in doubt stays plain."""

from dataclasses import replace

import pytest
import torch

from bodydouble.inpaint.cloth_texels import mean_cloth_texels
from bodydouble.inpaint.edge_bands import find_band
from bodydouble.inpaint.garment_edges import Edge, EdgeTexels, find_borders, measure_edges
from bodydouble.inpaint.seam_lines import WAIST_M, Seam, find_seam
from bodydouble.inpaint.tailoring import tailor_cloth
from bodydouble.parsing.garments import GARMENTS
from bodydouble.parsing.labels import LABELS, LOWER, SHOES, SKIN, UPPER
from bodydouble.surface.regions import Region, anatomy
from bodydouble.values import Texture, Understanding

SIZE = 512
GREY, DENIM, BELT = (0.6, 0.6, 0.6), (0.3, 0.4, 0.6), (0.25, 0.1, 0.05)


@pytest.fixture(scope="module")
def texels(anny):
    return mean_cloth_texels(anny, SIZE)


@pytest.fixture(scope="module")
def dressed(anny, texels):
    """(N,) labels: a tucked top with long sleeves, trousers to the ankle."""
    height, labels = texels.height, torch.full((len(texels),), SKIN)
    waist = texels.joints["left_hip"][1] + WAIST_M
    body = texels.take(anatomy(anny).regions(SIZE)) == Region.BODY
    below_neck = height < texels.joints["neck"][1]
    top = body & below_neck & ((height > waist) | texels.arm) & ~(texels.arm & (texels.along > 0.5))
    labels[top] = UPPER
    labels[body & ~texels.arm & (height <= waist) & (height > 0.1)] = LOWER
    labels[~texels.arm & (height <= 0.1)] = SHOES
    return labels


def texture(texels, labels, colour, seen=None):
    """A texture of one colour, seen from the front unless told otherwise."""
    seen = texels.normal[:, 2] > 0.3 if seen is None else seen
    planes = torch.cat([torch.tensor(colour).expand(len(texels), 3), seen[:, None], labels[:, None]], 1).float()
    image = texels.put(planes)
    return Texture(rgb=image[:3], confidence=image[3], labels=image[4].to(torch.uint8))


def understood(name):
    """Somebody whose lower garment is of that kind."""
    labels, garments = torch.zeros(len(LABELS), 4, 4), torch.zeros(len(GARMENTS), 4, 4)
    labels[LOWER], garments[GARMENTS.index(name)] = 1, 1
    return Understanding(labels=labels, normals=torch.zeros(3, 4, 4), left=0, top=0, side=4, garments=garments)


def gain(texels, whole, understanding, body):
    return texels.take((tailor_cloth(whole, understanding, body).rgb / whole.rgb.clamp_min(1e-6)).mean(0))


def test_what_was_seen_stays_to_the_last_bit_and_skin_has_no_seams(anny, texels, dressed):
    whole = texture(texels, dressed, GREY)
    drawn = tailor_cloth(whole, understood("trousers"), anny)
    changed = texels.take((drawn.rgb != whole.rgb).any(0))
    assert bool(changed.any())
    assert not bool((changed & (texels.take(whole.confidence) > 0)).any())
    assert not bool((changed & (dressed != UPPER) & (dressed != LOWER)).any())


@pytest.mark.parametrize("seam", [Seam.ARMHOLE, Seam.SEAT])
def test_a_seam_is_a_dark_line_of_a_finger_at_most_and_the_cloth_beside_it_is_plain(anny, texels, dressed, seam):
    drawn = gain(texels, texture(texels, dressed, GREY), understood("trousers"), anny)
    lines = find_seam(anny, SIZE, seam)
    behind = (texels.normal[lines.number, 2] < -0.2) & (lines.weight > 0.9)
    behind &= torch.isin(dressed[lines.number], torch.tensor([UPPER, LOWER]))
    on, off = (drawn[lines.number[behind & part]] for part in (lines.offset.abs() < 1e-3, lines.offset.abs() > 0.025))
    assert 0.75 < float(on.mean()) < 0.92
    assert float((off - 1).abs().mean()) < 0.02


def test_seams_are_alike_on_both_sides_and_distances_are_those_along_the_skin(anny, texels):
    for seam in Seam:
        lines = find_seam(anny, SIZE, seam)
        left = texels.position[lines.number, 0] > 0
        assert 0.45 < float(left.float().mean()) < 0.55, seam
    lines = find_seam(anny, SIZE, Seam.SEAT)
    flat = texels.normal[lines.number, 2] < -0.95
    across = texels.position[lines.number, 0].abs()
    assert float((lines.offset.abs() - across)[flat].abs().max()) < 2e-3


@pytest.mark.parametrize(
    ("colour", "kind", "pockets"), [(DENIM, "trousers", True), (DENIM, "tights", False), (GREY, "tights", False)]
)
def test_jeans_have_seat_pockets_and_leggings_have_none(anny, texels, dressed, colour, kind, pockets):
    drawn = gain(texels, texture(texels, dressed, colour), understood(kind), anny)
    outline = find_seam(anny, SIZE, Seam.POCKET)
    away = texels.position[outline.number, 0].abs() > 0.04  # of the seam between the legs
    on = outline.number[(outline.offset.abs() < 1e-3) & (outline.weight > 0.9) & away]
    assert (float(drawn[on].mean()) < 0.95) == pockets


def test_a_skirt_has_no_seams_of_legs(anny, texels, dressed):
    drawn = gain(texels, texture(texels, dressed, GREY), understood("skirt"), anny)
    lines = find_seam(anny, SIZE, Seam.INSEAM)
    low = texels.position[lines.number, 1] < 0.7
    assert bool(low.any()) and float((drawn[lines.number[low]] - 1).abs().max()) < 1e-3


def test_edges_are_where_labels_end_and_an_island_is_none(texels, dressed):
    labels = dressed.clone()
    island = texels.arm & ((texels.along - 0.2).abs() < 0.02) & (texels.normal[:, 2] < 0) & (labels == UPPER)
    labels[island] = SKIN
    edges = measure_edges(labels, UPPER, find_borders(labels, texels), texels)
    assert abs(edges[Edge.CUFF].height - 0.5) < 0.01
    assert float(texels.along[edges[Edge.CUFF].number].min()) > 0.4
    hem = edges[Edge.HEM]
    waist = texels.joints["left_hip"][1] + WAIST_M
    upright = texels.normal[hem.number, 1].abs() < 0.1
    above = texels.position[hem.number, 1] - waist
    assert float((hem.distance - above)[upright].abs().max()) < 6e-3


def test_a_belt_goes_around_and_a_shadow_that_fades_does_not(anny, texels, dressed):
    edge = measure_edges(dressed, LOWER, find_borders(dressed, texels), texels)[Edge.WAIST]
    whole = texture(texels, dressed, DENIM)
    rgb = texels.take(whole.rgb).clone()
    rgb[dressed == UPPER] = torch.tensor(GREY)
    seen, usual = texels.take(whole.confidence) > 0, torch.tensor(DENIM)
    assert find_band(rgb, seen, usual, edge, torch.tensor(GREY)) is None
    belt = rgb.clone()
    belt[edge.number[edge.distance < 0.034]] = torch.tensor(BELT)
    belt[edge.beyond] = torch.tensor(BELT)  # a part of it has the label of the shirt
    band = find_band(belt, seen, usual, edge, torch.tensor(GREY))
    assert band is not None
    assert torch.allclose(band.change, torch.tensor(BELT) - usual, atol=0.02)
    assert float(band.level[edge.distance < 0.03].min()) == 1 and float(band.level[edge.distance > 0.04].max()) == 0
    shadow = rgb.clone()
    shadow[edge.number] = usual * (1 - 0.8 * torch.exp(-edge.distance / 0.02))[:, None]
    assert find_band(shadow, seen, usual, edge, torch.tensor(GREY)) is None
    image = texels.put(torch.where(seen[:, None], belt, rgb))
    around = texels.take(tailor_cloth(replace(whole, rgb=image), understood("trousers"), anny).rgb)
    behind = edge.number[(texels.normal[edge.number, 2] < -0.5) & ((edge.distance - 0.015).abs() < 5e-3)]
    assert float((around[behind].mean(0) - torch.tensor(BELT)).norm()) < 0.1


def test_skin_below_a_short_top_is_no_band_of_it(texels):
    number = torch.arange(2000)
    distance = torch.linspace(0, 0.07, 2000)
    edge = EdgeTexels(number=number, distance=distance, height=1.0, beyond=torch.arange(2000, 2100))
    rgb = torch.tensor(GREY).repeat(2100, 1)
    skin = torch.tensor((0.8, 0.6, 0.5))
    rgb[:900] = rgb[2000:] = skin
    seen = torch.ones(2100, dtype=torch.bool)
    assert find_band(rgb, seen, torch.tensor(GREY), edge, skin + 0.02) is None
    assert find_band(rgb, seen, torch.tensor(GREY), edge, torch.tensor(DENIM)) is not None


def test_without_labels_nothing_is_drawn(anny, texels, dressed):
    whole = replace(texture(texels, dressed, GREY), labels=None)
    assert tailor_cloth(whole, None, anny) is whole


def test_an_island_below_a_waist_has_no_hem(texels, dressed):
    labels = dressed.clone()
    beside = (texels.position - torch.tensor([0.15, 0.9, 0.0])).norm(dim=1) < 0.05
    labels[beside & (labels == LOWER)] = UPPER
    labels[(dressed == UPPER) & ~texels.arm] = LOWER
    assert int((labels == UPPER).sum()) > 500
    assert Edge.HEM not in measure_edges(labels, UPPER, find_borders(labels, texels), texels)
    assert Edge.HEM in measure_edges(dressed, UPPER, find_borders(dressed, texels), texels)


def test_what_ends_beneath_a_coat_has_no_hem(anny, texels, dressed):
    whole = texture(texels, dressed, GREY)
    waist = measure_edges(dressed, LOWER, find_borders(dressed, texels), texels)[Edge.WAIST].number
    plain = waist[~torch.isin(waist, torch.cat([find_seam(anny, SIZE, seam).number for seam in Seam]))]
    drawn = [
        texels.take(tailor_cloth(whole, None, anny, hangs=hangs).rgb / GREY[0])[plain].mean(1)
        for hangs in (False, True)
    ]
    assert float(drawn[0].min()) < 0.93 and float((drawn[1] - 1).abs().max()) < 0.01
