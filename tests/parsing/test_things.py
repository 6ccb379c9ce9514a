"""What the person holds leaves the mask; what they wear stays."""

from dataclasses import replace

import pytest
import torch

from bodydouble.parsing.cut_out import cut_out_person
from bodydouble.parsing.labels import BACKGROUND, LABELS, LOWER, THING
from bodydouble.parsing.thing_rest import find_rim_pieces
from bodydouble.parsing.things import put_aside_things
from bodydouble.person.landmarks import ANKLES, HAND_ROWS, HEAD_ROWS, HIPS, KNEES, side_point
from bodydouble.values import LANDMARK_COUNT, Person, Photo, Understanding

HEIGHT, WIDTH, SCALE = 400, 300, 200.0  # pixels; pixels a metre
BODY, BAG, BELT = (
    (slice(40, 380), slice(100, 180)),
    (slice(220, 290), slice(150, 230)),
    (slice(160, 166), slice(100, 180)),
)
UPPER = LABELS.index("upper")


@pytest.fixture
def scene() -> tuple[Photo, Person, Understanding]:
    """A blue person with a belt and, half before them, a brown bag, in a grey room."""
    rgb = torch.full((3, HEIGHT, WIDTH), 0.6)
    mask, labels = torch.zeros(HEIGHT, WIDTH), torch.zeros(len(LABELS), HEIGHT, HEIGHT)
    for place, colour, label in (
        (BODY, (0.2, 0.3, 0.8), UPPER),
        (BELT, (0.0, 0.0, 0.0), THING),
        (BAG, (0.4, 0.25, 0.1), THING),
    ):
        rgb[(slice(None), *place)] = torch.tensor(colour)[:, None, None]
        mask[place] = 1
        labels[(slice(None), *place)] = 0
        labels[label][place] = 1
    labels[BACKGROUND] = 1 - labels.sum(0)
    generator = torch.Generator().manual_seed(1)
    points = torch.rand(LANDMARK_COUNT, 2, generator=generator) * torch.tensor([40.0, 90.0]) + torch.tensor([105, 50])
    world = torch.cat([(points - points.mean(0)) / SCALE, torch.zeros(LANDMARK_COUNT, 1)], 1)
    return (
        Photo(rgb=rgb),
        Person(mask=mask, landmarks=torch.cat([points, torch.ones(LANDMARK_COUNT, 1)], 1), landmarks_world=world),
        Understanding(labels=labels, normals=torch.zeros(3, HEIGHT, HEIGHT), left=0, top=0, side=HEIGHT),
    )


def test_a_bag_leaves_the_mask_and_a_belt_stays(scene):
    person = put_aside_things(*scene)
    bag = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    bag[BAG] = True
    assert person.things is not None
    overlap = float((person.things & bag).sum() / (person.things | bag).sum())
    assert overlap > 0.9
    assert not bool(person.mask[person.things].any())
    assert bool((person.mask[BELT] == 1).all())


def test_half_a_chance_is_grown_to_the_photos_edge(scene):
    """The parser is sure of a bag's middle alone; the rest has the bag's colour."""
    photo, person, understanding = scene
    labels = understanding.labels.clone()
    labels[THING][BAG], labels[BACKGROUND][BAG] = 0.25, 0.75
    middle = (slice(235, 275), slice(165, 215))
    labels[THING][middle], labels[BACKGROUND][middle] = 1.0, 0.0
    aside = put_aside_things(photo, person, replace(understanding, labels=labels))
    assert aside.things is not None
    assert float(aside.things[BAG].float().mean()) > 0.9


@pytest.mark.parametrize(
    "label,colour,gone",
    [
        ("skin", (0.4, 0.25, 0.1), True),
        ("dress", (0.4, 0.25, 0.1), True),
        ("skin", (0.8, 0.6, 0.5), False),
    ],
)
def test_pieces_of_a_bag_before_bare_legs_go_with_it(scene, label, colour, gone):
    """What is taken for skin or a dress beside a bag, in the bag's colour, where all else is skin."""
    photo, person, understanding = scene
    legs, piece = (slice(200, 380), slice(100, 180)), (slice(290, 310), slice(150, 180))
    for place, tone, kind in (
        (legs, (0.8, 0.6, 0.5), "skin"),
        (BAG, (0.4, 0.25, 0.1), "thing"),
        (piece, colour, label),
    ):
        photo.rgb[(slice(None), *place)] = torch.tensor(tone)[:, None, None]
        understanding.labels[(slice(None), *place)] = 0
        understanding.labels[LABELS.index(kind)][place] = 1
    things = put_aside_things(photo, person, understanding).things
    assert things is not None and float(things[294:306, 154:176].float().mean()) == float(gone)


