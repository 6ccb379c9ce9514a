"""Where the parser looks, and how two views become one."""

import math

import numpy as np
import pytest
import torch

from bodydouble.errors import InputError
from bodydouble.geometry.window import Window
from bodydouble.parsing.builtin import resampled
from bodydouble.parsing.labels import BACKGROUND, LABELS, SKIN
from bodydouble.parsing.mask_prior import with_mask
from bodydouble.parsing.windows import body_window, grow_window, head_window, whole_body_window
from bodydouble.values import LANDMARK_COUNT, Person


def somebody(size=(200, 100), scale=60.0) -> Person:
    """Landmarks at random metres, `scale` pixels each, the head's around (50, 30)."""
    generator = torch.Generator().manual_seed(0)
    world = torch.rand(LANDMARK_COUNT, 3, generator=generator) - 0.5
    landmarks = torch.cat([world[:, :2] * scale + torch.tensor([50.0, 100.0]), torch.ones(LANDMARK_COUNT, 1)], 1)
    landmarks[:11, :2] = torch.tensor([50.0, 30.0])
    mask = torch.zeros(size)
    mask[20:180, 30:70] = 1
    return Person(mask=mask, landmarks=landmarks, landmarks_world=world)


def test_the_bodys_square_holds_mask_and_landmarks():
    window = body_window(somebody())
    assert window.top <= 20 - 16 + 1 and window.top + window.side >= 180 + 15
    assert window.side == pytest.approx(160 * 1.2, abs=1)


def test_the_square_grows_where_the_person_goes_on():
    chance = torch.zeros(80, 80)
    chance[20:, 30:50] = 1  # legs that are cut off below
    window = Window(10, 10, 100)
    larger = grow_window(window, chance, (300, 300))
    assert larger.top == 10 and larger.side == 140 and larger.left == 10 - 20
    assert grow_window(window, chance, (110, 300)) == window  # the photo ends there, too
    chance[70:] = 0
    assert grow_window(window, chance, (300, 300)) == window  # feet inside
    assert grow_window(window, chance.flip(0).roll(-10, 0), (300, 300)) == window  # somebody stands behind


def test_half_a_person_is_shown_with_room_for_the_rest():
    square = Window(10, 20, 100)
    inside = torch.tensor([[30.0, 30.0], [80.0, 110.0]])
    assert whole_body_window(square, inside) == square
    legs = torch.tensor([[30.0, 30.0], [80.0, 260.0]])
    larger = whole_body_window(square, legs)
    assert larger.top <= 20 and larger.top + larger.side >= 260 and larger.left <= 10
    assert abs(larger.left + larger.side / 2 - 60) <= 1, "the person stays in the middle"
    near = torch.tensor([[-1e6, 30.0], [80.0, 1e6]])  # of a body that reaches behind the camera
    assert whole_body_window(square, near).side <= 5 * square.side


def test_nothing_to_look_at_is_an_input_error():
    person = somebody()
    blank = Person(
        mask=torch.zeros_like(person.mask),
        landmarks=torch.zeros_like(person.landmarks),
        landmarks_world=person.landmarks_world,
    )
    with pytest.raises(InputError, match="neither a mask nor landmarks"):
        body_window(blank)


@pytest.mark.parametrize("scale", [60.0, 150.0])
def test_the_heads_square_has_a_size_in_metres(scale):
    window = head_window(somebody(scale=scale))
    assert window is not None
    assert window.side == pytest.approx(0.75 * scale, abs=1)
    assert window.left + window.side / 2 == pytest.approx(50, abs=1)


def test_without_landmarks_there_is_no_head():
    person = somebody()
    person.landmarks_world[15] = math.nan
    assert head_window(person) is None


def test_resampling_keeps_places():
    """A plane that holds its own column in the photo holds it still, seen through another window."""
    source, target = Window(10, -4, 40), Window(-6, 2, 80)
    columns = source.left + (torch.arange(20) + 0.5) / 20 * source.side
    plane = columns.expand(1, 20, 20)
    result = resampled(plane, source, target, 160)[0]
    place = target.left + (torch.arange(160) + 0.5) / 160 * target.side
    inner = (place > source.left + 1) & (place < source.left + source.side - 1)
    row = int((20 - target.top) / target.side * 160)
    assert torch.allclose(result[row, inner], place[inner], atol=0.01)
    assert float(result[:, place < source.left - 2].abs().max()) == 0


def test_a_plane_stays_itself_at_its_own_size():
    window, plane = Window(0, 0, 32), torch.rand(2, 32, 32)
    assert np.allclose(resampled(plane, window, window, 32), plane, atol=1e-5)


def test_the_mask_decides_where_the_network_is_unsure():
    """Skin or background, as likely: skin inside the mask, background outside; where it is sure, nothing changes."""
    chances = torch.zeros(len(LABELS), 64, 64)
    chances[[SKIN, BACKGROUND]] = 0.5
    chances[:, :, 56:] = 0
    chances[BACKGROUND, :, 56:] = 1
    person = somebody(size=(64, 64))
    person.mask[:] = 0
    person.mask[:, 32:] = 1
    result = with_mask(chances, person, Window(0, 0, 64))
    assert torch.allclose(result.sum(0), torch.ones(64, 64), atol=1e-5)
    assert result[BACKGROUND, :, :30].min() > 0.85 and result[SKIN, :, 34:56].min() > 0.85
    assert result[BACKGROUND, :, 58:].min() > 0.9
