"""A mask that ends where a round head does grows by the hair that is tied on top of it."""

import torch

from bodydouble.geometry.window import Window
from bodydouble.parsing.labels import BACKGROUND, HAIR, LABELS
from bodydouble.parsing.mask_prior import with_mask
from bodydouble.parsing.topknots import keep_topknot
from bodydouble.values import LANDMARK_COUNT, Person, StyleEstimate, Understanding

SIZE = 100  # pixels, and as many a metre
KNOT, SHADOW = (slice(20, 30), slice(45, 55)), (slice(30, 60), slice(65, 80))


def scene(tied: float) -> tuple[Person, Understanding]:
    """A head of hair with a knot on top and a shadow beside it, which the network takes for hair, too."""
    network = torch.full((len(LABELS), SIZE, SIZE), 0.01)
    network[BACKGROUND] = 0.88
    mask = torch.zeros(SIZE, SIZE)
    mask[30:, 35:65] = 1
    for rows, columns in ((slice(30, 70), slice(35, 65)), KNOT, SHADOW):
        network[HAIR, rows, columns], network[BACKGROUND, rows, columns] = 0.88, 0.01
    world = torch.randn(LANDMARK_COUNT, 3, generator=torch.Generator().manual_seed(0))
    someone = Person(mask=mask, landmarks=world * SIZE, landmarks_world=world)
    style = StyleEstimate(chances={"tied": {"no": 1 - tied, "yes": tied}, "hat": {"no": 1.0, "yes": 0.0}})
    labels = with_mask(network / network.sum(0), someone, Window(0, 0, SIZE))
    return someone, Understanding(
        labels=labels, normals=torch.zeros(3, SIZE, SIZE), left=0, top=0, side=SIZE, style=style
    )


def test_a_mask_grows_by_a_topknot_and_not_by_a_shadow():
    someone, understanding = scene(0.9)
    grown = keep_topknot(someone, understanding).mask
    assert float((grown[KNOT] > 0.5).float().mean()) > 0.9
    assert torch.equal(grown[34:], someone.mask[34:]), "beside the head nothing is taken in"


def test_hair_that_is_not_tied_keeps_its_mask():
    someone, understanding = scene(0.3)
    assert keep_topknot(someone, understanding) is someone
