"""Photos of legs alone, in which a detector that knows only whole people sees one all the same."""

from __future__ import annotations

from bodydouble.errors import NoPersonFound
from bodydouble.parsing.labels import EYES, FACIAL_HAIR, HAIR, HAT
from bodydouble.values import FACE_LANDMARKS, Person, Photo, Understanding

_OF_HEADS = (HAT, HAIR, FACIAL_HAIR, EYES)
# Share of a person's pixels that belong to a head. Five pictures of legs alone have 0.002 at most; of 75 other people
# nobody has less than 0.009.
_LEAST = 0.005
_EDGE = 0.02  # of the photo's height, within which whoever has no head reaches its edge


def check_head(photo: Photo, person: Person, understanding: Understanding) -> None:
    """Refuse who has neither face nor hair and reaches the photo's upper edge; a bald head from behind is one.

    Raises:
        NoPersonFound: the photo shows a body without a head.
    """
    if float(person.landmarks[FACE_LANDMARKS, 2].max()) > 0:
        return
    labels = understanding.labels.max(0).indices
    of_head = sum(float((labels == label).sum()) for label in _OF_HEADS)
    edge = (_EDGE * photo.size[0] - understanding.top) / understanding.side * len(labels)
    at_edge = edge >= 1 and bool((labels[: int(edge)] > 0).any())
    if of_head < _LEAST * float((labels > 0).sum()) and at_edge:
        raise NoPersonFound(
            f"{photo.name}: no head was found on the person; a double needs head and shoulders at least, "
            "so take a photo that shows them, or name the place of another person with --box x,y,width,height"
        )
