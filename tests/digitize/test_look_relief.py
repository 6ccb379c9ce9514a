"""Folds that the look has become relief; prints, skin and borders do not."""

import math

import torch
from torch import Tensor

from bodydouble.digitize.look_relief import find_heights
from bodydouble.parsing.labels import SKIN, UPPER
from bodydouble.values import Mesh

SIDE, STEP_M = 100, 0.004  # vertices a side, and metres from one to the next
FOLD_M = 0.05  # from one fold to the next
DEEPEST = torch.full((SIDE**2,), 0.007)


def cloth() -> Mesh:
    """A flat square of 0.4 m, facing +z."""
    down, across = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    first = (down * SIDE + across)[:-1, :-1].flatten()
    faces = torch.cat(
        [torch.stack([first, first + SIDE, first + 1], 1), torch.stack([first + 1, first + SIDE, first + SIDE + 1], 1)]
    )
    vertices = torch.stack([across, -down, torch.zeros_like(down)], -1).reshape(-1, 3) * STEP_M
    return Mesh(vertices=vertices, faces=faces)


def folds() -> Tensor:
    """(V,), -1 to 1: upright folds."""
    return (torch.arange(SIDE) * STEP_M * 2 * math.pi / FOLD_M).sin().repeat(SIDE)


def labelled(label: int) -> Tensor:
    return torch.full((SIDE**2,), label, dtype=torch.uint8)


def middle(height: Tensor) -> Tensor:
    return height.view(SIDE, SIDE)[20:-20, 20:-20]


def test_what_is_dark_lies_deep():
    shaded = torch.tensor([0.5, 0.4, 0.3])[:, None] * (1 + 0.15 * folds())
    height = middle(find_heights(cloth(), shaded, labelled(UPPER), DEEPEST))
    assert torch.corrcoef(torch.stack([height.flatten(), middle(folds()).flatten()]))[0, 1] > 0.95
    assert 0.001 < float(height.max()) < 0.007


def test_a_print_is_flat():
    shaded = torch.tensor([0.5, 0.4, 0.3])[:, None] * (1 + 0.15 * folds())
    other = torch.tensor([0.5, 0.4, 0.3])[:, None] + torch.tensor([0.2, -0.2, 0.3])[:, None] * (folds() > 0)
    fold, tinted = (find_heights(cloth(), rgb, labelled(UPPER), DEEPEST) for rgb in (shaded, other))
    assert float(middle(tinted).std()) < 0.2 * float(middle(fold).std())


def test_black_on_white_is_no_deeper_than_a_fold():
    stripes = (0.05 + 0.9 * (folds() > 0)).expand(3, -1)
    shaded = (0.5 + 0.075 * folds()).expand(3, -1)
    fold, striped = (find_heights(cloth(), rgb, labelled(UPPER), DEEPEST) for rgb in (shaded, stripes))
    assert float(middle(striped).std()) < float(middle(fold).std())


def test_skin_and_its_border_to_cloth_stay():
    labels = labelled(UPPER).view(SIDE, SIDE)
    labels[:, : SIDE // 2] = SKIN
    rgb = torch.where(labels.flatten() == SKIN, 0.8, 0.2).expand(3, -1)
    assert float(find_heights(cloth(), rgb, labels.flatten(), DEEPEST).abs().max()) < 1e-5
