"""The hidden half of who is turned away has the hairline and the features of the other."""

import pytest

from bodydouble.inpaint.head import SIZE
from bodydouble.parsing.labels import HAIR
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import Region
from tests.heads import complete, covered_by, show


@pytest.fixture(scope="module")
def surface(anny):
    return mean_surface_graph(anny, SIZE).surface


def test_hair_on_one_half_of_a_forehead_is_on_the_other_too(anny, surface):
    """A fringe that a turned head shows on its left half."""
    label = covered_by(surface, HAIR)
    face, left = surface.region == Region.FACE, surface.position[:, 0] > 0.005
    fringe = face & (surface.position[:, 1] > surface.face_landmarks[105, 1]) & (surface.normal[:, 2] > 0.3)
    label[fringe] = HAIR
    _, labels = complete(anny, surface, show(surface, label, left & (surface.normal[:, 0] > -0.2)))
    hidden = surface.twin[fringe & left & (surface.position[:, 0] > 0.01)]
    assert len(hidden) > 20
    assert float((labels[hidden] == HAIR).float().mean()) > 0.9


def test_what_lies_beside_an_eye_is_beside_the_other_one_too(anny, surface):
    """An eye is no border of what was seen: a brow near it comes in full on the other half."""
    eye = surface.face_landmarks[[386, 374]].mean(0)  # the left one's lids
    away = (surface.position - eye).abs()
    opening = (away[:, 0] < 0.012) & (away[:, 1] < 0.003)
    above = surface.position[:, 1] - eye[1]
    brow = (surface.region == Region.FACE) & (away[:, 0] < 0.012) & ((above - 0.014).abs() < 0.004)
    partial = show(surface, covered_by(surface, HAIR), (surface.position[:, 0] > 0) & ~opening)
    dark = surface.put(brow[:, None].float())[0] > 0
    partial.rgb[:, dark] = 0.1
    colours, _ = complete(anny, surface, partial)
    assert int(brow.sum()) > 10
    assert float(colours[surface.twin[brow], 0].mean()) < 0.3, "as dark as that which was seen"
