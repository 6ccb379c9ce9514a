"""A poorer copy of a photo is smaller, and its person stands where they stood."""

import numpy as np
import torch

from bodydouble.values import LANDMARK_COUNT, Person, Photo
from workshop.training.style.degrade import degrade_photo


def test_the_person_goes_along():
    rgb, landmarks = torch.zeros(3, 400, 300), torch.zeros(LANDMARK_COUNT, 3)
    rgb[:, 100:300, 100:200] = 0.8
    world = torch.rand(LANDMARK_COUNT, 3, generator=torch.Generator().manual_seed(0)) - 0.5
    landmarks[:, :2] = world[:, :2] * 180 + torch.tensor([150.0, 200.0])
    mask = (rgb[0] > 0).float()
    person = Person(mask=mask, landmarks=landmarks, landmarks_world=world)
    rng = np.random.default_rng(0)
    for _ in range(4):
        photo, poorer = degrade_photo(Photo(rgb=rgb), person, rng)
        scale = photo.size[0] / 400
        assert 0.29 < scale <= 1 and poorer.mask.shape == photo.size
        bright = photo.rgb.mean(0) > 0.2
        assert float((bright == (poorer.mask > 0.5)).float().mean()) > 0.97
        off = (poorer.landmarks[:33, :2] / scale - landmarks[:33, :2]).abs()
        assert 0 < float(off.max()) < 0.1 * 180, "a little off"
        assert torch.allclose(poorer.landmarks[33:, :2], landmarks[33:, :2] * scale, atol=1.0)
