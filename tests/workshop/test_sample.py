"""The shipped photo: small, upright, and all of a person to be found in it."""

from importlib import resources
from pathlib import Path

from bodydouble.person.mediapipe import MediapipeDetector
from bodydouble.person.photo import read_photo
from bodydouble.values import BODY_LANDMARKS, FACE_LANDMARKS, LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS

SAMPLE = Path(str(resources.files("bodydouble") / "data" / "sample.jpg"))


def test_the_sample_shows_a_whole_person() -> None:
    assert SAMPLE.stat().st_size < 400_000
    photo = read_photo(SAMPLE)
    assert photo.size == (1365, 1024)
    person = MediapipeDetector()(photo)
    assert person.warnings == ()
    for part in (BODY_LANDMARKS, LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS, FACE_LANDMARKS):
        assert person.landmarks[part, 2].min() > 0.5
    rows, columns = (person.mask > 0.5).nonzero(as_tuple=True)
    assert 40 < rows.min() < 90 and 1240 < rows.max() < 1310  # from the hair to the soles
    assert 240 < columns.min() and columns.max() < 830
