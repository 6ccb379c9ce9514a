"""The inpainter: `exemplar`'s texture, changed where nothing was seen, and there alone."""

from dataclasses import replace

import pytest
import torch

from bodydouble.inpaint import inpainter
from bodydouble.inpaint.learned.inpainter import correct_texture
from bodydouble.inpaint.learned.network import CompletionNetwork
from bodydouble.parsing.labels import UPPER
from bodydouble.values import Texture

SIZE = 256
LIGHTER = 0.1


@pytest.fixture
def network():
    """It says the same everywhere: lighter."""
    network = CompletionNetwork()
    network.head.bias.data = torch.tensor([LIGHTER, LIGHTER, LIGHTER, -50.0])
    return network


@pytest.fixture
def texture():
    confidence = torch.zeros(SIZE, SIZE)
    confidence[:, :64] = 0.8
    labels = torch.full((SIZE, SIZE), UPPER, dtype=torch.uint8)
    rgb = torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)) * 0.5
    return Texture(rgb=rgb, confidence=confidence, labels=labels)


def test_unseen_texels_are_corrected_and_seen_ones_come_back(network, texture):
    corrected = correct_texture(network, texture)
    seen = texture.confidence > 0
    assert torch.equal(corrected.rgb[:, seen], texture.rgb[:, seen])
    change = (corrected.rgb - texture.rgb)[:, ~seen]
    assert change.median() == pytest.approx(LIGHTER, abs=1e-3) and change.min() >= 0
    assert corrected.labels is texture.labels and corrected.confidence is texture.confidence


def test_colours_stay_in_range(network, texture):
    bright = replace(texture, rgb=torch.full_like(texture.rgb, 0.98))
    assert correct_texture(network, bright).rgb.max() <= 1


def test_what_the_network_cannot_judge_is_left_alone(network, texture):
    for given in (
        replace(texture, labels=None),
        replace(texture, confidence=torch.zeros(SIZE, SIZE)),
        replace(texture, confidence=torch.ones(SIZE, SIZE)),
    ):
        assert correct_texture(network, given) is given


def test_both_files_are_named():
    assert set(inpainter("learned").weights) == {"completion.safetensors", "exemplar.safetensors"}
