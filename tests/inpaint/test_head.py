"""Who has hair in front has it behind, who has none stays bald, and faces, ears and necks are skin."""

from dataclasses import replace

import pytest
import torch

from bodydouble.geometry.camera import orbit_camera
from bodydouble.inpaint.head import SIZE, complete_head
from bodydouble.inpaint.nape import above_nape, find_nape
from bodydouble.parsing.labels import FACIAL_HAIR, HAIR, HAT, LABELS, SKIN, UPPER
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import EAR, Region
from bodydouble.values import StyleEstimate, Texture, Understanding
from tests.heads import COLOURS, complete, covered_by, distance, show


@pytest.fixture(scope="module")
def surface(anny):
    return mean_surface_graph(anny, SIZE).surface


def understand(view, label: int):
    """The view of somebody who is all of one label."""
    chances = torch.zeros(len(LABELS), 64, 64)
    chances[label] = 1
    understanding = Understanding(labels=chances, normals=torch.zeros(3, 64, 64), left=0, top=0, side=64)
    return replace(view, person=replace(view.person, mask=torch.ones(64, 64)), understanding=understanding)


@pytest.mark.parametrize("top", [HAIR, SKIN, HAT])
def test_what_covers_the_head_in_front_covers_it_behind(anny, surface, top):
    partial = show(surface, covered_by(surface, top), surface.normal[:, 2] > 0.3)
    colours, labels = complete(anny, surface, partial)
    behind = (surface.region == Region.SCALP) & (surface.normal[:, 2] < -0.3)
    crown = behind & (surface.position[:, 1] > surface.face_landmarks[EAR, 1] + 0.04)
    assert float((labels[crown] == top).float().mean()) > 0.99
    assert distance(colours[crown], top) < 0.05
    ears = (surface.region == Region.FACE) & (surface.position[:, 2] < surface.face_landmarks[EAR, 2] - 0.01)
    assert distance(colours[ears], SKIN) < 0.08


@pytest.mark.parametrize("top", [HAIR, SKIN])
def test_hair_goes_down_on_the_nape_and_ends_there(anny, surface, top):
    colours, labels = complete(anny, surface, show(surface, covered_by(surface, top), surface.normal[:, 2] > 0.3))
    nape, ear = find_nape(surface), surface.face_landmarks[EAR]
    height = above_nape(surface.position, ear)
    assert int(nape.sum()) > 40
    assert float((ear[1] - surface.position[nape, 1]).max()) > 0.05, "below the lobe of the ear"
    assert distance(colours[nape & (height > 0.025)], top) < 0.1
    assert distance(colours[nape & (height < 0.006)], SKIN) < 0.15
    neck = (surface.region == Region.BODY) & ~nape & (surface.position[:, 1] > ear[1] - 0.1)
    assert bool((labels[neck] == -1).all()), "the throat is no head"


def test_hair_seen_at_the_temples_alone_leaves_the_forehead_bald(anny, surface):
    """A high forehead: what was seen decides near by."""
    label = covered_by(surface, HAIR)
    high = (surface.region == Region.SCALP) & (surface.position[:, 0].abs() < 0.04)
    label[high & (surface.position[:, 2] > 0.05)] = SKIN
    _, labels = complete(anny, surface, show(surface, label, surface.normal[:, 2] > 0.3))
    assert bool((labels[high & (surface.normal[:, 2] > 0.5) & (surface.position[:, 2] > 0.06)] == SKIN).all())
    behind = (surface.region == Region.SCALP) & (surface.normal[:, 2] < -0.3)
    assert float((labels[behind] == HAIR).float().mean()) > 0.95


def test_a_turned_face_has_the_side_that_was_seen_on_the_other_side_too(anny, surface):
    """A red spot on the left cheek comes on the right one."""
    partial = show(surface, covered_by(surface, HAIR), (surface.position[:, 0] > 0.0) & (surface.normal[:, 0] > 0.0))
    cheek = (surface.region == Region.FACE) & ((surface.position - torch.tensor([0.05, 1.66, 0.11])).norm(dim=1) < 0.02)
    assert int(cheek.sum()) > 20
    red = surface.put(cheek[:, None].float())[0] > 0
    partial.rgb[0, red], partial.rgb[1:, red] = 0.9, 0.1
    colours, _ = complete(anny, surface, partial)
    assert float(colours[surface.twin[cheek], 1].mean()) < 0.3, "the right cheek was not seen"


