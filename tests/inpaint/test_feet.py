"""A shoe seen in front is a shoe behind, on a sole; bare feet stay bare."""

import pytest
import torch

from bodydouble.inpaint.feet import cover_feet
from bodydouble.parsing.labels import LABELS, SHOES
from bodydouble.parsing.labels import SKIN as SKIN_LABEL
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import FittedView, Person, Photo, Texture, Understanding

SIZE = 256
SKIN, SHOE, SOLE = (0.8, 0.6, 0.5), (0.7, 0.1, 0.2), (0.1, 0.1, 0.9)


@pytest.fixture(scope="module")
def foot(anny) -> torch.Tensor:
    return anatomy(anny).regions(SIZE) == Region.FOOT


@pytest.fixture(scope="module")
def instep(foot, anny) -> torch.Tensor:
    """Texels of the feet that lie neither on the sole nor at the ankle."""
    height = interpolate(texel_map(anny.layout, SIZE), anny.faces, anny.rest(anny.mean_shape()).vertices[:, 1:2])
    return foot & (height[0, 0] > 0.04) & (height[0, 0] < 0.07)


@pytest.fixture(scope="module")
def view(fit) -> FittedView:
    """The feet before a parser that says shoe everywhere, in a photo that is blue."""
    height, width = fit.camera.size
    labels = torch.zeros(len(LABELS), height, height)
    labels[SHOES] = 1
    person = Person(mask=torch.ones(height, width), landmarks=torch.zeros(543, 3), landmarks_world=torch.zeros(543, 3))
    return FittedView(
        photo=Photo(rgb=torch.tensor(SOLE)[:, None, None].expand(3, height, width)),
        person=person,
        fit=fit,
        understanding=Understanding(labels=labels, normals=torch.zeros(3, height, height), left=0, top=0, side=height),
    )


def painted(instep: torch.Tensor, share: float) -> tuple[torch.Tensor, Texture]:
    """Everything in the colour of skin; the insteps were seen, and of these that share is shoe."""
    base = torch.tensor(SKIN)[:, None, None].expand(3, SIZE, SIZE).clone()
    row, column = instep.nonzero().T
    count = round(share * len(row))
    confidence, labels, rgb = torch.zeros(SIZE, SIZE), torch.zeros(SIZE, SIZE, dtype=torch.uint8), base.clone()
    confidence[row, column], labels[row, column] = 1.0, SKIN_LABEL
    labels[row[:count], column[:count]] = SHOES
    rgb[:, row[:count], column[:count]] = torch.tensor(SHOE)[:, None]
    return base, Texture(rgb=rgb, confidence=confidence, labels=labels)


def test_all_of_a_shod_foot_is_shoe_on_a_sole(foot, instep, view, anny):
    base, partial = painted(instep, 1.0)
    covered = cover_feet(base, partial, view, anny)
    unseen = foot & (partial.confidence == 0)
    colours = torch.tensor([SKIN, SHOE, SOLE])
    nearest = torch.cdist(covered[:, unseen].T, colours).argmin(1)
    assert not bool((nearest == 0).any())
    assert int((nearest == 1).sum()) > 100 and int((nearest == 2).sum()) > 20
    assert torch.equal(covered[:, ~unseen], base[:, ~unseen])


def test_bare_feet_stay_bare(foot, instep, view, anny):
    base, partial = painted(instep, 0.05)
    assert cover_feet(base, partial, view, anny) is base


def test_an_instep_of_another_colour_stays(foot, instep, view, anny):
    """Stockings above low shoes: neither skin nor shoe."""
    base, partial = painted(instep, 0.5)
    stocking = torch.tensor((0.1, 0.1, 0.1))
    base[:] = stocking[:, None, None]
    rgb = torch.where(partial.labels == SHOES, partial.rgb, torch.tensor(SKIN)[:, None, None])
    covered = cover_feet(base, Texture(rgb=rgb, confidence=partial.confidence, labels=partial.labels), view, anny)
    assert bool(torch.isclose(covered[:, foot & (partial.confidence == 0)], stocking[:, None]).all(0).any())


def test_without_labels_nothing_changes(foot, instep, view, anny):
    base, partial = painted(instep, 1.0)
    assert cover_feet(base, Texture(rgb=partial.rgb, confidence=partial.confidence), view, anny) is base
