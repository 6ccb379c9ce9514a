"""A shoe seen in front is a shoe behind, on a sole; bare feet stay bare."""

import pytest
import torch

from bodydouble.inpaint.feet import cover_feet
from bodydouble.parsing.labels import SHOES
from bodydouble.parsing.labels import SKIN as SKIN_LABEL
from bodydouble.surface.regions import Region, anatomy
from bodydouble.values import Texture

SIZE = 256
SKIN, SHOE = (0.8, 0.6, 0.5), (0.7, 0.1, 0.2)


@pytest.fixture(scope="module")
def foot(anny) -> torch.Tensor:
    return anatomy(anny).regions(SIZE) == Region.FOOT


def painted(foot: torch.Tensor, share: float) -> tuple[torch.Tensor, Texture]:
    """Everything in the colour of skin; half of the feet's texels were seen, and of these that share is shoe."""
    base = torch.tensor(SKIN)[:, None, None].expand(3, SIZE, SIZE).clone()
    row, column = foot.nonzero()[::2].T
    count = round(share * len(row))
    confidence, labels, rgb = torch.zeros(SIZE, SIZE), torch.zeros(SIZE, SIZE, dtype=torch.uint8), base.clone()
    confidence[row, column], labels[row, column] = 1.0, SKIN_LABEL
    labels[row[:count], column[:count]] = SHOES
    rgb[:, row[:count], column[:count]] = torch.tensor(SHOE)[:, None]
    return base, Texture(rgb=rgb, confidence=confidence, labels=labels)


def test_all_of_a_shod_foot_is_shoe_on_a_sole(foot, fit, anny):
    base, partial = painted(foot, 1.0)
    covered = cover_feet(base, partial, fit, anny)
    unseen = foot & (partial.confidence == 0)
    from_skin, from_shoe = ((covered[:, unseen] - torch.tensor(colour)[:, None]).norm(dim=0) for colour in (SKIN, SHOE))
    assert bool((from_shoe < from_skin).all())
    assert torch.equal(covered[:, ~unseen], base[:, ~unseen])


def test_bare_feet_stay_bare(foot, fit, anny):
    base, partial = painted(foot, 0.05)
    assert cover_feet(base, partial, fit, anny) is base


def test_an_instep_of_another_colour_stays(foot, fit, anny):
    """Stockings above low shoes: neither skin nor shoe."""
    base, partial = painted(foot, 0.5)
    stocking = torch.tensor((0.1, 0.1, 0.1))
    base[:] = stocking[:, None, None]
    rgb = torch.where(partial.labels == SHOES, partial.rgb, torch.tensor(SKIN)[:, None, None])
    covered = cover_feet(base, Texture(rgb=rgb, confidence=partial.confidence, labels=partial.labels), fit, anny)
    height = anny.rest(fit.shape).vertices[:, 1]
    assert bool(torch.isclose(covered[:, foot & (partial.confidence == 0)], stocking[:, None]).all(0).any())
    assert float(height.min()) < 0.01


def test_without_labels_nothing_changes(foot, fit, anny):
    base, partial = painted(foot, 1.0)
    assert cover_feet(base, Texture(rgb=partial.rgb, confidence=partial.confidence), fit, anny) is base