def test_a_face_with_features_goes_over_into_plain_skin_without_a_line(anny, surface):
    """A network leaves grey where lips may be, and skin spreads beside that: a beard's end is soft there."""
    seen = (surface.region == Region.FACE) & (surface.normal[:, 2] > 0.9)
    colours, _ = complete(anny, surface, show(surface, covered_by(surface, HAIR), seen))
    jaw = (surface.region == Region.FACE) & ~seen & (surface.position[:, 2] > surface.face_landmarks[EAR, 2] + 0.05)
    aside = surface.position[:, 0].abs()
    bands = [jaw & (aside > at) & (aside < at + 0.008) for at in (0.03, 0.038, 0.046, 0.054)]
    assert min(int(band.sum()) for band in bands) > 5
    red = torch.stack([colours[band, 0].mean() for band in bands])
    assert float(red[-1] - red[0]) > 0.15, "grey within, skin beside it"
    assert float(red.diff().abs().max()) < 0.6 * float(red[-1] - red[0])


def test_what_was_seen_of_skin_stays_and_without_labels_nothing_changes(anny, surface):
    partial = show(surface, covered_by(surface, HAIR), surface.normal[:, 2] > 0.3)
    colours, _ = complete(anny, surface, partial)
    skin = surface.take(partial.labels[None].float())[:, 0] == SKIN
    face = skin & (surface.region == Region.FACE)
    assert torch.equal(colours[face], surface.take(partial.rgb)[face])
    base = torch.rand(3, SIZE, SIZE)
    assert complete_head(base, Texture(rgb=partial.rgb, confidence=partial.confidence), anny) == (base, None)


def test_a_bald_crown_has_hair_around_it_behind(anny, surface):
    """Of the scalp that was seen, all but the temples is skin."""
    label = covered_by(surface, SKIN)
    scalp = surface.region == Region.SCALP
    seen = surface.normal[:, 2] > 0.3
    temples = scalp & (surface.position[:, 0].abs() > 0.055)
    label[temples] = HAIR
    assert 0.05 < float((seen & temples).sum() / (seen & scalp).sum()) < 0.3
    _, labels = complete(anny, surface, show(surface, label, seen))
    low = scalp & (surface.normal[:, 2] < -0.6) & (surface.position[:, 1] < surface.face_landmarks[EAR, 1] + 0.05)
    assert float((labels[low] == HAIR).float().mean()) > 0.9


def test_a_beard_goes_on_to_the_ear_and_no_farther(anny, surface):
    label = covered_by(surface, HAIR)
    ear = surface.face_landmarks[EAR]
    height, forward = surface.position[:, 1], surface.position[:, 2]
    jaw = (surface.region == Region.FACE) & (height < ear[1] - 0.03) & (forward > ear[2])
    label[jaw] = FACIAL_HAIR
    _, labels = complete(anny, surface, show(surface, label, surface.normal[:, 2] > 0.4))
    outwards = surface.normal[:, 0] * surface.position[:, 0].sign() > 0.8  # no inside of a cheek
    side = jaw & outwards & (surface.normal[:, 2] < 0.3) & (forward > ear[2] + 0.01)
    assert int(side.sum()) > 20
    assert float((labels[side] == FACIAL_HAIR).float().mean()) > 0.75
    behind = (surface.region == Region.FACE) & (forward < ear[2] - 0.02)
    assert not bool((labels[behind] == FACIAL_HAIR).any())


def test_where_little_hair_was_seen_on_the_body_the_photo_tells_its_colour(anny, surface, scene):
    """Shorn hair: the few texels of it over the forehead are mixed with skin."""
    label = covered_by(surface, SKIN)
    rim = (surface.region == Region.SCALP) & (surface.normal[:, 2] > 0.75)
    label[rim] = HAIR
    partial = show(surface, label, surface.normal[:, 2] > 0.7)
    view = understand(scene.view, HAIR)
    view = replace(view, photo=replace(view.photo, rgb=torch.full((3, 64, 64), 0.05)))
    colours, _ = complete_head(torch.full((3, SIZE, SIZE), 0.5), partial, anny, view=view)
    crown = (surface.region == Region.SCALP) & (surface.normal[:, 1] > 0.9) & (surface.normal[:, 2] < 0)
    assert float(surface.take(colours)[crown].mean()) < 0.15, "the photo's hair is black, that on the body brown"


def test_a_shaven_crown_that_shines_leaves_no_head_grey(anny, surface, scene):
    label = covered_by(surface, SKIN)
    seen = surface.normal[:, 2] > 0.5
    shines = seen & (surface.region == Region.SCALP) & (surface.position[:, 0].abs() < 0.008)
    label[shines] = HAIR
    share = float(shines.sum() / (seen & ((surface.region == Region.SCALP) | (surface.region == Region.FACE))).sum())
    assert 0.01 < share < 0.05
    partial = show(surface, label, seen)
    view = understand(scene.view, HAIR)
    view = replace(view, photo=replace(view.photo, rgb=torch.full((3, 64, 64), 0.9)))
    colours, _ = complete_head(torch.full((3, SIZE, SIZE), 0.5), partial, anny, view=view)
    crown = (surface.region == Region.SCALP) & (surface.normal[:, 1] > 0.9) & (surface.normal[:, 2] < 0)
    skin = torch.tensor(COLOURS[SKIN])
    assert bool((surface.take(colours)[crown].mean(0) < 0.8 * skin).all())


