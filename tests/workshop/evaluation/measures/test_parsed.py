"""To the parser a picture is like itself, and less so the more it is changed."""

import pytest
import torch

from bodydouble.person import detector
from bodydouble.person.photo import read_photo
from bodydouble.values import Person, Photo
from tests.sample import SAMPLE
from workshop.evaluation.measures.parsed import COLOURS, ParsedMeasures


@pytest.fixture(scope="module")
def seen() -> tuple[Photo, Person]:
    photo = read_photo(SAMPLE)
    return photo, detector()(photo)


@pytest.fixture(scope="module")
def measures() -> ParsedMeasures:
    return ParsedMeasures()


def test_the_same_is_alike(seen: tuple[Photo, Person], measures: ParsedMeasures) -> None:
    photo, person = seen
    alike = measures.compare(torch.cat([photo.rgb, person.mask[None]]), photo, person)
    assert alike.labels == 1 and alike.distance == pytest.approx(0, abs=1e-6)
    assert set(alike.colours) == set(COLOURS)
    told = [distance for distance in alike.colours.values() if distance is not None]
    assert len(told) >= 3 and max(told) == pytest.approx(0, abs=1e-4)


def test_what_is_changed_is_less_alike(seen: tuple[Photo, Person], measures: ParsedMeasures) -> None:
    photo, person = seen
    darker = measures.compare(torch.cat([photo.rgb * 0.8, person.mask[None]]), photo, person)
    flat = photo.rgb.mean((1, 2), keepdim=True).expand_as(photo.rgb)
    grey = measures.compare(torch.cat([flat, person.mask[None]]), photo, person)
    assert all(distance > 2 for distance in darker.colours.values() if distance is not None)
    assert 0.002 < darker.distance < grey.distance
    assert darker.labels > 0.8 > grey.labels


def test_nothing_drawn_is_nothing_alike(seen: tuple[Photo, Person], measures: ParsedMeasures) -> None:
    photo, person = seen
    nothing = torch.cat([photo.rgb, torch.zeros_like(person.mask)[None]])
    alike = measures.compare(nothing, photo, person)
    assert alike.labels == 0 and set(alike.colours.values()) == {None}