@pytest.mark.parametrize(
    "width,at_hand,gone",
    [(7, False, True), (20, False, False), (7, True, False)],
)
def test_a_strip_of_its_own_label_beside_a_bag_is_its_rim(scene, width, at_hand, gone):
    """Not one that goes on farther, nor fingers that hold the bag."""
    _, person, understanding = scene
    bag, strip = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool), (slice(235, 275), slice(150 - width, 150))
    bag[BAG] = True
    labels = understanding.labels.argmax(0)[:, :WIDTH]
    labels[strip] = LABELS.index("skin")
    landmarks = person.landmarks.clone()
    if at_hand:
        landmarks[HAND_ROWS, :2] = torch.tensor([146.0, 255.0])
    holding = replace(person, landmarks=landmarks)
    rims = find_rim_pieces(bag.numpy(), holding, labels.numpy(), SCALE)
    assert bool(rims[strip].all()) == bool(rims.any()) == gone


def test_a_hand_that_holds_a_bag_stays(scene):
    """Half a chance of it is the bag's."""
    photo, person, understanding = scene
    hand = (slice(240, 252), slice(184, 196))
    photo.rgb[(slice(None), *hand)] = torch.tensor([0.8, 0.6, 0.5])[:, None, None]
    labels, landmarks = understanding.labels.clone(), person.landmarks.clone()
    labels[THING][hand], labels[LABELS.index("skin")][hand] = 0.4, 0.6
    landmarks[HAND_ROWS, :2] = torch.tensor([190.0, 246.0])
    things = put_aside_things(photo, replace(person, landmarks=landmarks), replace(understanding, labels=labels)).things
    assert things is not None and bool(things[260:285, 155:225].all())
    assert float(things[243:249, 187:193].float().mean()) == 0


def test_a_print_on_a_shirt_stays(scene):
    """What lies on the person all around is theirs, unless a hand is there to hold it."""
    photo, person, understanding = scene
    labels = understanding.labels.clone()
    labels[UPPER][BODY], labels[THING] = 1, 0
    shirt = (slice(230, 300), slice(120, 160))
    labels[UPPER][shirt], labels[THING][shirt] = 0, 1
    labels[BACKGROUND] = 1 - labels.sum(0)
    photo.rgb[(slice(None), *shirt)] = torch.tensor([0.9, 0.1, 0.1])[:, None, None]
    printed = replace(understanding, labels=labels)
    assert put_aside_things(photo, person, printed) is person
    landmarks = person.landmarks.clone()
    landmarks[HAND_ROWS, :2] = torch.tensor([140.0, 232.0])
    held = put_aside_things(photo, replace(person, landmarks=landmarks), printed)
    assert held.things is not None
    assert bool(held.things[260:290, 125:155].all())


def test_a_thing_ends_at_the_clothes_that_the_parser_sees(scene):
    """Where a thing is unlikely the photo's edge decides beside the background, and on clothes the parser."""
    photo, person, understanding = scene
    photo.rgb[(slice(None), *BODY)] = photo.rgb[:, 250, 200][:, None, None]  # of the bag's colour
    labels, beside = understanding.labels.clone(), (slice(220, 290), slice(135, 150))
    labels[THING][beside], labels[UPPER][beside] = 0.15, 0.85
    aside = put_aside_things(photo, person, replace(understanding, labels=labels))
    assert aside.things is not None
    assert float(aside.things[beside].float().mean()) < 0.3


def test_a_leg_that_the_parser_takes_for_a_thing_stays(scene):
    photo, person, understanding = scene
    landmarks = person.landmarks.clone()
    landmarks[ANKLES[0], :2] = torch.tensor([190.0, 270.0])
    beside_a_foot = replace(person, landmarks=landmarks)
    assert put_aside_things(photo, beside_a_foot, understanding).things is not None
    landmarks[KNEES, :2] = torch.tensor([190.0, 230.0])
    legs = replace(person, landmarks=landmarks)
    assert put_aside_things(photo, legs, understanding) is legs