@pytest.mark.parametrize(("brim", "grows"), [(0.0, True), (0.01, True), (0.2, False)])
def test_below_a_hat_that_is_a_surface_hair_grows_though_none_is_seen(anny, surface, scene, brim, grows):
    """The brim's edge is taken for a hat on the forehead; a hat that is painted on the head ends at its own rim."""
    label = covered_by(surface, SKIN)
    seen = surface.normal[:, 2] > 0.3
    of_head = seen & ((surface.region == Region.SCALP) | (surface.region == Region.FACE))
    order = torch.where(of_head, surface.position[:, 1], -1.0).argsort(descending=True)
    label[order[: int(brim * float(of_head.sum()))]] = HAT
    view = understand(scene.view, SKIN)
    style = StyleEstimate(chances={"hat": {"no": 0.01, "yes": 0.99}})
    view = replace(view, understanding=replace(view.understanding, style=style))
    _, labels = complete_head(torch.full((3, SIZE, SIZE), 0.5), show(surface, label, seen), anny, view=view)
    above = surface.position[:, 1] - surface.face_landmarks[EAR, 1]
    behind = (surface.region == Region.SCALP) & (surface.normal[:, 2] < -0.3) & (above < 0)
    assert (float((surface.take(labels[None])[behind, 0] == HAIR).float().mean()) > 0.8) == grows


def test_hair_thins_out_at_the_nape_and_ends_sharply_where_it_was_seen(anny, surface):
    partial = show(surface, covered_by(surface, HAIR), surface.normal[:, 2] > 0.3)
    colours, _ = complete(anny, surface, partial)
    ear = surface.face_landmarks[EAR]
    nape = (surface.region == Region.SCALP) | find_nape(surface)
    nape &= surface.position[:, 2] < ear[2] - 0.04
    nape &= surface.position[:, 0].abs() < 0.03
    height = surface.position[:, 1] - surface.position[nape, 1].min()
    light = [float(colours[nape & (height > low) & (height < low + 0.008)].mean()) for low in (-0.001, 0.008, 0.04)]
    assert light[0] > light[1] > light[2], "from skin to hair"
    assert light[0] - light[2] > 0.15


@pytest.mark.parametrize("over", [HAIR, SKIN])
def test_ears_over_which_the_photo_shows_hair_have_the_hairs_colour(anny, surface, scene, over):
    partial = show(surface, covered_by(surface, HAIR), surface.normal[:, 2] > 0.3)
    base = torch.full((3, SIZE, SIZE), 0.5)
    ear = surface.face_landmarks[EAR]
    before = orbit_camera(0.0, 0.0, ear * torch.tensor([0.0, 1.0, 1.0]), 2.0, 200.0, (64, 64))
    view = replace(scene.view, fit=replace(scene.view.fit, camera=before))
    _, labels = complete_head(base, partial, anny, view=understand(view, over))
    ears = (surface.region == Region.FACE) & (surface.position[:, 2] < ear[2])
    ears &= ((surface.position[:, 1] - ear[1]).abs() < 0.03) & (surface.take(partial.confidence[None])[:, 0] == 0)
    assert int(ears.sum()) > 100
    assert float((surface.take(labels[None])[ears, 0] == over).float().mean()) > 0.8, "but beside a sideburn"


def test_a_label_whose_colour_is_not_believed_tells_where_hair_is(anny, surface):
    """A fringe over the forehead whose texels the photo shows too flat; a speck of it on the cheek is lost."""
    label = covered_by(surface, HAIR)
    partial = show(surface, label, surface.normal[:, 2] > 0.3)
    ear = surface.face_landmarks[EAR]
    x, y, z = surface.position.unbind(1)
    fringe = (surface.region == Region.FACE) & (y > ear[1] + 0.04) & (z > ear[2] + 0.02)
    beside = (surface.region == Region.FACE) & (y < ear[1]) & (z < ear[2] + 0.04)
    speck = beside & ((surface.position - surface.position[beside][0]).norm(dim=1) < 0.004)
    dropped = surface.put((fringe | speck)[:, None].float())[0] > 0
    partial.labels[dropped], partial.confidence[dropped], partial.rgb[:, dropped] = HAIR, 0.0, 0.0
    _, labels = complete(anny, surface, partial)
    assert float((labels[fringe] == HAIR).float().mean()) > 0.8
    assert not bool((labels[speck] == HAIR).all())


