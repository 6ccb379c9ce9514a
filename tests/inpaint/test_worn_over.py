"""A top over a skirt, of which a photo may show next to nothing."""

import pytest
import torch

from bodydouble.inpaint.worn_over import find_worn_over, measure_hem
from bodydouble.parsing.labels import LOWER, UPPER

SIZE = 64


def test_of_one_row_the_commonest_label_is_the_skirts():
    seen = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    seen[0, 20:40] = True
    labels = torch.full((SIZE, SIZE), LOWER)
    labels[0, 20:24] = UPPER
    rgb = torch.where(labels == UPPER, 0.9, 0.1).expand(3, -1, -1)
    assert torch.equal(find_worn_over(rgb, labels, seen), seen & (labels == UPPER))


@pytest.mark.parametrize("columns", [1, 2, 3, 40])
def test_of_however_few_columns_the_hem_is_as_high_as_at_the_flanks(columns):
    seen = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    seen[:, 10 : 10 + columns] = True
    over = seen & (torch.arange(SIZE) < 20)[:, None]
    assert measure_hem(over, seen) == 20
    assert measure_hem(over & False, seen) == 0
