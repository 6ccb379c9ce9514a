"""Photos that are not what they should be and are taken all the same, with a warning where one is due."""

import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np
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


SAMPLE = Path(str(resources.files("bodydouble") / "data" / "sample.jpg"))


def test_a_phone_s_photo_gives_a_double_of_its_own_size(tmp_path):
    """More pixels than a texture holds: the work is done on a part, and nothing of that is seen outside."""
    import bodydouble

    with Image.open(SAMPLE) as opened:
        scale = (12e6 / (opened.width * opened.height)) ** 0.5
        large = opened.convert("RGB").resize((round(opened.width * scale), round(opened.height * scale)))
    double = bodydouble.create(large)
    assert double.metadata.photo_size == double.fit.camera.size == (large.height, large.width)
    drawn = double.render(view="photo")
    assert drawn.shape[:2] == (large.height, large.width)
    covered = drawn[..., 3] == 255
    error = ((drawn[..., :3][covered].astype(float) - np.asarray(large)[covered]) ** 2).mean()
    assert 10 * np.log10(255**2 / error) > 24


def test_a_photo_is_not_kept_when_it_is_done_with():
    """A package that MediaPipe draws in keeps the frames of whoever imports it first."""
    script = (
        "import sys, weakref\n"
        "from bodydouble.person import detector\n"
        "from bodydouble.person.photo import read_photo\n"
        "def look():\n"
        "    photo = read_photo(sys.argv[1])\n"
        "    detector()(photo)\n"
        "    return weakref.ref(photo.rgb)\n"
        "assert look()() is None\n"
    )
    subprocess.run([sys.executable, "-c", script, str(SAMPLE)], check=True, timeout=300)
