"""Labels end where the photo's colours do; the background's chances stay."""

import numpy as np
import pytest
import torch

from bodydouble.parsing.labels import BACKGROUND, LABELS, LOWER, UPPER
from bodydouble.parsing.photo_edges import follow_edges

SIZE, HEM, TOLD = 96, 50, 44  # pixels: where the shirt ends, and where the network says so


def told() -> torch.Tensor:
    """Shirt above trousers in the middle, with a border that is too high by six rows and soft."""
    labels = torch.zeros(len(LABELS), SIZE, SIZE)
    upper = ((TOLD - torch.arange(SIZE)) / 8).sigmoid()[:, None].expand(SIZE, SIZE)
    labels[UPPER], labels[LOWER] = upper, 1 - upper
    labels[:, :, :20] = labels[:, :, -20:] = 0
    labels[BACKGROUND, :, :20] = labels[BACKGROUND, :, -20:] = 1
    return labels


def picture(hem: int | None) -> np.ndarray:
    image = np.full((SIZE, SIZE, 3), 90, np.uint8)
    if hem is not None:
        image[:hem] = (200, 180, 60)
    return image


def hem_of(labels: torch.Tensor) -> float:
    return float((labels[UPPER] > labels[LOWER])[:, 30:-30].sum(0).float().mean())


@pytest.mark.parametrize(("hem", "found"), [(HEM, HEM), (None, TOLD)])
def test_a_hem_goes_to_the_edge_that_the_photo_shows(hem, found):
    assert abs(hem_of(told()) - TOLD) <= 1
    assert abs(hem_of(follow_edges(told(), picture(hem))) - found) <= 1


def test_chances_stay_chances_and_the_background_stays():
    labels = follow_edges(told(), picture(HEM))
    assert torch.allclose(labels.sum(0), torch.ones(SIZE, SIZE), atol=1e-5) and float(labels.min()) >= 0
    assert torch.allclose(labels[BACKGROUND], told()[BACKGROUND], atol=1e-5)
