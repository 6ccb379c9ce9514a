"""Photos that are not what they should be and are taken all the same, with a warning where one is due."""

from pathlib import Path

import pytest
from PIL import Image


def people(shared: Path) -> Image.Image:
    return Image.open(shared / "photos" / "man_apose.jpg").convert("RGB")


@pytest.fixture
def seen_by_the_detector(shared, tmp_path):
    from bodydouble.person import detector
    from bodydouble.person.photo import read_photo

    def look(image: Image.Image, **options):
        name = f"photo.{options.get('format', 'png')}"
        image.save(tmp_path / name, **options)
        return detector()(read_photo(tmp_path / name))

    return look


def test_half_a_person_is_taken_with_a_warning(shared, seen_by_the_detector):
    image = people(shared)
    person = seen_by_the_detector(image.crop((0, 0, image.width, image.height * 6 // 10)))
    assert person.warnings and person.mask.max() > 0.5


def test_of_ten_people_one_is_taken_with_a_warning(shared, seen_by_the_detector):
    small = people(shared).crop((340, 20, 740, 620)).resize((200, 300))
    crowd = Image.new("RGB", (200 * 5, 300 * 2))
    for index in range(10):
        crowd.paste(small, (200 * (index % 5), 300 * (index // 5)))
    person = seen_by_the_detector(crowd)
    assert person.warnings and person.mask.max() > 0.5


def test_of_an_animation_the_first_frame_is_taken(shared, seen_by_the_detector):
    image = people(shared)
    person = seen_by_the_detector(image, format="gif", save_all=True, append_images=[image.rotate(180)])
    assert person.mask.max() > 0.5
