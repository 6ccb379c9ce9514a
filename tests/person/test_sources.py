"""What is odd about any of the photos reaches the one who asked, once, and by the photo's name."""

from dataclasses import replace

import numpy as np
import pytest

from bodydouble.errors import InputError
from bodydouble.person.sources import InputImage, find_persons, in_photo, read_sources
from tests.person.test_likeness import BLUE, GREY, RED, drawn


class Detector:
    """Knows who is in which photo, and notes what it was asked."""

    def __init__(self, persons):
        self.persons, self.asked = persons, []

    def __call__(self, photo, box=None, number=None):
        self.asked.append((photo.name, box, number))
        return self.persons[photo.name]


def people(**clothes):
    """Photos by name, and a detector that knows them."""
    shot = {name: drawn(*colours) for name, colours in clothes.items()}
    photos = [replace(photo, name=name) for name, (photo, _) in shot.items()]
    return photos, Detector({name: person for name, (_, person) in shot.items()})


def test_warnings_of_all_photos_stand_with_the_first_person():
    (front, back), find = people(front=(RED, BLUE), back=(RED, BLUE))
    find.persons["front"] = replace(find.persons["front"], warnings=("cut off",))
    find.persons["back"] = replace(find.persons["back"], warnings=("upside down",))
    front = replace(front, warnings=("front is a RAW file",))
    shown = [InputImage(photo=front), InputImage(photo=back, source=1)]
    _, persons = find_persons(shown, find)
    assert persons[0].warnings == ("front is a RAW file", "cut off", "back: upside down")


def test_photos_of_unlike_people_are_told_of():
    (front, back, other), find = people(front=(RED, BLUE), back=(RED, BLUE), other=(GREY, RED))
    shown = [InputImage(photo=photo, source=source) for source, photo in enumerate((front, back, other))]
    (warning,) = find_persons(shown, find)[1][0].warnings
    assert "other" in warning and "front" in warning and "same person" in warning
    assert find_persons(shown[:2], find)[1][0].warnings == ()


def test_frames_of_one_video_are_not_held_against_each_other():
    (first, second), find = people(first=(RED, BLUE), second=(GREY, RED))
    shown = [InputImage(photo=first, note="two frames"), InputImage(photo=second, needed=False)]
    assert find_persons(shown, find)[1][0].warnings == ("two frames",)


def test_box_and_number_are_for_the_first_source():
    picture = np.full((80, 80, 3), 99, np.uint8)
    images = read_sources([picture, picture], Detector({}), number=2)
    assert [image.number for image in images] == [2, None] and [image.source for image in images] == [0, 1]
    with pytest.raises(InputError, match="give one of them"):
        read_sources(picture, Detector({}), box=(0, 0, 9, 9), number=1)


def test_a_box_is_in_pixels_of_the_file():
    """The photo may have been reduced when it was read."""
    (front,), _ = people(front=(RED, BLUE))
    assert in_photo((100.0, 200.0, 300.0, 400.0), replace(front, file_scale=0.5)) == (50, 100, 150, 200)
    assert in_photo(None, front) is None


def test_a_number_is_passed_on_and_only_where_one_was_given():
    (front,), find = people(front=(RED, BLUE))
    find_persons([InputImage(photo=front, number=3)], find)
    find_persons([InputImage(photo=front, box=(1.0, 2.0, 3.0, 4.0))], find)
    assert find.asked == [("front", None, 3), ("front", (1.0, 2.0, 3.0, 4.0), None)]
