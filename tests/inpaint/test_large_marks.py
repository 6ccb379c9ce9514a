"""A bag that hides a third of a skirt does not come again around it; a skirt of two colours stays one."""

import numpy as np
import pytest
import torch

from bodydouble.inpaint.large_marks import find_large_mark
from bodydouble.inpaint.tube_sheet import complete_tube
from bodydouble.values import Texture

SIZE = 128
RED, BLUE = torch.tensor([0.8, 0.1, 0.1]), torch.tensor([0.1, 0.1, 0.8])
ROW, COLUMN = torch.meshgrid(torch.arange(SIZE) / SIZE, torch.arange(SIZE) / SIZE, indexing="ij")
SEEN = (COLUMN - 0.5).abs() < 0.2  # the near side


def two_coloured(blue):
    """3×S×S: red, blue where a S×S mask is."""
    return torch.where(blue, BLUE[:, None, None], RED[:, None, None])


BAG = (ROW > 0.2) & (ROW < 0.8) & (COLUMN > 0.45)
KINDS = {
    "bag": BAG,
    "band": (ROW > 0.3) & (ROW < 0.6),
    "dots": ((ROW * 10).long() % 2 == 0) & ((COLUMN * 20).long() % 2 == 0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_one_piece_beside_the_garment_is_a_mark(kind):
    blue = KINDS[kind]
    mark = find_large_mark(two_coloured(blue).numpy(), SEEN.numpy())
    assert mark.any() == (kind == "bag")
    if kind == "bag":
        missed = (blue & SEEN).numpy() & ~mark
        assert missed.sum() < 0.02 * mark.sum() and not (mark & ~SEEN.numpy()).any()


def test_shade_that_grows_is_none():
    fading = RED[:, None, None] * (1 - 0.9 * COLUMN)
    assert not find_large_mark(fading.numpy().astype(np.float32), SEEN.numpy()).any()


def test_a_bag_is_not_behind_a_skirt():
    partial = Texture(rgb=two_coloured(BAG) * SEEN, confidence=SEEN.float())
    whole = complete_tube(partial)
    assert float(whole.rgb[2, ~SEEN].max()) < 0.2, "nothing of its blue"
    assert torch.equal(whole.rgb[:, SEEN], partial.rgb[:, SEEN])
    banded = complete_tube(Texture(rgb=two_coloured(KINDS["band"]) * SEEN, confidence=SEEN.float()))
    assert float((banded.rgb[:, KINDS["band"] & ~SEEN & (ROW > 0.38) & (ROW < 0.52)].mean(1) - BLUE).abs().max()) < 0.2