def test_a_sleeve_that_the_parser_takes_for_a_thing_stays(scene):
    photo, person, understanding = scene
    landmarks = person.landmarks.clone()
    landmarks[[side_point("left", "shoulder"), side_point("left", "elbow")], :2] = torch.tensor(
        [(170.0, 150.0), (190.0, 285.0)]
    )
    crossing = replace(person, landmarks=landmarks)
    assert put_aside_things(photo, crossing, understanding).things is not None, "a bag before an elbow"
    landmarks[side_point("left", "shoulder"), :2] = torch.tensor([170.0, 225.0])
    sleeve = replace(person, landmarks=landmarks)
    assert put_aside_things(photo, sleeve, understanding) is sleeve


def test_trousers_that_the_parser_takes_for_a_thing_stay(scene):
    """Those of one colour with a belt and a clutch look like one thing before both thighs."""
    photo, person, understanding = scene
    landmarks = person.landmarks.clone()
    landmarks[HIPS, :2], landmarks[KNEES, :2] = torch.tensor([170.0, 225.0]), torch.tensor([180.0, 285.0])
    trousers = replace(person, landmarks=landmarks)
    assert put_aside_things(photo, trousers, understanding) is trousers
    landmarks[HIPS[0], :2], landmarks[KNEES[0], :2] = torch.tensor([120.0, 225.0]), torch.tensor([120.0, 285.0])
    one_thigh = replace(person, landmarks=landmarks)
    assert put_aside_things(photo, one_thigh, understanding).things is not None, "a bag before one thigh"


def test_who_holds_nothing_stays_as_they_are(scene):
    photo, person, understanding = scene
    labels = understanding.labels.clone()
    labels[UPPER] += labels[THING]
    labels[THING] = 0
    assert put_aside_things(photo, person, replace(understanding, labels=labels)) is person


def test_without_metres_nothing_changes(scene):
    photo, person, understanding = scene
    unknown = replace(person, landmarks_world=torch.full_like(person.landmarks_world, float("nan")))
    assert put_aside_things(photo, unknown, understanding) is unknown


@pytest.mark.parametrize(("down", "gone"), [(0, False), (150, True)], ids=["hair beside a hand", "what hangs from it"])
def test_hair_is_not_what_a_raised_hand_holds(scene, monkeypatch, down, gone):
    photo, person, understanding = scene
    landmarks = person.landmarks.clone()
    landmarks[HEAD_ROWS, :2] = torch.tensor([140.0, 80.0])
    landmarks[HAND_ROWS, :2] = torch.tensor([105.0, 75.0 + down])
    hair = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    hair[45 + down : 75 + down, 98:180] = True
    monkeypatch.setattr("bodydouble.parsing.things.find_regions", lambda *_: [hair.numpy()])
    nothing = understanding.labels.clone()
    nothing[UPPER] += nothing[THING]
    nothing[THING] = 0
    aside = put_aside_things(photo, replace(person, landmarks=landmarks), replace(understanding, labels=nothing))
    assert (aside.things is not None and bool(aside.things[hair].any())) == gone


def test_a_skirt_down_to_the_floor_is_no_thing_and_has_the_name_of_its_cloth(scene):
    """What the parser takes for a thing has both ankles in it."""
    photo, person, understanding = scene
    skirt, labels, landmarks = (slice(305, 380), slice(95, 185)), understanding.labels.clone(), person.landmarks.clone()
    labels[:, 305:380, 95:185] = 0
    labels[THING][skirt], labels[LOWER][skirt] = 0.95, 0.05
    landmarks[KNEES, :2] = torch.tensor([[120.0, 240.0], [150.0, 240.0]])
    landmarks[ANKLES, :2] = torch.tensor([[120.0, 340.0], [150.0, 340.0]])
    mask = person.mask.clone()
    mask[skirt] = 1
    worn = replace(person, landmarks=landmarks, mask=mask)
    cut_out, named = cut_out_person(photo, worn, replace(understanding, labels=labels))
    assert float(cut_out.mask[skirt].mean()) > 0.9
    inner = (slice(315, 370), slice(105, 175))
    assert float(named.labels[LOWER][inner].min()) > 0.9 and float(named.labels[THING][inner].max()) < 0.01
    assert float(named.labels[THING][BAG].mean()) > 0.9  # a bag stays a thing