def paint(surface, partial, where, label) -> Texture:
    """The same with texels (N,) bool whose label is from a hand."""
    inside = surface.put(where[:, None].float())[0] > 0
    labels = torch.where(inside, label, partial.labels).to(torch.uint8)
    confidence = partial.confidence * ~inside
    return replace(partial, rgb=partial.rgb * ~inside, confidence=confidence, labels=labels, by_hand=inside)


@pytest.mark.parametrize(
    ("top", "painted", "as_colour"),
    [(HAIR, SKIN, SKIN), (HAIR, HAIR, HAIR), (SKIN, HAIR, HAIR), (HAIR, FACIAL_HAIR, HAIR)],
)
def test_what_a_hand_painted_is_there(anny, surface, top, painted, as_colour):
    """A forehead with hair, a bald head, a beard: nobody with a beard was seen."""
    partial = show(surface, covered_by(surface, top), surface.normal[:, 2] > 0.3)
    height = surface.position[:, 1] - surface.face_landmarks[EAR, 1]
    front = surface.normal[:, 2] > 0.5
    place = front & ((height < -0.04) if painted == FACIAL_HAIR else (height > 0.05))
    place &= torch.isin(surface.region, torch.tensor([int(Region.FACE), int(Region.SCALP)]))
    colours, labels = complete(anny, surface, paint(surface, partial, place, painted))
    assert float((labels[place] == painted).float().mean()) > 0.95
    if painted == SKIN or top == HAIR == painted:
        assert distance(colours[place], as_colour) < 0.1
    else:
        assert float(colours[place].mean()) < 0.6 * sum(COLOURS[SKIN]) / 3, "dark: no photo shows its colour"


def test_a_painted_hat_is_like_the_clothes(anny, surface):
    label = covered_by(surface, HAIR)
    partial = show(surface, label, surface.normal[:, 2] > 0.3)
    body = surface.put((surface.region == Region.BODY)[:, None].float())[0] > 0
    green = torch.tensor([0.1, 0.6, 0.2])[:, None, None]
    partial = replace(
        partial,
        rgb=torch.where(body, green, partial.rgb),
        confidence=torch.where(body, 0.9, partial.confidence),
        labels=torch.where(body, UPPER, partial.labels).to(torch.uint8),
    )
    place = (surface.region == Region.SCALP) & (surface.normal[:, 2] > 0.5)
    for painted in (HAT, UPPER):
        colours, labels = complete(anny, surface, paint(surface, partial, place, painted))
        assert float((labels[place] == HAT).float().mean()) > 0.95
        assert float((colours[place] - green[:, 0, 0]).abs().mean()) < 0.1


def test_what_is_made_up_beside_a_face_begins_in_the_tone_that_was_seen_there(anny, surface):
    """A network's colours, or the other cheek's, beside a cheek in another light were a flake with an edge."""
    face = (surface.region == Region.FACE) & (surface.position[:, 2] > surface.face_landmarks[EAR, 2] + 0.02)
    partial = show(surface, covered_by(surface, HAIR), face & (surface.normal[:, 2] > 0.8))
    partial = replace(partial, rgb=partial.rgb * 0.75)
    colours, _ = complete_head(torch.full((3, SIZE, SIZE), 0.7), partial, anny)
    colours = surface.take(colours)
    seen = surface.take(partial.confidence[None])[:, 0] > 0
    to_seen = torch.cdist(surface.position, surface.position[seen & face]).amin(1)
    bands = [face & ~seen & (to_seen > low) & (to_seen < low + 0.004) for low in (0.0, 0.008, 0.016)]
    assert min(int(band.sum()) for band in bands) > 20
    tone = torch.stack([colours[band].mean() for band in bands])
    wanted = 0.75 * torch.tensor(COLOURS[SKIN]).mean()
    assert float((tone[0] - wanted).abs()) < 0.06, "no step"
    assert float((tone[1:] - tone[:-1]).abs().max()) < 0.06, "and no step farther away"


@pytest.mark.parametrize("top", [HAIR, SKIN])
def test_hair_grows_at_the_temple_before_the_ear(anny, surface, top):
    colours, labels = complete(anny, surface, show(surface, covered_by(surface, top), surface.normal[:, 2] > 0.6))
    above, before = (surface.position - surface.face_landmarks[EAR])[:, 1:].unbind(1)
    temple = (surface.region == Region.FACE) & (above > 0.02) & (above < 0.04) & (before > 0.004) & (before < 0.014)
    cheek = (surface.region == Region.FACE) & (above < -0.03) & (above > -0.05) & (before > 0) & (before < 0.02)
    assert min(int(temple.sum()), int(cheek.sum())) > 10
    assert float((labels[temple] == top).float().mean()) > 0.7, "strands fray its border"
    assert float((labels[cheek] == SKIN).float().mean()) > 0.9
