"""The correction: what was seen stays, edges do not show, and texels of every size are corrected alike."""

import pytest
import torch

from bodydouble.errors import InputError
from bodydouble.inpaint.learned.network import (
    INPUT_CHANNELS,
    INPUT_SIZE,
    CompletionNetwork,
    correct_colours,
    load_completion,
    make_inputs,
    save_completion,
)
from bodydouble.nn.store import write_tensors
from bodydouble.parsing.labels import UPPER

SIZE = 256


@pytest.fixture
def half():
    """A texture of which the left half was seen, and its confidence and labels; a batch of one."""
    rgb = torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    confidence = torch.zeros(1, SIZE, SIZE)
    confidence[..., : SIZE // 2] = 0.8
    return rgb, confidence, torch.full((1, SIZE, SIZE), UPPER, dtype=torch.uint8)


def say(residual: float, logit: float):
    correction = torch.full((1, 4, 64, 64), float(residual))
    correction[:, 3] = logit
    return correction


def test_an_open_gate_shows_the_mirrored_texel_and_a_closed_one_exemplars(half):
    rgb, confidence, _ = half
    away = slice(SIZE // 2 + 8, SIZE)
    assert torch.allclose(correct_colours(rgb, confidence, say(0, 50))[..., away], rgb.flip(-1)[..., away], atol=1e-5)
    assert torch.allclose(correct_colours(rgb, confidence, say(0, -50)), rgb, atol=1e-5)


def test_where_the_mirrored_texel_was_not_seen_none_is_shown(half):
    rgb, confidence, _ = half
    nothing = torch.zeros_like(confidence)
    nothing[..., :16, :16] = 0.5
    corrected = correct_colours(rgb, nothing, say(0, 50))
    far = torch.ones(SIZE, SIZE, dtype=torch.bool)
    far[:16, -16:] = False
    assert torch.equal(corrected[0][:, far], rgb[0][:, far])


def test_what_was_seen_stays_and_beside_it_a_correction_grows_from_nothing(half):
    rgb, confidence, _ = half
    change = (correct_colours(rgb, confidence, say(0.2, -50)) - rgb)[0, 0, SIZE // 2]
    assert (change[: SIZE // 2] == 0).all()
    assert change[SIZE // 2 + 8 :].min() > 0.19
    assert change.diff().max() < 0.1, "no edge"


def test_inputs_hardly_depend_on_the_textures_size(half):
    generator = torch.Generator().manual_seed(1)
    rgb = torch.rand(1, 3, SIZE, SIZE, generator=generator)
    _, confidence, labels = half
    large = [each.repeat_interleave(2, -1).repeat_interleave(2, -2) for each in (rgb, confidence, labels)]
    inputs = make_inputs(rgb, confidence, labels)
    assert inputs.shape == (1, INPUT_CHANNELS, INPUT_SIZE, INPUT_SIZE)
    torch.testing.assert_close(make_inputs(*large), inputs)


def test_a_file_gives_the_network_back_and_no_other_file_does(half, tmp_path):
    network = CompletionNetwork().eval()
    torch.nn.init.normal_(network.head.weight, generator=torch.Generator().manual_seed(2))
    save_completion(network, tmp_path / "mine.safetensors", {"steps": "3"})
    loaded = load_completion(tmp_path / "mine.safetensors")
    assert list(loaded.weights) == ["mine.safetensors"]
    inputs = make_inputs(*half)
    torch.testing.assert_close(loaded.network(inputs), network(inputs), atol=0.02, rtol=0.01)
    write_tensors({}, tmp_path / "other.safetensors", "exemplar", {})
    with pytest.raises(InputError, match="no completion network"):
        load_completion(tmp_path / "other.safetensors")
