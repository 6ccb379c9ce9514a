"""What every parser promises, on two photos."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from bodydouble.body.skinning import pose_fit
from bodydouble.fitting.fit import fit_body
from bodydouble.parsing import PARSERS, parser
from bodydouble.parsing.at_photo import label_map, plane_at_photo
from bodydouble.parsing.labels import BACKGROUND, CLOTH, HAIR, LABELS
from bodydouble.parsing.shape import TRAITS
from bodydouble.person import detector
from bodydouble.person.photo import read_photo

PHOTOS = {"front": "man_apose.jpg", "cut_out": "woman_seated.png"}
NOSE, MIDDLE_OF_BODY = 0, [11, 12, 23, 24]

pytestmark = pytest.mark.parametrize("name", PARSERS)


@pytest.fixture(scope="module")
def views(shared):
    """Photo and person of each."""
    photos = {kind: read_photo(shared / "photos" / file) for kind, file in PHOTOS.items()}
    return {kind: (photo, detector()(photo)) for kind, photo in photos.items()}


@pytest.fixture(scope="module")
def parsed(views):
    """Each photo parsed once."""
    known = {}

    def parse(name, kind):
        if (name, kind) not in known:
            known[name, kind] = parser(name)(*views[kind])
        return known[name, kind]

    return parse


@pytest.fixture(scope="module")
def behind(views, anny):
    """The far side of the man, and what it was made with."""
    photo, person = views["front"]
    fit = fit_body(person, photo, anny)
    made = {}

    def see_through(name):
        if name not in made:
            parse = parser(name)
            understanding = parse(photo, person)
            where = (pose_fit(fit, anny), fit.camera)
            made[name] = (parse.far_side(photo, understanding, *where), understanding, where)
        return made[name]

    return see_through


@pytest.mark.parametrize("kind", PHOTOS)
def test_shapes_and_ranges(name, kind, parsed):
    found = parsed(name, kind)
    size = found.labels.shape[-1]
    assert found.labels.shape == (len(LABELS), size, size) and found.normals.shape == (3, size, size)
    assert found.labels.min() >= 0 and torch.allclose(found.labels.sum(0), torch.ones(size, size), atol=1e-3)
    assert torch.allclose(found.normals.norm(dim=0), torch.ones(size, size), atol=1e-3)


def test_the_square_holds_the_person(name, views, parsed):
    photo, person = views["front"]
    labels = label_map(parsed(name, "front"), photo.size)
    mask = person.mask.numpy() > 0.5
    assert ((labels > 0) & mask).sum() / ((labels > 0) | mask).sum() > 0.9


def test_a_face_is_skin_and_a_chest_is_cloth(name, views, parsed):
    photo, person = views["front"]
    labels = label_map(parsed(name, "front"), photo.size)
    points = person.landmarks[:, :2].numpy()
    nose, chest = points[NOSE].astype(int), points[MIDDLE_OF_BODY].mean(0).astype(int)
    assert LABELS[labels[nose[1], nose[0]]] == "skin"
    assert labels[chest[1], chest[0]] in CLOTH


def test_what_faces_the_camera_points_at_it(name, views, parsed):
    photo, person = views["front"]
    found = parsed(name, "front")
    chest = person.landmarks[MIDDLE_OF_BODY, :2].mean(0)
    column, row = ((chest - torch.tensor([found.left, found.top])) / found.side * found.labels.shape[-1]).int()
    assert found.normals[2, row, column] < -0.7


def test_the_same_twice(name, views, parsed):
    again = parser(name)(*views["front"])
    assert torch.equal(again.labels, parsed(name, "front").labels)


def test_a_mirrored_photo_gives_mirrored_labels(name, views, parsed):
    photo, person = views["front"]
    landmarks = person.landmarks.clone()
    landmarks[:, 0] = photo.size[1] - landmarks[:, 0]
    mirrored = replace(person, mask=person.mask.flip(1), landmarks=landmarks)
    there = label_map(parser(name)(replace(photo, rgb=photo.rgb.flip(2)), mirrored), photo.size)
    here = label_map(parsed(name, "front"), photo.size)
    differing = (there[:, ::-1] != here).sum() / (here > 0).sum()
    assert differing < 0.03


def test_colours_under_alpha_do_not_matter(name, views, parsed):
    photo, person = views["cut_out"]
    noise = torch.from_numpy(np.random.default_rng(0).random(photo.rgb.shape, dtype=np.float32))
    other = replace(photo, rgb=torch.where(photo.alpha > 0, photo.rgb, noise))
    assert torch.equal(parser(name)(other, person).labels, parsed(name, "cut_out").labels)


def test_the_far_side_has_the_near_sides_square_and_outline(name, behind):
    far, near, _ = behind(name)
    size = near.labels.shape[-1]
    assert (far.left, far.top, far.side) == (near.left, near.top, near.side)
    assert far.labels.shape == near.labels.shape and torch.allclose(far.labels[BACKGROUND], near.labels[BACKGROUND])
    assert far.labels.min() >= 0 and torch.allclose(far.labels.sum(0), torch.ones(size, size), atol=1e-3)
    assert far.normals.shape == far.colour.shape == (3, size, size) and far.front_only.shape == (size, size)
    for plane in (far.colour, far.front_only):
        assert 0 <= plane.min() and plane.max() <= 1


def test_a_back_faces_away(name, behind):
    far, near, _ = behind(name)
    person = near.labels[BACKGROUND] < 0.5
    assert torch.allclose(far.normals.norm(dim=0), torch.ones_like(far.front_only), atol=1e-3)
    assert (far.normals[2][person] > 0).float().mean() > 0.95


def test_behind_a_face_is_hair_and_behind_a_chest_is_the_same_cloth(name, behind, views):
    photo, person = views["front"]
    far, near, _ = behind(name)
    points = person.landmarks[:, :2].numpy()
    (x, y), (column, row) = points[NOSE].astype(int), points[MIDDLE_OF_BODY].mean(0).astype(int)
    labels = label_map(far, photo.size)
    assert labels[y, x] == HAIR and labels[row, column] in CLOTH
    front_only = plane_at_photo(far, far.front_only, photo.size)
    assert front_only[y, x] > 0.5 > front_only[row, column], "the face is in front alone"
    colour = np.array([plane_at_photo(far, plane, photo.size)[row, column] for plane in far.colour])
    assert np.abs(colour - photo.rgb[:, row, column].numpy()).max() < 0.15


def test_the_same_far_side_twice(name, behind, views):
    far, near, where = behind(name)
    again = parser(name).far_side(views["front"][0], near, *where)
    assert torch.equal(again.labels, far.labels) and torch.equal(again.colour, far.colour)


def test_shape_coefficients_lie_in_their_range(name, parsed):
    estimate = parsed(name, "front").shape
    assert estimate is not None and estimate.mean.shape == estimate.deviation.shape == (len(TRAITS),)
    assert 0 <= estimate.mean.min() and estimate.mean.max() <= 1 and estimate.deviation.min() > 0
